"""What the embedded server needs from the machinery that hears, thinks and speaks.

Above: the server's pipeline. Below: one file or folder an engine. All sound that passes here is 24 kHz, one
channel, signed 16-bit little endian. Nothing here may block the loop: engines that compute in this process do so
on threads (`engines/threads`, which also says what such an engine must be able to do), the others wait for a
service.
"""

from collections.abc import AsyncGenerator
from typing import Any, Literal, Protocol

import msgspec


class Engine(Protocol):
    """What all of them have: a beginning and an end."""

    def warm(self) -> None:
        """Begin in the background what takes long; what goes wrong is told when the engine is needed."""
        ...

    async def close(self) -> None:
        """No more work; what runs is let go."""
        ...


class Hearing(msgspec.Struct, frozen=True, kw_only=True):
    """What an utterance said. `understood` is False below the engine's own threshold, or for no speech."""

    text: str
    confidence: float
    understood: bool


class SpeechToText(Engine, Protocol):
    """Turns whole utterances into text."""

    async def transcribe(self, pcm: bytes) -> Hearing:
        """Hear one whole utterance. Empty or silent sound is a Hearing without text, not an error.

        Raises TranscriptionFailed when the engine itself cannot work, TransportError when its service does not.
        """
        ...


class SpeechChunk(msgspec.Struct, frozen=True):
    """A piece of speech; `text_end` is how many characters of the text are spoken when it ends."""

    pcm: bytes
    text_end: int


class TextToSpeech(Engine, Protocol):
    """Turns text into speech while it is being made."""

    def synthesize(self, text: str, *, voice: str | None, speed: float) -> AsyncGenerator[SpeechChunk, None]:
        """Speak `text` in chunks of at most 200 ms, in order, as they are made; `speed` 1.0 is natural.

        `voice` None is the engine's own. Positions never fall; the last is the length of the text; a text without
        words has no chunks. Closing the generator stops the synthesis. Raises, before the first chunk,
        InvalidArguments for a voice that does not exist; AudioUnavailable or TransportError when it cannot work.
        """
        ...


class BrainTool(msgspec.Struct, frozen=True, kw_only=True):
    """A tool the client offers; `parameters` is its JSON schema."""

    name: str
    description: str
    parameters: dict[str, Any]


class BrainTurn(msgspec.Struct, frozen=True, kw_only=True):
    """One earlier utterance of the conversation, text only."""

    role: Literal["system", "user", "assistant"]
    text: str


class BrainCall(msgspec.Struct, frozen=True, kw_only=True):
    """A wish: run this tool of the client."""

    name: str
    arguments: dict[str, Any]


class BrainResult(msgspec.Struct, frozen=True, kw_only=True):
    """One answered call of the present turn; `output` is what the client sent, as it came."""

    name: str
    arguments: dict[str, Any]
    output: str


class BrainRequest(msgspec.Struct, frozen=True, kw_only=True):
    """All a brain may know about the present turn.

    `text` is the user's utterance and `history` what was said besides it; `results` holds the answered calls
    of this turn, in the order they were asked for. `dialogue` is the whole conversation in its order, the
    utterance and all answered calls included, each where it was asked for. `spoken` tells speech from typing.
    `notice`: what the client itself said last, when nothing came after it; empty otherwise.
    """

    text: str
    understood: bool
    spoken: bool
    history: tuple[BrainTurn, ...]
    tools: tuple[BrainTool, ...]
    results: tuple[BrainResult, ...]
    instructions: str
    notice: str = ""
    dialogue: tuple[BrainTurn | BrainResult, ...] = ()


class BrainUsage(msgspec.Struct, frozen=True, kw_only=True):
    """Tokens of text, as a service counted them; `cached` is a part of `input`."""

    input: int
    output: int
    cached: int = 0


class BrainReply(msgspec.Struct, frozen=True, kw_only=True):
    """A piece of an answer. Calls in it ask the client to run them; the brain is asked again with their results.

    `more`: another piece follows, whose text continues this one's. `usage`: what the whole answer took, where that is
    known; the last piece has it.
    """

    text: str = ""
    calls: tuple[BrainCall, ...] = ()
    more: bool = False
    usage: BrainUsage | None = None


class Brain(Engine, Protocol):
    """Decides what to answer. Keeps nothing between calls: the request holds all."""

    def reply(self, request: BrainRequest) -> AsyncGenerator[BrainReply, None]:
        """The next step of this turn, an answer, or calls to be run first, in pieces as it is made.

        The last piece, and no other, has `more` False; only it may have calls. Closing the generator stops the
        thinking. Raises TransportError when its service fails.
        """
        ...
