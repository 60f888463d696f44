"""Rows drawn without a session: a feed of given entries, and a screen that is a transcript alone."""

from datetime import UTC, datetime

from rich.style import Style
from textual.app import App, ComposeResult

from realtime_chat.cli.tui.drawing import Drawing
from realtime_chat.cli.tui.feed import Feed
from realtime_chat.cli.tui.page import Palette
from realtime_chat.cli.tui.widgets.transcript import Transcript
from realtime_chat.core.folding import Folding
from realtime_chat.core.history import AssistantEntry, Entry, ToolEntry, UserEntry

AT = "2026-01-01T12:00:00+00:00"
PLAIN = Palette(*([Style.null()] * 8), dark=True)


def user(text: str, turn: int = 1) -> UserEntry:
    return UserEntry(turn_id=f"t{turn}", item_id=f"u{turn}", source="typed", text=text)


def assistant(
    text: str, turn: int = 1, *, heard: str | None = None, streaming: bool = False
) -> AssistantEntry:
    return AssistantEntry(
        turn_id=f"t{turn}",
        item_id=f"a{turn}",
        text=text,
        heard_text=heard,
        interrupted=heard is not None,
        streaming=streaming,
    )


def call(number: int, *, turn: int = 1, **more: object) -> ToolEntry:
    entry = ToolEntry(
        turn_id=f"t{turn}", call_id=f"c{number}", name="read_file", arguments='{"path": "a.txt"}', at=AT
    )
    for name, value in more.items():
        setattr(entry, name, value)
    return entry


def feed_of(*entries: Entry) -> Feed:
    folding = Folding()
    folding.history.items.extend(entries)
    return Feed(folding)


def drawing(feed: Feed, width: int = 80, *, opened: set[str] | None = None) -> Drawing:
    return Drawing(
        feed,
        palette=PLAIN,
        width=width,
        now=lambda: datetime(2026, 1, 1, 12, 0, 37, tzinfo=UTC),
        opened=opened if opened is not None else set(),
    )


def read(entry: Entry, width: int = 80, *, opened: set[str] | None = None) -> list[str]:
    """The lines of an entry, without the label."""
    at = drawing(feed_of(entry), width, opened=opened)
    return [strip.text[at.indent :].rstrip() for strip in at.strips(entry)]


class Alone(App[None]):
    """A transcript with nothing beside it, at 12:00:37."""

    def __init__(self, feed: Feed) -> None:
        super().__init__()
        self.feed = feed
        self.moved: list[tuple[bool, int]] = []

    def compose(self) -> ComposeResult:
        yield Transcript(self.feed, lambda: datetime(2026, 1, 1, 12, 0, 37, tzinfo=UTC))

    def on_sheet_view_moved(self, message: Transcript.Moved) -> None:
        self.moved.append((message.following, message.below))

    @property
    def transcript(self) -> Transcript:
        return self.query_one(Transcript)

    @property
    def lines(self) -> list[str]:
        return [self.transcript.render_line(y).text.rstrip() for y in range(self.transcript.size.height)]
