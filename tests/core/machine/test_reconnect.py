"""A lost connection is a pause: what was open ends honestly or is asked again, and a new connection is told all."""

import pytest

from realtime_chat.core import commands as ask
from realtime_chat.core import messages as wire
from realtime_chat.core.errors import ConnectionLost, ErrorInfo, Rejected, Unreachable
from realtime_chat.core.events import (
    AnswerHeard,
    AssistantMessage,
    LinkChanged,
    LinkState,
    SessionClosed,
    ToolResult,
    TurnCompleted,
    TurnFailed,
    TurnInterrupted,
    UserMessage,
)
from realtime_chat.core.lifecycle import State
from realtime_chat.core.machine import effects as do
from realtime_chat.core.machine import reports
from realtime_chat.core.machine.outage import BACK, RENEW_BEFORE_S
from realtime_chat.core.options import ServerVad, SessionOptions
from tests.core.machine.provider import Bench, calling, ended, sound, typed

GONE = ConnectionLost("The connection ended (1006).").info
AWAY = Unreachable("No connection to there.").info
SEED = (wire.Item(item_id="", kind="message", role="user", text="hi"),)


def lose(bench: Bench, error: ErrorInfo = GONE) -> None:
    bench.report(reports.LinkLost(error))


def waits(bench: Bench) -> list[float]:
    """What was waited before each new connection."""
    return [one.after_s for one in bench.effects if isinstance(one, do.Reconnect)]


def back(bench: Bench, seed: tuple[wire.Item, ...] = SEED) -> None:
    """Another connection, up to the configuration's end."""
    bench.report(reports.LinkOpening(seed))
    bench.receive(wire.SessionCreated(), wire.SessionUpdated())


def links(bench: Bench) -> list[LinkState]:
    return [one.new for one in bench.of(LinkChanged)]


def test_a_lost_connection_is_tried_again_after_1_2_4_8_and_8_seconds() -> None:
    bench = Bench(attended=False).ready()  # J19, C26
    for _ in range(5):
        lose(bench)
        assert bench.machine.state is State.PAUSED
        bench.report(reports.LinkOpening(SEED))
    assert waits(bench) == [1, 2, 4, 8, 8]
    lose(bench, AWAY)
    assert waits(bench) == [1, 2, 4, 8, 8]
    assert bench.machine.state is State.ERROR
    assert [one.reason for one in bench.of(SessionClosed)] == ["server"]


def test_a_connection_that_came_back_says_so_and_the_first_one_does_not() -> None:
    bench = Bench().ready()
    lose(bench)
    back(bench)
    ready = [event.detail for event in bench.of(LinkChanged) if event.new is LinkState.READY]
    assert ready == ["", BACK]


def test_a_connection_that_got_ready_begins_the_count_anew() -> None:
    bench = Bench().ready()
    for _ in range(3):
        lose(bench)
        lose(bench, AWAY)
        bench.report(reports.LinkOpening(SEED))
        bench.receive(wire.SessionCreated())
        lose(bench)  # greeted, but not configured: that is no success
        back(bench)
    assert waits(bench) == [1, 2, 4] * 3


@pytest.mark.parametrize("attended", [True, False])
def test_an_error_that_no_other_try_can_cure_is_not_tried_again(attended: bool) -> None:
    bench = Bench(attended=attended).ready()  # J18, C26
    lose(bench, Rejected("The key is wrong.").info)
    assert waits(bench) == []
    assert bench.machine.state is State.ERROR


def test_a_connection_that_never_was_ready_is_not_tried_again() -> None:
    bench = Bench()
    bench.report(reports.LinkOpening())
    lose(bench, AWAY)
    assert waits(bench) == []
    assert bench.machine.state is State.ERROR


def test_each_new_connection_is_configured_and_told_of_the_talk() -> None:
    bench = Bench().ready()
    lose(bench)
    before = len(bench.sent)
    back(bench)
    assert [type(one) for one in bench.sent[before:]] == [wire.Configure, wire.CreateItem]
    assert LinkState.RECONNECTING in links(bench)
    assert bench.machine.state is State.READY


def test_what_was_asked_and_came_to_nothing_is_asked_again_once() -> None:
    bench = Bench().ready()  # P23, C26
    bench.command(ask.SendText(text="hi"))
    lose(bench)
    lose(bench, AWAY)
    before = len(bench.sent)
    back(bench)
    configured, seeded, asked = bench.sent[before:]
    assert isinstance(configured, wire.Configure)
    assert isinstance(seeded, wire.CreateItem)
    assert isinstance(asked, wire.CreateResponse)
    assert "response" in bench.timers
    bench.receive(
        wire.ResponseCreated(response_id="r1"), wire.ResponseDone(response_id="r1", status="completed")
    )
    assert len(bench.of(TurnCompleted)) == len(bench.of(UserMessage)) == 1


def test_a_question_that_ends_its_connection_again_has_failed_and_the_talk_goes_on() -> None:
    bench = Bench().ready()  # J18, P23
    bench.command(ask.SendText(text="the one that it cannot stand"))
    lose(bench)
    back(bench)
    lose(bench)
    assert len(bench.sent_of(wire.CreateResponse)) == 2
    assert len(bench.of(TurnFailed)) == 1
    back(bench)
    assert len(bench.sent_of(wire.CreateResponse)) == 2
    assert bench.command(ask.SendText(text="another one"))
    assert len(bench.sent_of(wire.CreateResponse)) == 3


def test_a_new_connection_that_was_told_of_a_change_is_not_left_for_it() -> None:
    bench = Bench().ready()
    lose(bench)
    assert bench.command(ask.SetVoice(voice="cedar"))
    back(bench)
    assert bench.machine.state is State.READY
    assert [one.options.voice for one in bench.sent_of(wire.Configure)] == [None, "cedar"]


def test_tools_that_change_while_a_connection_is_configured_are_told_by_the_next_one() -> None:
    bench = Bench().ready()
    lose(bench)
    bench.report(reports.LinkOpening())
    bench.receive(wire.SessionCreated())
    assert bench.command(ask.SetTools(tools=()))
    bench.receive(wire.SessionUpdated())
    assert bench.machine.state is State.PAUSED  # left, for one that is told
    assert waits(bench)[-1] == 0


@pytest.mark.parametrize("link", ["reconnecting", "connecting", "configuring"])
def test_what_is_typed_without_a_connection_is_logged_at_once_and_sent_exactly_once(link: str) -> None:
    bench = Bench().ready()  # J18, C26
    lose(bench)
    if link == "reconnecting":
        assert bench.command(ask.SendText(text="and now"))
    seed = SEED if link == "reconnecting" else ()
    bench.report(reports.LinkOpening(seed))
    if link == "connecting":
        assert bench.command(ask.SendText(text="hi"))
    bench.receive(wire.SessionCreated())
    if link == "configuring":
        assert bench.command(ask.SendText(text="hi"))
    before = len(bench.of(UserMessage))
    bench.receive(wire.SessionUpdated())
    told = [one for one in bench.sent_of(wire.CreateItem) if one.item.text in ("hi", "and now")]
    assert len(told) == before == 1
    assert isinstance(bench.sent[-1], wire.CreateResponse)


def test_an_answer_on_its_way_ends_as_it_was_heard_and_is_not_asked_for_again() -> None:
    bench = Bench(speaker=True).ready()  # P21, P23
    typed(bench)
    bench.receive(wire.OutputTranscriptDelta(response_id="r1", item_id="i1", delta="It is half past"))
    sound(bench, 2000)
    bench.ledger = {"i1": 500}
    lose(bench)
    (failed,) = bench.of(TurnFailed)
    assert failed.terminal_status == "partial_failed"
    assert [one.partial for one in bench.of(AssistantMessage)] == [True]
    assert [one.played_ms for one in bench.of(AnswerHeard)] == [500]
    assert bench.sent_of(wire.TruncateItem, wire.DeleteItem) == []
    back(bench)
    assert len(bench.sent_of(wire.CreateResponse)) == 1


def test_an_answer_that_is_all_here_plays_to_its_end() -> None:
    bench = Bench(speaker=True).ready()
    typed(bench)
    bench.receive(wire.OutputTranscript(response_id="r1", item_id="i1", text="It is noon."))
    sound(bench, 2000)
    bench.receive(wire.ResponseDone(response_id="r1", status="completed"))
    lose(bench)
    assert bench.of(TurnFailed) == []
    bench.report(reports.PlaybackEnded("t1"))
    assert len(bench.of(TurnCompleted)) == 1
    assert bench.machine.state is State.PAUSED


@pytest.mark.parametrize("returned", [True, False])
def test_cutting_such_an_answer_says_nothing_to_a_connection_that_does_not_know_it(returned: bool) -> None:
    bench = Bench(speaker=True).ready()
    typed(bench)
    bench.receive(wire.OutputTranscript(response_id="r1", item_id="i1", text="It is noon."))
    sound(bench, 2000)
    bench.receive(wire.ResponseDone(response_id="r1", status="completed"))
    lose(bench)
    if returned:
        back(bench)
    before = len(bench.sent)
    bench.ledger = {"i1": 500}
    bench.command(ask.Interrupt())
    assert bench.sent[before:] == []
    assert [one.played_ms for one in bench.of(AnswerHeard)] == [500]
    assert len(bench.of(TurnInterrupted)) == 1


def test_calls_on_their_way_are_answered_and_what_they_bring_later_counts_nothing() -> None:
    bench = Bench().ready()  # P20, P23
    batch = calling(bench, "a", "b")
    ended(bench, batch, "a")
    lose(bench)
    assert [(one.call_id, one.ok) for one in bench.of(ToolResult)] == [("a", True), ("b", False)]
    assert len(bench.of(TurnFailed)) == 1
    back(bench)
    before = len(bench.sent)
    ended(bench, batch, "b")
    bench.report(reports.BatchFinished(batch))
    assert bench.sent[before:] == []


def test_a_voice_that_was_being_heard_has_to_say_it_again() -> None:
    bench = Bench(SessionOptions(turn_detection=ServerVad())).ready()
    bench.receive(wire.UserSpeechStarted(item_id="u1", at_ms=0))
    lose(bench)
    assert [one.terminal_status for one in bench.of(TurnFailed)] == ["failed"]
    back(bench)
    bench.receive(wire.UserSpeechStarted(item_id="u2", at_ms=0))
    assert bench.machine.turn is not None


@pytest.mark.parametrize("words", ["what time is it", ""])
def test_what_was_said_is_asked_again_when_its_words_are_known(words: str) -> None:
    bench = Bench(SessionOptions(turn_detection=ServerVad())).ready()
    bench.receive(
        wire.UserSpeechStarted(item_id="u1", at_ms=0),
        wire.UserSpeechStopped(item_id="u1", at_ms=900),
        wire.AudioCommitted(item_id="u1", previous_item_id=None),
        wire.InputTranscript(item_id="u1", text=words),
    )
    lose(bench)
    back(bench)
    assert len(bench.sent_of(wire.CreateResponse)) == (1 if words else 0)
    assert len(bench.of(TurnFailed)) == (0 if words else 1)


def test_esc_ends_the_wait_for_a_connection_for_this_question_only() -> None:
    bench = Bench().ready()
    bench.command(ask.SendText(text="hi"))
    lose(bench)
    bench.command(ask.Interrupt())
    assert len(bench.of(TurnInterrupted)) == 1
    back(bench)
    assert len(bench.sent_of(wire.CreateResponse)) == 1
    assert bench.machine.state is State.INTERRUPTED


def given_up(bench: Bench) -> None:
    lose(bench)
    for _ in range(5):
        bench.report(reports.LinkOpening(SEED))
        lose(bench, AWAY)


def test_with_somebody_there_the_end_of_the_tries_is_a_pause_and_the_next_wish_tries_again() -> None:
    bench = Bench(attended=True).ready()  # J16
    bench.command(ask.SendText(text="hi"))
    given_up(bench)
    assert links(bench)[-1] is LinkState.PAUSED
    assert [one.error.kind for one in bench.of(TurnFailed)] == ["unreachable"]
    before = len(waits(bench))
    assert bench.command(ask.SendText(text="again"))
    assert waits(bench)[before:] == [0]
    bench.report(reports.LinkOpening(SEED))
    lose(bench, AWAY)
    assert waits(bench)[before:] == [0, 1]


def test_a_pause_cuts_what_runs_and_hangs_up_and_its_end_connects_anew() -> None:
    bench = Bench().ready()  # J16
    typed(bench)
    bench.command(ask.Pause())
    assert len(bench.of(TurnInterrupted)) == 1
    assert bench.machine.state is State.PAUSED
    assert len([one for one in bench.effects if isinstance(one, do.HangUp)]) == 1
    bench.command(ask.Pause())
    assert len([one for one in bench.effects if isinstance(one, do.HangUp)]) == 1
    bench.command(ask.Resume())
    bench.command(ask.Resume())
    assert waits(bench) == [0]
    back(bench)
    assert bench.machine.link is LinkState.READY


def renewing(max_session_s: int) -> Bench:
    bench = Bench(SessionOptions(turn_detection="none", idle_timeout_s=0, total_timeout_s=0))
    bench.report(reports.LinkOpening())
    bench.report(reports.LinkOpened(max_session_s))
    bench.receive(wire.SessionCreated(), wire.SessionUpdated())
    return bench


@pytest.mark.parametrize(("max_session_s", "after_s"), [(3600, 3600 - RENEW_BEFORE_S), (400, 200), (60, 30)])
def test_a_connection_is_renewed_before_the_provider_ends_it(max_session_s: int, after_s: float) -> None:
    bench = renewing(max_session_s)
    (timer,) = [one for one in bench.effects if isinstance(one, do.StartTimer)]
    assert (timer.name, timer.seconds) == ("rollover", after_s)
    bench.fire("rollover")
    assert waits(bench) == [0]
    assert any(isinstance(one, do.HangUp) for one in bench.effects)
    back(bench)
    assert "rollover" in bench.timers
    assert waits(bench) == [0]


def test_a_renewal_waits_for_a_quiet_moment() -> None:
    bench = renewing(3600)
    typed(bench)
    bench.fire("rollover")
    assert waits(bench) == []
    bench.receive(wire.ResponseDone(response_id="r1", status="completed"))
    assert waits(bench) == [0]


def test_a_provider_that_ends_it_before_is_a_lost_connection_like_any_other() -> None:
    bench = renewing(3600)
    typed(bench)
    bench.fire("rollover")
    lose(bench, ConnectionLost("The connection ended (1001).", code=1001).info)
    assert len(bench.of(TurnFailed)) == 1
    back(bench)
    assert waits(bench) == [1]


def test_a_service_that_says_nothing_any_more_though_it_is_there_gets_another_connection() -> None:
    """Its gateway answers every ping, so nothing else would ever end this one."""
    bench = Bench().ready()
    bench.command(ask.SendText(text="are you there?"))
    bench.fire("response")
    (failed,) = bench.of(TurnFailed)
    assert failed.terminal_status == "timed_out"
    assert waits(bench) == [0]
    back(bench)
    assert bench.command(ask.SendText(text="and now?"))


def test_a_model_that_is_only_slow_keeps_its_connection() -> None:
    bench = Bench().ready()
    bench.command(ask.SendText(text="are you there?"))
    bench.receive(wire.ItemAdded(item=SEED[0]))  # the question came
    bench.fire("response")
    assert len(bench.of(TurnFailed)) == 1
    assert waits(bench) == []
    assert bench.machine.link is LinkState.READY


def test_an_error_in_place_of_the_greeting_ends_no_talk_that_is_under_way() -> None:
    bench = Bench().ready()
    lose(bench)
    bench.report(reports.LinkOpening())
    bench.receive(wire.SessionCreated(), wire.ProviderError(code="overloaded", message="Not now."))
    assert waits(bench) == [1, 2]
    steps = [type(one) for one in bench.effects if isinstance(one, do.HangUp | do.Reconnect)]
    assert steps == [do.Reconnect, do.HangUp, do.Reconnect]  # hanging up forgets a wish for another one
    back(bench)
    assert bench.machine.link is LinkState.READY


def test_an_error_in_place_of_the_greeting_that_nothing_cures_ends_it() -> None:
    bench = Bench().ready()
    lose(bench)
    bench.report(reports.LinkOpening())
    bench.receive(wire.SessionCreated(), wire.ProviderError(code="insufficient_quota", message="Pay first."))
    assert bench.machine.link is LinkState.ERROR
