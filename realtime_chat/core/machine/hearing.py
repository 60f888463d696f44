"""What the user's voice does while an answer runs: it cuts it, waits for its end, or is judged first."""

from realtime_chat.core.events import Noticed, TurnPhase
from realtime_chat.core.machine.interruption import Interruption
from realtime_chat.core.machine.overlap import Overlap
from realtime_chat.core.machine.speech import Heard, SpeechInput
from realtime_chat.core.machine.state import ENDED, MachineState
from realtime_chat.core.machine.waiting_speech import WaitingSpeech
from realtime_chat.core.messages import AudioCommitted, UserSpeechStarted, UserSpeechStopped

TOO_MUCH_SAID = (
    "Too much was said over this answer; the first of it will not be answered. Say it again later."
)


class Hearing:
    """Puts what is heard into the order in which it may become turns."""

    def __init__(self, state: MachineState, speech: SpeechInput, interruption: Interruption) -> None:
        self._state = state
        self._speech = speech
        self._interruption = interruption
        #: Speech over an answer, until the answer is settled.
        self._later = WaitingSpeech()
        self.overlap = Overlap(state, speech=speech, interruption=interruption, hear=self._hear)

    def take(self, message: Heard) -> None:
        """Speech over an answer cuts it (M15), where that is allowed (T11); its turn begins when the old one
        is settled."""
        if self.overlap.takes(message):
            return
        if isinstance(message, UserSpeechStarted):
            turn = self._state.turn
            interrupts = self._state.options.speech_cuts
            if turn is not None and turn.phase is not TurnPhase.HEARING and interrupts:
                self._interruption.begin("barge_in")
        self._hear(message)

    def settle(self) -> None:
        """After every input: what waited and need not wait any more. After the session's end nothing may begin."""
        if self._state.link in ENDED:
            self.forget()
        self.overlap.settle()
        while self._later and self._may_hear():
            for message in self._later.take():
                self._speech.hear(message)

    def forget(self) -> None:
        """The session or its connection ends."""
        self._later.clear()
        self.overlap.forget()

    def _hear(self, message: Heard) -> None:
        match message:
            case UserSpeechStarted():
                if not self._later.begin(message):
                    self._state.emit(Noticed(text=TOO_MUCH_SAID, level="warning"))
            case UserSpeechStopped() if self._later:
                self._later.stop(message)
            case AudioCommitted() if self._later:
                self._later.commit(message)
            case _:
                self._speech.hear(message)

    def _may_hear(self) -> bool:
        turn = self._state.turn
        if turn is None:
            return True
        interrupts = self._state.options.speech_cuts
        return turn.cut is None and (interrupts or turn.phase is TurnPhase.HEARING)
