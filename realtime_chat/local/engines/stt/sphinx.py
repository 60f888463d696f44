"""pocketsphinx with a finite set of sentences: what can be heard is what the brain can act on.

It always finds SOME sentence of the set; its score says whether that one was said. On synthetic voices nothing
that is not in the set scored above 0.36; UNDERSTOOD leaves room, and so also refuses some that are.
"""

from collections.abc import Iterable
from typing import Any, Protocol

import numpy as np

from realtime_chat.audio.resample import resampled
from realtime_chat.core.errors import TranscriptionFailed
from realtime_chat.core.pcm import RATE
from realtime_chat.local.engines.ports import Hearing

UNDERSTOOD = 0.42
SPHINX_RATE = 16_000
#: Shorter sound is no sentence.
SHORTEST_MS = 200
#: Peak that quiet recordings are raised to; the model was trained on speech of this level.
PEAK = 20_000


class Arc(Protocol):
    """`word` leads from one state of a graph to another."""

    @property
    def source(self) -> int: ...
    @property
    def target(self) -> int: ...
    @property
    def word(self) -> str: ...


class SphinxSpeechToText:
    """One decoder, used by one thread at a time."""

    def __init__(self, arcs: Iterable[Arc], finals: Iterable[int]) -> None:
        """Load the model (about 0.1 s). Raises TranscriptionFailed when that is impossible."""
        try:
            import pocketsphinx  # 38 MB of model behind it: only when needed

            sphinx: Any = pocketsphinx

            self._decoder: Any = sphinx.Decoder(
                hmm=sphinx.get_model_path("en-us/en-us"),
                dict=sphinx.get_model_path("en-us/cmudict-en-us.dict"),
                lm=None,
                bestpath=False,  # the second pass over the lattice drops the ends of sentences
                loglevel="FATAL",
            )
        except (ImportError, RuntimeError, OSError) as error:
            raise TranscriptionFailed(f"The offline recogniser cannot be loaded: {error}") from error
        self._use(list(arcs), list(finals))

    def transcribe(self, pcm: bytes) -> Hearing:
        """See SpeechToText."""
        sound = _levelled(resampled(pcm, RATE, SPHINX_RATE))
        if len(sound) < SPHINX_RATE * 2 * SHORTEST_MS // 1000:
            return Hearing(text="", confidence=0.0, understood=False)
        try:
            self._decoder.start_utt()
            self._decoder.process_raw(sound, full_utt=True)
            self._decoder.end_utt()
        except RuntimeError as error:
            raise TranscriptionFailed(f"The offline recogniser failed: {error}") from error
        found = self._decoder.hyp()
        if found is None or not found.hypstr:
            return Hearing(text="", confidence=0.0, understood=False)
        confidence = float(found.score)
        return Hearing(text=str(found.hypstr), confidence=confidence, understood=confidence >= UNDERSTOOD)

    def _use(self, arcs: list[Arc], finals: list[int]) -> None:
        out = 1.0 / max(1, len(arcs))
        last = max((arc.target for arc in arcs), default=0) + 1
        known = [arc for arc in arcs if self._decoder.lookup_word(arc.word)]
        transitions: list[Any] = [(arc.source, arc.target, out, arc.word) for arc in known]
        transitions += [(final, last, 1.0) for final in finals]
        grammar = self._decoder.create_fsg("commands", 0, last, transitions)
        self._decoder.add_fsg("commands", grammar)
        self._decoder.activate_search("commands")


def _levelled(pcm: bytes) -> bytes:
    """Without an offset, and at the level that the model knows."""
    samples = np.frombuffer(pcm, np.int16).astype(np.float32)
    if samples.size == 0:
        return b""
    samples -= samples.mean()
    peak = float(np.abs(samples).max())
    if peak > 1:
        samples *= PEAK / peak
    return samples.astype(np.int16).tobytes()
