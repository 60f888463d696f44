"""Write a text file of the workspace."""

import os
import secrets
import stat
from typing import Any

from realtime_chat.core.errors import InvalidArguments
from realtime_chat.tools.base import ToolContext, tool
from realtime_chat.tools.builtin.workspace import confined, folder_of, refused, shown

MAX_BYTES = 1_000_000


@tool(need="write", target="path", parallel_safe=False)
def write_file(path: str, text: str, ctx: ToolContext, replace: bool = False) -> dict[str, Any]:
    """Write a text file of the workspace, whole; missing folders are made. `replace` must be true to write
    over a file that is there."""
    raw = text.encode("utf-8", "replace")
    if len(raw) > MAX_BYTES:
        raise InvalidArguments(f"A file may have at most {MAX_BYTES} bytes; write less.")
    place = confined(ctx.workspace, path)
    try:
        with folder_of(ctx.workspace, place, make=True) as (folder, name):
            mode = _mode_of(folder, name, replace=replace)
            _put(folder, name, raw, mode)
    except OSError as error:
        raise refused(error, "file") from error
    return {"path": shown(ctx.workspace, place), "bytes": len(raw), "replaced": mode is not None}


def _mode_of(folder: int | None, name: str, *, replace: bool) -> int | None:
    """The rights of the file that is there; None when there is none."""
    try:
        status = os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return None
    if not stat.S_ISREG(status.st_mode):
        raise InvalidArguments("That is there already and not a file; choose another name.")
    if not replace:
        raise InvalidArguments("That file is there already; say replace to write over it.")
    return stat.S_IMODE(status.st_mode)


def _put(folder: int | None, name: str, raw: bytes, mode: int | None) -> None:
    """In one step: whoever reads meanwhile sees the old file or the new one."""
    draft = os.path.join(os.path.dirname(name), f".draft-{secrets.token_hex(8)}")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    handle = os.open(draft, flags, 0o666 if mode is None else 0o600, dir_fd=folder)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(raw)
            if mode is not None and hasattr(os, "fchmod"):
                os.fchmod(handle, mode)
        os.replace(draft, name, src_dir_fd=folder, dst_dir_fd=folder)
    except BaseException:
        os.unlink(draft, dir_fd=folder)
        raise
