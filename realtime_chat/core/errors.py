"""The one tree of errors.

    ChatError
    ├── InvalidArguments      a value from outside is not usable            exit 2
    ├── NotFound              no such session, item, device                 exit 2
    ├── ConfigError           a settings file or variable is not usable     exit 2
    ├── SessionBusy           a turn is already running
    ├── NoTurn                nothing runs that could be interrupted
    ├── AlreadyClosed         the session takes no more commands
    ├── WriterActive          another process writes this session           exit 5
    ├── CorruptLog            an unreadable line inside a log
    ├── LogWriteFailed        the disk refused an event
    ├── TimedOut              a deadline passed                             exit 124 for an idle wait
    ├── TransportError
    │   ├── Unreachable       no connection could be made
    │   ├── Rejected          the service refused us (key, model, quota)
    │   ├── ConnectionLost    an open connection ended without our asking
    │   └── ProtocolViolation the peer does not speak the protocol
    ├── AudioUnavailable      no PortAudio, no device, or an unusable file
    └── TranscriptionFailed   a speech engine could not work

Every error is data, too: `ChatError.info` is the same value that events, `--json` and the log carry.
A message is one line: what happened, then what to do next. Neither message nor details hold a secret.
"""

from enum import StrEnum
from typing import Any, ClassVar, Self

import msgspec


class Category(StrEnum):
    """What the caller can do about an error: try again, make room, or stop."""

    RETRYABLE = "retryable"
    CAPACITY = "capacity"
    FATAL = "fatal"


class ErrorInfo(msgspec.Struct, frozen=True, kw_only=True):
    """An error as a value, the same in an event, in the log and under `--json` (P26)."""

    kind: str
    message: str
    category: Category = Category.FATAL
    details: dict[str, Any] = {}

    @property
    def recoverable(self) -> bool:
        """True when the same request may succeed later (M14: recoverable = category retryable)."""
        return self.category is Category.RETRYABLE


class ChatError(Exception):
    """Base of all errors that cross a public boundary of this package."""

    kind: ClassVar[str] = "error"
    category: ClassVar[Category] = Category.FATAL
    exit_code: ClassVar[int] = 1

    def __init__(self, message: str, *, kind: str | None = None, **details: Any) -> None:
        super().__init__(message)
        self.message = message
        self.details = details
        self._kind = kind or self.kind
        self._category = self.category

    def as_category(self, category: Category) -> Self:
        """The same error, which weighs otherwise than its kind usually does."""
        self._category = category
        return self

    @classmethod
    def of(cls, info: ErrorInfo) -> "ChatError":
        """An error that carries this value."""
        return cls(info.message, kind=info.kind, **info.details).as_category(info.category)

    @property
    def info(self) -> ErrorInfo:
        """This error as a value."""
        return ErrorInfo(
            kind=self._kind, message=self.message, category=self._category, details=dict(self.details)
        )


class InvalidArguments(ChatError):
    """A value from outside cannot be used; the message never echoes an unsafe value."""

    kind = "invalid_args"
    exit_code = 2


class NotFound(ChatError):
    """No session, item or device of that name; `details` says which (P3)."""

    kind = "not_found"
    exit_code = 2


class ConfigError(ChatError):
    """A settings file or variable cannot be used."""

    kind = "config_error"
    exit_code = 2


class SessionBusy(ChatError):
    """A turn is running; wait for its end or interrupt it (P4)."""

    kind = "busy"
    category = Category.RETRYABLE


class NoTurn(ChatError):
    """Nothing runs that could be interrupted (P8)."""

    kind = "no_turn"


class AlreadyClosed(ChatError):
    """The session was closed; start it again by its id."""

    kind = "session_closed"


class WriterActive(ChatError):
    """Another process holds the writer lease of this session (P24)."""

    kind = "session_writer_active"
    category = Category.RETRYABLE
    exit_code = 5


class CorruptLog(ChatError):
    """A line inside the log cannot be read; `details` = {id, line} (P14)."""

    kind = "corrupt_log_line"


class LogWriteFailed(ChatError):
    """The store refused an event; nothing was published (P13)."""

    kind = "log_write_failed"
    category = Category.CAPACITY


class TimedOut(ChatError):
    """A deadline passed; `details.after_ms` says which."""

    kind = "timeout"
    category = Category.RETRYABLE


class TransportError(ChatError):
    """Base of everything that can go wrong between us and a model."""

    kind = "transport"
    category = Category.RETRYABLE


class Unreachable(TransportError):
    """No connection could be made."""

    kind = "unreachable"


class Rejected(TransportError):
    """The service refused us; trying again with the same key and model cannot help."""

    kind = "unauthorized"
    category = Category.FATAL


class ConnectionLost(TransportError):
    """An open connection ended without our asking; `details` = {code, reason}."""

    kind = "connection_lost"


class ProtocolViolation(TransportError):
    """The peer does not speak the protocol we asked for."""

    kind = "protocol_violation"
    category = Category.FATAL


class AudioUnavailable(ChatError):
    """No audio library, no device, or a file that cannot serve as one."""

    kind = "audio_unavailable"


class TranscriptionFailed(ChatError):
    """A speech engine could not turn sound into text."""

    kind = "transcription_failed"
    category = Category.RETRYABLE
