"""`sessions rename | fork | delete | prune | repair`: none while somebody writes the session, but a fork."""

import re
import sys
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from realtime_chat.cli.commands.sessions import (
    Config,
    DataDir,
    Id,
    Json,
    called,
    completed,
    minute,
    note_newer,
    open_store,
)
from realtime_chat.core.printable import one_line

if TYPE_CHECKING:
    from realtime_chat.core.store.directory import Removal

_AGE = re.compile(r"(\d{1,5})([hdw])")
_UNITS = {"h": "hours", "d": "days", "w": "weeks"}


def rename(
    session: Id,
    name: Annotated[str, typer.Argument(help="One line; '' takes the name away.")],
    json: Json = False,
    data_dir: DataDir = None,
    config: Config = None,
) -> None:
    """Give a session a name, which `resume` and all others take for its id."""
    store = open_store(data_dir, config)
    session_id = store.resolve(session)
    renamed = store.rename(session_id, name)
    name = renamed.name
    if size := renamed.set_aside_bytes:
        print(f"note: the last line of the log was torn; its {size} bytes were set aside.", file=sys.stderr)
    if json:
        _put("renamed", session_id=session_id, name=name)
    else:
        print(
            f"Session {session_id} is named {name} now." if name else f"Session {session_id} has no name now."
        )


def fork(
    session: Id,
    at: Annotated[
        str | None,
        typer.Option(
            "--at", metavar="TURN_ID", help="The last turn to keep. `sessions show --turns` has them."
        ),
    ] = None,
    name: Annotated[str, typer.Option("--name", help="What to call the new session.")] = "",
    json: Json = False,
    data_dir: DataDir = None,
    config: Config = None,
) -> None:
    """Begin a new session from an earlier one, or from a part of it, which stays as it is."""
    from realtime_chat.cli.paths import program
    from realtime_chat.core.folding import fold

    store = open_store(data_dir, config)
    parent_id = store.resolve(session)
    note_newer(store, parent_id)
    session_id = store.fork(parent_id, at=at, name=name)
    parent = fold(store.read(session_id)).parent
    if json:
        turn_id = parent.turn_id if parent is not None else ""
        _put("forked", session_id=session_id, parent_id=parent_id, turn_id=turn_id, name=name)
    else:
        print(f"Forked {parent_id} to {session_id}; `{program()} resume {session_id}` goes on there.")


def delete(
    session: Annotated[
        list[str],
        typer.Argument(
            metavar="SESSION...", autocompletion=completed, help="Ids, unique prefixes, or names."
        ),
    ],
    json: Json = False,
    data_dir: DataDir = None,
    config: Config = None,
) -> None:
    """Remove sessions for good. Nothing is removed when one of them is not known."""
    store = open_store(data_dir, config)
    removal = store.delete_all(dict.fromkeys([store.resolve(one) for one in session]))
    if json:
        _put("deleted", deleted=removal.deleted, refused=_refused(removal))
    else:
        for session_id in removal.deleted:
            print(f"Deleted {session_id}.")
    for refusal in removal.refused:
        print(f"error: {one_line(refusal.message)}", file=sys.stderr)
    if removal.refused:
        from realtime_chat.core.errors import WriterActive

        raise typer.Exit(WriterActive.exit_code)


def prune(
    older_than: Annotated[
        str, typer.Option("--older-than", metavar="AGE", help="Since the last use: 12h, 30d, 8w.")
    ],
    keep: Annotated[int, typer.Option("--keep", min=0, help="Keep this many that were used last.")] = 0,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only tell what would go.")] = False,
    json: Json = False,
    data_dir: DataDir = None,
    config: Config = None,
) -> None:
    """Remove old sessions for good; those that are open or cannot be read stay."""
    from realtime_chat.core.store.directory import Removal
    from realtime_chat.core.store.pruning import outdated

    before = datetime.now(UTC) - _age(older_than)
    store = open_store(data_dir, config)
    old = outdated(store.summaries(), before=before, keep=keep)
    names = tuple(one.session_id for one in old)
    if dry_run:
        removal = Removal(deleted=names, refused=())
    else:
        store.sweep()
        removal = store.delete_all(names)
    if json:
        _put("pruned", dry_run=dry_run, deleted=removal.deleted, refused=_refused(removal))
        return
    done = "Would delete" if dry_run else "Deleted"
    for one in old:
        if one.session_id in removal.deleted:
            print(f"{done} {one.session_id}  {minute(one.last_at)}  {one_line(called(one), 60)}")
    for refusal in removal.refused:
        print(f"note: {one_line(refusal.message)}", file=sys.stderr)
    if not old:
        print("No session is that old.")


def repair(session: Id, json: Json = False, data_dir: DataDir = None, config: Config = None) -> None:
    """Make a damaged session readable: what cannot be read is set aside beside it."""
    store = open_store(data_dir, config)
    session_id = store.resolve(session)
    done = store.repair(session_id)
    if json:
        import msgspec

        _put("repaired", session_id=session_id, set_aside=msgspec.to_builtins(done))
    elif done is None:
        print(f"Session {session_id} is sound; nothing was changed.")
    else:
        lines = "1 line" if done.lines == 1 else f"{done.lines} lines"
        print(f"Set {lines} ({done.bytes} bytes) of {session_id} aside in {done.file}; {done.kept} are kept.")


def _age(text: str) -> timedelta:
    match = _AGE.fullmatch(text.strip())
    if match is None:
        from realtime_chat.core.errors import InvalidArguments

        raise InvalidArguments("--older-than takes hours, days or weeks: 12h, 30d, 8w.")
    return timedelta(**{_UNITS[match[2]]: int(match[1])})


def _refused(removal: "Removal") -> list[dict[str, Any]]:
    return [{"session_id": one.details["id"], "message": one.message} for one in removal.refused]


def _put(what: str, **value: Any) -> None:
    from realtime_chat.cli.json_out import put

    put({"schema": f"realtime-chat/{what}/1", **value})
