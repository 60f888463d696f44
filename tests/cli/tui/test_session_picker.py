"""The picker of sessions: what it lists, how it finds, what its keys do to the sessions on disk."""

import asyncio
import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from datetime import UTC
from pathlib import Path
from typing import Protocol

import pytest
from textual.app import App
from textual.pilot import Pilot
from textual.widgets import Input, OptionList, Static
from textual.worker import WorkerCancelled

from realtime_chat.cli.tui.screens import session_rows as draw
from realtime_chat.cli.tui.screens.session_finder import SearchLine, SessionPreview
from realtime_chat.cli.tui.screens.sessions import Choice, SessionPicker
from realtime_chat.core import events as ev
from realtime_chat.core.clock import VirtualClock
from realtime_chat.core.folding import fold
from realtime_chat.core.store.directory import SessionStore
from realtime_chat.core.store.documents import SessionSummary
from tests.cli.tui.bound import key_of
from tests.core.store.shelf import log_of, talked, turn, write
from tests.core.stories import heard, said, typed

BREAD, BOATS, NOW = "20260101T090000-00b4ed", "20260102T090000-00b0a7", "20260103T090000-000000"


def three_talks(root: Path) -> SessionStore:
    """Bread, boats, and the one that runs, a day after the other."""
    clock = VirtualClock()
    store = SessionStore(root / "sessions", clock)
    talks = {
        BREAD: [
            ("How long must dough rest?", "A night in the cold. Longer is better."),
            ("And rye?", "Two nights, and a piece of the old dough."),
        ],
        BOATS: [("Which knot holds a boat?", "The bowline.")],
        NOW: [("Hello?", "Hello.")],
    }
    for number, (session_id, exchanges) in enumerate(talks.items(), 1):
        talked(store, session_id, *exchanges)
        os.utime(log_of(root, session_id), (number, number))
        clock.jump(24 * 3600)
    store.rename(BOATS, "harbour")
    return store


class Host(App[None]):
    """A talk of which only the picker is seen."""

    def __init__(self, store: SessionStore, theme: str = "textual-dark") -> None:
        super().__init__()
        self.theme = theme
        self.picker = SessionPicker(store, NOW, zone=UTC)
        self.results: list[Choice | None] = []

    def on_mount(self) -> None:
        self.push_screen(self.picker, self.results.append)

    @property
    def rows(self) -> list[str]:
        """The list as one reads it, without times."""
        options = self.picker.query_one(OptionList)
        return [
            str(options.get_option_at_index(at).prompt)[18:].strip() for at in range(options.option_count)
        ]

    @property
    def marked(self) -> str:
        at = self.picker.query_one(OptionList).highlighted
        return self.rows[at] if at is not None else ""

    @property
    def told(self) -> str:
        return str(self.picker.query_one("#told", Static).render())

    @property
    def preview(self) -> str:
        return str(self.picker.query_one(SessionPreview).query_one(Static).render())

    @property
    def keys(self) -> str:
        return str(self.picker.query_one("#sessions").border_subtitle)

    async def press(self, pilot: Pilot[None], *keys: str) -> None:
        """Press them, and wait until everything that follows from it has happened."""
        await pilot.press(*keys)
        await self.settled(pilot)

    async def settled(self, pilot: Pilot[None]) -> None:
        """All that was asked of the store has come, and what follows from it."""
        await pilot.pause()
        while waiting := [one for one in self.workers if not one.is_finished]:
            for worker in waiting:
                with suppress(WorkerCancelled):
                    await worker.wait()
            await pilot.pause()


@asynccontextmanager
async def picking(store: SessionStore) -> AsyncGenerator[tuple[Host, Pilot[None]]]:
    """A picker that shows its list."""
    app = Host(store)
    async with asyncio.timeout(20), app.run_test() as pilot:
        await app.settled(pilot)
        yield app, pilot


class SnapCompare(Protocol):
    """As pytest-textual-snapshot gives it."""

    def __call__(self, app: App[None], *, terminal_size: tuple[int, int], run_before: object) -> bool: ...


def logs(root: Path) -> set[str]:
    return {one.stem for one in (root / "sessions").glob("*.jsonl")}


# ------------------------------------------------------------ looking and finding


@pytest.mark.parametrize(
    ("theme", "size"),
    [("textual-dark", (80, 24)), ("textual-light", (120, 40))],
    ids=["dark", "light"],
)
def test_it_looks_as_it_did(
    tmp_path: Path, theme: str, size: tuple[int, int], snap_compare: SnapCompare
) -> None:
    app = Host(three_talks(tmp_path), theme)

    async def into_the_list(pilot: Pilot[None]) -> None:
        await app.settled(pilot)
        await app.press(pilot, "down", "down")

    assert snap_compare(app, terminal_size=size, run_before=into_the_list)


async def test_the_list_begins_with_the_newest_and_marks_the_one_that_runs(tmp_path: Path) -> None:
    async with picking(three_talks(tmp_path)) as (app, _):
        assert app.rows == [
            "1  runs now · Hello?",
            "1  harbour · Which knot holds a boat?",
            "2  How long must dough rest?",
        ]
        assert (app.told, app.marked) == ("3 sessions.", app.rows[0])
        assert app.preview == "you: Hello?\nassistant: Hello."


async def test_down_and_up_look_at_another_one(tmp_path: Path) -> None:
    async with picking(three_talks(tmp_path)) as (app, pilot):
        await app.press(pilot, key_of("into_sessions"))
        assert app.marked.startswith("1  harbour")
        assert "The bowline." in app.preview
        assert app.picker.query_one(SessionPreview).border_title == BOATS
        await app.press(pilot, "up", key_of("find_session"), key_of("into_sessions_back"))
        assert "the old dough" in app.preview


async def test_typing_finds_what_was_said_and_shows_where(tmp_path: Path) -> None:
    async with picking(three_talks(tmp_path)) as (app, pilot):
        await app.press(pilot, *"bowl")
        assert (app.rows, app.told) == (["1  harbour · Which knot holds a boat?"], "1 session found.")
        assert app.preview.splitlines()[0] == "found, assistant: The bowline."
        await app.press(pilot, *["backspace"] * 4)
        assert (len(app.rows), app.told) == (3, "3 sessions.")


@pytest.mark.parametrize(
    ("typed_text", "found"),
    [
        ("harb", ["1  harbour"]),
        ("20260101", ["2  How long"]),
        ('"old dough"', ["2  How long"]),
        ('"dough old"', []),
        ("--", []),
    ],
    ids=["name", "id", "phrase", "other order", "no word"],
)
async def test_names_ids_and_phrases_are_found(tmp_path: Path, typed_text: str, found: list[str]) -> None:
    async with picking(three_talks(tmp_path)) as (app, pilot):
        app.picker.query_one(SearchLine).value = typed_text
        await app.settled(pilot)
        assert [row[: len(start)] for row, start in zip(app.rows, found, strict=True)] == found
        assert found or (app.told, app.preview) == ("No sessions found.", "")


def test_a_list_of_thousands_holds_the_newest_and_says_so() -> None:
    many = [SessionSummary(session_id=f"s{number}") for number in range(10_000)]
    assert [row.session.session_id for row in draw.newest(many)] == [f"s{n}" for n in range(draw.MOST_ROWS)]
    assert len(draw.found(many, "s", [])) == draw.MOST_ROWS


async def test_what_does_not_fit_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(draw, "MOST_ROWS", 2)
    async with picking(three_talks(tmp_path)) as (app, _):
        assert (len(app.rows), app.told) == (2, "2 of 3 sessions; type to find the others.")


async def test_a_cut_answer_is_shown_as_far_as_it_was_heard(tmp_path: Path) -> None:
    store = three_talks(tmp_path)
    cut: list[ev.Event] = [
        *typed("t9", "Tell me of rye."),
        ev.ToolCall(turn_id="t9", response_id="r", call_id="c", name="notes", arguments="{}"),
        said("t9", "Rye is a grass.", interrupted=True, audio_ms=900),
        heard("t9", "Rye is", 300, 900),
    ]
    write(store, NOW, cut)
    async with picking(store) as (app, _):
        assert app.preview.splitlines()[2:] == [
            "you: Tell me of rye.",
            "tool: notes running",
            "assistant: Rye is (interrupted)",
        ]


async def test_of_a_long_talk_the_end_is_shown(tmp_path: Path) -> None:
    store = three_talks(tmp_path)
    for number in range(9, 29):
        write(store, NOW, turn(f"t{number}", f"question {number}", f"answer {number}"))
    async with picking(store) as (app, _):
        lines = app.preview.splitlines()
        assert (lines[0], lines[-1]) == ("22 entries before", "assistant: answer 28")


async def test_nothing_that_was_said_drives_the_terminal(tmp_path: Path) -> None:
    store = three_talks(tmp_path)
    talked(store, "20260104", ("\x1b]52;c;eA==\x07[bold]red[/bold]", "[link=x]\x1b[31m\u202e"))
    async with picking(store) as (app, _):
        assert app.marked.endswith("␛]52;c;eA==␇[bold]red[/bold]")
        assert app.preview.splitlines()[1].startswith("assistant: [link=x]␛[31m")
        assert "\x1b" not in app.preview + "".join(app.rows)


# ------------------------------------------------------------ going on


async def test_enter_in_the_search_line_resumes_what_was_found(tmp_path: Path) -> None:
    async with picking(three_talks(tmp_path)) as (app, pilot):
        await app.press(pilot, *"knot")
        await app.press(pilot, "enter")
        assert app.results == [Choice(BOATS)]


async def test_enter_in_the_list_resumes_the_marked_one(tmp_path: Path) -> None:
    async with picking(three_talks(tmp_path)) as (app, pilot):
        await app.press(pilot, "down", "down", "enter")
        assert app.results == [Choice(BREAD)]


async def test_the_session_that_runs_is_not_resumed_deleted_or_named_here(tmp_path: Path) -> None:
    async with picking(three_talks(tmp_path)) as (app, pilot):
        for key, told in (
            ("enter", "You are in this session already."),
            ("d", "This session runs now; it cannot be deleted."),
            ("r", "This session runs now; /rename gives it a name."),
        ):
            await app.press(pilot, "down", "up", key)
            assert app.told == told
            await app.press(pilot, "down")
            assert app.told == "3 sessions."
            await app.press(pilot, "up")
        assert app.results == []
        assert NOW in logs(tmp_path)


async def test_f_forks_also_the_session_that_runs(tmp_path: Path) -> None:  # P32
    store = three_talks(tmp_path)
    held = store.open(NOW)
    try:
        async with picking(store) as (app, pilot):
            await app.press(pilot, "down", "up", key_of("fork_session"))
        (choice,) = app.results
    finally:
        held.close()
    assert choice is not None
    assert choice.forked
    parent = fold(store.read(choice.session_id)).parent
    assert parent is not None
    assert parent.parent_id == NOW


async def test_escape_closes_it_without_a_choice(tmp_path: Path) -> None:
    async with picking(three_talks(tmp_path)) as (app, pilot):
        await app.press(pilot, key_of("close_sessions"))
        assert app.results == [None]


# ------------------------------------------------------------ naming and deleting


async def test_r_gives_a_name_and_the_row_keeps_its_place(tmp_path: Path) -> None:
    store = three_talks(tmp_path)
    async with picking(store) as (app, pilot):
        await app.press(pilot, "down", key_of("rename_session"))
        name = app.picker.query_one("#name", Input)
        assert (name.value, app.focused, "this name" in app.keys) == ("harbour", name, True)
        await app.press(pilot, "end", "s", "enter")
        assert app.marked == "1  harbours · Which knot holds a boat?"
        assert app.told == "It is named harbours now."
        assert "f fork" in app.keys
    assert store.resolve("harbours") == BOATS


async def test_an_empty_name_takes_it_away_and_escape_leaves_it(tmp_path: Path) -> None:
    store = three_talks(tmp_path)
    async with picking(store) as (app, pilot):
        await app.press(pilot, "down", "r", "x", "escape")
        assert not app.picker.query_one("#name").display
        assert store.resolve("harbour") == BOATS
        await app.press(pilot, "r", *["backspace"] * 7, "enter")
        assert (app.marked, app.told) == ("1  Which knot holds a boat?", "It has no name now.")


async def test_d_asks_once_more_and_then_deletes_for_good(tmp_path: Path) -> None:
    store = three_talks(tmp_path)
    async with picking(store) as (app, pilot):
        await app.press(pilot, "down", "d")
        assert app.told == f"Delete {BOATS} for good? d again: yes; any other key: no."
        assert BOATS in logs(tmp_path)
        await app.press(pilot, key_of("delete_session"))
        assert app.told == f"{BOATS} is deleted."
        assert [row[:6] for row in app.rows] == ["1  run", "2  How"]
        assert app.marked.startswith("2  How")
    assert logs(tmp_path) == {BREAD, NOW}


@pytest.mark.parametrize("key", ["escape", "x", "down", "slash", "tab"])
async def test_any_other_key_spares_it(tmp_path: Path, key: str) -> None:
    async with picking(three_talks(tmp_path)) as (app, pilot):
        await app.press(pilot, "down", "d", key)
        assert app.told == f"{BOATS} is kept."
        assert app.results == []
        assert BOATS in logs(tmp_path)
        app.picker.query_one(OptionList).focus()
        app.picker.query_one(OptionList).highlighted = 1
        await app.press(pilot, "d")
        assert app.told.startswith(f"Delete {BOATS}")


# ------------------------------------------------------------ what goes wrong


@pytest.mark.parametrize("keys", [("d", "d"), ("r", "x", "enter")], ids=["delete", "rename"])
async def test_a_session_that_somebody_writes_is_not_changed(tmp_path: Path, keys: tuple[str, ...]) -> None:
    store = three_talks(tmp_path)  # P24
    held = store.open(BOATS)
    try:
        async with picking(store) as (app, pilot):
            await app.press(pilot, "down", *keys)
            assert BOATS in app.told
            assert app.picker.query_one("#told").has_class("-wrong")
            assert store.resolve("harbour") == BOATS
            await app.press(pilot, "f")
            assert app.results != []
    finally:
        held.close()


async def test_a_log_that_cannot_be_read_says_so_and_is_not_resumed_but_can_be_deleted(
    tmp_path: Path,
) -> None:
    store = three_talks(tmp_path)
    log = log_of(tmp_path, BOATS)
    lines = log.read_bytes().splitlines(keepends=True)
    log.write_bytes(b"".join([*lines[:2], b"garbage\n", *lines[2:]]))
    async with picking(store) as (app, pilot):
        await app.press(pilot, "down", "up")
        assert "repair" in app.preview
        for key in ("enter", "f", "r"):
            await app.press(pilot, "home", key)
            assert "repair" in app.told
        assert app.results == []
        await app.press(pilot, "d", "d")
        assert app.told == f"{BOATS} is deleted."


async def test_a_session_that_is_gone_meanwhile_is_told(tmp_path: Path) -> None:
    store = three_talks(tmp_path)
    async with picking(store) as (app, pilot):
        store.delete(BOATS)
        await app.press(pilot, "down")
        assert "There is no session" in app.preview
        await app.press(pilot, "f")
        assert "There is no session" in app.told


async def test_a_name_that_is_none_is_refused_in_place(tmp_path: Path) -> None:
    store = three_talks(tmp_path)
    async with picking(store) as (app, pilot):
        await app.press(pilot, "down", "r")
        app.picker.query_one("#name", Input).value = "a\x07b"
        await app.press(pilot, "enter")
        assert "That is no name" in app.told
    assert store.resolve("harbour") == BOATS
