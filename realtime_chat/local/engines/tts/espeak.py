"""Speech from espeak-ng: small, instant, robotic, and the same on every machine."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence

from realtime_chat.audio.resample import Resampler
from realtime_chat.core.errors import InvalidArguments
from realtime_chat.core.pcm import RATE, pcm_bytes
from realtime_chat.local.engines.ports import SpeechChunk
from realtime_chat.local.engines.tts.espeak_library import RATE as ESPEAK_RATE
from realtime_chat.local.engines.tts.espeak_library import EspeakLibrary, Word, espeak_library
from realtime_chat.local.engines.tts.sentences import Piece, pieces, speakable

DEFAULT_VOICE = "en-us"
CHUNK_MS = 100
NATURAL_WORDS_PER_MINUTE = 165
SLOWEST, FASTEST = 0.25, 1.5
#: Offered by name for English; any other language takes them, too, as `de+f2`.
_NAMED_VARIANTS = ("f1", "f2", "f3", "f4", "f5", "m1", "m2", "m3", "m4", "m5", "m6", "m7", "m8")
_NUMERIC = frozenset("0123456789.,")


class EspeakSpeech:
    """TextToSpeech with espeak-ng. A sentence is made at a time (about 10 ms), so a long text starts early.

    Voices are language codes (`en-us`, `de`), with a variant if wanted (`en-us+f3`). Several threads may
    synthesise: they take turns sentence by sentence. `own` is the voice where none is asked for. Raises
    AudioUnavailable when the library does not load, InvalidArguments for an own voice that does not exist.
    """

    def __init__(self, own: str = "") -> None:
        self._library: EspeakLibrary = espeak_library()
        self._own = self._identifier(own or DEFAULT_VOICE)

    def voices(self) -> Sequence[str]:
        english = [f"{code}+{variant}" for code in ("en-us", "en-gb") for variant in _NAMED_VARIANTS]
        return [*sorted(self._library.languages), *english]

    def synthesize(self, text: str, *, voice: str | None, speed: float) -> Iterator[SpeechChunk]:
        """See the port. Raises InvalidArguments at the call, not later.

        `speed` is clamped to 0.25–1.5, and the library speaks no slower than about 0.5. The last chunk may be
        short, an empty text has none, and control characters are spoken as spaces.
        """
        identifier = self._own if voice is None else self._identifier(voice)
        rate = round(NATURAL_WORDS_PER_MINUTE * min(max(speed, SLOWEST), FASTEST))
        return self._chunks(speakable(text), identifier, rate)

    def _identifier(self, voice: str) -> str:
        """Only listed names reach the library: it opens files by what it is given."""
        code, plus, variant = voice.partition("+")
        known = self._library.languages.get(code.lower())
        if known is None or (plus and variant not in self._library.variants):
            raise InvalidArguments("There is no such voice; choose one that `voices` lists.")
        return f"{known}{plus}{variant}"

    def _chunks(self, text: str, voice: str, rate: int) -> Iterator[SpeechChunk]:
        parts = [part for part in pieces(text) if part.text.strip()]
        for number, part in enumerate(parts):
            last = number == len(parts) - 1
            end = len(text) if last else parts[number + 1].start
            spoken = self._library.speak(part.text, voice=voice, words_per_minute=rate, pause=not last)
            yield from _cut(_at_24k(spoken.pcm), part, words=spoken.words, end=end)


def _at_24k(pcm: bytes) -> bytes:
    resampler = Resampler(ESPEAK_RATE, RATE)
    return resampler.feed(pcm) + resampler.flush()


def _cut(pcm: bytes, part: Piece, *, words: list[Word], end: int) -> Iterator[SpeechChunk]:
    """Chunks of a piece; `end` is where the text goes on after it."""
    size = pcm_bytes(CHUNK_MS)
    reached = part.start
    for start in range(0, len(pcm), size):
        stop = min(start + size, len(pcm))
        spoken = end if stop == len(pcm) else part.start + _spoken_until(stop, part.text, words)
        reached = max(reached, spoken)
        yield SpeechChunk(pcm[start:stop], reached)


def _spoken_until(size: int, text: str, words: list[Word]) -> int:
    """Characters of the piece whose speech has ended after `size` bytes: all before the word being said."""
    sample = size // 2 * ESPEAK_RATE // RATE
    begun = bisect_right(words, sample, key=lambda word: word.sample)
    at = words[begun - 1].at if begun else 0
    # "84" is two words to the library: half a number has not been said.
    while 0 < at < len(text) and text[at] in _NUMERIC and text[at - 1] in _NUMERIC:
        at -= 1
    return max(at, 0)
