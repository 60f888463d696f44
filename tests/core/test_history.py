"""The fold: whatever it says can be said again from the log, in any order, any number of times."""

import random

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_chat.core import events as ev
from realtime_chat.core.folding import Folding, fold
from realtime_chat.core.history import AnnouncedEntry, AssistantEntry, ToolEntry, UserEntry
from realtime_chat.core.replay import replay_items
from realtime_chat.core.store.snapshot import snapshot_of
from tests.core.stories import Story, heard, said, spoken, typed


def talk() -> Story:
    """A typed turn with a tool, a spoken one that was cut, and one that failed half way."""
    return Story().tell(
        ev.SessionStarted(provider="local", model="m", voice="v", mode="voice", instructions="Be brief."),
        *typed("t1", "what is two plus two"),
        ev.ToolCall(turn_id="t1", response_id="r", call_id="c1", name="calculate", arguments="{}"),
        ev.ToolResult(turn_id="t1", call_id="c1", name="calculate", ok=True, output="4", duration_ms=3),
        said("t1", "Four."),
        ev.UsageReported(turn_id="t1", response_id="r", usage=ev.Usage(input=3, output=4, total=7)),
        ev.TurnCompleted(turn_id="t1"),
        *spoken("t2", "count"),
        heard("t2", "one two", 800, 2000),
        said("t2", "one two three", audio_ms=2000, interrupted=True),
        ev.TurnInterrupted(turn_id="t2", reason="barge_in"),
        *typed("t3", "and then"),
        ev.AssistantMessage(turn_id="t3", response_id="r3", item_id="a3", text="It was", partial=True),
    )


def test_a_missing_log_folds_to_nothing() -> None:  # P15, P17
    history = fold([])
    assert (history.items, history.turns, history.last_seq) == ([], [], -1)


def test_an_event_that_comes_twice_changes_nothing() -> None:  # P15, X13
    once, twice = Folding(), Folding()
    for envelope in talk():
        once.apply(envelope)
        twice.apply(envelope)
        twice.apply(envelope)
    assert twice.history == once.history


def test_pieces_grow_an_answer_and_the_whole_replaces_them() -> None:  # X13, M11
    story = Story().tell(*typed("t1", "hi"))
    for piece in ("Hel", "lo"):
        story.tell(ev.TextDelta(turn_id="t1", response_id="r", item_id="a_t1", delta=piece))
    growing = story.history().items[-1]
    assert isinstance(growing, AssistantEntry)
    assert (growing.text, growing.streaming) == ("Hello", True)
    (_, whole) = story.tell(said("t1", "Hello!")).history().items
    assert isinstance(whole, AssistantEntry)
    assert (whole.text, whole.streaming) == ("Hello!", False)


def test_the_users_words_grow_too_and_come_whole_at_last() -> None:
    story = Story().tell(ev.UserMessage(turn_id="t1", item_id="u1", source="spoken"))
    story.tell(*(ev.UserTranscriptDelta(item_id="u1", delta=piece) for piece in ("What time", " is it")))
    story.tell(ev.UserTranscriptDelta(item_id="of nobody", delta="!"))
    (growing,) = story.history().items
    assert isinstance(growing, UserEntry)
    assert growing.text == "What time is it"
    (whole,) = story.tell(ev.UserTranscript(item_id="u1", text="What time is it?")).history().items
    assert isinstance(whole, UserEntry)
    assert whole.text == "What time is it?"


@pytest.mark.parametrize("was_heard", [True, False])
@pytest.mark.parametrize("was_cut", [True, False])
def test_an_answer_was_interrupted_whichever_of_its_facts_says_so(was_heard: bool, was_cut: bool) -> None:
    evidence = [heard("t1", "one two", 800, 2000)] if was_heard else []
    (answer,) = Story().tell(*evidence, said("t1", "one two three", interrupted=was_cut)).history().items
    assert isinstance(answer, AssistantEntry)
    assert answer.interrupted == (was_heard or was_cut)


@pytest.mark.parametrize(
    "end",
    [
        ev.TurnCompleted(turn_id="t1", duration_ms=1200),
        ev.TurnInterrupted(turn_id="t1", reason="manual", duration_ms=1200),
    ],
)
def test_a_turn_knows_how_long_it_took_and_ends_once(end: ev.Event) -> None:
    story = Story().tell(*typed("t1", "hi"), end, ev.TurnCompleted(turn_id="t1", duration_ms=9999))
    (turn,) = story.history().turns
    assert turn.duration_ms == 1200


def test_a_call_that_waits_for_a_word_says_so_until_somebody_gave_it() -> None:
    called = ev.ToolCall(turn_id="t1", response_id="r", call_id="c1", name="run", arguments="{}")
    asked = ev.ApprovalRequested(
        turn_id="t1", call_id="c1", name="run", arguments="{}", reason="It changes files.", scope=""
    )
    ruled = ev.PermissionDecided(call_id="c1", name="run", allowed=True, by="user", reason="")
    story = Story().tell(ruled, called, asked)  # of a call that nobody knows, a word means nothing
    (waiting,) = story.history().items
    assert isinstance(waiting, ToolEntry)
    assert waiting.asks == asked
    (settled,) = story.tell(ruled).history().items
    assert isinstance(settled, ToolEntry)
    assert settled.asks is None


def test_who_talks_how_is_as_it_was_said_last() -> None:
    started = ev.SessionStarted(
        agent="cards", provider="a", model="m1", voice="v1", mode="text", transcription_model="w1"
    )
    story = Story().tell(started)
    history = story.history()
    assert (history.agent, history.mode, history.transcription_model) == ("cards", "text", "w1")
    history = story.tell(ev.ModeChanged(mode="voice"), ev.VoiceChanged(voice="v2")).history()
    assert (history.mode, history.voice, history.model) == ("voice", "v2", "m1")
    resumed = ev.SessionResumed(provider="b", model="m2", voice="v3", mode="text", transcription_model="w2")
    history = story.tell(resumed).history()  # an older version did not say whose it is
    assert (history.agent, history.provider, history.model, history.mode) == ("cards", "b", "m2", "text")
    assert (history.voice, history.transcription_model) == ("v3", "w2")
    assert story.tell(ev.SessionResumed(agent="facts", mode="text")).history().agent == "facts"


def test_what_the_program_says_by_itself_is_an_entry_of_its_turn() -> None:
    story = Story().tell(ev.Announced(turn_id="t1", item_id="n1", text="Your tea is ready."))
    (entry,) = story.history().items
    assert entry == AnnouncedEntry(
        turn_id="t1", item_id="n1", text="Your tea is ready.", at=story.envelopes[0].ts
    )


def test_words_come_to_their_message_late_or_before_it() -> None:
    transcript = ev.UserTranscript(item_id="u_t1", text="hello")
    begin, message = spoken("t1", "hello")[:2]
    for order in ([begin, message, transcript], [begin, transcript, message]):
        (entry,) = Story().tell(*order).history().items
        assert isinstance(entry, UserEntry)
        assert entry.text == "hello"


def test_a_result_is_taken_once_and_only_for_its_call() -> None:  # P20
    story = Story().tell(
        ev.ToolCall(turn_id="t1", response_id="r", call_id="c1", name="f", arguments="{}"),
        ev.ToolResult(turn_id="t1", call_id="c1", name="f", ok=True, output="first"),
        ev.ToolResult(turn_id="t1", call_id="c1", name="f", ok=False, output="second"),
        ev.ToolResult(turn_id="t1", call_id="c9", name="f", ok=True, output="nobody's"),
    )
    (entry,) = story.history().items
    assert isinstance(entry, ToolEntry)
    assert (entry.status, entry.output) == ("ok", "first")


def test_a_new_connection_is_told_what_was_heard_and_not_what_was_lost() -> None:  # P10, P21, P31, C19
    told = [(one.kind, one.role, one.text or one.output or "") for one in replay_items(talk().history())]
    assert told == [
        ("message", "user", "what is two plus two"),
        ("function_call", None, ""),
        ("function_call_output", None, "4"),
        ("message", "assistant", "Four."),
        ("message", "user", "count"),
        ("message", "assistant", "one two"),
        ("message", "user", "and then"),
    ]


def test_each_recording_of_a_session_is_known_and_a_log_without_one_reads_as_before() -> None:
    story = talk()
    assert story.history().recordings == []
    story.tell(
        ev.RecordingStarted(path="/home/a/one.wav", rate=24_000, channels=2),
        ev.SessionResumed(mode="voice"),
        ev.RecordingStarted(path="/home/a/two.wav", rate=24_000, channels=2),
    )
    history = story.history()
    assert [(one.path, one.rate, one.channels) for one in history.recordings] == [
        ("/home/a/one.wav", 24_000, 2),
        ("/home/a/two.wav", 24_000, 2),
    ]
    assert [one.at for one in history.recordings] == [e.ts for e in story if e.type == "recording_started"]


def test_a_snapshot_carries_config_items_and_numbers_of_the_fold() -> None:  # T13, T14
    history = talk().history()
    snapshot = snapshot_of(history)
    assert snapshot.config["instructions"] == "Be brief."
    assert (snapshot.config["model"], snapshot.config["voice"]) == ("m", "v")
    assert len(snapshot.conversation_items) == len(replay_items(history))
    assert snapshot.metrics["turns"]["total"] == 6
    assert snapshot.last_seq == history.last_seq
    assert msgspec.json.decode(msgspec.json.encode(snapshot)) == msgspec.to_builtins(snapshot)


@given(st.integers(0, 12), st.randoms(use_true_random=False))
def test_a_fold_in_two_parts_is_the_fold_of_the_whole(cut: int, chance: random.Random) -> None:
    story = list(talk())  # P15, P17
    folding = Folding()
    for envelope in story[: cut + chance.randint(0, 3)]:
        folding.apply(envelope)
    for envelope in story:  # from the beginning again: what was taken is skipped
        folding.apply(envelope)
    assert folding.history == fold(story)


def test_a_name_is_no_activity_and_the_last_one_counts() -> None:
    story = talk()
    before = story.history()
    story.tell(
        ev.SessionRenamed(name="sums"), ev.SessionRenamed(name="sums and counting"), after_s=7 * 86_400
    )
    after = story.history()
    assert after.name == "sums and counting"
    assert (after.last_at, after.active_ms) == (before.last_at, before.active_ms)
    assert after.last_seq == before.last_seq + 2
    assert story.tell(ev.SessionRenamed(name="")).history().name == ""
