"""Free speech through faster-whisper, from a folder on this machine: nothing is ever downloaded.

The package comes with the extra `whisper`, and is imported when a model is loaded.
"""

import math
from pathlib import Path
from typing import Any

import numpy as np

from realtime_chat.audio.resample import resampled
from realtime_chat.audio.vad import best_likelihood
from realtime_chat.core.errors import TranscriptionFailed
from realtime_chat.core.pcm import RATE
from realtime_chat.local.engines.installed import check_whisper
from realtime_chat.local.engines.ports import Hearing
from realtime_chat.local.engines.stt.conditioning import MODEL_RATE, speech_of

_NOTHING = Hearing(text="", confidence=0.0, understood=False)


class WhisperSpeechToText:
    """Recogniser with one model in memory, on the CPU.

    `language` is a code such as `de`; "": each utterance is asked for its own. Loading takes seconds for large
    models. Raises TranscriptionFailed when the model cannot be loaded, ConfigError as check_whisper.
    """

    def __init__(self, folder: Path, language: str = "") -> None:
        check_whisper(folder)
        try:
            from faster_whisper import WhisperModel  # an extra, and half a second of import

            # The library is typed only in part.
            self._model: Any = WhisperModel(
                str(folder), device="cpu", compute_type="int8", local_files_only=True
            )
        except (
            Exception
        ) as error:  # it raises what its parts raise: RuntimeError, ValueError, plain Exception
            reason = _one_line(error)
            raise TranscriptionFailed(
                f"The Whisper model in {folder} cannot be loaded: {reason}; download it anew."
            ) from error
        self._language = language or None

    def transcribe(self, pcm: bytes) -> Hearing:
        """See SpeechToText. What holds no speech is not given to the model, which would invent some."""
        speech = speech_of(pcm, best_likelihood())
        if not speech:
            return _NOTHING
        samples = np.frombuffer(resampled(speech, RATE, MODEL_RATE), "<i2").astype(np.float32) / 32768
        try:
            found, _ = self._model.transcribe(
                samples, language=self._language, beam_size=5, condition_on_previous_text=False
            )
            segments = list(found)
        except (RuntimeError, ValueError) as error:
            raise TranscriptionFailed(f"Whisper failed: {_one_line(error)}") from error
        return _hearing(segments)


def _hearing(segments: list[Any]) -> Hearing:
    text = " ".join(part for segment in segments if (part := str(segment.text).strip()))
    if not text:
        return _NOTHING
    worst = min(float(segment.avg_logprob) for segment in segments)
    return Hearing(text=text, confidence=math.exp(min(worst, 0.0)), understood=True)


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split()).rstrip(".") or type(error).__name__
