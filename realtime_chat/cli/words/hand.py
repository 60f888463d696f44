"""What every word has at hand: the stage, the conversation, the desk."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from realtime_chat.cli.asking import Asking
from realtime_chat.cli.words.desk import Desk
from realtime_chat.cli.words.stage import Stage
from realtime_chat.core.conversation import Conversation
from realtime_chat.core.errors import InvalidArguments
from realtime_chat.core.history import History
from realtime_chat.core.status import SessionStatus

#: Takes what follows the word; may raise what the conversation refuses with.
Action: TypeAlias = Callable[[str], Awaitable[None]]
Actions: TypeAlias = Mapping[str, Action]


@dataclass(frozen=True, slots=True)
class Hand:
    """Of one presenter on one session."""

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
