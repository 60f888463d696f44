"""What the rows are drawn on: a width, the colours of the theme, and how a piece of text becomes lines."""

from collections.abc import Iterable
from dataclasses import dataclass

from rich.console import Console
from rich.style import Style
from rich.text import Text

FAINT = Style(dim=True)
UNHEARD = Style(dim=True, strike=True)


@dataclass(frozen=True, slots=True)
class Palette:
    """The colours of the theme in force; `dark` chooses those of code."""

    user: Style
    assistant: Style
    tool: Style
    ok: Style
    warning: Style
    error: Style
    heading: Style
    code: Style
    dark: bool


@dataclass(frozen=True, slots=True)
class Page:
    """`room`: cells that a body may take."""

    palette: Palette
    room: int
    console: Console  # measures and splits; nothing is printed to it


@dataclass(slots=True)
class Block:
    """Words, what stands before their first line, and before the others; `fill` paints lines to the full room."""

    text: Text
    first: str = ""
    rest: str = ""
    fill: Style | None = None


def lines(blocks: Iterable[Block], page: Page) -> list[Text]:
    """The blocks wrapped, each line at most `room` cells wide."""
    return [line for block in blocks for line in _wrapped(block, page)]


def _wrapped(block: Block, page: Page) -> list[Text]:
    most = page.room // 2  # however deep a quote is nested, its words keep half of the room
    first, rest = block.first[-most:] if most else "", block.rest[-most:] if most else ""
    room = max(1, page.room - max(len(first), len(rest)))
    wrapped: list[Text] = []
    for line in block.text.wrap(page.console, room, overflow="fold", tab_size=4):
        line.rstrip()
        if block.fill is not None:
            line = _painted(line, room, block.fill)
        margin = rest if wrapped else first
        wrapped.append(Text.assemble((margin, FAINT), line) if margin else line)
    return wrapped


def _painted(line: Text, room: int, fill: Style) -> Text:
    line.pad_right(max(0, room - line.cell_len))
    line.stylize_before(fill)
    return line
