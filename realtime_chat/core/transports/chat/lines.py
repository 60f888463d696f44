"""Server-sent events as chat services send them: lines in, JSON values out. Keeps only what is not complete yet.

Read leniently: "data:" with or without a blank, a value over several data lines, a bare JSON line without "data:";
comments, event names, ids and empty lines are passed over.
"""

from enum import Enum

from realtime_chat.core.json_text import NotJson, read_json

#: A value over several lines is read again with each; a stream of lines that never make one must not hold the talk up.
MOST_READ = 32 * 1024 * 1024
#: Other fields of an event; nothing of them is needed.
_OTHER = (b"event:", b"id:", b"retry:", b":")


class Mark(Enum):
    """What a line may be besides a value."""

    DONE = "done"
    UNREADABLE = "unreadable"


class EventLines:
    """One answer's."""

    def __init__(self) -> None:
        self._pending = b""
        self._read = 0  # bytes, of the value that is pending

    def take(self, line: bytes) -> object | Mark | None:
        """The value that this line completes: JSON, the mark of the end, or of what is none. None: nothing yet."""
        line = line.strip()
        if not line:
            return self._given_up()
        if line.startswith(_OTHER):
            return None
        data = line.removeprefix(b"data:").strip()
        if data == b"[DONE]":
            return Mark.DONE
        if not data:
            return None
        self._pending = self._pending + b"\n" + data if self._pending else data
        self._read += len(self._pending)
        try:
            value: object = read_json(self._pending)
        except NotJson:
            return self._given_up() if self._read > MOST_READ else None
        self._pending, self._read = b"", 0
        return value

    def end(self) -> Mark | None:
        """The stream is over: UNREADABLE when something was left."""
        return self._given_up()

    def _given_up(self) -> Mark | None:
        pending, self._pending, self._read = self._pending, b"", 0
        return Mark.UNREADABLE if pending else None
