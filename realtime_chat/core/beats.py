"""A log in time: when each of its events comes in a replay, and the words of the answers as they were spoken. Pure.

The log holds an answer only as a whole. Where it was spoken, its words are spread over the time that it sounded (of one
that was cut: over what was heard, the rest at once); where it was written, over the time until it was there.
"""

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

import msgspec

from realtime_chat.core import events as ev
from realtime_chat.core.events import Envelope, Event, TurnPhase
from realtime_chat.core.moments import moment

#: Nothing is waited for any longer: a talk has pauses of minutes, and of days where it was resumed.
LONGEST_PAUSE_S = 3.0
#: So often a second an answer grows.
PIECES_PER_S = 12


@dataclass(frozen=True, slots=True)
class Beat:
    """Wait for `wait_s`, then `envelope` comes. Meanwhile the log's own time runs on from `at_s`.

    Seconds, `at_s` since the log's begin.
    """

    at_s: float
    wait_s: float
    envelope: Envelope


@dataclass(slots=True)
class _Answer:
    message: ev.AssistantMessage
    heard: ev.AnswerHeard | None = None
    ended_s: float | None = None  # when its turn ended, if it was the last that was said in it

    @property
    def spoken_s(self) -> float | None:
        """How long it sounded; None for a written one."""
        if self.heard is not None:
            return self.heard.played_ms / 1000
        return self.message.audio_ms / 1000 if self.message.audio_ms > 0 else None

    @property
    def aloud(self) -> str:
        """The words that fill this time."""
        text = self.message.text
        if self.heard is None or not text.startswith(self.heard.heard_text):
            return text
        return self.heard.heard_text


def beats(log: Sequence[Envelope]) -> Iterator[Beat]:
    """All of the log's events, in order and unchanged; between them what only lived: growing answers, phases."""
    times = times_of(log)
    answers = _answers(log, times)
    at = 0.0
    for envelope, time in zip(log, times, strict=True):
        answer = answers.pop(_item_of(envelope), None)
        for beat in _growth(answer, envelope, at, time) if answer is not None else ():
            yield beat
            at = beat.at_s + beat.wait_s
        beat = _next(envelope, at, time)
        yield beat
        at = beat.at_s + beat.wait_s
        if (phase := _phase(envelope)) is not None:
            yield Beat(at, 0.0, _live(envelope, phase))


def _next(envelope: Envelope, at: float, time: float) -> Beat:
    """The event at its time; of a long pause only the end is waited for."""
    wait = min(max(0.0, time - at), LONGEST_PAUSE_S)
    return Beat(max(at, time - wait), wait, envelope)


def _growth(answer: _Answer, first: Envelope, at: float, time: float) -> Iterator[Beat]:
    """An answer's words before the event that tells of it first."""
    spoken = answer.spoken_s
    lasts = min(max(0.0, time - at), LONGEST_PAUSE_S) if spoken is None else spoken
    begins = time - lasts if spoken is None else at
    if spoken is not None and answer.ended_s is not None:
        begins = max(at, answer.ended_s - spoken)
    message = msgspec.structs.replace(answer.message, turn_id=_turn_of(first))
    phase = ev.TurnPhaseChanged(turn_id=message.turn_id, phase=TurnPhase.RESPONDING)
    begun = _next(_live(first, phase), at, begins)
    yield begun
    at = begun.at_s + begun.wait_s
    pieces = _pieces(answer.aloud, lasts)
    for piece in pieces:
        wait = lasts / len(pieces)
        yield Beat(at, wait, _live(first, _delta(message, piece)))
        at += wait
    if rest := message.text[len(answer.aloud) :]:
        yield Beat(at, 0.0, _live(first, _delta(message, rest)))


def _pieces(text: str, lasts_s: float) -> list[str]:
    """Whole words, together the text; so many that they come at the pace of a growing answer."""
    words = [word + " " for word in text.split(" ")]
    words[-1] = words[-1][:-1]
    many = max(1, min(len(words), int(lasts_s * PIECES_PER_S)))
    rest = iter(words)
    sizes = [len(words) * (one + 1) // many - len(words) * one // many for one in range(many)]
    return [piece for size in sizes if (piece := "".join(islice(rest, size)))]


def _delta(message: ev.AssistantMessage, text: str) -> Event:
    kind = ev.TranscriptDelta if message.spoken else ev.TextDelta
    return kind(turn_id=message.turn_id, response_id=message.response_id, item_id=message.item_id, delta=text)


def _live(beside: Envelope, event: Event) -> Envelope:
    """An event that is in no log, at the time of one that is."""
    return msgspec.structs.replace(beside, id="replay", seq=None, data=event)


def _phase(envelope: Envelope) -> Event | None:
    match envelope.data:
        case ev.TurnStarted(turn_id=turn_id) | ev.ToolResult(turn_id=turn_id):
            phase = TurnPhase.THINKING
        case ev.ToolCall(turn_id=turn_id):
            phase = TurnPhase.ACTING
        case (
            ev.TurnCompleted(turn_id=turn_id)
            | ev.TurnFailed(turn_id=turn_id)
            | ev.TurnInterrupted(turn_id=turn_id)
        ):
            phase = TurnPhase.IDLE
        case _:
            return None
    return ev.TurnPhaseChanged(turn_id=turn_id, phase=phase)


def _turn_of(envelope: Envelope) -> str:
    data = envelope.data
    return data.turn_id if isinstance(data, ev.AssistantMessage | ev.AnswerHeard) else ""


def _item_of(envelope: Envelope) -> str:
    data = envelope.data
    return data.item_id if isinstance(data, ev.AssistantMessage | ev.AnswerHeard) else ""


def _answers(log: Sequence[Envelope], times: Sequence[float]) -> dict[str, _Answer]:
    """By item, of which a provider may have used the id twice: the first one grows."""
    answers: dict[str, _Answer] = {}
    heard: dict[str, ev.AnswerHeard] = {}
    last: dict[str, _Answer] = {}
    ends: deque[tuple[str, float]] = deque()
    for envelope, time in zip(log, times, strict=True):
        match envelope.data:
            case ev.AssistantMessage() as message if message.item_id and message.text:
                last[message.turn_id] = answers.setdefault(message.item_id, _Answer(message))
            case ev.AnswerHeard() as cut:
                heard.setdefault(cut.item_id, cut)
            case ev.TurnCompleted() | ev.TurnInterrupted() as end:
                ends.append((end.turn_id, time))
            case _:
                pass  # changes nothing of how an answer grows
    for item_id, answer in answers.items():
        answer.heard = heard.get(item_id)
    for turn_id, time in ends:
        if turn_id in last:
            last[turn_id].ended_s = time
    return answers


def times_of(log: Sequence[Envelope]) -> list[float]:
    """Seconds since the first event; never less than the one before (a clock may have been set back)."""
    times: list[float] = []
    begin: datetime | None = None
    for envelope in log:
        before = times[-1] if times else 0.0
        at = moment(envelope.ts)
        begin = begin or at
        times.append(before if at is None or begin is None else max(before, (at - begin).total_seconds()))
    return times
