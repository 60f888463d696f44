"""`sessions export`: a session to read, to give away or to hear; needs no model and no lease."""

import os
import stat
import sys
from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from realtime_chat.cli.commands.sessions import Config, DataDir, Id, note_newer, open_store

if TYPE_CHECKING:
    from realtime_chat.core.errors import InvalidArguments
    from realtime_chat.core.history import History


class Form(StrEnum):
    """How a session is written down."""

    MD = "md"
    JSON = "json"


Format = Annotated[
    Form | None,
    typer.Option("--format", help="md, to read (the default), or json, as `sessions show --json`."),
]
Audio = Annotated[
    Path | None,
    typer.Option("--audio", help="Write what `--record` kept to this WAV; no text unless asked for, too."),
]
Out = Annotated[Path | None, typer.Option("--out", help="Write the text to this file, not to stdout.")]
Force = Annotated[bool, typer.Option("--force", help="Write over files that are there.")]


def export(
    session: Id,
    form: Format = None,
    audio: Audio = None,
    out: Out = None,
    force: Force = False,
    data_dir: DataDir = None,
    config: Config = None,
) -> None:
    """Write a session as text to read, as JSON, or as the sound that was recorded."""
    from realtime_chat.core.folding import fold

    store = open_store(data_dir, config)
    session_id = store.resolve(session)
    note_newer(store, session_id)
    history = fold(store.read(session_id))
    out = None if out == Path("-") else out
    _check(history, [one for one in (audio, out) if one is not None], force=force)
    if audio is not None:
        _export_sound(history, audio, force=force)
    if audio is None or form is not None or out is not None:
        text = _text(history, form or Form.MD, config)
        if out is None:
            sys.stdout.buffer.write(text)
            sys.stdout.buffer.flush()
        else:
            _write(out, [text], force=force)
    store.snapshot(session_id, history)  # T13: the projection beside the log is of the same moment


def _check(history: "History", files: list[Path], *, force: bool) -> None:
    """Before anything is written. Raises InvalidArguments."""
    from realtime_chat.core.errors import InvalidArguments

    if len({os.path.realpath(file) for file in files}) < len(files):
        raise InvalidArguments("--audio and --out name the same file; name two.")
    for file in files:
        if file == Path("-"):
            raise InvalidArguments("--audio needs the name of a file.")
        if any(_is_same(file, Path(one.path)) for one in history.recordings):
            raise InvalidArguments(f"{file} is a recording of this session itself; name another file.")
        if os.path.lexists(file) and not force:
            raise _is_there(file)


def _export_sound(history: "History", file: Path, *, force: bool) -> None:
    from realtime_chat.audio.joined import JoinedRecordings
    from realtime_chat.core.errors import NotFound

    if not history.recordings:
        raise NotFound(
            f"Nothing of session {history.session_id} was recorded; `talk --record FILE` keeps the sound.",
            id=history.session_id,
        )
    # a file that was recorded to twice, after it was moved away, holds the later talk only
    paths = list(dict.fromkeys(Path(one.path) for one in reversed(history.recordings)))[::-1]
    with JoinedRecordings(paths) as joined:
        _write(file, joined.chunks(), force=force)
        minutes, seconds = divmod(joined.ms // 1000, 60)
    print(f"Wrote {minutes}:{seconds:02d} of sound to {file}.", file=sys.stderr)


def _text(history: "History", form: Form, config: Path | None) -> bytes:
    if form is Form.JSON:
        from realtime_chat.cli.costs import price_list
        from realtime_chat.cli.json_out import line, session_value
        from realtime_chat.cli.settings import load

        return line(session_value(history, price_list(load(config))))
    from realtime_chat.cli.markdown import page

    return page(history).encode("utf-8")


def _write(file: Path, chunks: Iterable[bytes], *, force: bool) -> None:
    """For the user's eyes alone (0600); what could not be written whole is not left behind."""
    flags = os.O_WRONLY | os.O_CREAT | (os.O_TRUNC if force else os.O_EXCL) | getattr(os, "O_BINARY", 0)
    try:
        descriptor = os.open(file, flags, 0o600)
    except FileExistsError:
        raise _is_there(file) from None
    except OSError as error:
        raise _unwritable(file, error) from error
    is_file = stat.S_ISREG(os.fstat(descriptor).st_mode)
    try:
        with os.fdopen(descriptor, "wb") as out:
            out.writelines(chunks)
    except BaseException as error:
        if is_file:
            file.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise _unwritable(file, error) from error
        raise


def _is_same(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except (OSError, ValueError):
        return False


def _is_there(file: Path) -> "InvalidArguments":
    from realtime_chat.core.errors import InvalidArguments

    return InvalidArguments(f"{file} is there already; --force writes over it.")


def _unwritable(file: Path, error: OSError) -> "InvalidArguments":
    from realtime_chat.core.errors import InvalidArguments

    return InvalidArguments(f"{file} cannot be written ({error.strerror}); choose another place.")
