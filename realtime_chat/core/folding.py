"""ONE pure fold of events → what was said, by whom, and what of it was heard. It draws the screen, resumes a
session, and answers `sessions show`; whatever it says can be derived anew from the log (P15, P17).

Live deltas make a growing entry; the durable AssistantMessage of the same item replaces it (X13).
"""

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, assert_never

from realtime_chat.core import events as ev
from realtime_chat.core.events import Envelope
from realtime_chat.core.history import (
    AnnouncedEntry,
    AssistantEntry,
    CardEntry,
    FactsEntry,
    History,
    OpaqueEntry,
    RecordingEntry,
    ToolEntry,
    TurnEntry,
    UserEntry,
)
from realtime_chat.core.usage import add, of_answer, of_transcript

_CONFIGURATION: tuple[type[Any], ...] = (
    ev.SessionStarted,
    ev.SessionResumed,
    ev.SessionForked,
    ev.SessionRenamed,
    ev.SessionTitled,
    ev.RecordingStarted,
    ev.SessionClosed,
    ev.ModeChanged,
    ev.VoiceChanged,
    ev.InstructionsChanged,
    ev.ToolsChanged,
    ev.UnknownEvent,
)
#: Events that say when a process ran the session, and one that is no sign of it.
_TAKEN_UP = frozenset({ev.SessionResumed, ev.SessionRenamed})


class Folding:
    """The fold, one envelope at a time; `history` is its state so far and may be read, not changed."""

    def __init__(self) -> None:
        self.history = History(items=[], turns=[], recordings=[], asides=[], reports=[], opaque=[])
        self._users: dict[str, UserEntry] = {}
        self._answers: dict[str, AssistantEntry] = {}
        self._tools: dict[str, ToolEntry] = {}
        self._turns: dict[str, TurnEntry] = {}
        self._early_words: dict[str, ev.UserTranscript] = {}
        self._steps: dict[type[Any], Callable[[Any, str], None]] = {
            kind: step for step, kinds in self._taken_by().items() for kind in kinds
        }

    def turn(self, turn_id: str) -> TurnEntry | None:
        """A turn by its id."""
        return self._turns.get(turn_id)

    def apply(self, envelope: Envelope) -> None:
        """Take one more; a durable one that was taken already changes nothing."""
        history, data = self.history, envelope.data
        if (seq := envelope.seq) is not None:
            if seq <= history.last_seq:
                return
            history.last_seq = seq
            if type(data) in _TAKEN_UP or not history.began_at:
                self._taken_up(envelope)
            else:
                history.last_at = envelope.ts
        if (step := self._steps.get(type(data))) is not None:  # others change nothing of what was said
            step(data, envelope.ts)

    def _taken_by(self) -> dict[Callable[[Any, str], None], tuple[type[Any], ...]]:
        """Which events each step takes; by type, for a history has a hundred thousand of them."""
        return {
            self._grow: (ev.TranscriptDelta, ev.TextDelta),
            self._user_grows: (ev.UserTranscriptDelta,),
            self._user_said: (ev.UserMessage,),
            self._user_understood: (ev.UserTranscript,),
            self._answered: (ev.AssistantMessage,),
            self._heard: (ev.AnswerHeard,),
            self._acted: (ev.ToolCall, ev.ToolResult, ev.ApprovalRequested, ev.PermissionDecided),
            self._began: (ev.TurnStarted,),
            self._ended: (ev.TurnCompleted, ev.TurnFailed, ev.TurnInterrupted),
            self._announced: (ev.Announced,),
            partial(_noted, self.history): (ev.CardWritten, ev.FactsNoted),
            self._used: (ev.UsageReported,),
            self._measured: (ev.LatencyMeasured,),
            lambda data, _: _keep(self.history, data): (ev.ProviderItem,),
            self._configured: _CONFIGURATION,
        }

    def _taken_up(self, envelope: Envelope) -> None:
        """A process begins to log, or a name is given."""
        history = self.history
        history.session_id = envelope.session_id
        history.created_at = history.created_at or envelope.ts
        if isinstance(envelope.data, ev.SessionRenamed):
            return  # a name may come long after the talk, and is none
        if not history.began_at or isinstance(envelope.data, ev.SessionResumed):
            history.earlier_ms = history.active_ms
            history.began_at = envelope.ts
            history.closed_at = None
        history.last_at = envelope.ts

    def _grow(self, data: ev.TranscriptDelta | ev.TextDelta, at: str) -> None:
        entry = self._answer(data.item_id, data.turn_id, at)
        if entry.streaming:
            entry.text += data.delta
            entry.response_id = data.response_id
            entry.spoken = entry.spoken or isinstance(data, ev.TranscriptDelta)

    def _answer(self, item_id: str, turn_id: str, at: str) -> AssistantEntry:
        entry = self._answers.get(item_id)
        if entry is None:
            entry = AssistantEntry(turn_id=turn_id, item_id=item_id, streaming=True, at=at)
            self._answers[item_id] = entry
            self.history.items.append(entry)
        return entry

    def _user_grows(self, data: ev.UserTranscriptDelta, _: str) -> None:
        if (user := self._users.get(data.item_id)) is not None:
            user.text = (user.text or "") + data.delta

    def _user_said(self, data: ev.UserMessage, at: str) -> None:
        user = UserEntry(
            turn_id=data.turn_id,
            item_id=data.item_id,
            source=data.source,
            text=data.text,
            audio_ms=data.audio_ms,
            at=at,
            images=data.images,
        )
        self._users[data.item_id] = user
        self.history.items.append(user)
        if (early := self._early_words.pop(data.item_id, None)) is not None:
            user.text, user.error = early.text, early.error
            _place(self.history, data)

    def _user_understood(self, data: ev.UserTranscript, at: str) -> None:
        self._transcribed(data, at)
        if (user := self._users.get(data.item_id)) is None:
            self._early_words[data.item_id] = data
        else:
            user.text, user.error = data.text, data.error

    def _answered(self, data: ev.AssistantMessage, at: str) -> None:
        entry = self._answer(data.item_id, data.turn_id, at)
        entry.streaming, entry.done_at = False, at
        entry.text, entry.spoken, entry.audio_ms = data.text, data.spoken, data.audio_ms
        entry.response_id, entry.truncation = data.response_id, data.truncation
        entry.partial = data.partial
        entry.interrupted = entry.interrupted or data.interrupted

    def _heard(self, data: ev.AnswerHeard, at: str) -> None:
        entry = self._answer(data.item_id, data.turn_id, at)
        entry.interrupted = True
        entry.heard_text, entry.heard_ms = data.heard_text, data.played_ms

    def _announced(self, data: ev.Announced, at: str) -> None:
        self.history.items.append(
            AnnouncedEntry(turn_id=data.turn_id, item_id=data.item_id, text=data.text, at=at)
        )

    def _used(self, data: ev.UsageReported, at: str) -> None:
        history = self.history
        report = of_answer(data, at=at, provider=history.provider, model=history.model)
        history.reports.append(report)
        history.usage = add(history.usage, report.tokens)
        if (turn := self._turns.get(data.turn_id)) is not None:
            turn.usage = add(turn.usage, report.tokens)

    def _measured(self, data: ev.LatencyMeasured, _: str) -> None:
        if (turn := self._turns.get(data.turn_id)) is not None:
            turn.latency = data.latency

    def _transcribed(self, data: ev.UserTranscript, at: str) -> None:
        history, user = self.history, self._users.get(data.item_id)
        report = of_transcript(data, at=at, provider=history.provider, model=history.transcription_model)
        if report is not None:
            report.turn_id = user.turn_id if user is not None else ""
            history.reports.append(report)

    def _acted(
        self, data: ev.ToolCall | ev.ToolResult | ev.ApprovalRequested | ev.PermissionDecided, at: str
    ) -> None:
        found = self._tools.get(data.call_id)
        match data:
            case ev.ToolCall():
                entry = ToolEntry(
                    turn_id=data.turn_id,
                    call_id=data.call_id,
                    name=data.name,
                    arguments=data.arguments,
                    at=at,
                )
                self._tools[data.call_id] = entry
                self.history.items.append(entry)
            case ev.ApprovalRequested():
                if found is not None and found.status == "running":
                    found.asks = data
            case ev.PermissionDecided():
                if found is not None:
                    found.asks = None
            case ev.ToolResult():
                if found is not None and found.status == "running":
                    found.asks = None
                    found.status = "ok" if data.ok else "failed"
                    found.output, found.error, found.duration_ms = data.output, data.error, data.duration_ms
            case _:
                assert_never(data)

    def _began(self, data: ev.TurnStarted, at: str) -> None:
        turn = TurnEntry(turn_id=data.turn_id, source=data.source, at=at)
        self._turns[data.turn_id] = turn
        self.history.turns.append(turn)

    def _ended(self, data: ev.TurnCompleted | ev.TurnFailed | ev.TurnInterrupted, _: str) -> None:
        ended = self._turns.get(data.turn_id)
        if ended is None or ended.status != "running":
            return
        ended.duration_ms = data.duration_ms
        match data:
            case ev.TurnCompleted():
                ended.status, ended.truncation = "completed", data.truncation
            case ev.TurnFailed():
                ended.status, ended.error = data.terminal_status, data.error
            case ev.TurnInterrupted():
                ended.status, ended.reason = "interrupted", data.reason
            case _:
                assert_never(data)

    def _configured(self, data: ev.Event | ev.UnknownEvent, _: str) -> None:
        history = self.history
        match data:
            case ev.SessionStarted():
                history.agent, history.provider, history.model = data.agent, data.provider, data.model
                history.intent = data.intent
                history.voice, history.mode, history.tools = data.voice, data.mode, data.tools
                history.instructions = data.instructions
                history.transcription_model = data.transcription_model
            case ev.SessionResumed():
                history.set_aside_bytes = data.set_aside_bytes
                history.transcription_model = data.transcription_model
                history.provider, history.model = data.provider, data.model
                history.voice, history.mode = data.voice, data.mode
                history.agent, history.intent = data.agent or history.agent, data.intent
            case ev.SessionForked():
                history.parent = data
            case ev.SessionRenamed(name=name):
                history.name = name
            case ev.SessionTitled(title=title):
                history.titled = title
            case ev.RecordingStarted(path=path, rate=rate, channels=channels):
                history.recordings.append(
                    RecordingEntry(path=path, rate=rate, channels=channels, at=history.last_at)
                )
            case ev.SessionClosed():
                history.closed_at = history.last_at
            case ev.VoiceChanged(voice=voice):
                history.voice = voice
            case ev.ModeChanged(mode=mode):
                history.mode = mode
            case ev.InstructionsChanged(instructions=instructions):
                history.instructions = instructions
            case ev.ToolsChanged(tools=tools):
                history.tools = tools
            case _:
                pass  # live news, evidence that changes nothing of what was said, and what a newer version wrote


def fold(envelopes: Iterable[Envelope]) -> History:
    """The history of a log."""
    folding = Folding()
    for envelope in envelopes:
        folding.apply(envelope)
    return folding.history


def _keep(history: History, item: ev.ProviderItem) -> None:
    place = len(history.items)
    history.opaque.append(
        OpaqueEntry(item_id=item.item_id, model=item.model, content=item.content, before=place)
    )


def _noted(history: History, data: ev.CardWritten | ev.FactsNoted, at: str) -> None:
    """Beside the conversation, whose items it is none of."""
    match data:
        case ev.CardWritten(agent=agent, turn_id=turn_id, title=title, text=text):
            entry = CardEntry(agent=agent, turn_id=turn_id, title=title, text=text, at=at)
        case ev.FactsNoted(agent=agent, turn_id=turn_id, facts=facts):
            entry = FactsEntry(agent=agent, turn_id=turn_id, facts=facts, at=at)
        case _:
            assert_never(data)
    history.asides.append(entry)


def _place(history: History, message: ev.UserMessage) -> None:
    """What the words of an utterance used, told before its turn was known."""
    for report in history.reports:
        if report.item_id == message.item_id:
            report.turn_id = message.turn_id
