"""`sessions list | show | delete`: what is on disk; needs no model and no lease. `export` has its own file."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from realtime_chat.core.printable import one_line, printable

if TYPE_CHECKING:
    from realtime_chat.core.history import History
    from realtime_chat.core.prices import PriceList
    from realtime_chat.core.store.directory import SessionStore

app = typer.Typer(help="Look at, export and delete earlier sessions.", no_args_is_help=True)

Id = Annotated[str, typer.Argument(metavar="SESSION_ID", help="Id or unique prefix.")]
DataDir = Annotated[Path | None, typer.Option("--data-dir", help="Where sessions live.")]
Config = Annotated[Path | None, typer.Option("--config", help="Settings file to use.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON value.")]


@app.command("list")
def list_sessions(json: Json = False, data_dir: DataDir = None, config: Config = None) -> None:
    """Every session, the one used last first."""
    import msgspec

    from realtime_chat.cli.json_out import put

    store = open_store(data_dir, config)
    summaries = [store.summary(one) for one in store.ids()]
    if json:
        put(
            {
                "schema": "realtime-chat/sessions/1",
                "sessions": [msgspec.to_builtins(one) for one in summaries],
            }
        )
        return
    for one in summaries:
        what = one_line(one.error or one.title or "(nothing said)", 60)
        print(f"{one.session_id}  {one.last_at[:16].replace('T', ' ')}  {one.turns:3d} turns  {what}")
    if not summaries:
        print("There are no sessions yet; `realtime-chat talk` begins one.")


@app.command()
def show(session: Id, json: Json = False, data_dir: DataDir = None, config: Config = None) -> None:
    """What was said in a session."""
    from realtime_chat.cli.costs import price_list
    from realtime_chat.cli.json_out import put, session_value
    from realtime_chat.cli.settings import load
    from realtime_chat.core.history import fold

    store = open_store(data_dir, config)
    history = fold(store.read(store.resolve(session)))
    prices = price_list(load(config))
    if json:
        put(session_value(history, prices))
        return
    for line in (*_lines(history), *_used(history, prices)):
        print(printable(line))


@app.command()
def delete(session: Id, data_dir: DataDir = None, config: Config = None) -> None:
    """Remove a session for good."""
    store = open_store(data_dir, config)
    session_id = store.resolve(session)
    store.delete(session_id)
    print(f"Deleted {session_id}.")


def open_store(data_dir: Path | None, config: Path | None) -> "SessionStore":
    """The sessions of this user. Raises ConfigError."""
    from realtime_chat.cli.compose import store
    from realtime_chat.cli.settings import load

    return store(load(config), data_dir)


def _lines(history: "History") -> list[str]:
    from realtime_chat.core.history import AnnouncedEntry, AssistantEntry, UserEntry

    lines: list[str] = []
    for entry in history.items:
        match entry:
            case UserEntry(text=text, error=error):
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


def _used(history: "History", prices: "PriceList") -> list[str]:
    from realtime_chat.cli.costs import in_words

    if not history.usage.total:
        return []
    cost = in_words(prices.estimate(history.reports))
    return [f"Used: {history.usage.total:,} tokens" + (f"; {cost}" if cost else "")]
