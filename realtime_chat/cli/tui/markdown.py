"""An answer's markdown as blocks.

Inert: links and pictures are words; HTML and entities are shown as they were written. So is strikethrough: struck
words are those that nobody heard. The source must be steady (`glyphs`).
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING

from rich.style import Style
from rich.text import Text

from realtime_chat.cli.tui.glyphs import steady
from realtime_chat.cli.tui.page import FAINT, Block, Page
from realtime_chat.cli.tui.tables import table

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

#: What may be more than words. Most spoken answers have none of it, and need no parser.
_MARKUP = re.compile(r"[`*_\[\]<|\\]|^[ \t]*(?:[#>+=~-]|\d+[.)])|^(?: {4}| {0,3}\t)", re.MULTILINE)
_BLANK = re.compile(r"\n[ \t]*(?:\n[ \t]*)*\n")
#: A table of thousands of columns is no table; the parser would make a cell of every one in every row.
_COLUMNS = re.compile(r"(?:\|[^|\n]*){65}")
#: Every bracket may begin a link, and is looked at as one.
_BRACKETS = 2_000
#: More than this is not coloured: it is bounded work for a drawing, whatever a language's rules are.
CODE = 8_000

_BOLD, _ITALIC = Style(bold=True), Style(italic=True)
_CLOSED_BY_ITSELF = {"heading_open", "hr"}


@dataclass(frozen=True, slots=True)
class Border:
    """A line, from 0. `in_list`: between two items, where no empty line stands."""

    line: int = 0
    in_list: bool = False


def blocks(source: str, page: Page) -> list[Block]:
    """The whole text, with an empty line between its top-level blocks."""
    if not _MARKUP.search(source) or _is_too_dear(source):
        return _paragraphs(source)
    return _Walk(page).through(_parser().parse(source))


def closed(source: str) -> "Border":
    """Where a growing text can be cut: what stands above can no longer change, whatever comes."""
    rows = source.split("\n")
    border = Border()
    if len(rows) == 1 or _is_too_dear(source):
        return border
    last = len(rows) - 1  # the line that still grows
    for token in _parser().parse(source):
        if token.map is None or token.nesting < 0 or token.map[0] >= last:
            continue
        start, end = token.map
        if token.type == "list_item_open" and token.level == 1:
            border = Border(start, in_list=start > border.line or border.in_list)
        elif not token.level:
            border = Border(end if end <= last and _is_closed(token, rows) else start)
    return border


def _is_too_dear(source: str) -> bool:
    return source.count("[") > _BRACKETS or _COLUMNS.search(source) is not None


def _is_closed(token: "Token", rows: Sequence[str]) -> bool:
    _, end = token.map or (0, 0)
    if token.type == "fence":
        return is_closed_fence(token)
    ends_before_blank = end < len(rows) - 1 and not rows[end].strip(" \t")
    return token.type in _CLOSED_BY_ITSELF or (token.type == "paragraph_open" and ends_before_blank)


def is_closed_fence(token: "Token") -> bool:
    """True when its last line is the fence again, not the end of the text or of what it stands in."""
    start, end = token.map or (0, 0)
    return end - start == token.content.count("\n") + 2


@cache
def _parser() -> "MarkdownIt":
    from markdown_it import MarkdownIt  # 60 ms, which the first screen need not wait for

    parser = MarkdownIt("commonmark", {"html": False, "breaks": True}).enable("table")
    return parser.disable(["html_block", "html_inline", "entity", "reference"])


def _paragraphs(source: str) -> list[Block]:
    """What the parser would make of text without markup."""
    made: list[Block] = []
    for paragraph in _BLANK.split(source.strip(" \t\n")):
        if made:
            made.append(Block(Text()))
        rows = (row.rstrip(" ").lstrip(" \t") for row in paragraph.strip().split("\n"))
        made.append(Block(Text("\n".join(rows))))
    return made


@dataclass(slots=True)
class _Walk:
    """Makes blocks of tokens. `_margins`: what stands before lines, from the outermost quote or list inwards."""

    page: Page
    _made: list[Block] = field(default_factory=list[Block])
    _margins: list[str] = field(default_factory=list[str])
    _bullet: str | None = None  # of an item whose first line did not come yet
    _lists: int = 0
    _gap: str | None = None  # before the next block comes an empty line, and this stands in it
    _style: Style = field(default_factory=Style.null)
    _rows: list[list[Text]] | None = None  # of the table that we are in

    def through(self, tokens: Iterable["Token"]) -> list[Block]:
        for token in tokens:
            self._block(token)
        return self._made

    def _block(self, token: "Token") -> None:
        match token.type:
            case "inline":
                self._words(inline(token.children or (), self.page.palette.code, self._style))
            case "fence" | "code_block":
                self._put(Block(self._code(token), fill=self.page.palette.code))
            case "hr":
                self._put(Block(Text("─" * self._room, FAINT)))
            case "heading_open":
                underlined = Style(underline=token.tag == "h1")
                self._style = self.page.palette.heading + underlined
            case "heading_close":
                self._style = Style.null()
            case "table_open":
                self._rows = []
            case "tr_open" if self._rows is not None:
                self._rows.append([])
            case "table_close" if self._rows is not None:
                rows, self._rows = self._rows, None
                self._put(*table(rows, self._room))
            case _:
                self._container(token)

    def _container(self, token: "Token") -> None:
        match token.type:
            case "blockquote_open":
                self._open("│ ")
            case "bullet_list_open" | "ordered_list_open":
                self._lists += 1
            case "bullet_list_close" | "ordered_list_close":
                self._lists -= 1
                self._end()
            case "list_item_open":
                self._bullet = f"{token.info}{token.markup} " if token.info else "• "
                self._margins.append(" " * len(self._bullet))
            case "list_item_close":
                if self._bullet is not None:
                    self._put(Block(Text()))  # an empty item
                self._margins.pop()
            case "blockquote_close":
                self._margins.pop()
                self._end()
            case _:
                pass  # paragraphs and parts of tables: their words come by themselves

    @property
    def _room(self) -> int:
        return max(1, self.page.room - len("".join(self._margins)))

    def _open(self, margin: str) -> None:
        if self._bullet is not None:
            self._put(Block(Text()))
        self._margins.append(margin)

    def _words(self, text: Text) -> None:
        if self._rows is not None:
            self._rows[-1].append(text)
        else:
            self._put(Block(text))

    def _end(self) -> None:
        """The empty line between two blocks belongs to what both stand in; in lists there is none."""
        self._gap = "".join(self._margins) if self._made and not self._lists else None

    def _put(self, *new: Block) -> None:
        if self._gap is not None:
            self._made.append(Block(Text(), self._gap, self._gap))
        for block in new:
            rest = "".join(self._margins)
            first = rest
            if self._bullet is not None:
                first, self._bullet = rest[: len(rest) - len(self._bullet)] + self._bullet, None
            block.first, block.rest = first + block.first, rest + block.rest
            self._made.append(block)
        self._end()

    def _code(self, token: "Token") -> Text:
        code = token.content.rstrip("\n")
        language = steady(token.info).split(maxsplit=1)[0].lower() if token.info.strip() else ""
        if not language or len(code) > CODE or not is_closed_fence(token):
            return Text(code)
        from realtime_chat.cli.tui.code_colours import coloured

        return coloured(code, language, dark=self.page.palette.dark).copy()


def inline(tokens: Iterable["Token"], code: Style, base: Style) -> Text:
    """The words of a paragraph in their styles."""
    text, styles, links = Text(), [base], list[tuple[str, int]]()
    for token in tokens:
        match token.type:
            case "softbreak" | "hardbreak":
                text.append("\n")
            case "code_inline":
                text.append(token.content, styles[-1] + code)
            case "em_open":
                styles.append(styles[-1] + _ITALIC)
            case "strong_open":
                styles.append(styles[-1] + _BOLD)
            case "em_close" | "strong_close":
                styles.pop()
            case "link_open":
                links.append((str(token.attrs.get("href", "")), len(text)))
            case "link_close":
                url, start = links.pop()
                text.append(_where(url, text.plain[start:]), FAINT)
            case "image":
                url = str(token.attrs.get("src", ""))
                text.append(token.content, styles[-1]).append(_where(url, token.content), FAINT)
            case _:
                text.append(token.content, styles[-1])
    return text


def _where(url: str, words: str) -> str:
    """The address behind the words, unless they are the address."""
    shown = steady(url)
    return "" if not shown or shown in (words, f"mailto:{words}") else f" ({shown})"
