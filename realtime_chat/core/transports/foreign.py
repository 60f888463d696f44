"""What a peer or a library says of a failure, as words of ours: shared by all that open connections."""

import os
import re
import ssl
from collections.abc import Mapping

from realtime_chat.core.printable import one_line

#: Characters of a key; those of services have thirty and more.
SHORTEST = 12
#: Sound is most of what comes, and made of these; one sign that is none of them is found ten times as fast as a key.
_BASE64 = re.compile(rb"[A-Za-z0-9+/=]+")


class Veil:
    """Keeps the words of our headers out of what a peer says: as an event or an answer they would go into the log."""

    def __init__(self, headers: Mapping[str, str] | None = None) -> None:
        """`Bearer KEY` → KEY; one that is as short as "none" or "ollama" is a word that people use."""
        words = (
            value.split()[-1]
            for name, value in (headers or {}).items()
            if value.strip() and name.lower() != "x-correlation-id"
        )
        self.words = tuple(word for word in words if len(word) >= SHORTEST)
        self._marked = [(_mark(word), word) for word in map(str.encode, self.words)]

    def over(self, raw: bytes) -> bytes:
        """The same without them."""
        for mark, word in self._marked:
            if mark in raw and word in raw:
                raw = raw.replace(word, b"[secret]")
        return raw


def _mark(word: bytes) -> bytes:
    """What of a key is not to be found in sound, or all of it."""
    return _BASE64.sub(b"", word)[:1] or word


def tls_cure(error: ssl.SSLError) -> str:
    """What to do about it."""
    if not isinstance(error, ssl.SSLCertVerificationError):
        return "Check whether the URL should start with http or https."
    named = os.environ.get("SSL_CERT_FILE")
    if named and not os.path.exists(named):  # OpenSSL passes over it without a word
        return f"SSL_CERT_FILE names {one_line(named)}, which is not there."
    return "If your network has a certificate authority of its own, name its file in SSL_CERT_FILE."


def tls_reason(error: ssl.SSLError) -> str:
    """Why there is no secure connection, in a few words."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return error.verify_message
    return (error.reason or "TLS failed").replace("_", " ").lower()
