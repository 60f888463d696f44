"""The lines at the top: what goes on, with whom, through what."""

from dataclasses import dataclass
from textwrap import wrap
from typing import assert_never

from rich.cells import cell_len
from rich.text import Text
from textual.widgets import Static

from realtime_chat.cli.tui.banner import Banner
from realtime_chat.core.events import LevelMeasured, LinkState, Mode, TurnPhase
from realtime_chat.core.printable import one_line
from realtime_chat.core.status import SessionStatus

#: Not named, for nobody asked for another.
USUAL_AGENT = "assistant"
#: State word → colour of its sign; the word says the same without colour.
COLOURS = {"ready": "green", "listening": "red", "error": "red", "closed": "red"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What moves: the state, the mode of the next turn, how loud it is on both sides, what turns the speaker down, how
    long the microphone is still open, how long until another try to connect, what the last turn took, what the
    talk cost so far, and what it is called."""

    word: str
    mode: Mode
    level: LevelMeasured | None = None
    volume: int | None = None
    mute_in_s: int = 0
    retry_in_s: int = 0
    waited_ms: int | None = None
    usd: float | None = None
    called: str = ""


class StatusStrip(Static):
    """Shows what it is told; whom one talks with stays as it was given."""

    def __init__(self, banner: Banner, session_id: str) -> None:
        super().__init__(markup=False)
        self._banner = banner
        self._session_id = session_id
        self._drawn = Text()
        self._given: Shown | None = None

    def on_resize(self) -> None:
        """It is cut to the width, which is known after the next refresh."""
        self.call_after_refresh(self._show_again)

    def show(self, shown: Shown) -> None:
        """As it is now."""
        self._given = shown
        width = max(1, self.size.width or 80)
        first = Text.assemble(*_moving(shown), one_line(whom(self._banner, shown.mode)))
        called = f" · {one_line(shown.called, 60)}" if shown.called else ""
        where = one_line(f"{shown.mode} mode · {self._session_id}{called}")
        rest = [Text(each, "dim") for each in _fold([where, one_line(sound(self._banner), 300)], width)]
        for line in (first, *rest):
            line.truncate(width, overflow="ellipsis")
        drawn = Text("\n").join((first, *rest))
        if drawn != self._drawn:
            taller = drawn.plain.count("\n") != self._drawn.plain.count("\n")
            self._drawn = drawn
            self.update(drawn, layout=taller)  # meters move often, and lay nothing out anew

    def _show_again(self) -> None:
        if self._given is not None:
            self.show(self._given)


def _moving(shown: Shown) -> list[str | tuple[str, str]]:
    word = f"{shown.word} {shown.retry_in_s} s" if shown.retry_in_s else shown.word
    return [
        ("● ", COLOURS.get(shown.word, "yellow")),
        (f"{word + ' ':<10}", "bold"),
        (f"mutes in {shown.mute_in_s} s  " if shown.mute_in_s else "", "bold yellow"),
        (meters(shown.level), "green"),
        turned_down(shown.volume),
        figures(shown.waited_ms, shown.usd),
    ]


def whom(banner: Banner, mode: Mode) -> str:
    """The agent where it is not the usual one, provider, model and, aloud, the voice."""
    agent = f"{banner.agent} · " if banner.agent not in ("", USUAL_AGENT) else ""
    spoken = f" · voice {banner.voice}" if mode == "voice" and banner.voice else ""
    return f"{agent}{banner.provider} · {banner.model}{spoken}"


def figures(waited_ms: int | None, usd: float | None) -> str:
    """How long the last turn let its user wait, and what the talk cost; nothing of what is not known."""
    waited = f"{waited_ms / 1000:.1f} s  " if waited_ms is not None else ""
    cost = f"${usd:.2f}  " if usd else ""
    return waited + cost


#: From quiet to loud; the lowest is a quiet room's.
BARS = " ▁▂▃▄▅▆▇█"
QUIETEST_DB, LOUDEST_DB = -60, -6


def meters(level: LevelMeasured | None) -> str:
    """Microphone and speaker as a bar each; nothing where nothing is measured."""
    if level is None:
        return ""
    return f"mic {bar(level.input_db)} spk {bar(level.output_db)}  "


def turned_down(volume: int | None) -> str:
    """The volume in percent; nothing at the full one."""
    return "" if volume in (None, 100) else f"vol {volume} %  "


def bar(db: float) -> str:
    """One sign that grows with the loudness."""
    part = (db - QUIETEST_DB) / (LOUDEST_DB - QUIETEST_DB)
    return BARS[round(max(0.0, min(1.0, part)) * (len(BARS) - 1))]


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
        case LinkState.PAUSED:
            return "paused"
        case LinkState.RECONNECTING:
            return "reconnecting"
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
            return "hearing"
        case TurnPhase.THINKING:
            return "thinking"
        case TurnPhase.ACTING:
            return "asking" if status.asks else "acting"
        case TurnPhase.RESPONDING:
            return "speaking" if status.mode == "voice" else "answering"
        case TurnPhase.SPEAKING:
            return "speaking"
        case _:
            assert_never(status.phase)
