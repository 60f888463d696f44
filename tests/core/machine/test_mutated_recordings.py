"""Recordings of the real services, mutilated: frames lost, doubled, in another order, cut off, of other types.

Whatever comes, nothing raises, the rules hold (the bench keeps the books), and the session is usable afterwards: a new
connection settles what is open, and the next question is answered. As in test_recordings.py, REALTIME_CHAT_CASSETTES
names the recordings; without it, those made up from our own frames serve.
"""

from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, given, settings

from realtime_chat.core import commands as ask
from realtime_chat.core import messages as wire
from realtime_chat.core.errors import ConnectionLost
from realtime_chat.core.events import LinkState, TurnCompleted
from realtime_chat.core.machine import reports
from realtime_chat.core.machine.state import ENDED
from realtime_chat.core.ports import ToolOutcome
from realtime_chat.core.transports.gemini.resumption import Resumption
from tests.core.machine.mutations import MUTATIONS, Gemini, OpenAI, Recording, mutated, recorded
from tests.core.machine.provider import Bench
from tests.fuzzing import fuzz

LOST = reports.LinkLost(ConnectionLost("The connection ended (1006).").info)
RECORDED = recorded()


class Talk:
    """A user who asks whenever that is possible, and tools that end, around a machine that hears whatever comes."""

    def __init__(self, way: type[OpenAI] | type[Gemini]) -> None:
        self.bench = Bench()
        self._way = way
        self._resumption = Resumption()
        self._connections = 0
        self._batches = self._said = 0
        self._open()
        self._receive(*self._line.greeting())

    def _open(self) -> None:
        self._connections += 1
        self._line = self._way(f"g{self._connections}", self._resumption)
        self.bench.report(reports.LinkOpening())
        self.bench.report(reports.LinkOpened(capabilities=self._line.capabilities))
        self._said = len(self.bench.sent)

    def _receive(self, *messages: wire.Incoming) -> None:
        """These, and what is heard at once of what we say to them."""
        self.bench.receive(*messages)
        while self._said < len(self.bench.sent):
            self._said += 1
            self.bench.receive(*self._line.say(self.bench.sent[self._said - 1]))

    @property
    def link(self) -> LinkState:
        return self.bench.machine.link

    def hear(self, told: list[bytes | None]) -> None:
        for number, frame in enumerate(told):
            if frame is None:
                self.lose()
            else:
                self._receive(*self._line.hear(frame))
            self.finish_tools()
            if number % 5 == 2:
                self.bench.command(ask.SendText(text="and?"))
            if number % 11 == 7:
                self.bench.command(ask.Interrupt())
            self._receive()

    def lose(self) -> None:
        """The connection ends, and there is another one where one is wanted."""
        self.bench.report(LOST)
        if self.link is LinkState.RECONNECTING:
            self._open()
            self._receive(*self._line.ready())

    def finish_tools(self) -> None:
        for batch in self.bench.batches[self._batches :]:
            for call in batch.calls:
                outcome = ToolOutcome(call_id=call.call_id, name=call.name, ok=True, output="out")
                self.bench.report(reports.ToolFinished(batch.batch_id, outcome))
            self.bench.report(reports.BatchFinished(batch.batch_id))
        self._batches = len(self.bench.batches)

    def settle(self) -> None:
        """Answer what was asked for since the last connection, until nothing is open."""
        asked = self.bench.sent_of(wire.CreateResponse)[-1:]
        for number in range(3):
            if self.bench.machine.turn is None:
                return
            self.answer(f"settled_{number}", asked)
        assert self.bench.machine.turn is None, "a turn that nothing ends"

    def answer(self, response: str, asked: list[wire.CreateResponse]) -> None:
        metadata = asked[-1].metadata if asked else None
        self.bench.receive(
            wire.ResponseCreated(response_id=response, metadata=metadata),
            wire.ResponseDone(response_id=response, status="completed"),
        )


@pytest.mark.parametrize("name", RECORDED)
@given(changes=MUTATIONS)
@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
def test_a_mutilated_recording_raises_nothing_and_leaves_the_session_usable(
    name: str, changes: list[tuple[str, int, int, Any]]
) -> None:
    # M13, C9
    check(RECORDED[name], changes)


@pytest.mark.soak
@pytest.mark.timeout(7200)
def test_minutes_of_them() -> None:
    """As many as FUZZ_MINUTES says."""
    fuzz(
        {
            name: (check, {"recording": st.just(recording), "changes": MUTATIONS})
            for name, recording in RECORDED.items()
        }
    )


def check(recording: Recording, changes: list[tuple[str, int, int, Any]]) -> None:
    talk = Talk(recording.way)
    talk.hear(mutated(recording.frames, changes))
    talk.lose()
    if talk.link is not LinkState.READY:
        assert talk.link in ENDED  # it never began, or a frame said that nothing can cure it
        return
    talk.finish_tools()
    talk.settle()
    before = len(talk.bench.of(TurnCompleted))
    assert talk.bench.command(ask.SendText(text="Are you there?"))
    talk.answer("last", talk.bench.sent_of(wire.CreateResponse))
    assert len(talk.bench.of(TurnCompleted)) == before + 1
