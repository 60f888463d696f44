"""What every word has at hand: the screen, the conversation, the desk."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias

from textual.app import App

from realtime_chat.cli.tui.asking import Asking
from realtime_chat.cli.tui.desk import Desk, Leaving
from realtime_chat.core.conversation import Conversation
from realtime_chat.core.errors import InvalidArguments
from realtime_chat.core.history import History
from realtime_chat.core.status import SessionStatus

#: Takes what follows the word; may raise what the conversation refuses with.
Action: TypeAlias = Callable[[str], Awaitable[None]]
Actions: TypeAlias = Mapping[str, Action]


class Stage(Protocol):
    """What of the screen they touch."""

    def say(self, text: str) -> None:
        """A line of the program's own, below all that is there."""
        ...

    def copyable(self, number: int) -> str:
        """The nth last answer; "" when there are not so many."""
        ...

    def show(self, what: str) -> None:
        """A screen over the talk: help, devices, stats, sessions."""
        ...

    def find(self, text: str) -> None:
        """Mark words in the talk; "" marks nothing any more."""
        ...


@dataclass(frozen=True, slots=True)
class Hand:
    """Of one screen on one session."""

    app: App[Leaving]
    stage: Stage
    asking: Asking
    conversation: Conversation = field(kw_only=True)
    session_id: str = field(kw_only=True)
    desk: Desk = field(kw_only=True)

    @property
    def history(self) -> History:
        """All of the talk so far."""
        return self.conversation.history(self.session_id)

    @property
    def status(self) -> SessionStatus:
        """As it is now."""
        return self.conversation.status(self.session_id)

    def tell(self, lines: Sequence[str]) -> None:
        """Several lines as one note."""
        self.stage.say("\n".join(lines))


def name_in(text: str) -> str:
    """A name as a provider takes it. Raises InvalidArguments."""
    if not text.isprintable() or " " in text or len(text) > 100:
        raise InvalidArguments("That is no name.")
    return text
