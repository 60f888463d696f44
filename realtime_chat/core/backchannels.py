"""Words that say "I am listening, go on": spoken over an answer they are no interruption. Pure."""

import re
from collections.abc import Iterable

#: English ones; a setting replaces them.
BACKCHANNELS = (
    *("mhm", "mm", "mmm", "mm-hmm", "hm", "hmm", "uh-huh", "aha", "ah", "oh"),
    *("yeah", "yes", "yep", "yup", "okay", "ok", "right", "sure", "i see", "got it", "go on"),
)


class Backchannels:
    """Judges words by a list of phrases; case, punctuation and hyphens do not matter."""

    def __init__(self, phrases: Iterable[str]) -> None:
        self._phrases = [words for phrase in phrases if (words := _words(phrase))]

    def are_all_of(self, text: str) -> bool:
        """True when `text` is made of such phrases, or of nothing."""
        words = _words(text)
        return len(words) in self._ends(words)

    def may_be_all_of(self, text: str) -> bool:
        """True when `text`, which may stop within a word, may still become a text that is made of them."""
        words = _words(text)
        ends = self._ends(words)
        return len(words) in ends or any(
            _begins(phrase, words[end:]) for end in ends for phrase in self._phrases
        )

    def _ends(self, words: list[str]) -> set[int]:
        """Where a sequence of phrases from the beginning on may end."""
        ends = {0}
        for start in range(len(words)):
            if start in ends:
                ends |= {
                    start + len(phrase)
                    for phrase in self._phrases
                    if words[start : start + len(phrase)] == phrase
                }
        return ends


def _begins(phrase: list[str], words: list[str]) -> bool:
    *whole, last = words or [""]
    rest = phrase[len(whole) :]
    return phrase[: len(whole)] == whole and bool(rest) and rest[0].startswith(last)


def _words(text: str) -> list[str]:
    return re.findall(r"[^\W_]+", text.lower().replace("'", "").replace("’", ""))
