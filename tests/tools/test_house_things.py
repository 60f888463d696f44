"""Time, timers, notes and lists: what the user tells is kept, in plain files of the user's own."""

import asyncio
import json
import stat
import threading
import time
from collections.abc import AsyncGenerator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from realtime_chat.core.errors import AlreadyClosed, TimedOut
from realtime_chat.tools.builtin.datafolder import StorageFailed, changing, read_text, write_text
from realtime_chat.tools.builtin.timers import Timer, announce_due, spoken_duration
from realtime_chat.tools.standard import standard_tools
from tests.tools.kit import CountingClock, House


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


@pytest.fixture
def in_berlin(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "CET-1")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def test_the_names_and_arguments_the_brain_relies_on():
    contract = {tool.name: [p.name for p in tool.parameters] for tool in standard_tools()}
    assert contract == {
        "current_time": [],
        "current_date": [],
        "calculate": ["expression"],
        "set_timer": ["seconds", "label"],
        "list_timers": [],
        "cancel_timer": ["label"],
        "add_note": ["text"],
        "read_notes": [],
        "add_to_list": ["list", "item"],
        "read_list": ["list"],
        "remove_from_list": ["list", "item"],
        "list_folder": ["path"],
        "read_file": ["path"],
        "search_files": ["text", "path"],
        "search_sessions": ["text"],
    }


def test_only_the_users_own_things_are_changed_and_that_one_by_one():
    # X14
    changing_tools = {tool.name for tool in standard_tools() if tool.mutating}
    assert changing_tools == {
        "set_timer",
        "cancel_timer",
        "add_note",
        "add_to_list",
        "remove_from_list",
    }
    assert {tool.need for tool in standard_tools()} == {"read", "own"}


@pytest.mark.usefixtures("in_berlin")
async def test_time_and_date_are_local_and_can_be_spoken(house: House):
    await house.clock.advance(14 * 3600 + 5 * 60)
    assert await house.use("current_time") == {
        "spoken": "3:05 PM",
        "iso": "2026-01-01T15:05:00+01:00",
        "time_zone": "CET",
    }
    await house.clock.advance(9 * 3600)
    assert (await house.use("current_time"))["spoken"] == "12:05 AM"
    assert await house.use("current_date") == {
        "spoken": "Friday, 2 January 2026",
        "iso": "2026-01-02",
        "weekday": "Friday",
        "time_zone": "CET",
    }


async def test_a_timer_runs_down_rings_and_is_forgotten_after_an_hour(house: House):
    started = await house.use("set_timer", seconds=90, label="tea")
    assert (started["label"], started["due"], started["remaining_s"]) == ("tea", False, 90)
    await house.clock.advance(60)
    (timer,) = (await house.use("list_timers"))["timers"]
    assert (timer["remaining_s"], timer["remaining"], timer["due"]) == (30, "30 seconds", False)
    await house.clock.advance(60)
    (timer,) = (await house.use("list_timers"))["timers"]
    assert (timer["label"], timer["remaining_s"], timer["due"]) == ("tea", 0, True)
    await house.clock.advance(3600)
    assert await house.use("list_timers") == {"timers": []}


async def test_a_timer_without_label_is_named_by_its_duration(house: House):
    await house.use("set_timer", seconds=5400)
    (timer,) = (await house.use("list_timers"))["timers"]
    assert timer["label"] == "1 hour 30 minutes"


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0, "0 seconds"), (1, "1 second"), (61, "1 minute 1 second"), (7200, "2 hours"), (600, "10 minutes")],
)
def test_durations_are_said_as_people_say_them(seconds: int, said: str):
    assert spoken_duration(seconds) == said


async def test_a_timer_is_cancelled_by_label_or_when_it_is_the_only_one(house: House):
    assert await house.refusal("cancel_timer") == "No timer is running."
    for label in ("tea", "Green eggs", "bread"):
        await house.use("set_timer", seconds=60, label=label)
    assert await house.refusal("cancel_timer") == "Say which timer: tea, Green eggs, bread."
    assert "there are: tea" in await house.refusal("cancel_timer", label="pizza")
    assert (await house.use("cancel_timer", label="TEA"))["cancelled"]["label"] == "tea"
    assert (await house.use("cancel_timer", label="egg"))["cancelled"]["label"] == "Green eggs"
    assert (await house.use("cancel_timer"))["cancelled"]["label"] == "bread"
    assert await house.use("list_timers") == {"timers": []}


async def test_impossible_timers_and_one_too_many_are_refused(house: House):
    for seconds in (0, -5, 10**9):
        assert "from 1 to" in await house.refusal("set_timer", seconds=seconds)
    assert "80 characters" in await house.refusal("set_timer", seconds=5, label="x" * 81)
    for number in range(50):
        await house.use("set_timer", seconds=60, label=str(number))
    assert "50 timers" in await house.refusal("set_timer", seconds=5)


@pytest.mark.parametrize(
    "text", ["not json", "[1]", '[{"label":"a","seconds":1,"due":"2026-01-01T00:00:00"}]']
)
async def test_a_spoilt_timer_file_is_told_and_kept(house: House, text: str):
    write_text(house.data / "timers.json", text)
    assert "timers.json cannot be read" in await house.refusal("list_timers")
    assert "timers.json cannot be read" in await house.refusal("set_timer", seconds=5)
    assert read_text(house.data / "timers.json") == text


async def test_due_timers_are_announced_once_even_across_a_restart(house: House):
    await house.use("set_timer", seconds=5, label="while away")
    await house.clock.advance(10)
    await house.use("set_timer", seconds=2, label="while here")
    rung: list[str] = []
    async with announcing(house, rung) as clock:
        assert rung == ["while away"]
        await clock.step(1)
        assert rung == ["while away"]
        await clock.step(1)
        assert rung == ["while away", "while here"]
        await clock.step(1)
    await house.clock.advance(3)
    async with announcing(house, rung) as clock:
        await clock.step(1)
    assert rung == ["while away", "while here"]
    assert [timer["due"] for timer in (await house.use("list_timers"))["timers"]] == [True, True]


async def test_a_timer_that_could_not_be_told_is_left_for_the_next_talk(house: House):
    await house.use("set_timer", seconds=5, label="tea")
    await house.clock.advance(10)

    async def fail(timers: Sequence[Timer]) -> None:
        raise AlreadyClosed("The session ended before this was told.")

    with pytest.raises(AlreadyClosed):
        await announce_due(house.data, house.clock, fail)
    rung: list[str] = []
    async with announcing(house, rung):
        assert rung == ["tea"]


async def test_an_unreadable_timer_file_does_not_end_the_announcements(house: House):
    write_text(house.data / "timers.json", "spoilt")
    rung: list[str] = []
    async with announcing(house, rung) as clock:
        await clock.step(1)
        (house.data / "timers.json").unlink()
        await house.use("set_timer", seconds=2, label="again")
        await clock.step(1)
        assert rung == ["again"]


@asynccontextmanager
async def announcing(house: House, rung: list[str]) -> AsyncGenerator[CountingClock]:
    """The announcements, from the house's present on a clock of their own; begun when they sleep."""
    clock = CountingClock(start=house.clock.wall())

    async def tell(timers: Sequence[Timer]) -> None:
        rung.extend(timer.label for timer in timers)

    async with asyncio.TaskGroup() as crew:
        watch = crew.create_task(announce_due(house.data, clock, tell))
        await clock.first_sleep()
        yield clock
        watch.cancel()


async def test_notes_are_kept_word_for_word_newest_last(house: House):
    assert await house.use("read_notes") == {"count": 0, "notes": []}
    await house.use("add_note", text="call Zoë\n\x1b[2J at  nine")
    await house.clock.advance(60)
    await house.use("add_note", text="buy \t a lamp")
    notes = await house.use("read_notes")
    assert notes["count"] == 2
    assert [note["text"] for note in notes["notes"]] == ["call Zoë [2J at nine", "buy a lamp"]
    assert notes["notes"][0]["at"] < notes["notes"][1]["at"]


async def test_notes_written_by_hand_are_read_too(house: House):
    write_text(house.data / "notes.txt", "by hand, no newline")
    await house.use("add_note", text="second")
    assert [note["text"] for note in (await house.use("read_notes"))["notes"]] == [
        "by hand, no newline",
        "second",
    ]


async def test_many_notes_are_read_as_far_as_there_is_room(house: House):
    write_text(house.data / "notes.txt", "".join(f"t\t{n} {'x' * 990}\n" for n in range(100)))
    notes = await house.use("read_notes")
    assert notes["count"] == 100
    assert [note["text"].split()[0] for note in notes["notes"]] == [str(n) for n in range(92, 100)]


async def test_empty_and_endless_texts_are_refused(house: House):
    assert "1 to 4000" in await house.refusal("add_note", text=" \n ")
    assert "1 to 4000" in await house.refusal("add_note", text="x" * 4001)
    assert "1 to 200" in await house.refusal("add_to_list", list="shopping", item="")


async def test_a_list_grows_and_shrinks(house: House):
    assert await house.use("read_list", list="shopping") == {"list": "shopping", "count": 0, "items": []}
    added = await house.use("add_to_list", list="Shopping", item="Milk")
    assert added == {"list": "shopping", "item": "Milk", "added": True, "count": 1}
    assert (await house.use("add_to_list", list="my shopping list", item="milk"))["added"] is False
    await house.use("add_to_list", list="the shopping", item="rye bread")
    assert (await house.use("read_list", list="SHOPPING"))["items"] == ["Milk", "rye bread"]
    removed = await house.use("remove_from_list", list="shopping", item="MILK")
    assert removed == {"list": "shopping", "item": "Milk", "removed": True, "count": 1}
    assert (await house.use("remove_from_list", list="shopping", item="milk"))["removed"] is False
    assert (await house.use("read_list", list="shopping"))["items"] == ["rye bread"]


async def test_a_list_is_full_at_five_hundred(house: House):
    write_text(house.data / "lists" / "big.txt", "".join(f"{n}\n" for n in range(500)))
    assert "full" in await house.refusal("add_to_list", list="big", item="one more")


NAMES = [
    "../../etc/passwd",
    "/etc/passwd",
    "a/b",
    "..",
    ".hidden",
    "x" * 5000,
    "日本語" * 100,
    "a\x00b",
    "con:",
]


@pytest.mark.parametrize("name", NAMES)
async def test_no_list_name_leaves_the_lists_folder(house: House, name: str):
    outcome = await house.outcome("add_to_list", list=name, item="x")
    made = [path for path in house.data.parent.rglob("*") if path.is_file() and path.name != ".tools.lock"]
    assert all(path.parent == house.data / "lists" for path in made)
    assert len(made) == int(outcome.ok)
    assert not any(path.name.startswith(".") for path in made)


@pytest.mark.parametrize("name", ["", "..", "!!!"])
async def test_a_list_needs_a_name_with_letters_or_digits(house: House, name: str):
    assert "letters" in await house.refusal("read_list", list=name)


async def test_the_signs_around_a_lists_name_do_not_count(house: House):
    assert (await house.use("read_list", list="list!"))["list"] == "list"


async def test_what_is_kept_is_readable_by_the_user_alone(house: House):
    await house.use("add_note", text="secret")
    await house.use("add_to_list", list="gifts", item="ring")
    await house.use("set_timer", seconds=5)
    files = [path for path in house.data.rglob("*") if path.is_file()]
    assert {path.name for path in files} == {"notes.txt", "gifts.txt", "timers.json", ".tools.lock"}
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
    assert {stat.S_IMODE(path.stat().st_mode) for path in (house.data, house.data / "lists")} == {0o700}


def test_a_write_that_fails_leaves_the_old_file_and_no_draft(tmp_path: Path):
    path = tmp_path / "kept.txt"
    write_text(path, "old")
    (tmp_path / "folder").mkdir()
    with pytest.raises(StorageFailed, match="data folder"):
        write_text(tmp_path / "folder", "cannot replace a folder")
    assert read_text(path) == "old"
    assert {entry.name for entry in tmp_path.iterdir()} == {"kept.txt", "folder"}


async def test_a_data_folder_that_cannot_be_made_is_one_clear_line(tmp_path: Path):
    house = House(tmp_path)
    house.data.write_text("a file stands in the way")
    assert "check its rights" in await house.refusal("add_note", text="x")
    assert "check its rights" in await house.refusal("read_notes")


async def test_writers_side_by_side_lose_nothing(house: House):
    barrier = threading.Barrier(4, timeout=5)

    def write(number: int) -> None:
        barrier.wait()
        for step in range(5):
            asyncio.run(house.use("add_note", text=f"{number}-{step}"))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, range(4)))
    notes = (await house.use("read_notes"))["notes"]
    assert len({note["text"] for note in notes}) == 20


def test_a_lock_that_another_holds_is_waited_for_then_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("realtime_chat.tools.builtin.datafolder.LOCK_S", 0.05)
    with (
        changing(tmp_path),
        ThreadPoolExecutor(1) as pool,
        pytest.raises(TimedOut, match="Another program"),
    ):
        pool.submit(lambda: changing(tmp_path).__enter__()).result()


def test_lists_and_timers_are_plain_files(tmp_path: Path):
    house = House(tmp_path)
    asyncio.run(house.use("add_to_list", list="todo", item="wash"))
    asyncio.run(house.use("set_timer", seconds=5, label="tea"))
    assert (house.data / "lists" / "todo.txt").read_text() == "wash\n"
    assert json.loads((house.data / "timers.json").read_text())[0]["label"] == "tea"
