"""What both directions of the dialect share: the talk with the service, as far as it is known."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum

from realtime_chat.core import messages as m
from realtime_chat.core.events import Usage
from realtime_chat.core.options import SessionOptions
from realtime_chat.core.transports.gemini.answer import Answer
from realtime_chat.core.transports.gemini.calls import OpenCalls
from realtime_chat.core.transports.gemini.resumption import Resumption
from realtime_chat.core.transports.gemini.voice import Voice


class Leftover(Enum):
    """What may still come of a turn of the model's that was told to its end here: nothing marks it as of that turn.

    The service ends a turn that is cut by `interrupted` and then `turnComplete`, any other by `turnComplete` alone.
    """

    NONE = "none"
    END = "end"  # perhaps its end
    CUT = "cut"  # perhaps its interruption, which is of our own making, and its end
    TURN = "turn"  # surely all of the rest, which nobody wants
    SURE_END = "sure end"  # its end; its interruption came


@dataclass(slots=True, kw_only=True)
class Exchange:
    """One connection's. `name` begins all ids that are made here, so that no other connection has the same."""

    name: str
    model: str
    resumption: Resumption
    voice: Voice
    calls: OpenCalls
    options: SessionOptions = field(default_factory=SessionOptions)
    settled: bool = False  # the service took the setup
    leaving: bool = False  # it said that it will end the connection
    resumed: bool = False  # it was asked to go on where an earlier connection was
    activity: bool = False  # push-to-talk: it was told that the user speaks
    asked: m.CreateResponse | None = None  # an answer, of which there is no sign yet
    answer: Answer | None = None
    leftover: Leftover = Leftover.NONE
    usage: Usage | None = None  # told, and of no response yet
    _owed: tuple[str, m.ResponseStatus] | None = None
    _made: int = 0

    @property
    def model_is_busy(self) -> bool:
        """True while it answers, is about to, or waits for tools."""
        answering = self.answer is not None and not self.answer.cut
        return answering or self.asked is not None or bool(self.calls)

    @property
    def is_settled(self) -> bool:
        """True when all that was said is behind a handle that the service gives now."""
        said = self.answer is None or self.answer.generated
        return said and self.asked is None and not self.calls

    def begin(self) -> list[m.Incoming]:
        """The model answers: what was asked, or by itself."""
        before = self.late_usage()
        self._made += 1
        self.answer = Answer(f"{self.name}_r{self._made}", written=not self.options.aloud, asked=self.asked)
        self.asked, self._owed = None, None
        return [*before, self.answer.begin()]

    def end(
        self, status: m.ResponseStatus, *, reason: str | None = None, error: tuple[str, str] | None = None
    ) -> list[m.Incoming]:
        """Its answer is over, for us. What it cost may be told later."""
        answer, self.answer = self.answer, None
        if answer is None:
            return []
        used, follows = self._account(answer, status)
        return answer.end(status, used, reason=reason, error=error, usage_follows=follows)

    def call(self, calls: Sequence[m.Item]) -> list[m.Incoming]:
        """Its answer ends by asking for tools; its turn goes on when they are answered."""
        answer, self.answer = self.answer, None
        if answer is None:
            return []
        self.leftover = Leftover.END
        return answer.call(calls, *self._account(answer, "completed"))

    def _account(self, answer: Answer, status: m.ResponseStatus) -> tuple[Usage | None, bool]:
        """What it cost, and whether that is told later."""
        used, self.usage = self.usage, None
        self._owed = (answer.response_id, status) if used is None else None
        return used, used is None

    def never_begun(self) -> list[m.Incoming]:
        """What was asked will not be answered: something else was said before there was a sign of it."""
        if self.asked is None:
            return []
        cut = self.end("cancelled", reason="turn_detected")  # one that began by itself meanwhile
        return [*cut, *self.begin(), *self.end("cancelled", reason="turn_detected")]

    def late_usage(self) -> list[m.Incoming]:
        """What an answer cost that is over; its turn is over at the service, too."""
        owed, self._owed = self._owed, None
        if owed is None or self.usage is None:
            return []
        used, self.usage = self.usage, None
        return [m.LateUsage(response_id=owed[0], status=owed[1], usage=used)]
