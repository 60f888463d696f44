"""A tool's card: its name, what it was asked, how long it runs, and what came of it."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import assert_never, cast

from rich.style import Style
from rich.text import Text

from realtime_chat.cli.tui.glyphs import bounded, flat
from realtime_chat.cli.tui.page import FAINT, Block, Page, Palette, lines
from realtime_chat.core.history import ToolEntry
from realtime_chat.core.moments import moment

#: Characters of the name, the arguments and the progress that the first line shows.
BRIEF = 200
#: Lines of a folded result.
FOLDED = 2
#: Characters of a result, or of arguments, that an open card shows.
OPEN = 20_000


def tool(
    entry: ToolEntry, page: Page, *, progress: str = "", running_s: float | None = None, opened: bool = False
) -> list[Text]:
    """The lines of a card; `running_s` when it is known since when the call runs."""
    drawn = lines([Block(_head(entry, page, progress, running_s, opened=opened))], page)
    if opened:
        drawn += _whole(entry.arguments, page, "  ")
    if entry.status == "running":
        return drawn
    said = _said(entry)
    if not said.strip():
        return drawn
    return drawn + (_whole(said.strip("\n"), page, "→ ") if opened else _folded(said, page))


def duration(seconds: float) -> str:
    """A time for people: 340 ms, 2.4 s, 41 s, 2 min 05 s; whole seconds for a whole number."""
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 60:
        return f"{seconds:.1f} s" if seconds < 10 and isinstance(seconds, float) else f"{seconds:.0f} s"
    return f"{int(seconds) // 60} min {int(seconds) % 60:02} s"


def _head(entry: ToolEntry, page: Page, progress: str, running_s: float | None, *, opened: bool) -> Text:
    """One line, the state before the arguments, so that it is in view however long they are."""
    state, style = _state(entry, page.palette, running_s)
    text = Text.assemble((flat(entry.name, BRIEF), page.palette.tool), " · ", (state, style))
    if entry.status == "running" and progress:
        text.append(f" · {flat(progress, BRIEF)}", FAINT)
    brief = "" if opened else _brief(entry.arguments)
    if brief:
        text.append(f" · {brief}")
    text.truncate(page.room, overflow="ellipsis")
    return text


def _state(entry: ToolEntry, palette: Palette, running_s: float | None) -> tuple[str, Style]:
    match entry.status:
        case "running" if entry.asks is not None:
            return "waits for your word", palette.warning
        case "running":
            return "running" if running_s is None else f"running {duration(max(1, int(running_s)))}", FAINT
        case "ok":
            return f"ok {duration(entry.duration_ms / 1000)}", palette.ok
        case "failed":
            return f"failed {duration(entry.duration_ms / 1000)}", palette.error
        case _:
            assert_never(entry.status)


def since(at: str, now: datetime) -> float | None:
    """Seconds from a timestamp of the log; None where it has none."""
    when = moment(at)
    return None if when is None else (now - when).total_seconds()


def _said(entry: ToolEntry) -> str:
    return entry.error.message if entry.error is not None else entry.output


def _folded(said: str, page: Page) -> list[Text]:
    text, more = bounded(said.strip("\n"), OPEN)
    drawn = lines([Block(Text(text, FAINT), "→ ", "  ")], page)
    if len(drawn) <= FOLDED + 1 and not more:
        return drawn
    count = f"{len(drawn) - FOLDED}{'+' if more else ''} more lines"
    return drawn[:FOLDED] + lines([Block(Text(f"… {count}", FAINT), "  ", "  ")], page)


def _whole(said: str, page: Page, first: str) -> list[Text]:
    text, more = bounded(_indented(said), OPEN)
    drawn = lines([Block(Text(text, FAINT), first, "  ")], page)
    if more:
        drawn += lines([Block(Text(f"… {more:,} more characters", FAINT), "  ", "  ")], page)
    return drawn


def _brief(arguments: str) -> str:
    """`city: "Berlin", days: 3`; what is no object is shown as it came."""
    known = _decoded(arguments)
    if not isinstance(known, dict):
        return flat(arguments, BRIEF)
    pairs = cast(Mapping[str, object], known).items()
    return flat(", ".join(f"{name}: {json.dumps(value, ensure_ascii=False)}" for name, value in pairs), BRIEF)


def _indented(text: str) -> str:
    """JSON with a line for each of its members; anything else as it is. Not steady yet."""
    known = _decoded(text)
    return json.dumps(known, ensure_ascii=False, indent=2) if isinstance(known, dict | list) else text


def _decoded(text: str) -> object:
    if len(text) > OPEN:
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
