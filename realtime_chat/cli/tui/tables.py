"""Tables as lines: side by side where there is room, else one cell below the other."""

from collections.abc import Sequence

from rich.style import Style
from rich.text import Text

from realtime_chat.cli.tui.page import FAINT, Block

BETWEEN = " │ "
_BOLD = Style(bold=True)


def table(rows: Sequence[Sequence[Text]], room: int) -> list[Block]:
    """The blocks of a table whose first row is its head; rows are of one length."""
    widths = [max(cell.cell_len for cell in column) for column in zip(*rows, strict=True)]
    if sum(widths) + len(BETWEEN) * (len(widths) - 1) > room:
        return _one_below_the_other(rows)
    head, *others = [_line(row, widths) for row in rows]
    head.stylize(_BOLD)
    rule = Text("─┼─".join("─" * width for width in widths), FAINT)
    return [Block(head), Block(rule), *(Block(line) for line in others)]


def _line(row: Sequence[Text], widths: Sequence[int]) -> Text:
    line = Text()
    for number, (cell, width) in enumerate(zip(row, widths, strict=True)):
        if number:
            line.append(BETWEEN, FAINT)
        line.append_text(cell)
        line.append(" " * (width - cell.cell_len))
    return line


def _one_below_the_other(rows: Sequence[Sequence[Text]]) -> list[Block]:
    head, *others = rows
    blocks: list[Block] = []
    for row in others:
        for number, (name, cell) in enumerate(zip(head, row, strict=True)):
            named = Text.assemble((name.plain, _BOLD), ": ", cell)
            blocks.append(Block(named, rest="  ") if not number else Block(named, "  ", "    "))
    return blocks or [Block(Text(", ").join(list(head)))]
