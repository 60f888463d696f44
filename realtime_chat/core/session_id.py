"""The grammar of session ids (P25), checked before any path is built, and of names; never echoed when refused."""

import secrets
import unicodedata
from datetime import datetime

from realtime_chat.core.errors import InvalidArguments
from realtime_chat.core.printable import printable

MAX_BYTES = 235
MAX_NAME = 100


def check(value: str) -> str:
    """Return `value` when it is a session id: 1..235 bytes UTF-8, a letter, digit or underscore first,
    then also combining marks, `-` and `.`.

    Raises InvalidArguments without the value in it: it may hold escape sequences or a path.
    """
    if not is_session_id(value):
        raise InvalidArguments(
            "That is not a session id: use letters, digits, '_', '-' and '.', not starting with '-' or '.'; "
            "`realtime-chat sessions list` shows yours."
        )
    return value


def check_name(value: str) -> str:
    """A session's name with its spaces put in order; "" for none. Raises InvalidArguments."""
    name = unicodedata.normalize("NFC", " ".join(value.split()))
    if len(name) > MAX_NAME or printable(value) != value or "\n" in value:
        raise InvalidArguments(
            f"That is no name: use one line of at most {MAX_NAME} characters that can be printed."
        )
    return name


def generate(now: datetime) -> str:
    """A new id, sortable by time: YYYYmmddTHHMMSS-6hex."""
    return f"{now:%Y%m%dT%H%M%S}-{secrets.token_hex(3)}"


def is_session_id(value: str) -> bool:
    """Whether a path may be made of it."""
    try:
        size = len(value.encode("utf-8"))
    except UnicodeEncodeError:
        return False
    if not 1 <= size <= MAX_BYTES:
        return False
    if not (value[0] == "_" or unicodedata.category(value[0])[0] in "LN"):
        return False
    return all(c in "_-." or unicodedata.category(c)[0] in "LNM" for c in value[1:])
