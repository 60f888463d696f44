"""The words of a web page, without its machinery. Pure."""

import re
from html.parser import HTMLParser

_SKIPPED = frozenset({"script", "style", "noscript", "template", "svg"})
#: Elements that begin and end a line; `h1` to `h6` do, too.
_BLOCKS = re.compile(
    r"address|article|aside|blockquote|br|d[dlt]|div|figure|footer|form|h[1-6r]|header|li|main|nav|[ou]l|p|pre"
    r"|section|table|t[dhr]"
)


def page_text(html: str) -> tuple[str, str]:
    """The title and the text, a line for each block; entities are characters."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    lines = (" ".join(line.split()) for line in "".join(reader.text).split("\n"))
    return " ".join("".join(reader.title).split()), re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.text: list[str] = []
        self.title: list[str] = []
        self._skipping: list[str] = []
        self._in_title = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._in_title = tag == "title"
        if tag in _SKIPPED:
            self._skipping.append(tag)
        elif _BLOCKS.fullmatch(tag):
            self.text.append("\n")

    def handle_endtag(self, tag: str) -> None:
        self._in_title = False
        if tag in self._skipping:
            del self._skipping[self._skipping.index(tag) :]
        elif _BLOCKS.fullmatch(tag):
            self.text.append("\n")

    def handle_data(self, data: str) -> None:
        if self._in_title:
            self.title.append(data)
        elif not self._skipping:
            self.text.append(data.replace("\n", " "))
