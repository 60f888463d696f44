"""See what is in a folder of the workspace."""

import os
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

from realtime_chat.tools.base import ToolContext, tool
from realtime_chat.tools.builtin.workspace import confined, opened, refused, shown

#: What a model can use of one folder; `truncated` says that there is more.
MOST = 100
#: What is looked at: a folder may hold millions.
SCANNED = 10_000


@tool(need="read", target="path", parallel_safe=True)
def list_folder(ctx: ToolContext, path: str = ".") -> dict[str, Any]:
    """List a folder of the workspace: names, kinds (file, folder, link, other) and sizes in bytes."""
    place = confined(ctx.workspace, path)
    try:
        with _scanned(ctx.workspace, place) as found:
            entries = sorted(islice(found, SCANNED + 1), key=lambda entry: entry.name)
            told = [_entry(entry) for entry in entries[:MOST]]
    except OSError as error:
        raise refused(error, "folder") from error
    return {
        "path": shown(ctx.workspace, place),
        "count": min(len(entries), SCANNED),
        "entries": told,
        "truncated": len(entries) > MOST,
    }


@contextmanager
def _scanned(workspace: Path, place: Path) -> Generator[Iterator[os.DirEntry[str]]]:
    if os.scandir not in os.supports_fd:
        with os.scandir(place) as found:
            yield found
        return
    handle = opened(workspace, place, os.O_RDONLY | os.O_DIRECTORY)
    try:
        with os.scandir(handle) as found:
            yield found
    finally:
        os.close(handle)


def _entry(entry: os.DirEntry[str]) -> dict[str, Any]:
    name = entry.name.encode("utf-8", "replace").decode("utf-8")
    if entry.is_symlink():
        return {"name": name, "kind": "link"}
    if entry.is_dir(follow_symlinks=False):
        return {"name": name, "kind": "folder"}
    if not entry.is_file(follow_symlinks=False):
        return {"name": name, "kind": "other"}
    try:
        return {"name": name, "kind": "file", "bytes": entry.stat(follow_symlinks=False).st_size}
    except OSError:  # gone between the two looks
        return {"name": name, "kind": "file"}
