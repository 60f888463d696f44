"""What of a session's options changes while it runs."""

import msgspec

from realtime_chat.core.events import InstructionsChanged, Mode, ModeChanged
from realtime_chat.core.machine.speech import SpeechInput
from realtime_chat.core.machine.state import MachineState
from realtime_chat.core.machine.turns import TurnSlot
from realtime_chat.core.messages import UpdateInstructions
from realtime_chat.core.options import TurnDetection


class Configuration:
    """Tells the provider, where there is one; the next connection is told anyway."""

    def __init__(self, state: MachineState, slot: TurnSlot, speech: SpeechInput) -> None:
        self._state = state
        self._slot = slot
        self._speech = speech

    def instruct(self, instructions: str) -> None:
        """Other instructions, and nothing else (M7). Raises Unreachable."""
        state = self._state
        state.require_link()
        state.options = msgspec.structs.replace(state.options, instructions=instructions)
        state.emit(InstructionsChanged(instructions=instructions))
        state.send(UpdateInstructions(instructions=instructions))

    def set_mode(self, mode: Mode) -> None:
        """Text or voice from the next turn on. Raises SessionBusy."""
        self._slot.refuse_if_busy()
        self._state.reconfigure(self._state.options.for_mode(mode))
        self._state.emit(ModeChanged(mode=mode))

    def detect(self, detection: TurnDetection) -> None:
        """Who ends the user's turns, from the next one on. Raises SessionBusy."""
        self._slot.refuse_if_busy()
        self._speech.clear()
        self._state.reconfigure(msgspec.structs.replace(self._state.options, turn_detection=detection))
