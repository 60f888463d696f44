"""Whether the chosen engines are there, before anything is loaded: extras, files, addresses. Loads nothing itself."""

from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

from realtime_chat.core.errors import ConfigError
from realtime_chat.local.engines.settings import EngineSettings, Piper, Service, Whisper

#: What the folder of a Whisper model holds. The tokenizer, too: the library would fetch it from the network.
_WHISPER_FILES = ("model.bin", "config.json", "tokenizer.json")
_VOCABULARIES = ("vocabulary.json", "vocabulary.txt")


def check(settings: EngineSettings) -> None:
    """Raises ConfigError, one line that says what to do, for an engine that cannot be loaded or reached."""
    for engine in (settings.ear, settings.brain, settings.mouth):
        if isinstance(engine, Service):
            _check_address(engine.url)
        elif isinstance(engine, Whisper):
            check_whisper(Path(engine.model))
        elif isinstance(engine, Piper):
            check_piper(Path(engine.voice))


def check_whisper(folder: Path) -> None:
    """Raises ConfigError when the extra or a file of the model is missing."""
    if find_spec("faster_whisper") is None:
        raise ConfigError("Whisper is not installed; run: pip install 'realtime-chat[whisper]'")
    missing = [name for name in _WHISPER_FILES if not (folder / name).is_file()]
    if not missing and not any((folder / name).is_file() for name in _VOCABULARIES):
        missing = [_VOCABULARIES[0]]
    if missing:
        raise ConfigError(
            f"There is no Whisper model in {folder}: {missing[0]} is missing; "
            "set [local] whisper_model to the folder of a model in CTranslate2's format."
        )


def check_piper(voice: Path) -> None:
    """Raises ConfigError when the extra or a file of the voice is missing."""
    if find_spec("piper") is None:
        raise ConfigError("Piper is not installed; run: pip install 'realtime-chat[piper]'")
    for file in (voice, voice.with_name(voice.name + ".json")):
        if not file.is_file():
            raise ConfigError(
                f"There is no Piper voice {voice}: {file.name} is missing; "
                "set [local] piper_voice to the .onnx file of a voice, with its .onnx.json beside it."
            )


def _check_address(url: str) -> None:
    """The URL is not shown: it may hold a password."""
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and "@" not in parts.netloc
    except ValueError:
        usable = False
    if not usable:
        raise ConfigError(
            "An address below [local] cannot be used; give one like http://127.0.0.1:8000/v1, "
            "and the key by the name of its variable."
        )
