"""From a response's first sign to its end: deltas, items, calls, the follow-up after a tool batch.

`response.done` is the only end that is trusted : tools run after it, never on a finished item.
"""

from typing import TypeAlias, assert_never

from realtime_chat.core.classification import category_of_failure
from realtime_chat.core.errors import ErrorInfo
from realtime_chat.core.events import (
    ResponseStarted,
    TextDelta,
    ToolArgumentsDelta,
    ToolCallStarted,
    TranscriptDelta,
    Truncation,
    TurnInterrupted,
    TurnPhase,
    UsageReported,
)
from realtime_chat.core.machine import answers
from realtime_chat.core.machine.effects import (
    AwaitPlayback,
    FinishPlayback,
    Play,
    StopTimer,
)
from realtime_chat.core.machine.sequencer import Beginning
from realtime_chat.core.machine.speech import SpeechInput
from realtime_chat.core.machine.state import MachineState, Turn
from realtime_chat.core.machine.tool_rounds import ToolRounds
from realtime_chat.core.machine.turns import TurnSlot
from realtime_chat.core.messages import (
    ArgumentsDelta,
    AudioDelta,
    AudioDone,
    LateUsage,
    OutputItemAdded,
    OutputItemDone,
    OutputText,
    OutputTextDelta,
    OutputTranscript,
    OutputTranscriptDelta,
    ResponseCreated,
    ResponseDone,
)
from realtime_chat.core.ports import Ledger, ToolRequest

#: Playback may take this much longer than its sound lasts before the turn ends all the same.
PLAYBACK_SLACK_MS = 2000

Words: TypeAlias = OutputTextDelta | OutputText | OutputTranscriptDelta | OutputTranscript
Said: TypeAlias = (
    ResponseCreated
    | AudioDelta
    | AudioDone
    | Words
    | OutputItemAdded
    | OutputItemDone
    | ArgumentsDelta
    | ResponseDone
    | LateUsage
)


class Responses:
    """What the model says, into the open turn; what belongs to no turn is dropped."""

    def __init__(self, state: MachineState, slot: TurnSlot, speech: SpeechInput, tools: ToolRounds) -> None:
        self._state = state
        self._slot = slot
        self._speech = speech
        self._tools = tools

    def receive(self, message: Said) -> None:
        """One message of a response."""
        match message:
            case ResponseCreated():
                self._created(message)
            case AudioDelta():
                self.audio(message)
            case AudioDone():
                self._audio_done(message)
            case OutputItemAdded():
                self._item_added(message)
            case OutputItemDone():
                self._item_done(message)
            case ArgumentsDelta():
                self._arguments(message)
            case ResponseDone():
                self._done(message)
            case LateUsage():
                self._usage(self._state.dead.pop(message.response_id, None), message)
            case OutputTextDelta() | OutputText() | OutputTranscriptDelta() | OutputTranscript():
                self._words(message)
            case _:
                assert_never(message)

    def _created(self, message: ResponseCreated) -> None:
        """A response began: ours, the provider's own, or one that nobody wants any more."""
        state = self._state
        beginning = state.sequencer.created(message)
        if beginning is Beginning.ASIDE:
            return
        turn = state.turn
        stale = turn is not None and (turn.phase is TurnPhase.HEARING or turn.cut is not None)
        interim = beginning is Beginning.INTERIM
        # What the tools answer is not in a response that begins while they run.
        early = turn is None if interim else turn is not None and turn.batch is not None
        if beginning is Beginning.UNWANTED or stale or early:
            state.bury(message.response_id, turn.turn_id if turn is not None else "")
            if beginning is Beginning.UNWANTED or early or not state.options.server_interrupts:
                state.send(state.sequencer.cancel(message.response_id))
            return
        if turn is None:  # the provider spoke up by itself, for example after a long silence
            turn = self._slot.open("spoken")
            turn.user_logged = True
        if not turn.user_logged:
            self._speech.log_user(turn, f"{turn.turn_id}_speech")
        turn.begun = True
        turn.responses.append(message.response_id)
        state.emit(ResponseStarted(turn_id=turn.turn_id, response_id=message.response_id))
        if interim:
            turn.interim.add(message.response_id)
            return
        state.do(StopTimer("response"))
        state.enter(turn, TurnPhase.RESPONDING)

    def audio(self, message: AudioDelta) -> None:
        """Sound: counted and handed on, never published. The hot path."""
        turn = self._turn_of(message.response_id)
        if turn is None:
            return
        item = turn.answers.item(message.item_id, message.response_id)
        item.spoken = True
        item.produced += len(message.pcm)
        if turn.waits.audio is None:
            turn.waits.audio = self._state.now
        self._state.do(Play(message.item_id, message.pcm))

    def _audio_done(self, message: AudioDone) -> None:
        """The item's sound is complete."""
        if self._turn_of(message.response_id) is not None:
            self._state.do(FinishPlayback(message.item_id))

    def _words(self, message: Words) -> None:
        """Text or transcript of an item; a whole replaces its deltas and is not published again (X13)."""
        turn = self._turn_of(message.response_id)
        if turn is None:
            return
        turn.waits.word(self._state.now)
        item = turn.answers.item(message.item_id, message.response_id)
        match message:
            case OutputTextDelta(delta=delta):
                item.parts.append(delta)
                self._state.emit(
                    TextDelta(
                        turn_id=turn.turn_id,
                        response_id=message.response_id,
                        item_id=message.item_id,
                        delta=delta,
                    )
                )
            case OutputTranscriptDelta(delta=delta):
                item.parts.append(delta)
                item.spoken = True
                self._state.emit(
                    TranscriptDelta(
                        turn_id=turn.turn_id,
                        response_id=message.response_id,
                        item_id=message.item_id,
                        delta=delta,
                    )
                )
            case OutputText(text=text):
                item.whole = text
            case OutputTranscript(text=text):
                item.whole = text
                item.spoken = True
            case _:
                assert_never(message)

    def _item_added(self, message: OutputItemAdded) -> None:
        """An item begins; a call is announced before its arguments are complete."""
        turn = self._turn_of(message.response_id)
        item = message.item
        if turn is not None and item.kind == "function_call" and item.call_id:
            self._state.emit(
                ToolCallStarted(turn_id=turn.turn_id, call_id=item.call_id, name=item.name or "")
            )

    def _arguments(self, message: ArgumentsDelta) -> None:
        """Some of a call's arguments."""
        if self._turn_of(message.response_id) is not None:
            self._state.emit(ToolArgumentsDelta(call_id=message.call_id, delta=message.delta))

    def _item_done(self, message: OutputItemDone) -> None:
        """An item is finished; a call waits for its response's end all the same."""
        turn = self._turn_of(message.response_id)
        if turn is not None and message.item.kind == "function_call":
            turn.calls.setdefault(message.response_id, []).append(message.item)

    def _done(self, message: ResponseDone) -> None:
        """The end of a response."""
        state = self._state
        turn = self._turn_of(message.response_id)
        state.sequencer.done(message.response_id)
        buried = state.dead.pop(message.response_id, None)
        if message.usage_follows and (owner := turn.turn_id if turn is not None else buried):
            state.bury(message.response_id, owner)
        if turn is None:
            self._usage(buried, message)
            return
        turn.responses.remove(message.response_id)  # a second end of it means nothing any more
        turn.answers.take(message)
        truncation: Truncation = "unknown"
        if message.status in ("completed", "incomplete"):
            truncation = "truncated" if message.status == "incomplete" else "not_truncated"
        broken = message.status == "failed"
        for item in turn.answers.unlogged(message.response_id):
            state.emit(
                answers.message(
                    item,
                    turn.turn_id,
                    partial=broken,
                    interrupted=message.status == "cancelled",
                    truncation=truncation,
                )
            )
        self._usage(turn.turn_id, message)
        self._end(turn, message, truncation)

    def playback_ended(self, turn_id: str) -> None:
        """The speaker played the answer to its end."""
        turn = self._state.turn
        if turn is not None and self.speaks(turn_id):
            self._slot.complete(turn, "not_truncated")

    def heard(self, ledger: Ledger) -> None:
        """So much of the answers was heard by now."""
        if (turn := self._state.turn) is not None:
            turn.waits.heard(self._state.now, [item.item_id for item in turn.answers], ledger)

    def speaks(self, turn_id: str) -> bool:
        """Whether of this turn nothing is left to happen but its sound."""
        turn = self._state.turn
        if turn is None or turn.turn_id != turn_id or turn.cut:
            return False
        return turn.phase is TurnPhase.SPEAKING

    def _turn_of(self, response_id: str) -> Turn | None:
        """The open turn, if this response is alive in it."""
        turn = self._state.turn
        if turn is None or turn.cut is not None or response_id in self._state.dead:
            return None
        if response_id in turn.responses:
            return turn
        return None

    def _usage(self, turn_id: str | None, message: ResponseDone | LateUsage) -> None:
        """What the response cost, also when nobody waits for it any more: evidence may follow a terminal."""
        if turn_id is not None and message.usage is not None:
            self._state.emit(
                UsageReported(
                    turn_id=turn_id,
                    response_id=message.response_id,
                    usage=message.usage,
                    status=message.status,
                )
            )

    def _end(self, turn: Turn, message: ResponseDone, truncation: Truncation) -> None:
        requests = self._tools.calls(turn, message)
        if message.response_id in turn.interim:  # whatever became of it, the turn goes on with its tools
            self._tools.refuse(turn, requests, "No tool may be used while others run.")
            return
        match message.status:
            case "completed" | "in_progress" if requests:
                self._round(turn, requests)
            case "completed" | "in_progress":
                self._finish(turn, truncation)
            case "incomplete":
                self._tools.refuse(turn, requests, "The response was cut before the call was complete.")
                self._finish(turn, truncation)
            case "failed":
                self._tools.refuse(turn, requests, "The response failed before the call could run.")
                self._slot.fail(turn, self._state.weighed(failure(message)))
            case "cancelled":
                self._tools.refuse(turn, requests, "The response was cancelled before the call could run.")
                reason = "barge_in" if message.reason == "turn_detected" else "error"
                self._slot.close(
                    turn,
                    TurnInterrupted(
                        turn_id=turn.turn_id, reason=reason, duration_ms=self._slot.duration_ms(turn)
                    ),
                )
            case _:
                assert_never(message.status)

    def _round(self, turn: Turn, requests: list[ToolRequest]) -> None:
        """The calls run, unless the turn had its share of them and the model was told to do without (X11, X17)."""
        spent = self._state.tools_spent
        if spent is None:
            for (
                response_id
            ) in turn.responses:  # a provider that runs two at once: the next answer is the tools'
                self._state.bury(response_id, turn.turn_id)
            turn.responses.clear()
            self._tools.run(turn, requests)
            return
        self._tools.refuse(turn, requests, spent.message, kind=spent.kind)
        self._slot.fail(turn, spent)

    def _finish(self, turn: Turn, truncation: Truncation) -> None:
        sound = turn.answers.spoken_ms
        if self._state.speaker and sound:
            self._state.enter(turn, TurnPhase.SPEAKING)
            self._state.do(AwaitPlayback(turn.turn_id, sound + PLAYBACK_SLACK_MS))
            return
        self._slot.complete(turn, truncation)


def failure(message: ResponseDone) -> ErrorInfo:
    """Why a response failed, as our error; quota and key problems do not go away by trying again."""
    code = message.error_code or "response_failed"
    return ErrorInfo(
        kind=code,
        message=message.error_message or "The model could not finish its answer. Ask again.",
        category=category_of_failure(code),
    )
