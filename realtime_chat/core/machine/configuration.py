"""What of a session's options changes while it runs."""

from collections.abc import Callable
from typing import assert_never

import msgspec

from realtime_chat.core import messages as wire
from realtime_chat.core.commands import (
    Change,
    NoteAside,
    Rename,
    SetMode,
    SetTools,
    SetTurnDetection,
    SetVoice,
    UpdateInstructions,
)
from realtime_chat.core.errors import InvalidArguments
from realtime_chat.core.events import (
    InstructionsChanged,
    LinkState,
    Mode,
    ModeChanged,
    SessionRenamed,
    ToolsChanged,
    VoiceChanged,
)
from realtime_chat.core.machine.speech import SpeechInput
from realtime_chat.core.machine.state import MachineState
from realtime_chat.core.machine.turns import TurnSlot
from realtime_chat.core.options import ToolSchema, TurnDetection
from realtime_chat.core.session_id import check_name

#: Why a connection is renewed of which nothing was lost.
NEW_SETTINGS = "The provider takes new settings with a new connection only."


SILENT = "This way to the model carries no sound: `realtime-chat talk` speaks for it, or /provider names another one."


class Configuration:
    """Tells the provider, where there is one; the next connection is told anyway."""

    def __init__(
        self, state: MachineState, slot: TurnSlot, speech: SpeechInput, *, renew: Callable[[str], None]
    ) -> None:
        """`renew` wishes for another connection, at a quiet moment, and tells why."""
        self._renew = renew
        self._state = state
        self._slot = slot
        self._speech = speech

    def change(self, command: Change) -> None:
        """As a user wants it. Raises Unreachable, SessionBusy, InvalidArguments."""
        match command:
            case UpdateInstructions(instructions=instructions):
                self._instruct(instructions)
            case SetTools(tools=tools):
                self._equip(tools)
            case SetMode(mode=mode):
                self._set_mode(mode)
            case SetTurnDetection(detection=detection):
                self._detect(detection)
            case SetVoice(voice=voice):
                self._state.options = msgspec.structs.replace(self._state.options, voice=voice)
                self._state.emit(VoiceChanged(voice=voice))
                self._renew(NEW_SETTINGS)
            case NoteAside(aside=aside):
                self._state.emit(aside)
            case Rename(name=name):
                self._state.emit(SessionRenamed(name=check_name(name)))
            case _:
                assert_never(command)

    def _instruct(self, instructions: str) -> None:
        """And nothing else (M7)."""
        state = self._state
        state.require_answers()
        state.require_link()
        state.options = msgspec.structs.replace(state.options, instructions=instructions)
        state.emit(InstructionsChanged(instructions=instructions))
        if state.capabilities.live_instructions:
            state.send(wire.UpdateInstructions(instructions=instructions))
        else:
            self._renew(NEW_SETTINGS)

    def _equip(self, tools: tuple[ToolSchema, ...]) -> None:
        """And nothing else; without a connection the next one is told."""
        state = self._state
        state.require_answers()
        before, now = ({tool.name for tool in each} for each in (state.options.tools, tools))
        state.tools_off = (state.tools_off | before) - now
        state.options = msgspec.structs.replace(state.options, tools=tools)
        state.emit(ToolsChanged(tools=[tool.name for tool in tools]))
        if state.link is LinkState.READY and state.capabilities.live_tools:
            state.send(wire.UpdateTools(tools=tools))
        else:
            self._renew(NEW_SETTINGS)

    def _set_mode(self, mode: Mode) -> None:
        self._slot.refuse_if_busy()
        if mode == "voice" and not self._state.capabilities.audio_output:
            raise InvalidArguments(SILENT)
        self._state.reconfigure(self._state.options.for_mode(mode))
        self._state.emit(ModeChanged(mode=mode))

    def _detect(self, detection: TurnDetection) -> None:
        self._slot.refuse_if_busy()
        self._speech.clear()
        self._state.reconfigure(msgspec.structs.replace(self._state.options, turn_detection=detection))
