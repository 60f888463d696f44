"""What is on the screen, and how it is drawn: strip, transcript, a question that waits, the line below."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from textual.app import App
from textual.binding import BindingType
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Static

from realtime_chat.cli import slash
from realtime_chat.cli.asking import Asking
from realtime_chat.cli.tui import copying, keys
from realtime_chat.cli.tui.banner import Banner
from realtime_chat.cli.tui.feed import Feed, Level, Note
from realtime_chat.cli.tui.screens.choice import ChoiceScreen
from realtime_chat.cli.tui.screens.devices import DevicesScreen
from realtime_chat.cli.tui.screens.session_finder import SearchLine, SessionList
from realtime_chat.cli.tui.screens.sessions import SessionPicker
from realtime_chat.cli.tui.screens.statistics import StatisticsScreen
from realtime_chat.cli.tui.title import Title
from realtime_chat.cli.tui.widgets.approval import ApprovalCard
from realtime_chat.cli.tui.widgets.help import HelpScreen
from realtime_chat.cli.tui.widgets.side_pane import SidePane, Stage
from realtime_chat.cli.tui.widgets.strip import Shown, StatusStrip, state_word, whom
from realtime_chat.cli.tui.widgets.transcript import Transcript
from realtime_chat.cli.words.desk import Desk, Leaving
from realtime_chat.core.events import (
    Envelope,
    LatencyMeasured,
    LevelMeasured,
    LinkChanged,
    Mode,
    MuteApproaching,
    UsageReported,
)
from realtime_chat.core.folding import Folding
from realtime_chat.core.store.directory import SessionStore

#: All that a user may give other keys.
BINDINGS: list[BindingType] = [
    *keys.BINDINGS,
    *keys.DRAFT,
    *keys.CARD,
    *keys.REPLAY,
    *(
        binding
        for place in (
            HelpScreen,
            ChoiceScreen,
            DevicesScreen,
            StatisticsScreen,
            SessionPicker,
            SearchLine,
            SessionList,
        )
        for binding in place.BINDINGS
    ),
]


class Hinting(Protocol):
    """What the line below says of the keys."""

    def __call__(self, mode: Mode, *, hands_free: bool, hears: bool) -> str: ...


@dataclass(frozen=True, slots=True)
class Manner:
    """Of a live talk, or of a replay: whether calls can be answered, and what the line below says."""

    answers: bool
    hint: Hinting


LIVE = Manner(answers=True, hint=keys.hint)
REPLAYED = Manner(answers=False, hint=keys.replay_hint)


@dataclass(frozen=True, slots=True)
class Place:
    """Where the talk is: with whom, under which id, with what beside it."""

    banner: Banner
    session_id: str
    desk: Desk
    store: SessionStore = field(kw_only=True)
    wall: Callable[[], datetime] = field(kw_only=True)
    manner: Manner = field(kw_only=True, default=LIVE)


class Surface:
    """Draws a feed and the session's status; `mode` is the one of the next turn, as it was drawn last."""

    def __init__(
        self, app: App[Leaving], folding: Folding, asking: Asking, place: Place, *, mode: Mode
    ) -> None:
        self.mode: Mode = mode
        self.armed = False  # one more Ctrl+C quits
        self._app = app
        self._asking = asking
        self._folding = folding
        self._feed = Feed(folding)
        self._place = place
        self._title = Title(app)
        self._level: LevelMeasured | None = None
        self._hinted = ""
        self._finds = False
        self._mute_in_s = 0
        self._retry_at = 0.0  # seconds of the wall clock
        self._waited_ms: int | None = None
        self._usd: float | None = None
        self._estimate()
        self._strip = StatusStrip(place.banner, place.session_id)
        self._transcript = Transcript(self._feed, place.wall)
        beside = place.desk.beside
        self._side = SidePane(beside) if beside or folding.history.asides else None
        self._card = ApprovalCard(asking.answer if place.manner.answers else None)
        self._hint = Static(id="hint", markup=False)

    def widgets(self, line: Widget) -> Iterator[Widget]:
        """From top to bottom, with the line one types into."""
        yield self._strip
        yield self._transcript if self._side is None else Stage(self._transcript, self._side)
        yield self._card
        yield line
        yield self._hint

    def begin(self, keymap: Mapping[str, str]) -> None:
        """It is up: say what the user should know before the talk begins."""
        helping: Screen[None] = HelpScreen(keys.help_rows(keymap, BINDINGS), slash.help_rows())
        self._app.install_screen(helping, "help")  # pyright: ignore[reportUnknownMemberType]
        self._title.begin()
        if (unknown := keys.unknown(keymap, BINDINGS)) is not None:
            self._feed.add(Note(unknown, "warning"))
        for note in self._place.banner.notes:
            self._feed.add(Note(note, "warning"))
        self._introduce()
        self.draw()

    def begin_anew(self) -> None:
        """As if nothing had been said yet."""
        self._folding = Folding()
        self._feed = Feed(self._folding)
        self._introduce()
        self._transcript.show(self._feed)
        self._level, self._waited_ms, self._retry_at = None, None, 0.0
        self._estimate()

    def _introduce(self) -> None:
        banner = self._place.banner
        self._feed.add(Note(f"Talking with {whom(banner, self.mode)}: {banner.why}."))

    def end(self) -> None:
        """It goes down."""
        self._title.end()

    @property
    def level(self) -> LevelMeasured | None:
        """How loud it is on both sides; None where nothing is measured."""
        return self._level

    def take(self, envelope: Envelope) -> None:
        """One more event; `draw` shows it."""
        match envelope.data:
            case LevelMeasured() as level:
                self._level = level
            case MuteApproaching(in_s=in_s):
                self._mute_in_s = in_s
            case _:
                self._feed.apply(envelope)
                self._count(envelope)

    def draw(self) -> None:
        """All that changed since the last time."""
        status = self._asking.status()
        if status is not None:
            self.mode = status.mode
        word = "closed" if status is None else state_word(status)
        self._strip.show(
            Shown(
                word=word,
                mode=self.mode,
                level=self._level,
                volume=status.volume if status is not None else None,
                mute_in_s=self._mute_in_s,
                retry_in_s=self._seconds_to_retry(),
                waited_ms=self._waited_ms,
                usd=self._usd,
                called=self._folding.history.name or self._folding.history.titled,
            )
        )
        self._title.show(word)
        self._transcript.redraw()
        if self._side is not None:
            self._side.show(self._folding.history.asides)
        self._card.show(self._feed.asks)
        hands_free = status is not None and status.hands_free
        hint = keys.ARMED if self.armed else self._hint_for(hands_free=hands_free)
        if not self._transcript.is_following and not self.armed:
            below = self._transcript.below
            hint = f"{f'{below} new below' if below else 'Not at the end'} · Ctrl+End follows · {hint}"
        if hint != self._hinted:
            self._hinted = hint
            self._hint.update(hint, layout=False)

    def _hint_for(self, *, hands_free: bool) -> str:
        hears = self._place.banner.microphone is not None
        return self._place.manner.hint(self.mode, hands_free=hands_free, hears=hears)

    def tick(self) -> None:
        """A second went by: what is counted moves on."""
        self._transcript.tick()
        self.draw()

    def _count(self, envelope: Envelope) -> None:
        match envelope.data:
            case LinkChanged(retry_in_s=retry_in_s):
                self._retry_at = self._place.wall().timestamp() + retry_in_s if retry_in_s else 0.0
            case LatencyMeasured(latency=latency):
                stages = (latency.first_audible_ms, latency.first_audio_ms, latency.first_token_ms)
                self._waited_ms = next((one for one in stages if one is not None), None)
            case UsageReported():
                self._estimate()
            case _:
                pass

    def _estimate(self) -> None:
        self._usd = self._place.desk.prices.estimate(self._folding.history.reports).usd

    def _seconds_to_retry(self) -> int:
        left_s = self._retry_at - self._place.wall().timestamp() if self._retry_at else 0.0
        return max(1, round(left_s)) if left_s > 0 else 0

    def say(self, text: str, level: Level = "info") -> None:
        """A line of the program's own, below all that is there."""
        self._feed.add(Note(text, level))
        self.draw()

    def copyable(self, number: int) -> str:
        """The nth last answer; "" when there are not so many."""
        return copying.last_answer(self._feed.rows, number)

    def find(self, text: str) -> None:
        """Mark the words in all that was said; "" marks nothing any more."""
        self.forget_find()
        if not text:
            return
        hits = self._transcript.find(text)
        self._finds = hits > 0
        word = "hit" if hits == 1 else "hits"
        self.say(
            f"{hits} {word}; F3 goes to the next, Esc ends it." if hits else "That was not said in this talk."
        )

    def forget_find(self) -> bool:
        """Mark nothing any more; whether anything was."""
        finds, self._finds = self._finds, False
        if finds:
            self._transcript.clear_find()
        return finds

    def look(self, how: str) -> None:
        """Move in the transcript without leaving the input line."""
        transcript = self._transcript
        match how:
            case "page_up":
                transcript.scroll_page_up(animate=False)
            case "page_down":
                transcript.scroll_page_down(animate=False)
            case "turn_before":
                transcript.jump(-1)
            case "turn_after":
                transcript.jump(1)
            case "beginning":
                transcript.go(0)
            case "end":
                transcript.follow()
            case "next_hit":
                transcript.next_hit(1)
            case "hit_before":
                transcript.next_hit(-1)
            case _:
                transcript.toggle_folded()
        self.draw()
