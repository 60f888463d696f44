"""An answer that comes in pieces, as whole sentences: pure."""

import re

#: An end of a sentence or of a line. A full stop after a digit may be a list's number, so it ends none.
_END = re.compile(r"(?:[!?…]|(?<!\d)\.)+[\"'”’)\]]*(?=\s)|[。！？]|\n+")


class Sentences:
    """Takes pieces, gives sentences; none twice, none of the words lost."""

    def __init__(self) -> None:
        self._text = ""
        self._given = 0  # characters of it
        self._looked_at = 0  # no end lies before; a long piece of text is searched once

    @property
    def text(self) -> str:
        """All that came."""
        return self._text

    def feed(self, piece: str) -> list[str]:
        """The sentences that this piece made complete."""
        self._text += piece
        complete: list[str] = []
        for end in _END.finditer(self._text, self._looked_at):
            if end.end() < len(self._text):  # more may belong to the sign that stands last
                complete += self._take(end.end())
        self._looked_at = max(self._given, len(self._text) - 8)
        return complete

    def rest(self, whole: str | None = None) -> list[str]:
        """What is left, as the last of it; `whole` is all of the answer where it is known by now."""
        told = self._text[: self._given]
        if whole is not None and told.startswith(whole):
            return []
        if whole is not None and not whole.startswith(told):
            self._given = 0  # it was worded anew: whoever reads must get what counts
        if whole is not None:
            self._text = whole
        self._looked_at = self._given
        complete = self.feed("")
        return complete + self._take(len(self._text))

    def _take(self, end: int) -> list[str]:
        starts_line = self._given == 0 or self._text[self._given - 1] == "\n"
        sentence = self._text[self._given : end].strip("\n").rstrip()
        self._given = end
        if not sentence.strip():
            return []
        return [sentence if starts_line else sentence.lstrip()]
