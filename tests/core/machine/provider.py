"""The machine with a book-keeper beside it: every effect is checked against the rules as it comes out."""

import re
from typing import TypeVar

import msgspec

from realtime_chat.core import commands as ask
from realtime_chat.core import messages as wire
from realtime_chat.core.errors import ChatError, ErrorInfo
from realtime_chat.core.events import (
    DURABLE_TYPES,
    LIVE_TYPES,
    TERMINAL,
    AssistantMessage,
    Event,
    Noticed,
    TextDelta,
    ToolCall,
    ToolResult,
    TranscriptDelta,
    TurnStarted,
)
from realtime_chat.core.machine import effects as do
from realtime_chat.core.machine import reports
from realtime_chat.core.machine.machine import SessionMachine
from realtime_chat.core.options import SessionOptions
from realtime_chat.core.pcm import pcm_bytes
from realtime_chat.core.ports import ToolOutcome

E = TypeVar("E")
EVENT_TYPES = {**DURABLE_TYPES, **LIVE_TYPES}
#: What a user or a model is told: not in capitals, and whole.
SENTENCE = re.compile(r"[A-Z0-9$](?=.*[a-z]).*[.?]", re.DOTALL)


class Bench:
    """Feeds a machine and keeps the books; `events` and `sent` are everything so far, in order."""

    def __init__(
        self, options: SessionOptions | None = None, *, speaker: bool = False, attended: bool = True
    ) -> None:
        self.machine = SessionMachine(
            options or SessionOptions(turn_detection="none"), speaker=speaker, attended=attended
        )
        self.ledger: dict[str, int] = {}
        self.produced: dict[str, int] = {}
        self.effects: list[do.Effect] = []
        self.events: list[Event] = []
        self.sent: list[wire.Outgoing] = []
        self.batches: list[do.RunTools] = []
        self.now = 0.0
        self.ducked = False
        self.timers: set[str] = set()
        self.due: dict[str, float] = {}  # of each timer that was ever started, when it runs out
        self._open: str | None = None

    def ready(self) -> "Bench":
        self.report(reports.LinkOpening())
        self.receive(wire.SessionCreated())
        self.receive(wire.SessionUpdated())
        return self

    def command(self, command: ask.Command) -> bool:
        """False when the machine refused it."""
        try:
            self._take(self.machine.command(command, self._tick()))
        except ChatError:
            return False
        return True

    def receive(self, *messages: wire.Incoming) -> None:
        for message in messages:
            if isinstance(message, wire.AudioDelta):
                size = self.produced.get(message.item_id, 0) + len(message.pcm)
                self.produced[message.item_id] = size
            self._take(self.machine.receive(message, self._tick()))

    def report(self, report: reports.Report) -> None:
        self._take(self.machine.report(report, self._tick()))

    def fire(self, name: do.TimerName) -> None:
        """A timer runs out, or seems to."""
        self.timers.discard(name)
        self.report(reports.TimerFired(name))

    def of(self, *kinds: type[E]) -> list[E]:
        """The events of these types, in order."""
        return [event for event in self.events if isinstance(event, kinds)]

    def sent_of(self, *kinds: type[E]) -> list[E]:
        """The messages of these types, in order."""
        return [message for message in self.sent if isinstance(message, kinds)]

    def _tick(self) -> float:
        self.now += 0.01
        return self.now

    def _take(self, effects: list[do.Effect]) -> None:
        for effect in effects:
            self.effects.append(effect)
            check(effect)
            match effect:
                case do.Emit(event):
                    self._book(event)
                case do.Send(message):
                    self.sent.append(message)
                case do.RunTools():
                    self.batches.append(effect)
                case do.Duck(on):
                    self.ducked = on
                case do.StartTimer(name, seconds):
                    self.timers.add(name)
                    self.due[name] = self.now + seconds
                case do.StopTimer(name):
                    self.timers.discard(name)
                case do.FlushPlayback():
                    self.report(reports.PlaybackFlushed(dict(self.ledger)))
                case _:
                    pass

    def _book(self, event: Event) -> None:
        self.events.append(event)
        match event:
            case TurnStarted(turn_id=turn_id):
                assert self._open is None, "a turn began inside another"
                self._open = turn_id
            case TextDelta(turn_id=turn_id) | TranscriptDelta(turn_id=turn_id):
                assert turn_id == self._open, "a delta of a turn that is over"
            case AssistantMessage(turn_id=turn_id) | ToolCall(turn_id=turn_id) | ToolResult(turn_id=turn_id):
                assert turn_id == self._open, "a fact of a turn that is over"
            case _ if isinstance(event, TERMINAL):
                assert event.turn_id == self._open, "a second terminal event"
                self._open = None
            case _:
                pass


def check(effect: do.Effect) -> None:
    """Nothing looks at the fields of a Struct as it is made; one that is not as declared could not be read again."""
    match effect:
        case do.Emit(event):
            assert event.type in EVENT_TYPES
            readable(event)
        case do.Send(message) if not isinstance(message, wire.Configure):
            readable(message)
        case (
            do.StartTimer()
            | do.StopTimer()
            | do.Duck()
            | do.Listen()
            | do.AwaitPlayback()
            | do.Disconnect()
            | do.NotifyDeadline()
        ):
            readable(effect)
        case _:
            pass
    match effect:
        case do.Emit(Noticed(text=text) | ToolResult(error=ErrorInfo(message=text))):
            assert SENTENCE.fullmatch(text), f"no sentence: {text}"
        case _:
            pass


def readable(said: msgspec.Struct) -> None:
    assert msgspec.convert(msgspec.to_builtins(said), type(said)) == said


def typed(bench: Bench, response: str = "r1") -> None:
    """A typed turn whose response has begun."""
    bench.command(ask.SendText(text="hi"))
    bench.receive(wire.ResponseCreated(response_id=response))


def sound(bench: Bench, ms: int, item: str = "i1", response: str = "r1") -> None:
    bench.receive(wire.AudioDelta(response_id=response, item_id=item, pcm=bytes(pcm_bytes(ms))))


def call(call_id: str, arguments: str = "{}") -> wire.Item:
    return wire.Item(
        item_id=f"item_{call_id}", kind="function_call", call_id=call_id, name="clock", arguments=arguments
    )


def calling(bench: Bench, *call_ids: str) -> str:
    """A response that ends in these calls; the batch that runs."""
    typed(bench)
    items = tuple(call(one) for one in call_ids)
    bench.receive(wire.ResponseDone(response_id="r1", status="completed", items=items))
    return bench.batches[-1].batch_id


def ended(bench: Bench, batch: str, call_id: str) -> None:
    outcome = ToolOutcome(call_id=call_id, name="clock", ok=True, output=f"out {call_id}")
    bench.report(reports.ToolFinished(batch, outcome))
