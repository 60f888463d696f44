"""Server-sent events as chat services send them: lines in, JSON values out. Keeps only what is not complete yet.

Read leniently: "data:" with or without a blank, a value over several data lines, a bare JSON line without "data:";
comments, event names, ids and empty lines are passed over.
"""

from enum import Enum

import msgspec

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
        try:
            value: object = msgspec.json.decode(self._pending)
        except ValueError:
            return None
        self._pending = b""
        return value

    def end(self) -> Mark | None:
        """The stream is over: UNREADABLE when something was left."""
        return self._given_up()

    def _given_up(self) -> Mark | None:
        pending, self._pending = self._pending, b""
        return Mark.UNREADABLE if pending else None
