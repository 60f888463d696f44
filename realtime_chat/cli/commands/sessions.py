"""`sessions list | show | search`: what is on disk; needs no model and no lease.

`export` has its own file, and so has what changes sessions (`session_changes`).
"""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from realtime_chat.core.moments import moment
from realtime_chat.core.printable import one_line, printable

if TYPE_CHECKING:
    from realtime_chat.core.history import History
    from realtime_chat.core.prices import PriceList
    from realtime_chat.core.store.directory import SessionStore
    from realtime_chat.core.store.documents import Hit, SessionSummary

app = typer.Typer(help="Find, export, name, fork and delete earlier sessions.", no_args_is_help=True)


def completed() -> list[tuple[str, str]]:
    """For Tab: every id, with what it was about. Settings that cannot be read complete nothing."""
    from realtime_chat.core.errors import ChatError

    try:
        return [(one.session_id, one_line(called(one), 40)) for one in open_store(None, None).summaries()]
    except (ChatError, OSError):
        return []


Id = Annotated[
    str,
    typer.Argument(metavar="SESSION", autocompletion=completed, help="Id, unique prefix of it, or name."),
]
DataDir = Annotated[Path | None, typer.Option("--data-dir", help="Where sessions live.")]
Config = Annotated[Path | None, typer.Option("--config", help="Settings file to use.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON value.")]

_WHO = {"user": "You", "assistant": "Assistant", "name": "Name"}


@app.command("list")
def list_sessions(json: Json = False, data_dir: DataDir = None, config: Config = None) -> None:
    """Every session, the one used last first."""
    import msgspec

    from realtime_chat.cli.json_out import put

    summaries = open_store(data_dir, config).summaries()
    if json:
        put(
            {
                "schema": "realtime-chat/sessions/1",
                "sessions": [msgspec.to_builtins(one) for one in summaries],
            }
        )
        return
    lines = [
        f"{one.session_id}  {minute(one.last_at)}  {one.turns:3d} {'turn ' if one.turns == 1 else 'turns'}  "
        + one_line(one.error or called(one) or "(nothing said)", 60)
        for one in summaries
    ]
    print("\n".join(lines) or "There are no sessions yet; `realtime-chat talk` begins one.")


@app.command()
def search(
    words: Annotated[list[str], typer.Argument(help="All must occur; quote what stands together.")],
    last: Annotated[int, typer.Option("--last", min=1, help="How many of the newest to show.")] = 20,
    json: Json = False,
    data_dir: DataDir = None,
    config: Config = None,
) -> None:
    """Find sessions by what was said in them, or by their name; the one used last first."""
    from realtime_chat.cli.json_out import put

    found = open_store(data_dir, config).search(words, last)
    if json:
        hits = [_hit_value(one) for one in found.hits]
        put({"schema": "realtime-chat/search/1", "total": found.total, "hits": hits})
        return
    for one in found.hits:
        name = f"{one.session.name} · " if one.session.name and one.who != "name" else ""
        place = one_line(f"{name}{_WHO[one.who]}: {one.excerpt}", 240)
        print(f"{one.session.session_id}  {minute(one.at)}  {place}")
    if not found.hits:
        print("Nothing of that was said.")
    if (more := found.total - len(found.hits)) > 0:
        print(f"{more} more; --last {found.total} shows all.", file=sys.stderr)


@app.command()
def show(
    session: Id,
    turns: Annotated[bool, typer.Option("--turns", help="Tell each turn's id, for `fork --at`.")] = False,
    json: Json = False,
    data_dir: DataDir = None,
    config: Config = None,
) -> None:
    """What was said in a session."""
    from realtime_chat.cli.costs import price_list
    from realtime_chat.cli.json_out import put, session_value
    from realtime_chat.cli.settings import load
    from realtime_chat.core.folding import fold

    store = open_store(data_dir, config)
    session_id = store.resolve(session)
    history = fold(store.read(session_id))
    prices = price_list(load(config))
    note_newer(store, session_id)
    if json:
        put(session_value(history, prices))
        return
    for line in (*_about(history), *_lines(history, turns=turns), *_waited(history), *_used(history, prices)):
        print(printable(line))


def open_store(data_dir: Path | None, config: Path | None) -> "SessionStore":
    """The sessions of this user. Raises ConfigError."""
    from realtime_chat.cli.compose import store
    from realtime_chat.cli.settings import load

    return store(load(config), data_dir)


def note_newer(store: "SessionStore", session_id: str) -> None:
    """Say that what is read of a session may not be all."""
    if store.is_newer(session_id):
        print("note: a newer version wrote this; what this one does not know is left out.", file=sys.stderr)


def called(one: "SessionSummary") -> str:
    """Its name and how it began."""
    return " · ".join(part for part in (one.name, one.title) if part)


def minute(at: str) -> str:
    """A time of the log, short; UTC as there."""
    when = moment(at)
    return "" if when is None else f"{when:%Y-%m-%d %H:%M}"


def _hit_value(one: "Hit") -> dict[str, Any]:
    """A hit under `--json`."""
    session = {name: getattr(one.session, name) for name in ("session_id", "name", "title", "last_at")}
    return {**session, "who": one.who, "at": one.at, "excerpt": one.excerpt}


def _about(history: "History") -> list[str]:
    lines = [f"Name: {history.name}"] if history.name else []
    if history.parent is not None:
        lines.append(f"Fork of {history.parent.parent_id}, to its turn {history.parent.turn_id}")
    return lines


def _lines(history: "History", *, turns: bool) -> list[str]:
    from realtime_chat.core.history import AnnouncedEntry, AssistantEntry, UserEntry

    lines: list[str] = []
    turn_id = ""
    for entry in history.items:
        if turns and entry.turn_id != turn_id:
            turn_id = entry.turn_id
            lines.append(f"Turn {turn_id}")
        match entry:
            case UserEntry(shown=text, error=error):
                lines.append(f"You: {text or '(not understood: ' + (error or 'no words came') + ')'}")
            case AnnouncedEntry(text=text):
                lines.append(f"Notice: {text}")
            case AssistantEntry(heard_text=None, text=text):
                lines.append(f"Assistant: {text}")
            case AssistantEntry(heard_text=heard):
                lines.append(f"Assistant: {heard} [unheard: {entry.unheard_text.strip()}]")
            case _:
                lines.append(f"Tool: {entry.name} {entry.arguments} → {entry.status}")
    return lines


def _waited(history: "History") -> list[str]:
    from realtime_chat.core.latency import latency_of

    waits = latency_of(history)
    middle = waits.p50
    stages = [("first word", middle.first_token_ms), ("first sound", middle.first_audible_ms)]
    told = [f"{stage} after {ms:,} ms" for stage, ms in stages if ms is not None]
    turns = "1 turn" if waits.turns == 1 else f"{waits.turns} turns"
    return [f"Waited: {', '.join(told)} (the middle of {turns})"] if told else []


def _used(history: "History", prices: "PriceList") -> list[str]:
    from realtime_chat.cli.costs import in_words

    if not history.usage.total:
        return []
    cost = in_words(prices.estimate(history.reports))
    return [f"Used: {history.usage.total:,} tokens" + (f"; {cost}" if cost else "")]
