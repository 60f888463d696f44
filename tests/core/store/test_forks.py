"""A fork begins with whole turns of its parent, which it leaves alone (P32, X24)."""

import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from realtime_chat.core import events as ev
from realtime_chat.core.errors import InvalidArguments, NotFound
from realtime_chat.core.event_parts import TranscriptionUsage
from realtime_chat.core.events import Event
from realtime_chat.core.folding import fold
from realtime_chat.core.history import UserEntry
from realtime_chat.core.store.directory import SessionStore
from tests.core.store.shelf import files, log_of, on_a_full_disk, shelf, turn, write
from tests.core.stories import heard, said, spoken, typed

PARENT = [
    ev.SessionStarted(
        agent="a", provider="local", model="m", voice="v", instructions="Be brief.", tools=["x"]
    ),
    ev.SessionRenamed(name="the parent"),
    *turn("t1", "one?", "One."),
    ev.SessionClosed(reason="client"),
    ev.SessionResumed(provider="local", model="m2", voice="w", mode="voice", set_aside_bytes=3),
    ev.RecordingStarted(path="/somewhere.wav", rate=24_000, channels=2),
    *spoken("t2", "two?")[:-1],
    ev.ToolCall(turn_id="t2", response_id="r", call_id="c", name="x", arguments="{}"),
    ev.ApprovalRequested(turn_id="t2", call_id="c", name="x", arguments="{}"),
    ev.PermissionDecided(call_id="c", name="x", allowed=True, by="user"),
    ev.ToolResult(turn_id="t2", call_id="c", name="x", ok=True, output="2"),
    heard("t2", "Two", 300, 900),
    said("t2", "Two, I say.", audio_ms=900, interrupted=True),
    ev.TurnInterrupted(turn_id="t2", reason="barge_in"),
    ev.ModeChanged(mode="text"),
    ev.InstructionsChanged(instructions="Be long."),
    *typed("t3", "three?"),
    ev.UserTranscript(item_id="u_t2", text="two, late?", usage=TranscriptionUsage(tokens=ev.Usage(total=9))),
    said("t3", "Three."),
    ev.TurnCompleted(turn_id="t3"),
    *typed("t4", "four, which nobody answered?"),
]


@pytest.fixture
def store(tmp_path: Path) -> SessionStore:
    """With the session `parent`, whose last turn has not ended."""
    store = shelf(tmp_path)
    write(store, "parent", PARENT)
    return store


def test_a_fork_has_the_whole_turns_and_tells_whose_they_are(tmp_path: Path, store: SessionStore) -> None:
    before = log_of(tmp_path, "parent").read_bytes()
    child = store.fork("parent")
    assert log_of(tmp_path, "parent").read_bytes() == before
    envelopes = list(store.read(child))
    parent = list(store.read("parent"))
    assert [one.seq for one in envelopes] == list(range(len(envelopes)))
    assert envelopes[0].data == ev.SessionForked(
        parent_id="parent", parent_seq=max(one.seq or 0 for one in parent[:-2]), turn_id="t3"
    )
    assert {one.session_id for one in envelopes} == {child}
    assert not {one.id for one in envelopes} & {one.id for one in parent}
    history = fold(envelopes)
    assert history.items == fold(parent).items[:-1]
    assert [turn.status for turn in history.turns] == ["completed", "interrupted", "completed"]
    assert history.open_calls == history.open_turns == []


def test_a_fork_costs_nothing_yet_and_has_neither_name_nor_sound_of_its_parent(store: SessionStore) -> None:
    assert len(fold(store.read("parent")).reports) == 2  # an answer and a transcript
    history = fold(store.read(store.fork("parent")))
    assert (history.usage, history.reports) == (ev.Usage(), [])
    assert all(turn.usage == ev.Usage() for turn in history.turns)
    assert (history.name, history.recordings, history.damage, history.active_ms) == ("", [], None, 0)
    assert fold(store.read(store.fork("parent", name=" another  e\u0301nd "))).name == "another \u00e9nd"


@pytest.mark.parametrize(
    ("at", "items", "model", "mode", "instructions"),
    [
        ("t1", 2, "m2", "voice", "Be brief."),
        ("t2", 5, "m2", "text", "Be long."),
        ("t3", 7, "m2", "text", "Be long."),
    ],
)
def test_a_fork_at_a_turn_ends_with_it_under_the_settings_of_then(
    store: SessionStore, at: str, items: int, model: str, mode: str, instructions: str
) -> None:
    history = fold(store.read(store.fork("parent", at=at)))  # X24: a rewind
    assert len(history.items) == items
    assert history.turns[-1].turn_id == at
    assert (history.model, history.mode, history.instructions) == (model, mode, instructions)
    assert (history.agent, history.tools) == ("a", ["x"])
    assert history.parent is not None
    assert history.parent.turn_id == at


def test_words_that_came_late_are_those_of_their_turn(store: SessionStore) -> None:
    (user,) = [
        one for one in fold(store.read(store.fork("parent", at="t2"))).items[2:] if isinstance(one, UserEntry)
    ]
    assert user.text == "two, late?"


@pytest.mark.parametrize(
    ("at", "kind", "says"),
    [("t9", NotFound, "t1 to t4"), ("t4", InvalidArguments, "has not ended")],
)
def test_a_turn_that_cannot_be_the_last_is_refused_and_nothing_is_left(
    tmp_path: Path, store: SessionStore, at: str, kind: type[Exception], says: str
) -> None:
    before = sorted(one.name for one in (tmp_path / "sessions").iterdir())
    with pytest.raises(kind, match=says):
        store.fork("parent", at=at)
    assert sorted(one.name for one in (tmp_path / "sessions").iterdir()) == before


def test_a_disk_that_takes_half_of_a_fork_is_left_as_it_was(tmp_path: Path, store: SessionStore) -> None:
    before = files(tmp_path)
    assert "cannot be written" in on_a_full_disk(tmp_path, "store.fork('parent')", 500)
    assert files(tmp_path) == before


def test_a_session_without_a_whole_turn_has_no_forks(store: SessionStore) -> None:
    write(store, "empty", [ev.SessionStarted(), *typed("t1", "hello?")])
    with pytest.raises(InvalidArguments, match="no whole turn"):
        store.fork("empty")


def test_a_session_that_somebody_writes_can_be_forked_and_a_fork_goes_on_by_itself(
    store: SessionStore,
) -> None:
    held = store.open("parent")
    child = store.fork("parent")
    length = len(list(store.read(child)))
    held.log.append(ev.TurnInterrupted(turn_id="t4", reason="error"))
    held.close()
    write(store, child, turn("t4", "on its own?", "Yes."))
    assert [one.seq for one in store.read(child)] == list(range(length + 5))
    grandchild = fold(store.read(store.fork(child)))
    assert grandchild.parent is not None
    assert grandchild.parent.parent_id == child
    assert len(grandchild.turns) == 4


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10**6), turns=st.integers(1, 6), kept=st.integers(1, 6))
def test_any_fork_is_the_parents_story_up_to_a_turn(
    tmp_path_factory: pytest.TempPathFactory, seed: int, turns: int, kept: int
) -> None:
    chance = random.Random(seed)
    store = shelf(tmp_path_factory.mktemp("fork"))
    events: list[Event] = [ev.SessionStarted()]
    for number in range(1, turns + 1):
        events += turn(f"t{number}", f"question {number}", "a" * chance.randint(1, 9))
        if chance.random() < 0.3:
            events += [ev.SessionClosed(reason="client"), ev.SessionResumed(model=f"m{number}")]
    write(store, "parent", events)
    kept = min(kept, turns)
    parent = fold(store.read("parent"))
    child = fold(store.read(store.fork("parent", at=f"t{kept}")))
    names = {f"t{number}" for number in range(1, kept + 1)}
    assert child.items == [one for one in parent.items if one.turn_id in names]
    assert [one.turn_id for one in child.turns] == sorted(names)
    assert child.last_seq == len(list(store.read(child.session_id))) - 1
