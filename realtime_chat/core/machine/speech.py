"""The user's voice as the machine sees it: speech heard by the provider, push-to-talk commits, transcripts.

Spoken input is logged when it is committed, with its place in the conversation; its words are filled in by
item id whenever they come (docs/protocol.md). Where nothing is answered, the words are a turn's end.
"""

from typing import TypeAlias, assert_never

from realtime_chat.core.errors import Category, ErrorInfo
from realtime_chat.core.events import (
    Noticed,
    SpeechStarted,
    SpeechStopped,
    TurnPhase,
    UserMessage,
    UserTranscript,
    UserTranscriptDelta,
)
from realtime_chat.core.machine.effects import Sync
from realtime_chat.core.machine.state import MachineState, Turn
from realtime_chat.core.machine.turns import TurnSlot
from realtime_chat.core.messages import (
    AudioCommitted,
    ClearAudio,
    CommitAudio,
    InputTranscript,
    InputTranscriptDelta,
    InputTranscriptFailed,
    UserSpeechStarted,
    UserSpeechStopped,
)
from realtime_chat.core.pcm import pcm_ms
from realtime_chat.core.voice_activity import VoiceActivity

#: A provider refuses less (docs/protocol.md).
SHORTEST_COMMIT_MS = 100
#: Words that came before their utterance was anybody's turn; as many as may wait for theirs.
MOST_EARLY = 8

Heard: TypeAlias = (
    UserSpeechStarted
    | UserSpeechStopped
    | AudioCommitted
    | InputTranscriptDelta
    | InputTranscript
    | InputTranscriptFailed
)


class SpeechInput:
    """Bytes pending at the provider, and what becomes of them."""

    def __init__(self, state: MachineState, slot: TurnSlot) -> None:
        self._state = state
        self._slot = slot
        self._pending = 0
        self._activity = VoiceActivity()
        self._early: dict[str, InputTranscript | InputTranscriptFailed] = {}

    @property
    def pending_ms(self) -> int:
        """Milliseconds of sound sent since the last commit or clear."""
        return pcm_ms(self._pending)

    @property
    def user_speaks(self) -> bool:
        """True between the beginning and the end of an utterance that the provider's detector hears."""
        return self._activity.is_speaking

    def appended(self, size: int) -> None:
        """`size` bytes went to the provider."""
        self._pending += size

    def commit(self, held_ms: int | None) -> str | None:
        """Push-to-talk: make what was said a turn. None when it was nothing, or too short to be speech.

        A tap brings sound from before it, too; what counts is `held_ms`, where there is a microphone.
        """
        self._slot.refuse_if_busy()
        spoken = self.pending_ms
        if self._pending == 0:
            self._state.emit(Noticed(text="There is no buffered audio to send.", level="warning"))  # J23
            return None
        if min(spoken, spoken if held_ms is None else held_ms) < SHORTEST_COMMIT_MS:
            self.clear()
            self._state.emit(Noticed(text="That was too short to be speech; hold on a little longer."))
            return None
        self._pending = 0
        self._state.send(CommitAudio())
        turn = self._slot.open("spoken")
        turn.audio_ms = spoken
        if self._state.options.answers:
            self._state.sequencer.wish()
        self._slot.think(turn)
        return turn.turn_id

    def clear(self) -> None:
        """Forget what was said so far."""
        if self._pending:
            self._pending = 0
            self._state.send(ClearAudio())

    def forget(self) -> None:
        """The connection is gone, and with it what was pending."""
        self._pending = 0
        self._activity = VoiceActivity()

    def cleared(self) -> None:
        """The provider forgot what it heard, and with it the end of an utterance that would have come."""
        self._activity = VoiceActivity()

    def passed_over(self) -> None:
        """What was said became nobody's turn."""
        self._pending = 0

    def hear(self, message: Heard) -> None:
        """One message about the user's voice; an answer that runs was cut before."""
        match message:
            case UserSpeechStarted():
                self.started(message)
            case UserSpeechStopped():
                self.stopped(message)
            case AudioCommitted():
                self.committed(message)
            case InputTranscriptDelta() | InputTranscript() | InputTranscriptFailed():
                self.transcript(message)
            case _:
                assert_never(message)

    def started(self, message: UserSpeechStarted) -> None:
        """VAD heard the user; an answer that runs was cut before this is called."""
        self._state.emit(SpeechStarted(item_id=message.item_id, at_ms=message.at_ms))
        self._state.sequencer.hold()
        self._activity.began(message.at_ms)
        turn = self._state.turn or self._slot.open("spoken")
        self._state.enter(turn, TurnPhase.HEARING)

    def stopped(self, message: UserSpeechStopped) -> None:
        """VAD heard the end; the commit follows."""
        self._state.emit(SpeechStopped(item_id=message.item_id, at_ms=message.at_ms))
        self._activity.ended(message.at_ms)
        turn, spoken_ms = self._state.turn, self._activity.speech_duration_ms
        if turn is not None and turn.phase is TurnPhase.HEARING:
            turn.waits.speech_ended(self._state.now, self._state.options.turn_detection, turn.started_at)
        if turn is not None and spoken_ms is not None:
            turn.audio_ms = spoken_ms

    def committed(self, message: AudioCommitted) -> None:
        """The provider made an item of it: log its place, and see who asks for the answer."""
        state = self._state
        turn = state.turn
        if turn is not None and turn.source == "spoken" and not turn.user_logged:
            self.log_user(turn, message.item_id)
            turn.waits.committed = state.now
        if turn is not None and turn.phase is not TurnPhase.HEARING:
            state.sequencer.release()
            self._end_if_written(turn)
            return
        turn = turn or self._open_unannounced(message)
        self._pending = 0
        state.sequencer.release()
        if state.options.server_creates:
            state.sequencer.expect()
        elif state.options.answers:
            state.sequencer.wish()
        self._slot.think(turn)
        self._end_if_written(turn)

    def log_user(self, turn: Turn, item_id: str) -> None:
        """Record the place of a spoken message; its words come later."""
        turn.user_logged = True
        turn.user_item = item_id
        self._log(turn, item_id, turn.audio_ms or self.pending_ms)

    def join(self, turn: Turn, item_id: str) -> None:
        """Record one more spoken message in a turn that another one began."""
        self._log(turn, item_id, 0)

    def _log(self, turn: Turn, item_id: str, audio_ms: int) -> None:
        self._state.emit(
            UserMessage(turn_id=turn.turn_id, item_id=item_id, source="spoken", audio_ms=audio_ms)
        )
        self._state.do(Sync())

    def transcript(self, message: InputTranscriptDelta | InputTranscript | InputTranscriptFailed) -> None:
        """Words of the user, late, out of order, or never."""
        match message:
            case InputTranscriptDelta(item_id=item_id, delta=delta):
                self._state.emit(UserTranscriptDelta(item_id=item_id, delta=delta))
            case InputTranscript(item_id=item_id, text=text, usage=usage):
                turn = self._state.turn
                if turn is not None and turn.user_item == item_id:
                    turn.has_words = bool(text.strip())
                self._state.emit(UserTranscript(item_id=item_id, text=text.strip(), usage=usage))
                self._written(message)
            case InputTranscriptFailed(item_id=item_id, error=error):
                self._state.emit(UserTranscript(item_id=item_id, error=error))
                self._written(message)
            case _:
                assert_never(message)

    def _written(self, message: InputTranscript | InputTranscriptFailed) -> None:
        """Where nothing is answered: the words of an utterance, perhaps before its turn began."""
        if self._state.options.answers:
            return
        self._early[message.item_id] = message
        if len(self._early) > MOST_EARLY:
            del self._early[next(iter(self._early))]
        if (turn := self._state.turn) is not None:
            self._end_if_written(turn)

    def _end_if_written(self, turn: Turn) -> None:
        message = self._early.pop(turn.user_item, None) if turn.cut is None else None
        match message:
            case None:
                pass
            case InputTranscript():
                self._slot.complete(turn, "not_truncated")
            case InputTranscriptFailed(error=error):
                text = f"What was said could not be written down: {error or 'no reason was given'}. Say it again."
                self._slot.fail(
                    turn, ErrorInfo(kind="transcription_failed", message=text, category=Category.RETRYABLE)
                )
            case _:
                assert_never(message)

    def _open_unannounced(self, message: AudioCommitted) -> Turn:
        turn = self._slot.open("spoken")
        self.log_user(turn, message.item_id)
        turn.waits.committed = turn.started_at
        return turn
