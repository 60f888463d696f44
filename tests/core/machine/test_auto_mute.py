"""A microphone that nobody speaks into is closed, and that is counted down."""

import pytest

from realtime_chat.core import commands as ask
from realtime_chat.core import messages as wire
from realtime_chat.core.events import MuteApproaching, Noticed
from realtime_chat.core.machine import effects as do
from realtime_chat.core.machine import reports
from realtime_chat.core.options import ServerVad, SessionOptions
from tests.core.machine.provider import Bench, sound, typed

AFTER_S = 120.0


def listening(after_s: float = AFTER_S, *, hands_free: bool = True) -> Bench:
    """A talk whose microphone is open."""
    detection = ServerVad() if hands_free else "none"
    options = SessionOptions(
        turn_detection=detection, mute_after_s=after_s, idle_timeout_s=0, total_timeout_s=0
    )
    bench = Bench(options, speaker=True).ready()
    bench.command(ask.Listen(on=True))
    return bench


def told(bench: Bench) -> list[int]:
    return [one.in_s for one in bench.of(MuteApproaching)]


def open_now(bench: Bench) -> bool:
    return [one.on for one in bench.effects if isinstance(one, do.Listen)][-1]


def run(bench: Bench, seconds: float) -> None:
    """Nobody does anything for so long, and the timer fires each time that it was set to."""
    until = bench.now + seconds
    while "mute" in bench.timers and bench.due["mute"] <= until:
        bench.now = bench.due["mute"]
        bench.fire("mute")
    bench.now = until


def test_a_quiet_microphone_is_closed_after_its_time_and_counted_down() -> None:
    bench = listening()
    run(bench, AFTER_S - 11)
    assert told(bench) == []
    run(bench, 12)
    assert told(bench) == [10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0]
    assert not open_now(bench)
    assert "Nothing was said for 120 s" in bench.of(Noticed)[-1].text
    run(bench, 1000)
    assert len(bench.of(Noticed)) == 1


def test_whoever_speaks_takes_the_threat_back() -> None:
    bench = listening()
    run(bench, AFTER_S - 5)
    assert told(bench)[-1] > 0
    bench.receive(wire.UserSpeechStarted(item_id="u1", at_ms=0))
    assert told(bench)[-1] == 0
    run(bench, 1000)
    assert open_now(bench)


def test_whatever_else_the_user_does_begins_the_time_anew() -> None:
    bench = listening()
    run(bench, AFTER_S - 30)
    bench.command(ask.Rename(name="about boats"))
    run(bench, 100)
    assert (told(bench), open_now(bench)) == ([], True)
    run(bench, 15)
    assert told(bench)[-1] > 0
    bench.command(ask.Rename(name="about trains"))
    run(bench, 100)
    assert (told(bench)[-1], open_now(bench)) == (0, True)


def test_an_answer_is_no_quiet_and_after_it_the_time_is_whole_again() -> None:
    bench = listening()
    run(bench, 100)
    typed(bench)
    sound(bench, 2000)
    bench.receive(wire.ResponseDone(response_id="r1", status="completed"))
    run(bench, 200)
    assert open_now(bench)
    bench.report(reports.PlaybackEnded("t1"))
    run(bench, AFTER_S - 11)
    assert told(bench) == []
    run(bench, 12)
    assert not open_now(bench)


@pytest.mark.parametrize("why", ["never", "push-to-talk", "muted", "away"])
def test_where_nothing_is_sent_nothing_is_counted(why: str) -> None:
    bench = listening(0 if why == "never" else AFTER_S, hands_free=why != "push-to-talk")
    if why == "muted":
        bench.command(ask.Listen(on=False))
    if why == "away":
        bench.command(ask.Pause())
    run(bench, 1000)
    assert told(bench) == []
    assert bench.of(Noticed) == []


def test_opened_again_it_has_its_whole_time() -> None:
    bench = listening()
    run(bench, AFTER_S + 1)
    bench.command(ask.Listen(on=True))
    assert open_now(bench)
    run(bench, AFTER_S - 11)
    assert open_now(bench)
    run(bench, 12)
    assert not open_now(bench)
