"""What a screen reader is given of a talk: whole lines, each once, states as words, nothing that drives a terminal."""

from collections.abc import Iterable
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from realtime_chat.cli.plain import LinePresenter
from realtime_chat.cli.sentences import Sentences
from realtime_chat.core import events as ev
from realtime_chat.core.errors import Category, ErrorInfo
from realtime_chat.core.events import Envelope, LinkState, TurnPhase
from realtime_chat.core.folding import fold

HOSTILE = "\x1b[2J\x1b]52;c;aGk=\x07 \u202egnorw\x9b31m"


class Reader:
    """What was read out, and how often it rang."""

    def __init__(self, *, quiet: bool = False) -> None:
        self.lines: list[str] = []
        self.rings = 0
        self.presenter = LinePresenter(self.lines.append, ring=self._ring, quiet=quiet)

    def _ring(self) -> None:
        self.rings += 1

    def hear(self, *happened: Any) -> list[str]:
        """The lines that these make."""
        before = len(self.lines)
        for envelope in envelopes(happened):
            self.presenter.event(envelope)
        return self.lines[before:]


def envelopes(happened: Iterable[Any]) -> list[Envelope]:
    return [Envelope(id=f"e{at}", session_id="s", seq=at, ts="", data=one) for at, one in enumerate(happened)]


def words(delta: str, item_id: str = "a1") -> ev.TranscriptDelta:
    return ev.TranscriptDelta(turn_id="t1", response_id="r1", item_id=item_id, delta=delta)


def answer(text: str, item_id: str = "a1", *, interrupted: bool = False) -> ev.AssistantMessage:
    return ev.AssistantMessage(
        turn_id="t1", response_id="r1", item_id=item_id, text=text, interrupted=interrupted
    )


def asks(name: str, call_id: str = "c1", arguments: str = "{}") -> ev.ApprovalRequested:
    return ev.ApprovalRequested(
        turn_id="t1", call_id=call_id, name=name, arguments=arguments, reason="It writes."
    )


BEGUN = ev.TurnStarted(turn_id="t1", source="spoken")
CUT = ev.TurnInterrupted(turn_id="t1", reason="manual")


def test_an_answer_comes_sentence_by_sentence_and_nothing_twice() -> None:
    reader = Reader()
    assert reader.hear(BEGUN, words("It is noon. The sun")) == ["Assistant: It is noon."]
    assert reader.hear(words(" shines. B")) == ["The sun shines."]
    assert reader.hear(answer("It is noon. The sun shines. Bye")) == ["Bye"]
    assert reader.hear(ev.TurnCompleted(turn_id="t1")) == []


def test_an_answer_that_never_came_in_pieces_is_told_whole() -> None:
    assert Reader().hear(answer("One.\n\n  two\nThree.")) == ["Assistant: One.", "  two", "Three."]


def test_an_answer_that_ends_worded_otherwise_is_told_as_it_counts() -> None:
    reader = Reader()
    reader.hear(BEGUN, words("It is six. And"))
    assert reader.hear(answer("It is five. And so on.")) == ["It is five.", "And so on."]


def test_who_speaks_is_said_again_after_another_line() -> None:
    reader = Reader()
    reader.hear(BEGUN, words("Let me see. "), ev.Noticed(text="A tool takes long."))
    assert reader.hear(words("It is noon. ")) == ["Assistant: It is noon."]


def test_states_are_words_and_each_is_said_once_in_a_turn() -> None:
    thinks = ev.TurnPhaseChanged(turn_id="t1", phase=TurnPhase.THINKING)
    acts = ev.TurnPhaseChanged(turn_id="t1", phase=TurnPhase.ACTING)
    call = ev.ToolCall(turn_id="t1", response_id="r1", call_id="c1", name="get_time", arguments="{}")
    done = ev.ToolResult(turn_id="t1", call_id="c1", name="get_time", ok=True, output="12")
    happened = (
        BEGUN,
        ev.UserTranscript(item_id="u1", text="What time is it?"),
        thinks,
        call,
        acts,
        done,
        thinks,
    )
    assert Reader().hear(*happened) == [
        "You said: What time is it?",
        "Thinking.",
        "Tool get_time is called.",
        "Tool get_time is done.",
    ]
    assert Reader(quiet=True).hear(*happened) == ["You said: What time is it?"]


def test_what_was_not_heard_of_a_cut_answer_is_said_with_its_place() -> None:
    reader = Reader()
    reader.hear(BEGUN, words("Once upon a time there was a king. He had"))
    heard = ev.AnswerHeard(
        turn_id="t1", item_id="a1", played_ms=900, produced_ms=4000, heard_text="Once upon a time"
    )
    assert reader.hear(heard, CUT) == [
        "He had",
        "Interrupted; the last words were not heard, those after: Once upon a time",
    ]
    late = answer("Once upon a time there was a king. He had a", interrupted=True)
    assert reader.hear(late) == []  # it comes after the end, and was told


def test_a_cut_that_left_nothing_out_says_no_more_than_that() -> None:
    assert Reader().hear(BEGUN, CUT) == ["Interrupted."]
    silent = ev.AnswerHeard(turn_id="t1", item_id="a1", played_ms=0, produced_ms=4000, heard_text="")
    assert Reader().hear(BEGUN, silent, CUT) == ["Interrupted; nothing of the answer was heard."]


def test_a_call_that_waits_is_asked_about_in_lines_and_one_after_the_other() -> None:
    # P19
    reader = Reader()
    first = reader.hear(asks("write_file", arguments='{"path":"a"}'), asks("run", "c2"))
    assert first == [
        "The assistant wants to run write_file. It writes.",
        'Its arguments: {"path":"a"}',
        "Answer y (once), a (this session), p (always), or n.",
    ]
    assert reader.presenter.asks == asks("write_file", arguments='{"path":"a"}')
    decided = ev.PermissionDecided(
        call_id="c1", name="write_file", allowed=False, by="user", reason="You said no."
    )
    assert reader.hear(decided)[:2] == [
        "write_file was denied. You said no.",
        "The assistant wants to run run. It writes.",
    ]
    reader.hear(ev.ToolResult(turn_id="t1", call_id="c2", name="run", ok=False, output=""))
    assert reader.presenter.asks is None


def test_a_connection_that_is_lost_and_comes_back_is_told() -> None:
    lost = ev.LinkChanged(
        old=LinkState.READY, new=LinkState.RECONNECTING, detail="It was lost. Connecting again in 2 s."
    )
    assert Reader().hear(lost) == ["It was lost. Connecting again in 2 s."]


def test_a_failed_turn_says_why_after_the_words_that_came() -> None:
    error = ErrorInfo(kind="server_error", message="The server is busy.", category=Category.RETRYABLE)
    failed = ev.TurnFailed(turn_id="t1", terminal_status="partial_failed", error=error)
    assert Reader().hear(BEGUN, words("Well, the"), failed) == [
        "Assistant: Well, the",
        "Error: The server is busy.",
    ]


def test_an_end_without_an_answer_is_said_and_each_end_rings() -> None:
    reader = Reader()
    assert reader.hear(BEGUN, ev.TurnCompleted(turn_id="t1")) == ["No answer came."]
    assert reader.rings == 1


def test_the_countdown_of_the_microphone_is_told_once() -> None:
    assert len(Reader().hear(*(ev.MuteApproaching(in_s=left) for left in (10, 9, 8)))) == 1


def test_a_resumed_talk_begins_with_its_last_turn() -> None:
    log = envelopes(
        [
            BEGUN,
            ev.UserMessage(turn_id="t1", item_id="u1", source="typed", text="Tell a story"),
            answer("Once upon a time.", interrupted=True),
            ev.AnswerHeard(turn_id="t1", item_id="a1", played_ms=10, produced_ms=99, heard_text="Once"),
            CUT,
        ]
    )
    reader = Reader()
    reader.presenter.earlier(fold(log))
    assert reader.lines == [
        "This talk has 1 turn so far. The last one:",
        "You: Tell a story",
        "Assistant: Once upon a time.",
        "Interrupted; the last words were not heard, those after: Once",
    ]


def test_foreign_words_drive_no_terminal() -> None:
    reader = Reader()
    reader.hear(
        BEGUN,
        words(HOSTILE + ". "),
        answer(f"{HOSTILE}. {HOSTILE}"),
        ev.UserTranscript(item_id="u1", text=HOSTILE),
        asks(HOSTILE, arguments=HOSTILE),
        ev.ToolResult(turn_id="t1", call_id="c9", name=HOSTILE, ok=False, output=HOSTILE),
        ev.Noticed(text=HOSTILE),
        ev.Announced(turn_id="t1", item_id="n1", text=HOSTILE),
    )
    assert len(reader.lines) > 7
    assert all(not set(line) & set("\x1b\x07\x9b\u202e\n\r") for line in reader.lines)


@given(st.lists(st.text(alphabet='ab.!?… \n")。1')))
def test_no_word_of_an_answer_is_lost_or_told_twice_however_it_comes(pieces: list[str]) -> None:
    sentences = Sentences()
    told = [one for piece in pieces for one in sentences.feed(piece)]
    told += sentences.rest("".join(pieces))
    assert "".join("".join(told).split()) == "".join("".join(pieces).split())
    assert all(one.strip() for one in told)


@given(st.lists(st.text(alphabet="ab.! ", min_size=1)))
def test_the_pieces_in_which_an_answer_comes_change_no_sentence(pieces: list[str]) -> None:
    sentences = Sentences()
    told = [one for piece in pieces for one in sentences.feed(piece)] + sentences.rest()
    assert told == Sentences().rest("".join(pieces))
