"""What the program says by itself: when it may, what goes out, and what cuts it."""

import pytest

from realtime_chat.core import commands as ask
from realtime_chat.core import messages as wire
from realtime_chat.core.errors import AlreadyClosed, SessionBusy
from realtime_chat.core.events import Announced, TurnCompleted, TurnInterrupted, TurnStarted, UserMessage
from realtime_chat.core.machine import reports
from realtime_chat.core.machine.announcements import MOST_WAITING
from realtime_chat.core.options import ServerVad, SessionOptions
from tests.core.machine.provider import Bench, sound, typed

TEA = 'The timer "tea" has ended.'
JUDGED = ServerVad(interrupt_response=False, create_response=False)


def announce(bench: Bench, text: str = TEA, item_id: str = "n1") -> bool:
    return bench.command(ask.Announce(text=text, item_id=item_id))


def idle(options: SessionOptions | None = None, *, speaker: bool = False) -> Bench:
    """Ready, and quiet for long."""
    bench = Bench(options, speaker=speaker).ready()
    bench.now += 60
    return bench


def told(bench: Bench) -> list[str]:
    return [event.text for event in bench.of(Announced)]


def test_what_is_to_be_told_is_told_at_once_when_nobody_talks() -> None:
    bench = idle()
    announce(bench)
    assert [event.source for event in bench.of(TurnStarted)] == ["announced"]
    assert told(bench) == [TEA]
    assert bench.of(UserMessage) == []
    *_, made, asked = bench.sent
    assert isinstance(made, wire.CreateItem)
    assert (made.item.role, made.item.text) == ("system", f"{TEA}\nTell the user.")
    assert isinstance(asked, wire.CreateResponse)


def test_what_is_told_is_logged_before_it_is_sent() -> None:
    bench = idle()
    announce(bench)
    names = [type(getattr(one, "event", getattr(one, "message", one))).__name__ for one in bench.effects]
    assert names.index("Announced") < names.index("Sync") < names.index("CreateItem")


def test_it_waits_for_the_end_of_a_turn_and_for_a_moment_of_quiet() -> None:
    bench = idle(speaker=True)
    typed(bench)
    announce(bench)
    sound(bench, 500)
    bench.receive(wire.ResponseDone(response_id="r1", status="completed"))
    assert told(bench) == []  # the speaker still plays
    bench.report(reports.PlaybackEnded("t1"))
    assert bench.of(TurnCompleted)
    assert told(bench) == []
    assert "announcement" in bench.timers
    bench.fire("announcement")
    assert told(bench) == [TEA]


def test_a_question_in_that_moment_comes_first() -> None:
    bench = idle()
    typed(bench)
    announce(bench)
    bench.command(ask.Interrupt())
    assert bench.command(ask.SendText(text="and now?"))  # P4: the slot is free
    assert "announcement" not in bench.timers
    bench.fire("announcement")
    assert told(bench) == []


@pytest.mark.parametrize("detection", [ServerVad(), JUDGED])
def test_it_waits_while_the_user_speaks(detection: ServerVad) -> None:
    bench = idle(SessionOptions(turn_detection=detection))
    bench.receive(wire.UserSpeechStarted(item_id="i1", at_ms=0))
    announce(bench)
    bench.now += 60
    bench.command(ask.Interrupt())
    bench.fire("announcement")
    assert told(bench) == []  # forgotten, but still speaking
    bench.receive(wire.UserSpeechStopped(item_id="i1", at_ms=900))
    bench.fire("announcement")
    assert told(bench) == [TEA]


def test_speech_that_the_provider_forgot_keeps_nothing_waiting() -> None:
    bench = idle(SessionOptions(turn_detection=ServerVad()))
    bench.receive(wire.UserSpeechStarted(item_id="i1", at_ms=0))
    announce(bench)
    bench.command(ask.Interrupt())
    assert bench.machine.user_speaks  # T9
    bench.receive(wire.AudioCleared())
    assert not bench.machine.user_speaks
    bench.fire("announcement")
    assert told(bench) == [TEA]


def test_it_waits_for_what_was_said_and_not_yet_committed() -> None:
    bench = idle()
    bench.machine.audio_appended(24_000)
    announce(bench)
    assert told(bench) == []
    bench.command(ask.ClearAudio())
    bench.fire("announcement")
    assert told(bench) == [TEA]


def test_hands_free_the_open_microphone_holds_nothing_up() -> None:
    bench = idle(SessionOptions(turn_detection=ServerVad()))
    bench.machine.audio_appended(24_000)
    announce(bench)
    assert told(bench) == [TEA]


def test_all_that_waits_is_told_in_one_turn_and_asks_for_one_answer() -> None:
    bench = idle()
    typed(bench)
    announce(bench, "one", "n1")
    announce(bench, "two", "n2")
    bench.receive(wire.ResponseDone(response_id="r1", status="completed"))
    before = len(bench.sent)
    bench.fire("announcement")
    assert told(bench) == ["one", "two"]
    assert [type(one).__name__ for one in bench.sent[before:]] == [
        "CreateItem",
        "CreateItem",
        "CreateResponse",
    ]


def test_one_too_many_is_refused() -> None:
    bench = idle()
    typed(bench)
    for number in range(MOST_WAITING):
        assert announce(bench, str(number), f"n{number}")
    with pytest.raises(SessionBusy, match="wait already"):
        bench.machine.command(ask.Announce(text="more", item_id="more"), bench.now)


def test_esc_cuts_it_like_any_turn_and_it_is_not_told_again() -> None:
    bench = idle(speaker=True)
    announce(bench)
    bench.receive(wire.ResponseCreated(response_id="r1"))
    sound(bench, 1000)
    bench.ledger["i1"] = 200
    bench.command(ask.Interrupt())
    assert [event.reason for event in bench.of(TurnInterrupted)] == ["manual"]
    assert bench.sent_of(wire.CancelResponse)
    bench.fire("announcement")
    assert told(bench) == [TEA]


def test_speech_over_it_cuts_it_and_is_the_next_turn() -> None:
    bench = idle(SessionOptions(turn_detection=ServerVad()))  # M15
    announce(bench)
    bench.receive(wire.ResponseCreated(response_id="r1"))
    bench.receive(wire.UserSpeechStarted(item_id="i9", at_ms=0))
    assert [event.source for event in bench.of(TurnStarted)] == ["announced", "spoken"]
    assert [event.reason for event in bench.of(TurnInterrupted)] == ["barge_in"]


def test_a_closed_session_takes_none() -> None:
    bench = idle()
    bench.command(ask.Close())
    bench.report(reports.LinkReleased("client"))
    with pytest.raises(AlreadyClosed):
        bench.machine.command(ask.Announce(text=TEA, item_id="n1"), bench.now)
