"""Words looked for in what is drawn, so that what is counted is what one sees, markup and all."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias, assert_never

from rich.cells import cell_len

from realtime_chat.cli.tui.feed import Feed, Note, Row
from realtime_chat.cli.tui.glyphs import LONG
from realtime_chat.cli.tui.sheet import Sheet
from realtime_chat.core.history import AnnouncedEntry, AssistantEntry, ToolEntry, UserEntry

#: The newest hits that are found: each may cost the drawing of a row, and the talk goes on meanwhile.
MOST = 500


@dataclass(frozen=True, slots=True)
class Piece:
    """Cells of a line of a row, without its label."""

    line: int
    start: int
    end: int


Hit: TypeAlias = tuple[Piece, ...]  # more than one where a line ends within the words


class Finding:
    """The hits of one search, by row; one of them is where one stands."""

    def __init__(self, words: str, feed: Feed, sheet: Sheet) -> None:
        parts = words.split()
        self._pattern = re.compile(r"\s+".join(re.escape(part) for part in parts), re.IGNORECASE)
        self._hint = max(re.findall(r"[^\W_]+", words), key=len, default="").casefold()
        self._empty = not parts
        self._feed = feed
        self._hits: dict[int, list[Hit]] = {}
        self.here: tuple[int, int] | None = None  # row, and which of its hits
        self.use(sheet)

    def __len__(self) -> int:
        return sum(len(hits) for hits in self._hits.values())

    @property
    def number(self) -> int:
        """Which one of all one stands at, from 1; 0 when there is none."""
        return self._all().index(self.here) + 1 if self.here is not None else 0

    def use(self, sheet: Sheet) -> None:
        """Look again in lines of another width."""
        self._sheet = sheet
        self._hits.clear()
        for row in reversed(range(len(self._feed.rows))):
            if len(self) >= MOST:
                break
            self._look(row)
        self._stay()

    def renew(self, rows: Iterable[int]) -> None:
        """These rows are new, or say something else."""
        for row in rows:
            self._look(row)
        self._stay()

    def stand_at(self, row: int) -> None:
        """At the last hit up to this row, else at the first of all."""
        hits = self._all()
        self.here = next((hit for hit in reversed(hits) if hit[0] <= row), hits[0] if hits else None)

    def step(self, by: int) -> None:
        """To another hit; round and round."""
        hits = self._all()
        if self.here is not None:
            self.here = hits[(hits.index(self.here) + by) % len(hits)]

    def line(self) -> int:
        """The line of its row in which the hit begins where one stands."""
        if self.here is None:
            return 0
        row, number = self.here
        return self._hits[row][number][0].line

    def marks(self, row: int, line: int) -> list[tuple[int, int, bool]]:
        """Cells to be marked in a line, and whether it is where one stands."""
        return [
            (piece.start, piece.end, (row, number) == self.here)
            for number, hit in enumerate(self._hits.get(row, ()))
            for piece in hit
            if piece.line == line
        ]

    def _all(self) -> list[tuple[int, int]]:
        return [(row, number) for row in sorted(self._hits) for number in range(len(self._hits[row]))]

    def _stay(self) -> None:
        if self.here is not None and self.here not in self._all():
            self.stand_at(self.here[0])

    def _look(self, row: int) -> None:
        self._hits.pop(row, None)
        if self._empty or self._hint not in _source(self._feed.rows[row]).casefold():
            return
        lines = self._sheet.words(row)
        hits = [_pieces(lines, *match.span()) for match in self._pattern.finditer("\n".join(lines))]
        if hits:
            self._hits[row] = hits


def _pieces(lines: list[str], start: int, end: int) -> Hit:
    """Where a match lies that was found in the lines joined by line ends."""
    pieces: list[Piece] = []
    offset = 0
    for number, line in enumerate(lines):
        first, last = max(start - offset, 0), min(end - offset, len(line))
        if first < last:
            pieces.append(Piece(number, cell_len(line[:first]), cell_len(line[:last])))
        offset += len(line) + 1
    return tuple(pieces)


def _source(row: Row) -> str:
    """Where the words of a row come from, to know at a glance whether it is worth drawing."""
    match row:
        case ToolEntry():
            said = row.error.message if row.error is not None else row.output
            return f"{row.name} {row.arguments} {said}"
        case UserEntry() | AnnouncedEntry() | AssistantEntry() | Note():
            return (row.text or "")[:LONG]
        case _:
            assert_never(row)
