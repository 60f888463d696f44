"""Whether the user speaks, and for how long, by what a voice detector says (T9). Times in ms of sound."""


class VoiceActivity:
    """Begun and ended by turns; an end without a beginning, or two beginnings, do no harm."""

    def __init__(self) -> None:
        self.is_speaking = False
        self._began_ms: int | None = None
        self._ended_ms: int | None = None

    @property
    def speech_duration_ms(self) -> int | None:
        """Length of the last whole utterance, never negative; None before there was one, and inside one."""
        if self._began_ms is None or self._ended_ms is None:
            return None
        return max(0, self._ended_ms - self._began_ms)

    def began(self, at_ms: int | None) -> None:
        """The user began to speak; None: the detector does not say when."""
        self.is_speaking = True
        self._began_ms, self._ended_ms = at_ms, None

    def ended(self, at_ms: int | None) -> None:
        """The user stopped."""
        self.is_speaking = False
        self._ended_ms = at_ms
