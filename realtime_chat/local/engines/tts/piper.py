"""Speech from Piper, from a voice file on this machine.

The package comes with the extra `piper`. It is GPLv3, as the espeak-ng inside it: only the embedded server's own
process ever imports it.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from realtime_chat.audio.resample import Resampler
from realtime_chat.core.errors import AudioUnavailable, InvalidArguments
from realtime_chat.core.pcm import RATE, pcm_bytes
from realtime_chat.local.engines.installed import check_piper
from realtime_chat.local.engines.ports import SpeechChunk
from realtime_chat.local.engines.tts.sentences import Piece, pieces, speakable

CHUNK_MS = 100
#: How long a voice takes for a text is the inverse of the speed; beyond these it breaks.
SLOWEST, FASTEST = 0.25, 4.0


class PiperSpeech:
    """Synthesiser with one voice in memory. The voices of a file with several speakers are their names.

    Raises AudioUnavailable when the file cannot be loaded, ConfigError as check_piper.
    """

    def __init__(self, voice: Path) -> None:
        check_piper(voice)
        try:
            import piper  # an extra, and a second of import

            library: Any = piper  # typed only in part
            self._voice: Any = library.PiperVoice.load(str(voice))
            self._options: Any = library.SynthesisConfig
        except (
            Exception
        ) as error:  # onnxruntime has errors of its own, and a broken description raises anything
            reason = " ".join(str(error).split()).rstrip(".") or type(error).__name__
            raise AudioUnavailable(
                f"The Piper voice {voice} cannot be loaded: {reason}; download it anew."
            ) from error
        self._rate = int(self._voice.config.sample_rate)
        self._speakers: dict[str, int] = dict(self._voice.config.speaker_id_map or {})

    def voices(self) -> Sequence[str]:
        """Names that `synthesize` takes as `voice`."""
        return list(self._speakers)

    def synthesize(self, text: str, *, voice: str | None, speed: float) -> Iterator[SpeechChunk]:
        """See TextToSpeech; a sentence is made at a time. `speed` is clamped to 0.25–4."""
        if voice is not None and voice not in self._speakers:
            raise InvalidArguments(
                "There is no such voice; this file has its own, or those that `voices` lists."
            )
        speaker = self._speakers[voice] if voice is not None else None
        length = 1 / min(max(speed, SLOWEST), FASTEST)
        return self._chunks(
            speakable(text), self._options(speaker_id=speaker, length_scale=self._length(length))
        )

    def _length(self, factor: float) -> float:
        """The voice's own measure, longer or shorter."""
        return float(self._voice.config.length_scale) * factor

    def _chunks(self, text: str, options: Any) -> Iterator[SpeechChunk]:
        parts = [part for part in pieces(text) if part.text.strip()]
        for number, part in enumerate(parts):
            end = parts[number + 1].start if number + 1 < len(parts) else len(text)
            resampler = Resampler(self._rate, RATE)
            made = self._voice.synthesize(part.text.strip(), options)
            pcm = b"".join(resampler.feed(chunk.audio_int16_bytes) for chunk in made) + resampler.flush()
            yield from _cut(pcm, part, end=end)


def _cut(pcm: bytes, part: Piece, *, end: int) -> Iterator[SpeechChunk]:
    """Chunks of a sentence, its words spread evenly over its sound: nobody tells where each begins."""
    size = pcm_bytes(CHUNK_MS)
    for start in range(0, len(pcm), size):
        stop = min(start + size, len(pcm))
        reached = end if stop == len(pcm) else part.start + len(part.text) * stop // len(pcm)
        yield SpeechChunk(pcm[start:stop], reached)
