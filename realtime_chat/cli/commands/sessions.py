"""`sessions list | show | delete`: what is on disk; needs no model and no lease."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from realtime_chat.core.printable import one_line, printable

if TYPE_CHECKING:
    from realtime_chat.core.history import History
    from realtime_chat.core.store.directory import SessionStore

app = typer.Typer(help="Look at and delete earlier sessions.", no_args_is_help=True)

Id = Annotated[str, typer.Argument(metavar="SESSION_ID", help="Id or unique prefix.")]
DataDir = Annotated[Path | None, typer.Option("--data-dir", help="Where sessions live.")]
Config = Annotated[Path | None, typer.Option("--config", help="Settings file to use.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON value.")]


@app.command("list")
def list_sessions(json: Json = False, data_dir: DataDir = None, config: Config = None) -> None:
    """Every session, the one used last first."""
    import msgspec

    from realtime_chat.cli.json_out import put

    store = _store(data_dir, config)
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
    from realtime_chat.cli.json_out import put
    from realtime_chat.core.history import fold

    store = _store(data_dir, config)
    history = fold(store.read(store.resolve(session)))
    if json:
        put(_value(history))
        return
    for line in _lines(history):
        print(printable(line))


@app.command()
def delete(session: Id, data_dir: DataDir = None, config: Config = None) -> None:
    """Remove a session for good."""
    store = _store(data_dir, config)
    session_id = store.resolve(session)
    store.delete(session_id)
    print(f"Deleted {session_id}.")


def _store(data_dir: Path | None, config: Path | None) -> "SessionStore":
    from realtime_chat.cli.compose import store
    from realtime_chat.cli.settings import load

    return store(load(config), data_dir)


def _value(history: "History") -> dict[str, Any]:
    import msgspec

    from realtime_chat.core.statistics import metrics_of

    kinds = {"UserEntry": "user", "AssistantEntry": "assistant", "ToolEntry": "tool"}
    return {
        "schema": "realtime-chat/session/1",
        **{name: getattr(history, name) for name in ("session_id", "created_at", "last_seq", "mode")},
        **{name: getattr(history, name) for name in ("agent", "provider", "model", "voice")},
        "items": [{"kind": kinds[type(one).__name__], **msgspec.to_builtins(one)} for one in history.items],
        "turns": msgspec.to_builtins(history.turns),
        "usage": msgspec.to_builtins(history.usage),
        "metrics": msgspec.to_builtins(metrics_of(history)),
    }


def _lines(history: "History") -> list[str]:
    from realtime_chat.core.history import AssistantEntry, UserEntry

    lines: list[str] = []
    for entry in history.items:
        match entry:
            case UserEntry(text=text, error=error):
                lines.append(f"You: {text or '(not understood: ' + (error or 'no words came') + ')'}")
            case AssistantEntry(heard_text=None, text=text):
                lines.append(f"Assistant: {text}")
            case AssistantEntry(heard_text=heard):
                lines.append(f"Assistant: {heard} [unheard: {entry.unheard_text.strip()}]")
            case _:
                lines.append(f"Tool: {entry.name} {entry.arguments} → {entry.status}")
    return lines
