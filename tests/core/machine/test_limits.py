"""What ends a session by itself, and what does not."""

import pytest

from realtime_chat.core import commands as ask
from realtime_chat.core import messages as wire
from realtime_chat.core.budget import Budget
from realtime_chat.core.errors import ConnectionLost
from realtime_chat.core.events import Noticed, TurnCompleted, Usage
from realtime_chat.core.machine import effects as do
from realtime_chat.core.machine import reports
from realtime_chat.core.machine.machine import SessionMachine
from realtime_chat.core.options import ServerVad, SessionOptions
from realtime_chat.core.prices import Price, PriceList
from tests.core.machine.provider import Bench, calling, sound, typed

IDLE_S, TOTAL_S = 60.0, 600.0


def endings(bench: Bench) -> list[str]:
    return [one.reason for one in bench.effects if isinstance(one, do.EndSession)]


def waits(bench: Bench, name: str) -> list[float]:
    return [one.seconds for one in bench.effects if isinstance(one, do.StartTimer) and one.name == name]


def quiet(bench: Bench, seconds: float) -> None:
    """Nobody does anything, and the timer fires when it was set to."""
    bench.now += seconds
    bench.fire("idle")


def test_the_times_are_those_that_were_promised() -> None:
    bench = Bench().ready()  # T6, T15
    assert waits(bench, "idle") == [IDLE_S]
    assert waits(bench, "total") == [TOTAL_S]


def test_a_quiet_session_ends_once_and_says_why() -> None:
    bench = Bench().ready()  # T15, T17, C30
    quiet(bench, IDLE_S)
    bench.fire("idle")
    assert endings(bench) == ["idle_timeout"]
    assert [(one.text, one.level) for one in bench.of(Noticed)] == [
        ("Nothing was said for 60 s: the talk ends. Resume it to go on.", "warning")
    ]


def test_what_anybody_does_begins_the_quiet_anew() -> None:
    bench = Bench().ready()
    bench.now += 40
    bench.receive(wire.RateLimits(limits=()))
    quiet(bench, 20)
    assert endings(bench) == []
    assert waits(bench, "idle")[-1] == pytest.approx(40, abs=0.1)
    quiet(bench, 40)
    assert endings(bench) == ["idle_timeout"]


def test_a_quiet_that_was_looked_for_in_vain_is_waited_for_again() -> None:
    bench = Bench().ready()
    typed(bench)
    quiet(bench, IDLE_S)  # in the middle of an answer
    bench.receive(wire.ResponseDone(response_id="r1", status="completed"))
    assert "idle" in bench.timers
    quiet(bench, IDLE_S)
    assert endings(bench) == ["idle_timeout"]


@pytest.mark.parametrize("busy", ["thinking", "answering", "sounding", "acting", "speaking", "away"])
def test_it_is_not_quiet_while_something_goes_on(busy: str) -> None:
    bench = Bench(SessionOptions(turn_detection=ServerVad()), speaker=True).ready()  # T15, C30
    match busy:
        case "thinking":
            bench.command(ask.SendText(text="hi"))
        case "answering":
            typed(bench)
        case "sounding":
            typed(bench)
            sound(bench, 2000)
            bench.receive(wire.ResponseDone(response_id="r1", status="completed"))
        case "acting":
            calling(bench, "a")
        case "speaking":
            bench.receive(wire.UserSpeechStarted(item_id="u1", at_ms=0))
        case _:
            bench.report(reports.LinkLost(ConnectionLost("gone").info))
    quiet(bench, IDLE_S)
    assert endings(bench) == []


def test_after_an_answers_sound_the_quiet_begins() -> None:
    bench = Bench(speaker=True).ready()
    typed(bench)
    sound(bench, 2000)
    bench.receive(wire.ResponseDone(response_id="r1", status="completed"))
    quiet(bench, IDLE_S)
    bench.report(reports.PlaybackEnded("t1"))
    quiet(bench, IDLE_S)
    assert endings(bench) == ["idle_timeout"]


def test_the_whole_time_ends_a_session_also_in_the_middle_of_a_turn() -> None:
    bench = Bench().ready()  # T15, T17
    typed(bench)
    bench.fire("total")
    assert endings(bench) == ["session_timeout"]


def test_zero_means_never() -> None:
    bench = Bench(SessionOptions(turn_detection="none", idle_timeout_s=0, total_timeout_s=0)).ready()
    assert not {"idle", "total"} & bench.timers


def test_another_connection_gets_no_other_time() -> None:
    bench = Bench().ready()
    bench.report(reports.LinkLost(ConnectionLost("gone").info))
    bench.report(reports.LinkOpening())
    bench.receive(wire.SessionCreated(), wire.SessionUpdated())
    assert waits(bench, "total") == [TOTAL_S]


def with_money(limit_usd: float) -> Bench:
    """A model that takes a dollar for a token of text."""
    prices = PriceList({"m": Price(text_in=1e6, text_out=1e6)})
    bench = Bench()
    options = SessionOptions(turn_detection="none")
    bench.machine = SessionMachine(options, budget=Budget(limit_usd, prices, provider="p", model="m"))
    return bench.ready()


def answer(bench: Bench, number: int, dollars: int) -> None:
    bench.command(ask.SendText(text="hi"))
    usage = Usage(output=dollars, total=dollars, output_text=dollars)
    bench.receive(
        wire.ResponseCreated(response_id=f"r{number}"),
        wire.ResponseDone(response_id=f"r{number}", status="completed", usage=usage),
    )


def test_money_that_is_spent_ends_the_session_after_the_answer_that_spent_it() -> None:
    bench = with_money(10)
    answer(bench, 1, 5)
    assert bench.of(Noticed) == []
    answer(bench, 2, 4)
    assert [one.text for one in bench.of(Noticed)] == ["Most of the $10.00 for this talk is spent."]
    assert endings(bench) == []
    answer(bench, 3, 4)
    assert endings(bench) == ["budget"]
    done = [one for one in bench.effects if isinstance(one, do.EndSession) or _is_end_of_turn(one)]
    assert isinstance(done[-1], do.EndSession)


def _is_end_of_turn(effect: do.Effect) -> bool:
    return isinstance(effect, do.Emit) and isinstance(effect.event, TurnCompleted)
