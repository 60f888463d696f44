"""What agents beside the talk tell: cards and facts, the newest last; in a column, on a narrow terminal below."""

from collections.abc import Sequence
from typing import assert_never

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Horizontal, VerticalScroll
from textual.widget import Widget
from textual.widgets import Static

from realtime_chat.core.history import Aside, CardEntry, FactsEntry
from realtime_chat.core.printable import one_line, printable

#: Older ones stay in the log.
MOST_SHOWN = 100


class SidePane(VerticalScroll, can_focus=False):
    """Draws what it is shown; keeps its end in view."""

    def __init__(self, agents: Sequence[str]) -> None:
        """`agents`: those that follow the talk now."""
        super().__init__()
        self._agents = agents
        self._shown = -1
        self._text = Static(markup=False)

    def compose(self) -> ComposeResult:
        """All of it is one text."""
        yield self._text

    def show(self, asides: Sequence[Aside]) -> None:
        """As it is now; nothing is ever taken back."""
        if len(asides) == self._shown:
            return
        self._shown = len(asides)
        self._text.update(drawn(asides, self._agents))
        self.call_after_refresh(self.scroll_end, animate=False)


class Stage(Horizontal):
    """The transcript, and what stands beside it."""

    def __init__(self, transcript: Widget, pane: SidePane) -> None:
        super().__init__(transcript, pane)


def drawn(asides: Sequence[Aside], agents: Sequence[str]) -> Text:
    """The newest, with who told them; pure."""
    if not asides:
        return Text(f"{', '.join(one_line(name, 30) for name in agents)}: nothing yet.", "dim")
    blocks = [_block(aside) for aside in asides[-MOST_SHOWN:]]
    return Text("\n\n").join(blocks)


def _block(aside: Aside) -> Text:
    block = Text(one_line(aside.agent, 30), "dim")
    match aside:
        case CardEntry(title=title, text=text):
            block.append(f"\n{one_line(title)}", "not dim bold")
            if text:
                block.append(f"\n{printable(text)}", "not dim")
        case FactsEntry(facts=facts):
            for fact in facts:
                block.append(f"\n• {one_line(fact)}", "not dim")
        case _:
            assert_never(aside)
    return block
