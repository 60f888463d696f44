"""What a peer or a library says of a failure, as words of ours: shared by all that open connections."""

import os
import ssl
from collections.abc import Mapping

from realtime_chat.core.printable import one_line


def secrets_of(headers: Mapping[str, str]) -> tuple[str, ...]:
    """The words of our headers that a peer must not make us repeat: `Bearer KEY` → KEY."""
    return tuple(
        value.split()[-1]
        for name, value in headers.items()
        if len(value) >= 8 and name.lower() != "x-correlation-id"
    )


def veiled(raw: bytes, secrets: tuple[str, ...]) -> bytes:
    """What a peer says without our secrets in it: as an event or an answer it would go into the log."""
    for secret in secrets:
        word = secret.encode()
        if word in raw:
            raw = raw.replace(word, b"[secret]")
    return raw


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
