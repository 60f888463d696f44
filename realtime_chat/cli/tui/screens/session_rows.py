"""Sessions as one reads them in a list and beside it: pure. Names and words come from outside, and are made inert."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import tzinfo
from typing import assert_never

from rich.style import Style
from rich.text import Text

from realtime_chat.core.history import AnnouncedEntry, AssistantEntry, Entry, History, ToolEntry, UserEntry
from realtime_chat.core.moments import moment
from realtime_chat.core.printable import one_line, printable
from realtime_chat.core.store.documents import Hit, SessionSummary

#: Rows that the list holds; whoever wants another one says something of it.
MOST_ROWS = 200
#: What a search shows: each of them costs a look at its words.
MOST_HITS = 100
#: Entries of the preview, and characters of each.
LAST, EXCERPT = 20, 400
FAINT = Style(dim=True)
#: Cells to the end of the second column.
TURNS_END = 23
COLUMNS = f"{'last used':<16}  {'turns':>5}  name · first words"

_QUOTED = re.compile(r'"([^"]*)"?|(\S+)')


@dataclass(frozen=True, slots=True)
class Row:
    """A session in the list; `found` is where what was looked for was said."""

    session: SessionSummary
    found: Hit | None = None


def newest(sessions: Sequence[SessionSummary]) -> list[Row]:
    """The list when nothing is looked for."""
    return [Row(session) for session in sessions[:MOST_ROWS]]


def found(sessions: Sequence[SessionSummary], text: str, hits: Sequence[Hit]) -> list[Row]:
    """What a search shows: the sessions whose id begins so, then those in which it was said."""
    by_id = [one for one in sessions if one.session_id.startswith(text.strip())][:MOST_ROWS]
    known = {one.session_id for one in by_id}
    said = [Row(hit.session, hit) for hit in hits if hit.session.session_id not in known]
    return [*(Row(one) for one in by_id), *said]


def asked(text: str) -> list[str]:
    """The phrases of a search line: words, or what stands between quotes."""
    return [quoted or word for quoted, word in _QUOTED.findall(text) if quoted or word]


def option(row: Row, *, runs_now: bool, zone: tzinfo | None) -> Text:
    """A row of the list, of any width; it is cut where the list ends."""
    one = row.session
    named = [(one_line(one.name, 100), "bold")] if one.name else []
    title = one_line(one.error or one.title or ("" if one.name else "(nothing said)"), 200)
    turns = f"{one.turns:,}"
    line = Text.assemble((f"{minute(one.last_at, zone):<{TURNS_END - len(turns)}}", FAINT), f"{turns}  ")
    if runs_now:
        line.append("runs now · ", "bold")
    for part in (*named, *([(title, "italic" if one.error else "")] if title else [])):
        line.append(*part).append(" · ", FAINT)
    line.right_crop(3)
    return line


def minute(at: str, zone: tzinfo | None) -> str:
    """A time of the log, in the user's time zone or another one."""
    when = moment(at)  # a log that cannot be read has none
    return "" if when is None else when.astimezone(zone).strftime("%Y-%m-%d %H:%M")


def preview(history: History, hit: Hit | None) -> Text:
    """Where it was found, and the last that was said."""
    lines: list[Text] = []
    if hit is not None and hit.who != "name":
        lines += [_spoken(f"found, {'you' if hit.who == 'user' else hit.who}", hit.excerpt), Text()]
    if history.parent is not None:
        lines.append(Text(f"fork of {one_line(history.parent.parent_id)}", FAINT))
    if (before := len(history.items) - LAST) > 0:
        lines.append(Text(f"{before:,} entries before", FAINT))
    return Text("\n").join([*lines, *map(_entry, history.items[-LAST:])])


def _entry(entry: Entry) -> Text:
    match entry:
        case UserEntry():
            said = entry.shown if entry.text is not None else f"({entry.error or 'no words came'})"
            return _spoken("you", said)
        case AssistantEntry():
            heard = entry.text if entry.heard_text is None else entry.heard_text
            cut = " (interrupted)" if entry.interrupted else ""
            return _spoken("assistant", heard).append(cut, FAINT)
        case AnnouncedEntry():
            return _spoken("notice", entry.text)
        case ToolEntry():
            return Text(f"tool: {one_line(entry.name, 60)} {entry.status}", FAINT)
        case _:
            assert_never(entry)


def _spoken(speaker: str, words: str) -> Text:
    said = printable(words).strip()
    rest = "…" if len(said) > EXCERPT else ""
    return Text.assemble((f"{speaker}: ", "bold"), said[:EXCERPT], rest)
