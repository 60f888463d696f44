"""What the embedded server needs from the machinery that hears, thinks and speaks.

Above: the server's pipeline. Below: one file or folder an engine. All sound that passes here is 24 kHz, one
channel, signed 16-bit little endian. Every method may block: the server calls them in worker threads of its
own process, never from the loop.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Literal, Protocol

import msgspec


class Hearing(msgspec.Struct, frozen=True, kw_only=True):
    """What an utterance said. `understood` is False below the engine's own threshold, or for no speech."""

    text: str
    confidence: float
    understood: bool


class SpeechToText(Protocol):
    """Turns whole utterances into text, one at a time."""

    def transcribe(self, pcm: bytes) -> Hearing:
        """Hear one whole utterance. Empty or silent sound is a Hearing without text, not an error.

        Raises TranscriptionFailed when the engine itself cannot work.
        """
        ...


class SpeechChunk(msgspec.Struct, frozen=True):
    """A piece of speech; `text_end` is how many characters of the text are spoken when it ends."""

    pcm: bytes
    text_end: int


class TextToSpeech(Protocol):
    """Turns text into speech while it is being made."""

    def voices(self) -> Sequence[str]:
        """Names that `synthesize` takes as `voice`."""
        ...

    def synthesize(self, text: str, *, voice: str | None, speed: float) -> Iterator[SpeechChunk]:
        """Speak `text` in chunks of 100–200 ms, in order, as they are made; `speed` 1.0 is natural.

        Positions never fall; the last is the length of the text. Closing the iterator stops the synthesis.
        Raises InvalidArguments for a voice that does not exist.
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

    `text` is the user's utterance and `history` what was said before it; `results` holds the answered calls
    of this turn, in the order they were asked for. `spoken` tells speech from typing. `notice`: what the client
    itself said last, when nothing came after it; empty otherwise.
    """

    text: str
    understood: bool
    spoken: bool
    history: tuple[BrainTurn, ...]
    tools: tuple[BrainTool, ...]
    results: tuple[BrainResult, ...]
    instructions: str
    notice: str = ""


class BrainReply(msgspec.Struct, frozen=True, kw_only=True):
    """An answer. Calls in it ask the client to run them; `reply` is asked again with their results."""

    text: str = ""
    calls: tuple[BrainCall, ...] = ()


class Brain(Protocol):
    """Decides what to answer. Keeps nothing between calls: the request holds all."""

    def reply(self, request: BrainRequest) -> BrainReply:
        """The next step of this turn: an answer, or calls to be run first."""
        ...
