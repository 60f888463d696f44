"""The lines at the top: what goes on, with whom, through what."""

from textwrap import wrap
from typing import assert_never

from rich.cells import cell_len
from rich.text import Text
from textual.widgets import Static

from realtime_chat.cli.tui.banner import Banner
from realtime_chat.core.events import LinkState, Mode, TurnPhase
from realtime_chat.core.printable import one_line
from realtime_chat.core.status import SessionStatus

#: State word → colour of its sign; the word says the same without colour.
COLOURS = {"ready": "green", "listening": "red", "error": "red", "closed": "red"}


class StatusStrip(Static):
    """Shows the state word; the rest stays as it was given."""

    def __init__(self, banner: Banner, session_id: str) -> None:
        super().__init__(markup=False)
        self._banner = banner
        self._session_id = session_id
        self._shown = Text()

    def show(self, word: str, mode: Mode) -> None:
        """The state and the mode of the next turn."""
        banner = self._banner
        spoken = f" · voice {banner.voice}" if mode == "voice" and banner.voice else ""
        whom = f"{banner.provider} · {banner.model}{spoken} · {self._session_id}"
        first = Text.assemble(("● ", COLOURS.get(word, "yellow")), (f"{word:<10}", "bold"), one_line(whom))
        width = max(1, self.size.width or 80)
        rest = [
            Text(each, "dim")
            for each in _fold([one_line(f"{mode} mode · {banner.why}"), one_line(sound(banner), 300)], width)
        ]
        for line in (first, *rest):
            line.truncate(width, overflow="ellipsis")
        shown = Text("\n").join((first, *rest))
        if shown != self._shown:  # an update lays the screen out anew
            self._shown = shown
            self.update(shown)


def _fold(parts: list[str], width: int) -> list[str]:
    """One line when it fits, else lines for each: what is missing must be read to its end, for it says the cure."""
    joined = " · ".join(parts)
    if cell_len(joined) <= width:
        return [joined]
    return [line for part in parts for line in wrap(part, max(8, width))]


def sound(banner: Banner) -> str:
    """The devices, or why there are none."""
    note = banner.audio_note
    missing = f": {note}" if note else ""
    if banner.microphone is None and banner.speaker is None:
        return f"no microphone, no speaker{missing}"
    if banner.microphone is None:
        return f"no microphone{missing} · speaker {banner.speaker}"
    if banner.speaker is None:
        return f"mic {banner.microphone} · no speaker{missing}"
    return f"mic {banner.microphone} · speaker {banner.speaker}"


def state_word(status: SessionStatus) -> str:
    """What goes on, in one word."""
    match status.link:
        case LinkState.READY:
            return _turn_word(status)
        case LinkState.IDLE | LinkState.CONNECTING | LinkState.CONNECTED | LinkState.CONFIGURING:
            return "connecting"
        case LinkState.PAUSED | LinkState.RECONNECTING:
            return "connecting"
        case LinkState.CLOSING | LinkState.CLOSED:
            return "closed"
        case LinkState.ERROR:
            return "error"
        case _:
            assert_never(status.link)


def _turn_word(status: SessionStatus) -> str:
    match status.phase:
        case TurnPhase.IDLE:
            if status.listening:
                return "listening"
            return "muted" if status.hands_free and status.mode == "voice" else "ready"
        case TurnPhase.HEARING:
            return "heard"
        case TurnPhase.THINKING:
            return "thinking"
        case TurnPhase.ACTING:
            return "acting"
        case TurnPhase.RESPONDING:
            return "speaking" if status.mode == "voice" else "answering"
        case TurnPhase.SPEAKING:
            return "speaking"
        case _:
            assert_never(status.phase)
