"""Answers as lines: markdown, with what was not heard told apart to the letter."""

from rich.text import Text

from realtime_chat.cli.tui.glyphs import LONG, beginning, bounded, steady
from realtime_chat.cli.tui.markdown import blocks, closed
from realtime_chat.cli.tui.page import FAINT, UNHEARD, Block, Page, lines
from realtime_chat.core.history import AssistantEntry

#: Stands where hearing ended while markdown is made of the text. It has no width, and `steady` leaves none.
_HERE = "\u2060"


def answer(entry: AssistantEntry, page: Page) -> list[Text]:
    """The lines of an answer that is whole, or was cut."""
    if entry.unheard_text:
        return lines(_cut(entry, page), page)
    source, more = bounded(entry.text)
    return lines(_marked(blocks(source, page), _marks(entry, more)), page)


class GrowingAnswer:
    """The lines of an answer that still comes; what can change no more is neither parsed nor wrapped again."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self.kept: list[Text] = []  # only ever grows
        self._from = 0  # offset of the text that is not kept
        self._in_list = False
        self._head = ""  # of the paragraph that grows: the words of lines that can change no more
        self._above: list[Text] = []  # those lines

    def rest(self, entry: AssistantEntry) -> list[Text]:
        """The lines below those that are kept, for a text that begins with the one given before."""
        text = beginning(entry.text)
        tail = steady(text[self._from :])
        border = closed(tail)
        if border.line:
            above = _before(tail, border.line)
            self._keep(above, in_list=border.in_list)
            tail = tail[len(above) :]
            self._from = _after_lines(text, self._from, border.line)
        marks = _marks(entry, len(entry.text) - len(text))
        *made, last = _marked(self._made(tail), marks)
        return lines(made, self._page) + self._wrapped(last)

    def _wrapped(self, block: Block) -> list[Text]:
        """Its lines; those of a plain paragraph that only grew are not wrapped again."""
        text, plain = block.text, block.text.plain
        if block.first or block.rest or block.fill is not None or not set(plain).isdisjoint("\n\t"):
            return lines([block], self._page)
        if not plain.startswith(self._head) or any(span.start < len(self._head) for span in text.spans):
            self._head, self._above = "", []
        below = lines([Block(text[len(self._head) :])], self._page)
        at = len(self._head)
        while len(below) > 2 and not any(span.start < at + len(below[0].plain) for span in text.spans):
            line = below.pop(
                0
            )  # a word that still grows may leave the last of them, or a mark stand there alone
            at += len(line.plain)
            at = len(plain) - len(plain[at:].lstrip(" "))
            self._above.append(line)
        self._head = plain[:at]
        return self._above + below

    def _made(self, source: str) -> list[Block]:
        made = blocks(source, self._page) if source.strip() else []
        between = [Block(Text())] if self.kept and made and not self._in_list else []
        return [*between, *made]

    def _keep(self, source: str, *, in_list: bool) -> None:
        self.kept += lines(self._made(source), self._page)
        self._in_list = in_list


def _before(text: str, line: int) -> str:
    return text[: _after_lines(text, 0, line)]


def _after_lines(text: str, start: int, count: int) -> int:
    """The offset after so many lines."""
    for _ in range(count):
        start = text.index("\n", start) + 1
    return start


def _marks(entry: AssistantEntry, more: int) -> Text:
    """What is said about an answer, behind it."""
    marks = Text(style=FAINT)
    for mark, holds in (
        (hidden(more), more),
        (" (interrupted)", entry.interrupted),
        (" (incomplete)", entry.partial),
        (" ▌", entry.streaming),
    ):
        if holds:
            marks.append(mark)
    return marks


def hidden(more: int) -> str:
    """What is said in place of characters that are too many for the screen."""
    return f" … {more:,} more characters: `realtime-chat sessions show` has all"


def _marked(made: list[Block], marks: Text) -> list[Block]:
    """Behind the last words, or below what is not words."""
    if marks and made and made[-1].fill is None:
        made[-1].text.append_text(marks)
    elif marks or not made:
        marks.plain = marks.plain.lstrip()
        made.append(Block(marks))
    return made


def _cut(entry: AssistantEntry, page: Page) -> list[Block]:
    heard, _ = bounded(entry.heard_text or "")
    rest, more = bounded(entry.unheard_text, max(0, LONG - len(entry.heard_text or "")))
    spoken = heard.rstrip()  # a heading or an item that begins after it must stay at a line's beginning
    made = blocks(f"{spoken}{_HERE}{heard[len(spoken) :]}{rest}", page)
    if not _split(made):
        made = [Block(Text.assemble(heard, (rest, UNHEARD)))]
    return _marked(made, Text(f"{hidden(more) if more else ''} (unheard)", FAINT))


def _split(made: list[Block]) -> bool:
    """Strike what stands behind the sign, and take it away; False when markup has swallowed it."""
    if sum(block.text.plain.count(_HERE) for block in made) != 1:
        return False
    unheard = False
    for number, block in enumerate(made):
        if unheard:
            block.text.stylize(UNHEARD)
        elif (at := block.text.plain.find(_HERE)) >= 0:
            before, after = block.text.divide([at])
            after.stylize(UNHEARD)
            made[number] = Block(before.append_text(after[1:]), block.first, block.rest, block.fill)
            unheard = True
    return True
