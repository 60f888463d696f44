"""The user's voice at Gemini: where an utterance begins and ends, and its words. The service gives it no id, and tells
neither a beginning nor an end; both are told when the first sign of them comes.
"""

from realtime_chat.core import messages as m


class Voice:
    """Utterances, one after another; each step returns the messages that tell it.

    `manual`: we say where one begins and ends (push-to-talk), the service does otherwise.
    """

    def __init__(self, name: str) -> None:
        """`name` begins the ids of utterances."""
        self.manual = False
        self._name = name
        self._made = 0
        self._item = ""  # of the utterance that goes on
        self._words = ""
        self._told = False  # its beginning
        self._fed = False  # sound was sent since the last end
        self._last = ""  # the one that is the model's; "" when something else was asked since
        self._last_words = ""
        self._last_whole = ""  # as told

    @property
    def going_on(self) -> bool:
        """True while the user speaks, as far as anybody knows."""
        return bool(self._item)

    def feed(self) -> None:
        """Sound goes to the service."""
        self._fed = True
        if self.manual:
            self._current()

    def begin(self) -> list[m.Incoming]:
        """The service hears the user speak."""
        if self._told:
            return []
        self._told = True
        return [m.UserSpeechStarted(item_id=self._current())]

    def commit(self) -> list[m.Incoming]:
        """The utterance is the model's now; nothing where nothing was said."""
        if not self._item and not self._fed:
            return []
        self._last, self._last_words, self._last_whole = self._current(), self._words, ""
        stopped = [m.UserSpeechStopped(item_id=self._last)] if self._told else []
        self.forget()
        return [*stopped, m.AudioCommitted(item_id=self._last), *self.whole()]

    def hear(self, words: str, *, answering: bool) -> list[m.Incoming]:
        """Words of the user's. They come late, too: while the model is `answering` what they say."""
        late = not self._item and bool(self._last) and (answering or self.manual)
        if late:
            self._last_words += words
            return [m.InputTranscriptDelta(item_id=self._last, delta=words)]
        if self.manual and not self._item:
            return []  # of an utterance that nobody wants any more
        begun = [] if self.manual or answering else self.begin()
        item = self._current()
        self._words += words
        return [*begun, m.InputTranscriptDelta(item_id=item, delta=words)]

    def whole(self) -> list[m.Incoming]:
        """All words of the utterance that is the model's, when there are more than were told before."""
        words = self._last_words.strip()
        if not words or words == self._last_whole:
            return []
        self._last_whole = words
        return [m.InputTranscript(item_id=self._last, text=words)]

    def over(self) -> list[m.Incoming]:
        """Something else was asked: no words of the last utterance will come any more."""
        told = self.whole()
        self._last = self._last_words = ""
        return told

    def forget(self) -> None:
        """What goes on is nobody's."""
        self._item = self._words = ""
        self._told = self._fed = False

    def _current(self) -> str:
        if not self._item:
            self._made += 1
            self._item = f"{self._name}_u{self._made}"
        return self._item
