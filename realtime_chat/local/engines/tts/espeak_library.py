"""The C library espeak-ng, as espeakng-loader brings it, behind one plain Python object.

The library is one global state machine: one synthesis at a time in a process, kept apart by a lock.
It is GPLv3, which is why only the embedded server's own process ever loads it.
"""

import ctypes
import functools
import threading
from pathlib import Path
from typing import Any, NamedTuple

import espeakng_loader

from realtime_chat.core.errors import AudioUnavailable

RATE = 22_050
#: Each buffer is one call into Python, which needs the interpreter's lock: few and large.
_BUFFER_MS = 200
_SYNCHRONOUS = 2
_WORD, _END_OF_LIST = 1, 0
_RATE_PARAMETER = 1
_POSITION_IS_CHARACTER = 1
_UTF8 = 0x0001
_PAUSE_AT_END = 0x1000


class Word(NamedTuple):
    """A word begins at character `at` of the text and at `sample` (22,050 Hz) of the speech."""

    at: int
    sample: int


class Spoken(NamedTuple):
    """Speech of one text: s16le mono at 22,050 Hz, and where its words begin."""

    pcm: bytes
    words: list[Word]


class _EventId(ctypes.Union):
    _fields_ = (("number", ctypes.c_int), ("name", ctypes.c_char_p), ("string", ctypes.c_char * 8))


class _Event(ctypes.Structure):
    _fields_ = (
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", _EventId),
    )


class _Voice(ctypes.Structure):
    _fields_ = (
        ("name", ctypes.c_char_p),
        ("languages", ctypes.c_void_p),
        ("identifier", ctypes.c_char_p),
        ("gender", ctypes.c_ubyte),
        ("age", ctypes.c_ubyte),
        ("variant", ctypes.c_ubyte),
        ("reserved", ctypes.c_ubyte),
        ("score", ctypes.c_int),
        ("spare", ctypes.c_void_p),
    )


_Callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int, ctypes.POINTER(_Event))


class EspeakLibrary:
    """The loaded library. Raises AudioUnavailable when it cannot be loaded or refuses to work."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pcm = bytearray()
        self._words: list[Word] = []
        self._voice: str | None = None
        self._lib = self._load()
        self._callback = _Callback(self._collect)  # must live as long as the library calls it
        self._lib.espeak_SetSynthCallback(self._callback)
        self.languages = self._languages()
        self.variants = frozenset(name.removeprefix("!v/") for name in self._identifiers(b"variant"))

    def speak(self, text: str, *, voice: str, words_per_minute: int, pause: bool) -> Spoken:
        """Speak `text` with the voice of that identifier; blocks, about 1 ms for a second of speech.

        `pause` adds the silence that separates it from a sentence to come.
        """
        with self._lock:
            self._choose(voice)
            self._lib.espeak_SetParameter(_RATE_PARAMETER, words_per_minute, 0)
            self._pcm, self._words = bytearray(), []
            raw = text.encode("utf-8", "replace")
            flags = _UTF8 | (_PAUSE_AT_END if pause else 0)
            failed = self._lib.espeak_Synth(
                raw, len(raw) + 1, 0, _POSITION_IS_CHARACTER, 0, flags, None, None
            )
            if failed:
                raise AudioUnavailable(f"espeak-ng failed ({failed}); restart the server.", code=failed)
            return Spoken(bytes(self._pcm), self._words)

    @staticmethod
    def _load() -> Any:
        try:
            lib: Any = ctypes.CDLL(espeakng_loader.get_library_path())
            lib.espeak_ListVoices.restype = ctypes.POINTER(ctypes.POINTER(_Voice))
            data = espeakng_loader.get_data_path().encode()
        except (OSError, RuntimeError) as error:
            raise AudioUnavailable(
                "Speech cannot be made: the espeak-ng library does not load; reinstall espeakng-loader."
            ) from error
        if lib.espeak_Initialize(_SYNCHRONOUS, _BUFFER_MS, data, 0) != RATE:
            raise AudioUnavailable("espeak-ng finds no voices; reinstall espeakng-loader.")
        return lib

    def _choose(self, voice: str) -> None:
        if voice == self._voice:
            return
        failed = self._lib.espeak_SetVoiceByName(voice.encode())
        if failed:
            raise AudioUnavailable(f"espeak-ng cannot load a voice it lists ({failed}); reinstall it.")
        self._voice = voice

    def _collect(self, samples: int | None, count: int, events: Any) -> int:
        if samples:
            self._pcm += ctypes.string_at(samples, 2 * count)
        index = 0
        while events[index].type != _END_OF_LIST:
            event = events[index]
            if event.type == _WORD:
                self._words.append(Word(event.text_position - 1, event.sample))
            index += 1
        return 0

    def _languages(self) -> dict[str, str]:
        """Language codes such as `en-us`, each with the identifier of its voice; the first voice wins.

        The library also lists voices whose dictionary is not packaged, and they stay mute: left out.
        """
        data = Path(espeakng_loader.get_data_path())
        known = {file.name.removesuffix("_dict") for file in data.glob("*_dict")}
        codes: dict[str, str] = {}
        for voice in self._listed(None):
            identifier = voice.identifier.decode()
            listed = _codes(voice.languages)
            if known.isdisjoint(_base(name) for name in (*listed, identifier.rpartition("/")[2])):
                continue
            for code in listed:
                codes.setdefault(code, identifier)
        return codes

    def _identifiers(self, language: bytes) -> list[str]:
        return [voice.identifier.decode() for voice in self._listed(language)]

    def _listed(self, language: bytes | None) -> list[Any]:
        spec = None
        if language is not None:
            buffer = ctypes.create_string_buffer(language)
            spec = ctypes.byref(_Voice(languages=ctypes.cast(buffer, ctypes.c_void_p)))
        found = self._lib.espeak_ListVoices(spec)
        voices: list[Any] = []
        while found[len(voices)]:
            voices.append(found[len(voices)][0])
        return voices


def _base(code: str) -> str:
    return code.partition("-")[0].lower()


def _codes(address: int) -> list[str]:
    """Read `(priority byte, code, NUL)*, NUL`."""
    codes: list[str] = []
    while ctypes.string_at(address, 1) != b"\0":
        code = ctypes.string_at(address + 1)
        codes.append(code.decode().lower())
        address += len(code) + 2
    return codes


@functools.cache
def espeak_library() -> EspeakLibrary:
    """The one library of this process, loaded at the first call. Raises AudioUnavailable."""
    return EspeakLibrary()
