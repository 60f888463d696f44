"""What a spoken answer says, and which part of it may be spoken next. Pure."""

from realtime_chat.local.engines.tts.sentences import pieces

#: "1." and "Dr." end like sentences: what is shorter waits for the words that follow.
SHORTEST = 12


class Script:
    """The words come as the brain makes them, and are spoken in order: whole sentences, one part at a time.

    A part is all that is ready when the one before it was spoken, so the first is short and speech begins early.
    `text` is all so far; `whole` says that no more comes. Positions are characters of `text`.
    """

    def __init__(self) -> None:
        self.text = ""
        self.whole = False
        self._from = 0
        self._to = 0

    def add(self, text: str, *, last: bool) -> None:
        """The next words; `last`: there are no more."""
        self.text += text
        self.whole = last

    @property
    def under_way(self) -> bool:
        """Whether a part was begun that was not spoken yet."""
        return self._to > self._from

    @property
    def begun(self) -> bool:
        """Whether any part was."""
        return self._to > 0

    def begin(self) -> str:
        """The part to be spoken now; "" while one is under way, or none is ready."""
        if self.under_way:
            return ""
        ready = self._ready()
        if not self.text[self._from : ready].strip():
            return ""
        self._to = ready
        return self.text[self._from : ready]

    def position(self, text_end: int) -> int:
        """Where a position within the part under way is in the text."""
        return self._from + text_end

    def spoken(self) -> int:
        """The part under way was; where it ends."""
        self._from = self._to
        return self._to

    def _ready(self) -> int:
        """Where the last sentence ends that is complete."""
        if self.whole:
            return len(self.text)
        unfinished = pieces(self.text[self._from :])[-1:]
        end = self._from + (unfinished[0].start if unfinished else 0)
        return end if len(self.text[self._from : end].strip()) >= SHORTEST else self._from
