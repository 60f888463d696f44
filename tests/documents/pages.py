"""The project's pages as tests read them: fenced blocks, what is noted beside them, links and headings."""

import re
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
#: All that a reader may follow word by word; what is generated holds no block, and the changelog tells of the past.
PAGES = tuple(
    page
    for page in (
        ROOT / "README.md",
        ROOT / "CONTRIBUTING.md",
        *sorted(ROOT.glob("docs/*.md")),
        ROOT / "examples" / "README.md",
        ROOT / "benchmarks" / "README.md",
    )
    if page.is_file()
)
#: The tests may come without the pages: beside an installed wheel.
beside_the_pages = pytest.mark.skipif(not PAGES, reason="the pages are not beside the tests")

_FENCE = re.compile(r"^```(?P<language>\w*)[ ]*(?P<name>\S*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
#: Invisible on the page: how a block is run, or why it is not.
_NOTE = re.compile(r"<!-- (?P<note>(?:not )?run: .*?) -->\n\Z")


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block; `name` is the file that it stands for, `note` the comment on the line before it."""

    page: str
    line: int
    language: str
    name: str
    text: str
    note: str

    @property
    def at(self) -> str:
        """Where it is, for a message."""
        return f"{self.page}:{self.line}"


def name_of(page: Path) -> str:
    """As one would say it."""
    return str(page.relative_to(ROOT))


def blocks_in(text: str, page: str) -> list[Block]:
    """In their order."""
    found: list[Block] = []
    for fence in _FENCE.finditer(text):
        before = text[: fence.start()]
        note = _NOTE.search(before)
        found.append(
            Block(
                page=page,
                line=before.count("\n") + 1,
                language=fence["language"],
                name=fence["name"],
                text=fence["text"],
                note=note["note"] if note else "",
            )
        )
    return found


def blocks(page: Path) -> list[Block]:
    """Of a page as it is now."""
    return blocks_in(page.read_text(encoding="utf-8"), name_of(page))


def all_blocks(language: str) -> list[Block]:
    """Of all pages, in one language."""
    return [block for page in PAGES for block in blocks(page) if block.language == language]
