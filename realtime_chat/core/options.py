"""How one conversation is set up, in neutral words (M18, M19). A codec turns it into a provider's frame.

None everywhere means: not said, leave the provider's own default. Push-to-talk is `turn_detection="none"`.
"""

from collections.abc import Mapping
from typing import Any, Literal, TypeAlias

import msgspec

from realtime_chat.core.backchannels import BACKCHANNELS
from realtime_chat.core.errors import InvalidArguments
from realtime_chat.core.event_parts import Intent

AudioFormat: TypeAlias = Literal["pcm16", "g711_ulaw", "g711_alaw"]
Modality: TypeAlias = Literal["audio", "text"]
BargeIn: TypeAlias = Literal["instant", "tolerant"]
ReasoningEffort: TypeAlias = Literal["minimal", "low", "medium", "high", "xhigh"]
InterruptPolicy: TypeAlias = Literal["drop", "submit", "submit-completed-only"]


class ServerVad(msgspec.Struct, frozen=True, kw_only=True):
    """Turns by loudness and silence, decided at the server; times in ms (M19, T9)."""

    threshold: float | None = None
    prefix_padding_ms: int | None = None
    silence_duration_ms: int | None = None
    create_response: bool | None = None
    interrupt_response: bool | None = None
    idle_timeout_ms: int | None = None


class SemanticVad(msgspec.Struct, frozen=True, kw_only=True):
    """Turns by meaning, decided at the server (M19)."""

    eagerness: Literal["low", "medium", "high", "auto"] | None = None
    create_response: bool | None = None
    interrupt_response: bool | None = None


TurnDetection: TypeAlias = ServerVad | SemanticVad | Literal["none"]


class ToolSchema(msgspec.Struct, frozen=True, kw_only=True):
    """A tool as the model sees it; `parameters` is a JSON Schema object."""

    name: str
    description: str
    parameters: dict[str, Any]


class TurnOptions(msgspec.Struct, frozen=True, kw_only=True):
    """What is otherwise in one turn only (X4); None: as in the session. `tools` False: it is answered without."""

    instructions: str | None = None
    tools: bool = True
    max_iterations: int | None = None
    max_consecutive_mistakes: int | None = None

    def over(self, options: "SessionOptions") -> "SessionOptions":
        """The session's options with these."""
        given = {name: value for name in _LIMITS if (value := getattr(self, name)) is not None}
        return msgspec.structs.replace(options, **given)


_LIMITS = ("max_iterations", "max_consecutive_mistakes")


class SessionOptions(msgspec.Struct, frozen=True, kw_only=True):
    """Everything a session asks of its provider (M18).

    `transcription`, `noise_reduction`: an object for the provider, False to switch it off, None to leave it.
    `speed` of the voice: 0.25 to 1.5. `truncation`: what the provider does with a talk that outgrows its model: "auto",
    "disabled", or the part of it, 0 to 1, that it keeps when it cuts.
    `tools`: what the model is told that it may call; (): what the toolbox offers.
    `temperature` is accepted for compatibility and never sent (M20).
    `allow_interruptions`: whether speech over an answer cuts it; False makes it the next turn (T11).
    `barge_in`: whether such speech cuts at once, or is judged first: `backchannels` alone do not cut,
    nor does what is over `overlap_ms` after the provider has heard it begin.
    `tell_after_s`: tools that run for longer are said to run still; 0: never.
    `max_iterations`, `max_consecutive_mistakes`: after so many tool batches in a turn, or so many in a row in which
    every call failed, the model answers without tools (X11, X17); 0: no limit.
    `idle_timeout_s`, `total_timeout_s`: a session in which nobody does anything, and any session, ends after so many
    seconds (T6, T15); 0: never.
    `mute_after_s`: hands-free, a microphone into which nobody spoke for so long is closed; 0: never.
    `intent`: "transcription" is a session that writes down what the user says and never answers.
    `written`: answers are written in voice mode, too.
    `seed_tokens`: a new connection is told the last of the talk, about so much of it.
    `reconnect_tries`: how often a lost connection is tried again before that is given up (J19).
    `titles`: the model gives the talk one, beside it, where it can.
    `extras` goes to the provider verbatim, merged key by key, last.
    """

    intent: Intent = "conversation"
    instructions: str = ""
    voice: str | None = None
    written: bool = False
    modalities: tuple[Modality, ...] = ("audio", "text")
    input_audio_format: AudioFormat = "pcm16"
    output_audio_format: AudioFormat = "pcm16"
    turn_detection: TurnDetection | None = ServerVad()
    transcription: dict[str, Any] | Literal[False] | None = None
    noise_reduction: dict[str, Any] | Literal[False] | None = None
    speed: float | None = None
    reasoning_effort: ReasoningEffort | None = None
    truncation: Literal["auto", "disabled"] | float | None = None
    tools: tuple[ToolSchema, ...] = ()
    tool_choice: Literal["auto", "none", "required"] | dict[str, str] = "auto"
    temperature: float | None = None
    max_output_tokens: int | Literal["inf"] | None = None
    on_interrupt: InterruptPolicy = "drop"
    tell_after_s: float = 8.0
    allow_interruptions: bool = True
    barge_in: BargeIn = "instant"
    backchannels: tuple[str, ...] = BACKCHANNELS
    overlap_ms: int = 400
    max_iterations: int = 25
    max_consecutive_mistakes: int = 3
    reconnect_tries: int = 5
    seed_tokens: int = 16_000
    idle_timeout_s: float = 60.0
    total_timeout_s: float = 600.0
    mute_after_s: float = 0.0
    titles: bool = False
    extras: dict[str, Any] = {}

    def overridden(self, overrides: Mapping[str, Any]) -> "SessionOptions":
        """The same but for these: each wins, tools are replaced, extras are merged key by key (M8).

        Raises InvalidArguments for a name that is no option.
        """
        unknown = [name for name in overrides if name not in self.__struct_fields__]
        if unknown:
            raise InvalidArguments(f"There is no session option {unknown[0]}; leave it out.")
        merged = {**overrides, "extras": {**self.extras, **overrides.get("extras", {})}}
        return msgspec.structs.replace(self, **merged)

    def for_mode(self, mode: Literal["text", "voice"]) -> "SessionOptions":
        """The same conversation, answered in writing or aloud."""
        modalities: tuple[Modality, ...] = ("text",) if mode == "text" else ("audio", "text")
        return msgspec.structs.replace(self, modalities=modalities)

    @property
    def spoken(self) -> bool:
        """True when answers come as sound (with a transcript), False for text alone."""
        return "audio" in self.modalities

    @property
    def answers(self) -> bool:
        """False for a session that only writes down what is said."""
        return self.intent == "conversation"

    @property
    def aloud(self) -> bool:
        """True when the provider is to speak its answers."""
        return self.spoken and not self.written

    @property
    def speech_cuts(self) -> bool:
        """True when speech over an answer may cut it; where there are no answers, it is the next to be written down."""
        return self.allow_interruptions and self.answers

    @property
    def push_to_talk(self) -> bool:
        """True when the client says where a spoken turn ends."""
        return self.turn_detection == "none"

    @property
    def tolerant(self) -> bool:
        """True when we judge speech over an answer: a provider that acts by itself leaves nothing to judge."""
        judged = self.barge_in == "tolerant" and self.speech_cuts and not self.push_to_talk
        return judged and not self.server_creates and not self.server_interrupts

    @property
    def transcribes(self) -> bool:
        """True when the words of the user's speech were asked for, so that they will come."""
        return bool(self.transcription)

    @property
    def transcription_model(self) -> str:
        """The model that writes the user's words down; "" when none was asked for by name."""
        model = self.transcription.get("model") if self.transcription else None
        return model if isinstance(model, str) else ""

    @property
    def server_creates(self) -> bool:
        """True when the provider starts the answer to speech by itself."""
        detection = self.turn_detection
        if isinstance(detection, str) or not self.answers:
            return False
        return detection is None or detection.create_response is not False

    @property
    def server_interrupts(self) -> bool:
        """True when the provider cancels its own response as the user speaks: we must not cancel, too."""
        detection = self.turn_detection
        return not isinstance(detection, str) and (
            detection is None or detection.interrupt_response is not False
        )
