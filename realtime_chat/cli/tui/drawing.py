"""Rows as lines: pure. Every foreign word goes through `printable`, none through a markup parser."""

from dataclasses import dataclass
from datetime import datetime
from typing import assert_never

from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from textual.strip import Strip

from realtime_chat.cli.tui.feed import Feed, Note, Row
from realtime_chat.core.history import AnnouncedEntry, AssistantEntry, ToolEntry, UserEntry
from realtime_chat.core.printable import one_line, printable

#: Cells left of the words: "14:02 assistant  ".
GUTTER = 17
#: Below this width the label stands in its own line, so that words keep their room.
NARROW = 50
#: Characters of a tool's arguments and of its result that one line may show.
FOLDED = 200

FAINT = Style(dim=True)
UNHEARD = Style(dim=True, strike=True)


@dataclass(frozen=True, slots=True)
class Palette:
    """The colours of the theme in force."""

    user: Style
    assistant: Style
    tool: Style
    ok: Style
    warning: Style
    error: Style


def strips(row: Row, feed: Feed, *, palette: Palette, width: int, console: Console) -> list[Strip]:
    """The lines of a row, each at most `width` cells wide; at least one."""
    label, body = _label(row, palette), _body(row, feed, palette)
    narrow = width < NARROW
    indent = 2 if narrow else GUTTER
    room = max(1, width - indent)
    wrapped = [] if narrow else [label]
    lines: list[Text] = [label] if narrow else []
    for line in body.wrap(console, room, overflow="fold", tab_size=4):
        line.rstrip()
        margin = wrapped.pop() if wrapped else Text(" " * indent)
        lines.append(margin + line)
    return [_strip(line, console) for line in lines]


def _strip(line: Text, console: Console) -> Strip:
    line.end = ""
    segments: list[Segment] = list(line.render(console))
    return Strip(segments)


def _label(row: Row, palette: Palette) -> Text:
    match row:
        case UserEntry():
            speaker, style = "you", palette.user
        case AnnouncedEntry():
            speaker, style = "notice", palette.warning
        case AssistantEntry():
            speaker, style = "assistant", palette.assistant
        case ToolEntry():
            speaker, style = "tool", palette.tool
        case Note():
            speaker, style = _note_label(row, palette)
        case _:
            assert_never(row)
    clock = f"{_clock(row.at):<5} "
    return Text.assemble((clock, FAINT), (f"{speaker:<{GUTTER - len(clock)}}", style))


def _note_label(note: Note, palette: Palette) -> tuple[str, Style]:
    match note.level:
        case "error":
            return "error", palette.error
        case "warning":
            return "warning", palette.warning
        case "info":
            return "note", FAINT
        case _:
            assert_never(note.level)


def _clock(at: str) -> str:
    try:
        return datetime.fromisoformat(at).astimezone().strftime("%H:%M")
    except ValueError:  # a note without a time, or a log that somebody edited
        return ""


def _body(row: Row, feed: Feed, palette: Palette) -> Text:
    match row:
        case UserEntry():
            return _user(row, interim=feed.interim(row), palette=palette)
        case AnnouncedEntry():
            return Text(printable(row.text))
        case AssistantEntry():
            return _answer(row)
        case ToolEntry():
            return _tool(row, feed.progress.get(row.call_id, ""), palette)
        case Note(level="error"):
            return Text(printable(row.text), palette.error)
        case Note():
            return Text(printable(row.text), FAINT)
        case _:
            assert_never(row)


def _user(entry: UserEntry, *, interim: bool, palette: Palette) -> Text:
    if entry.error is not None:
        return Text(f"(not understood: {one_line(entry.error)})", palette.warning)
    if entry.text is None:
        return Text(f"({entry.audio_ms / 1000:.1f} s of speech)", FAINT)
    return Text(printable(entry.text), FAINT if interim else "")


def _answer(entry: AssistantEntry) -> Text:
    text = Text()
    if entry.unheard_text:
        text.append(printable(entry.heard_text or ""))
        text.append(printable(entry.unheard_text), UNHEARD)
        return text.append(" (unheard)", FAINT)
    text.append(printable(entry.text))
    for mark, holds in (
        (" (interrupted)", entry.interrupted),
        (" (incomplete)", entry.partial),
        (" ▌", entry.streaming),
    ):
        if holds:
            text.append(mark, FAINT)
    return text


def _tool(entry: ToolEntry, progress: str, palette: Palette) -> Text:
    text = Text.assemble((one_line(entry.name, FOLDED), palette.tool), " ", one_line(entry.arguments, FOLDED))
    match entry.status:
        case "running" if entry.asks is not None:
            return text.append(" · waits for your word", palette.warning)
        case "running":
            return text.append(f" · running {one_line(progress, FOLDED)}".rstrip(), FAINT)
        case "ok":
            text.append(" · ok", palette.ok)
        case "failed":
            text.append(" · failed", palette.error)
        case _:
            assert_never(entry.status)
    text.append(f" {entry.duration_ms} ms", FAINT)
    said = entry.error.message if entry.error is not None else entry.output
    return text.append(f"\n→ {one_line(said, FOLDED)}", FAINT) if said else text
