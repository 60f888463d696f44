"""Words of a sheet that are selected with the mouse. Lines are the sheet's, offsets those of its characters. Pure."""

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.selection import Selection
from textual.strip import Strip

from realtime_chat.cli.tui.sheet import Sheet


def selected_text(sheet: Sheet, selection: Selection) -> str:
    """The words, without the labels at their left."""
    first = selection.start.y if selection.start is not None else 0
    last = selection.end.y if selection.end is not None else sheet.total - 1
    lines: list[str] = []
    for line in range(first, min(last + 1, sheet.total)):
        found, span = sheet.strip(line), selection.get_span(line)
        if found is None or span is None:
            continue  # nobody has looked at it
        start, end = span
        text = found[2].text
        words = text[max(start, sheet.drawing.indent) : len(text) if end < 0 else end]
        lines.append(words.rstrip())
    return "\n".join(lines)


def selected_strip(strip: Strip, line: int, selection: Selection, style: Style) -> Strip:
    """The line as it looks then."""
    span = selection.get_span(line)
    if span is None:
        return strip
    start, end = span
    text = strip.text
    left = cell_len(text[:start])
    right = strip.cell_length if end < 0 else cell_len(text[:end])
    return marked(strip, left, right, style)


def marked(strip: Strip, start: int, end: int, style: Style) -> Strip:
    """These cells in another style."""
    middle = Segment.apply_style(strip.crop(start, end), post_style=style)
    return Strip.join([strip.crop(0, start), Strip(middle, end - start), strip.crop(end)])
