"""Which engines hear, answer and speak, and what each needs: a value that goes from one process to another."""

from typing import TypeAlias

import msgspec


class Service(msgspec.Struct, frozen=True, kw_only=True):
    """An OpenAI-compatible service at `url` (https://host/v1). `key` never shows in a repr; `key_name` is where the
    user keeps it."""

    url: str
    model: str
    key: str = ""
    key_name: str = "the API key"

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.model} at {self.url})"


class Sphinx(msgspec.Struct, frozen=True, tag="sphinx"):
    """The built-in ear, which knows the sentences of the built-in brain."""


class Whisper(msgspec.Struct, frozen=True, kw_only=True, tag="whisper"):
    """faster-whisper; `model` is a folder in CTranslate2's format. `language` "": found out by each utterance."""

    model: str
    language: str = ""


class Transcription(Service, frozen=True, kw_only=True, tag="http"):
    """A service's `/audio/transcriptions`."""

    language: str = ""


class Commands(msgspec.Struct, frozen=True, tag="commands"):
    """The built-in brain: templates of sentences."""


class Chat(Service, frozen=True, kw_only=True, tag="chat"):
    """A service's `/chat/completions`."""


class Espeak(msgspec.Struct, frozen=True, kw_only=True, tag="espeak"):
    """espeak-ng; `voice` is a language code such as `de`, "" its own."""

    voice: str = ""


class Piper(msgspec.Struct, frozen=True, kw_only=True, tag="piper"):
    """Piper; `voice` is a file NAME.onnx with NAME.onnx.json beside it."""

    voice: str


class Speech(Service, frozen=True, kw_only=True, tag="http"):
    """A service's `/audio/speech`; `voice` is one of its voices."""

    voice: str


Ear: TypeAlias = Sphinx | Whisper | Transcription
Brain: TypeAlias = Commands | Chat
Mouth: TypeAlias = Espeak | Piper | Speech


class EngineSettings(msgspec.Struct, frozen=True, kw_only=True):
    """One of each."""

    ear: Ear = Sphinx()
    brain: Brain = Commands()
    mouth: Mouth = Espeak()

    def secrets(self) -> tuple[str, ...]:
        """What may stand in no log and no message."""
        keys = (each.key for each in (self.ear, self.brain, self.mouth) if isinstance(each, Service))
        return tuple(key for key in keys if key)
