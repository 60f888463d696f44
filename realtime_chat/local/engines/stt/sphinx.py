"""pocketsphinx with a finite set of sentences: what can be heard is what the brain can act on.

It always finds SOME sentence of the set. Whether that one was said is told by how much worse its path is than the
best path of common words in any order through the same utterance, per 10 ms.

The numbers below were chosen on four voices of one synthesiser: of 120 sentences of the set 113 were read rightly and
taken, of 188 other utterances 6 were taken for one of the set. On four voices of another, not used to choose them,
they were 114 of 120, and 1 of 40.
"""

import math
import warnings
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple, Protocol

from realtime_chat.audio.vad import SpeechLikelihood, best_likelihood
from realtime_chat.core.errors import TranscriptionFailed
from realtime_chat.core.pcm import pcm_ms
from realtime_chat.local.engines.ports import Hearing
from realtime_chat.local.engines.stt.conditioning import conditioned, speech_of
from realtime_chat.local.engines.stt.everyday_words import EVERYDAY_WORDS

#: Nats per 10 ms that a sentence may be worse than words in any order.
MARGIN = 1.25
#: Score per 10 ms (in nats, below 0) above which the sentence needs no second try with another voice size.
CLEAR = -5.0
#: Sizes of the voice that are tried when it is not clear: larger and smaller speakers than the model's mean.
WARPS = (0.94, 1.12)
#: By how much such a try must be better: the voice as it is, is the likelier one.
BETTER = 0.2
#: Shorter speech is no sentence, and longer speech is none of these: why search it?
SHORTEST_MS = 200
LONGEST_MS = 10_000

#: The decoder keeps its scores as powers of 1.0001, shifted down by ten bits.
_NATS = 1024.0
#: Wider than usual: a search that has lost the right path cannot find it again. `compallsen`: scores are those of
#: the whole model at every frame, so that two searches can be compared.
_SEARCH = {"beam": 1e-60, "pbeam": 1e-60, "wbeam": 1e-40, "lw": 3.0, "compallsen": True}
_SENTENCES, _WORDS = "sentences", "words"


class Arc(Protocol):
    """`word` leads from one state of a graph to another."""

    @property
    def source(self) -> int: ...
    @property
    def target(self) -> int: ...
    @property
    def word(self) -> str: ...


class _Path(NamedTuple):
    """What a search found; `score` in nats per 10 ms."""

    score: float
    text: str = ""


class SphinxSpeechToText:
    """One decoder, used by one thread at a time."""

    def __init__(
        self,
        arcs: Iterable[Arc],
        finals: Iterable[int],
        likelihood: Callable[[], SpeechLikelihood] = best_likelihood,
    ) -> None:
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
                **_SEARCH,
            )
        except (ImportError, RuntimeError, OSError) as error:
            raise TranscriptionFailed(f"The offline recogniser cannot be loaded: {error}") from error
        self.likelihood = likelihood
        known = [arc for arc in arcs if self._decoder.lookup_word(arc.word)]
        self._add_sentences(known, list(finals))
        self._add_words({arc.word for arc in known} | EVERYDAY_WORDS)

    def transcribe(self, pcm: bytes) -> Hearing:
        """See SpeechToText. Takes about 0.3 s for an utterance of 2 s, 0.5 s when it is not clear."""
        speech = speech_of(pcm, self.likelihood())
        if not SHORTEST_MS <= pcm_ms(len(speech)) <= LONGEST_MS:
            return Hearing(text="", confidence=0.0, understood=False)
        try:
            return self._heard(speech)
        except RuntimeError as error:
            raise TranscriptionFailed(f"The offline recogniser failed: {error}") from error

    def _heard(self, speech: bytes) -> Hearing:
        sound = conditioned(speech)
        found = self._path(_SENTENCES, sound)
        if found.score < CLEAR:
            others = [self._path(_SENTENCES, conditioned(speech, warp)) for warp in WARPS]
            best = max(others, key=lambda path: path.score)
            found = best if best.score > found.score + BETTER else found
        if not found.text:
            return Hearing(text="", confidence=0.0, understood=False)
        worse = self._path(_WORDS, sound).score - found.score
        return Hearing(
            text=found.text, confidence=1 / (1 + math.exp(2 * (worse - MARGIN))), understood=worse <= MARGIN
        )

    def _path(self, search: str, sound: bytes) -> _Path:
        decoder = self._decoder
        decoder.activate_search(search)
        with warnings.catch_warnings():
            warnings.simplefilter(
                "ignore"
            )  # "unnecessary": but without, it remembers the noise of other utterances
            decoder.start_stream()
        decoder.start_utt()
        decoder.process_raw(sound, full_utt=True)
        decoder.end_utt()
        found = decoder.hyp()
        if found is None or found.score <= 0:
            return _Path(-math.inf)
        return _Path(math.log(found.score) * _NATS / max(1, decoder.n_frames()), str(found.hypstr))

    def _add_sentences(self, arcs: list[Arc], finals: list[int]) -> None:
        ways = Counter(arc.source for arc in arcs)
        last = max((arc.target for arc in arcs), default=0) + 1
        transitions: list[Any] = [(arc.source, arc.target, 1 / ways[arc.source], arc.word) for arc in arcs]
        transitions += [(final, last, 1.0) for final in finals]
        grammar = self._decoder.create_fsg(_SENTENCES, 0, last, transitions)
        self._decoder.add_fsg(_SENTENCES, grammar)

    def _add_words(self, words: set[str]) -> None:
        """Any of these in any order."""
        known = [word for word in sorted(words) if self._decoder.lookup_word(word)]
        transitions: list[Any] = [(0, 0, 1 / len(known), word) for word in known]
        self._decoder.add_fsg(_WORDS, self._decoder.create_fsg(_WORDS, 0, 1, [*transitions, (0, 1, 1.0)]))
