"""Find a text in the files of the workspace."""

import os
import stat
from collections.abc import Generator, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from realtime_chat.core.errors import InvalidArguments
from realtime_chat.tools.base import ToolContext, tool
from realtime_chat.tools.builtin.workspace import confined, opened, refused, shown

MOST = 40
LINE_CHARS = 200
#: What is looked at: a folder may hold millions of files, and a file gigabytes.
MAX_FILES = 5_000
MAX_BYTES = 1_000_000


@tool(need="read", target="path", parallel_safe=True)
def search_files(text: str, ctx: ToolContext, path: str = ".") -> dict[str, Any]:
    """Find a text, in any case, in names and lines of the workspace's text files below a folder. Hidden
    folders are left out; `truncated` is true when not all was looked at or told."""
    wanted = text.strip().casefold()
    if not wanted:
        raise InvalidArguments("Say what to look for.")
    files = _files(ctx, confined(ctx.workspace, path))
    hits: list[dict[str, Any]] = []
    try:
        for file in islice(files, MAX_FILES):
            hits += islice(_hits(ctx.workspace, file, wanted), MOST + 1 - len(hits))
            if len(hits) > MOST:
                break
        more = len(hits) > MOST or next(files, None) is not None
    except OSError as error:
        raise refused(error, "folder") from error
    finally:
        files.close()
    return {"hits": hits[:MOST], "truncated": more}


def _files(ctx: ToolContext, folder: Path) -> Generator[Path]:
    """Follows no links; ends early when the call is not wanted any more. Raises OSError for no folder."""
    for at, folders, names in _walk(ctx.workspace, folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            if ctx.cancelled:
                return
            yield Path(at, name)


def _walk(workspace: Path, folder: Path) -> Generator[tuple[Path, list[str], list[str]]]:
    """As os.walk; but what was judged is walked, even when a link stands in its place by now."""
    if not hasattr(os, "fwalk"):
        yield from ((Path(at), folders, names) for at, folders, names in os.walk(folder))
        return
    handle = opened(workspace, folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        for at, folders, names, _ in os.fwalk(".", dir_fd=handle):
            yield folder / at, folders, names
    finally:
        os.close(handle)


def _hits(workspace: Path, file: Path, wanted: str) -> Iterator[dict[str, Any]]:
    where = shown(workspace, file).encode("utf-8", "replace").decode("utf-8")
    if wanted in file.name.casefold():
        yield {"path": where}
    for number, line in enumerate(_text(workspace, file).splitlines(), 1):
        if wanted in line.casefold():
            yield {"path": where, "line": number, "text": line.strip()[:LINE_CHARS]}


def _text(workspace: Path, file: Path) -> str:
    """ "" for what is no text file, or cannot be read."""
    try:
        handle = opened(workspace, file, os.O_RDONLY)
    except OSError:
        return ""
    with os.fdopen(handle, "rb") as source:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            return ""
        raw = source.read(MAX_BYTES)
    return "" if b"\0" in raw else raw.decode("utf-8", "replace")
