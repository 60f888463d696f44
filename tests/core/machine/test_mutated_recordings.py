"""Recordings of the real service, mutilated: frames lost, doubled, in another order, cut off, of other types.

Whatever comes, nothing raises, the rules hold (the bench keeps the books), and the session is usable afterwards: a new
connection settles what is open, and the next question is answered. As in test_recordings.py, REALTIME_CHAT_CASSETTES
names the recordings; without it, those made up from our own frames serve.
"""

import json
import os
from collections import deque
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
import pytest
import yaml
from hypothesis import HealthCheck, given, settings

from realtime_chat.core import commands as ask
from realtime_chat.core import messages as wire
from realtime_chat.core.errors import ConnectionLost
from realtime_chat.core.events import LinkState, TurnCompleted
from realtime_chat.core.machine import reports
from realtime_chat.core.machine.state import ENDED
from realtime_chat.core.ports import ToolOutcome
from realtime_chat.core.transports.openai.decode import decode
from tests.core.machine.provider import Bench
from tests.core.transports.openai_peer import OpenAIService
from tests.core.transports.ways import Call, Calls, Fails, Hangs, Reply, Says, SaysAloud

Frame = dict[str, Any]
FOLDER = os.environ.get("REALTIME_CHAT_CASSETTES")
LOST = reports.LinkLost(ConnectionLost("The connection ended (1006).").info)
#: What may stand where something else did.
JUNK = st.sampled_from(
    [None, "", 0, -1, 10**12, True, [], {}, "x" * 300, {"type": "error"}, [[]], "resp_other"]
)
WHERE = st.integers(0, 10_000)
MUTATIONS = st.lists(
    st.tuples(st.sampled_from(["drop", "double", "swap", "late", "cut", "junk", "lose"]), WHERE, WHERE, JUNK),
    max_size=12,
)


def recorded() -> dict[str, list[Frame]]:
    """By name: what the service said, in order."""
    told = {"our own": _own()}
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    for path in sorted(Path(FOLDER, "openai").glob("*.yaml")) if FOLDER else []:
        interactions = yaml.load(path.read_text(encoding="utf-8"), Loader=loader)["interactions"]
        frames = [one["data"] for one in interactions if one["direction"] == "received"]
        told[path.stem] = [_short(frame) for frame in frames]
    return told


def _own() -> list[Frame]:
    """Each kind of answer once, and one that is cut."""
    replies: list[Reply] = [
        Says("Hello."),
        Calls((Call("clock", "{}"), Call("clock", '{"zone": "UTC"}'))),
        SaysAloud("Ten.", bytes(9600)),
        Fails("server_error", "No."),
        Hangs("Once"),
    ]
    service = OpenAIService(deque(replies))
    frames = [service.hello(), *service.take({"type": "session.update", "session": {}})]
    for _ in replies:
        item = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "and?"}]}
        frames += service.take({"type": "conversation.item.create", "item": item})
        frames += service.take({"type": "response.create"})
    return [*frames, *service.take({"type": "response.cancel"})]


def _short(frame: Frame) -> Frame:
    """Long sound makes a slow test and shows nothing more."""
    return {**frame, "delta": frame["delta"][:64]} if len(str(frame.get("delta", ""))) > 64 else frame


def mutated(frames: list[Frame], changes: list[tuple[str, int, int, Any]]) -> list[bytes | None]:
    """The frames as bytes, after the changes; None: the connection is lost here."""
    told: list[bytes | None] = [json.dumps(frame).encode() for frame in frames]
    for kind, first, second, junk in changes:
        at, other = first % len(told), second % len(told)
        frame = told[at]
        match kind:
            case "drop" if len(told) > 1:
                del told[at]
            case "double":
                told.insert(other, frame)
            case "swap":
                told[at], told[other] = told[other], told[at]
            case "late":
                told.append(told.pop(at))
            case "cut" if frame is not None:
                told[at] = frame[: second % (len(frame) + 1)]
            case "junk" if frame is not None:
                told[at] = _junked(frame, second, junk)
            case "lose":
                told[at] = None
            case _:
                pass
    return told


def _junked(frame: bytes, which: int, junk: Any) -> bytes:
    """One field, at any depth, holds something else."""
    try:
        whole = json.loads(frame)
    except ValueError:
        return frame
    places: list[tuple[Any, Any]] = []

    def walk(node: Any) -> None:
        keys = node if isinstance(node, dict) else range(len(node)) if isinstance(node, list) else ()
        for key in keys:
            places.append((node, key))
            walk(node[key])

    walk(whole)
    if places:
        node, key = places[which % len(places)]
        node[key] = junk
    return json.dumps(whole).encode()


RECORDED = recorded()


class Talk:
    """A user who asks whenever that is possible, and tools that end, around a machine that hears whatever comes."""

    def __init__(self) -> None:
        self.bench = Bench()
        self.bench.report(reports.LinkOpening())
        self._batches = 0

    @property
    def link(self) -> LinkState:
        return self.bench.machine.link

    def hear(self, told: list[bytes | None]) -> None:
        for number, frame in enumerate(told):
            if frame is None:
                self.lose()
            else:
                self.bench.receive(decode(frame))
            self.finish_tools()
            if number % 5 == 2:
                self.bench.command(ask.SendText(text="and?"))
            if number % 11 == 7:
                self.bench.command(ask.Interrupt())

    def lose(self) -> None:
        """The connection ends, and there is another one where one is wanted."""
        self.bench.report(LOST)
        if self.link is LinkState.RECONNECTING:
            self.bench.report(reports.LinkOpening())
            self.bench.receive(wire.SessionCreated(), wire.SessionUpdated())

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
@pytest.mark.timeout(1800)
@given(name=st.sampled_from(sorted(RECORDED)), changes=MUTATIONS)
@settings(max_examples=150_000, suppress_health_check=[HealthCheck.too_slow])
def test_ten_minutes_of_them(name: str, changes: list[tuple[str, int, int, Any]]) -> None:
    check(RECORDED[name], changes)


def check(frames: list[Frame], changes: list[tuple[str, int, int, Any]]) -> None:
    talk = Talk()
    talk.hear(mutated(frames, changes))
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
