"""`sessions stats`: use by day, and what it cost, as an estimate."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from realtime_chat.cli.commands.sessions import Config, DataDir, Json, open_store

if TYPE_CHECKING:
    from realtime_chat.core.days import DayBook, DayRecord

Days = Annotated[
    int | None,
    typer.Option(
        "--days", min=1, max=36_500, help="Only the last so many days, today included. Default: all."
    ),
]

_COLUMNS = ("day", "sessions", "turns", "text in", "audio in", "cached", "text out", "audio out", "estimate")


def stats(days: Days = None, json: Json = False, data_dir: DataDir = None, config: Config = None) -> None:
    """Sessions, turns, tokens and an estimate of their cost, by day in your own time zone."""
    from realtime_chat.cli.json_out import put

    book, unreadable = _read(days, data_dir, config)
    if json:
        put(
            {
                "schema": "realtime-chat/stats/1",
                "days": [_value(record) for record in book.days()],
                "all": _value(book.in_all()),
                "unreadable": unreadable,
            }
        )
        return
    for session_id in unreadable:
        print(f"warning: session {session_id} cannot be read, and is not counted.", file=sys.stderr)
    records = book.days()
    if not records:
        print("Nothing was said in that time." if days else "There are no sessions yet.")
        return
    for line in _table([_COLUMNS, *(_row(record) for record in [*records, book.in_all()])]):
        print(line)


def _read(days: int | None, data_dir: Path | None, config: Path | None) -> "tuple[DayBook, list[str]]":
    from datetime import timedelta

    from realtime_chat.cli.costs import price_list
    from realtime_chat.cli.settings import load
    from realtime_chat.core.clock import SystemClock
    from realtime_chat.core.days import DayBook
    from realtime_chat.core.errors import ChatError
    from realtime_chat.core.folding import fold

    store = open_store(data_dir, config)
    today = SystemClock().wall().astimezone().date()
    first = None if days is None else today - timedelta(days=days - 1)
    book, unreadable = DayBook(price_list(load(config)), first=first), list[str]()
    for session_id in store.ids():
        try:
            book.take(fold(store.read(session_id)))
        except ChatError:
            unreadable.append(session_id)
    return book, unreadable


def _value(record: "DayRecord") -> dict[str, Any]:
    import msgspec

    from realtime_chat.cli.json_out import cost_value

    return {
        "day": record.day.isoformat() if record.day is not None else None,
        "sessions": record.sessions,
        "turns": record.turns,
        "usage": msgspec.to_builtins(record.usage),
        "transcription_usage": msgspec.to_builtins(record.transcription),
        **cost_value(record.cost),
    }


def _row(record: "DayRecord") -> tuple[str, ...]:
    usage, cost = record.usage, record.cost
    estimate = "?" if cost.usd is None else f"${cost.usd:.2f}" + (" + ?" if cost.unpriced else "")
    counts = (usage.input_text, usage.input_audio, usage.cached, usage.output_text, usage.output_audio)
    return (
        record.day.isoformat() if record.day is not None else "in all",
        *(f"{count:,}" for count in (record.sessions, record.turns, *counts)),
        estimate if usage.total or cost.usd or cost.unpriced else "",
    )


def _table(rows: list[tuple[str, ...]]) -> list[str]:
    widths = [max(len(row[column]) for row in rows) for column in range(len(_COLUMNS))]
    lines: list[str] = []
    for day, *cells in rows:
        right = [cell.rjust(width) for cell, width in zip(cells, widths[1:], strict=True)]
        lines.append("  ".join([day.ljust(widths[0]), *right]).rstrip())
    return lines
