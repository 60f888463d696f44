"""How a transcript looks. A picture that changed is looked at before it is taken (`pytest --snapshot-update`)."""

import time
from collections.abc import Awaitable, Callable, Iterator

import pytest
from textual.pilot import Pilot

from realtime_chat.cli.tui.feed import Feed, Note
from realtime_chat.core.errors import Category, ErrorInfo
from tests.cli.tui.drawn import AT, Alone, assistant, call, feed_of, user
from tests.cli.tui.test_transcript_drawing import GUIDE

NOTES = "\n".join(f"line {number} of the notes" for number in range(14))


@pytest.fixture(autouse=True)
def in_utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Times of day are those of the place."""
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def talk() -> Feed:
    rows = [user("How do I sort?", 1), assistant(GUIDE, 1), user("Thanks, and the weather?", 2)]
    rows.append(
        assistant(
            "It will **rain** in the morning, and then the sun comes out.", 2, heard="It will **rain** in"
        )
    )
    for row in rows:
        row.at = AT
    return feed_of(*rows)


def tools() -> Feed:
    error = ErrorInfo(kind="tool_failed", message="The program ended with 2.", category=Category.FATAL)
    feed = feed_of(
        call(1),
        call(2, status="ok", output=NOTES, duration_ms=41, at=AT),
        call(3, status="ok", output='{"temperature": 21, "wind": {"from": "west"}}', duration_ms=1234),
        call(4, status="failed", error=error, duration_ms=125_000),
    )
    feed.progress["c1"] = "page 3 of 7"
    feed.add(Note("The model cannot be reached. Try again, or run `realtime-chat doctor`.", "error", AT))
    feed.add(Note("Your microphone is quiet.", "warning", AT))
    return feed


def themed(
    theme: str, act: Callable[[Alone], object] = lambda app: None
) -> Callable[[Pilot[None]], Awaitable[None]]:
    async def before(pilot: Pilot[None]) -> None:
        app = pilot.app
        assert isinstance(app, Alone)
        app.theme = theme
        await pilot.pause()
        act(app)
        await pilot.pause()

    return before


Compare = Callable[..., bool]


@pytest.mark.parametrize(("theme", "size"), [("textual-dark", (80, 40)), ("textual-light", (120, 40))])
def test_a_talk(snap_compare: Compare, theme: str, size: tuple[int, int]):
    assert snap_compare(Alone(talk()), terminal_size=size, run_before=themed(theme))


def test_found_words(snap_compare: Compare):
    find = themed("textual-dark", lambda app: app.transcript.find("SORT"))
    assert snap_compare(Alone(talk()), terminal_size=(80, 24), run_before=find)


@pytest.mark.parametrize("theme", ["textual-dark", "textual-light"])
def test_tools_that_run_are_done_and_failed(snap_compare: Compare, theme: str):
    assert snap_compare(Alone(tools()), terminal_size=(80, 24), run_before=themed(theme))


def test_open_cards(snap_compare: Compare):
    unfold = themed("textual-dark", lambda app: app.transcript.toggle_folded())
    assert snap_compare(Alone(tools()), terminal_size=(80, 50), run_before=unfold)


def test_a_narrow_terminal(snap_compare: Compare):
    assert snap_compare(Alone(talk()), terminal_size=(40, 40), run_before=themed("textual-dark"))
