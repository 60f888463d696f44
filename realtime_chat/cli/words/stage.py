"""What the words need of whoever shows the talk: a screen, or lines."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, TypeAlias

from realtime_chat.cli.words.desk import Leaving

#: What may lie over a talk on a screen, or be told below it.
Sight: TypeAlias = Literal["help", "devices", "stats", "sessions"]


@dataclass(frozen=True, slots=True)
class Pick:
    """Names of which one may be taken: by the word with the name behind it, or by `use`, which raises nothing."""

    word: str
    title: str
    names: Sequence[str]
    current: str
    use: Callable[[str], Awaitable[None]]


class Stage(Protocol):
    """Above it are the words, below it a screen or a terminal's lines."""

    @property
    def talk_key(self) -> str:
        """The key that begins and ends what one says."""
        ...

    @property
    def themes(self) -> Sequence[str]:
        """The colours that there are; none where nothing has colours."""
        ...

    def say(self, text: str) -> None:
        """A line of the program's own, or several, below all that is there."""
        ...

    def copyable(self, number: int) -> str:
        """The nth last answer; "" when there are not so many."""
        ...

    def copy(self, text: str) -> None:
        """To the clipboard, and say so. Raises InvalidArguments where that cannot be."""
        ...

    def find(self, text: str) -> None:
        """Show where it was said in this talk; "" ends that."""
        ...

    def change_theme(self, name: str) -> None:
        """Other colours; "" tells which there are. Raises InvalidArguments."""
        ...

    async def show(self, sight: Sight) -> None:
        """All there is of it."""
        ...

    def pick(self, pick: Pick) -> None:
        """Let the user choose."""
        ...

    def leave(self, left: Leaving) -> None:
        """End with an exit code, or go on with another talk."""
        ...
