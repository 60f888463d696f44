"""How many rounds of tools one turn may have (X11), and how many in a row of which nothing came (X17).

A hook that halts makes a round the last, too (X19).

A round is one batch. At a limit the model is asked once more, without tools, so that the user hears why; a model
that calls all the same ends the turn. Every turn begins anew: what the next may do is the user's to say.
"""

from collections.abc import Sequence

import msgspec

from realtime_chat.core.errors import Category, ErrorInfo
from realtime_chat.core.options import SessionOptions
from realtime_chat.core.ports import ToolOutcome


class Rounds(msgspec.Struct):
    """One turn's."""

    made: int = 0
    mistakes: int = 0
    halted: bool = False

    def take(self, outcomes: Sequence[ToolOutcome]) -> None:
        """A round ended. One success makes up for all mistakes before it."""
        self.made += 1
        self.halted = self.halted or any(one.halt for one in outcomes)
        self.mistakes = 0 if any(one.ok for one in outcomes) else self.mistakes + 1

    def limit(self, options: SessionOptions) -> ErrorInfo | None:
        """Why no tool runs any more in this turn; None while they may."""
        if self.halted:
            kind, what = "halted", "A hook ended the use of tools in this turn"
        elif 0 < options.max_consecutive_mistakes <= self.mistakes:
            kind, what = "max_consecutive_mistakes", f"Tools failed {_times(self.mistakes)} in a row"
        elif 0 < options.max_iterations <= self.made:
            kind, what = "max_iterations", f"Tools were used {_times(self.made)} in this turn"
        else:
            return None
        message = f"{what}, and the model wants still more. Ask again, in smaller steps."
        return ErrorInfo(kind=kind, message=message, category=Category.RETRYABLE)


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"
