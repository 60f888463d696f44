"""Read a text file of the workspace."""

import codecs
import os
import stat
from typing import Any

from realtime_chat.core.errors import InvalidArguments
from realtime_chat.tools.base import ToolContext, tool
from realtime_chat.tools.builtin.workspace import confined, opened, refused, shown

#: With JSON's escapes this stays below what a model gets of one call.
MAX_BYTES = 12_000


@tool(need="read", target="path", parallel_safe=True)
def read_file(path: str, ctx: ToolContext) -> dict[str, Any]:
    """Read a text file of the workspace, its first 12,000 bytes; `truncated` is true when there is more."""
    place = confined(ctx.workspace, path)
    try:
        raw, size = _read_start(opened(ctx.workspace, place, os.O_RDONLY))
    except OSError as error:
        raise refused(error, "file") from error
    return {
        "path": shown(ctx.workspace, place),
        "text": _as_text(raw),
        "bytes": size,
        "truncated": size > len(raw),
    }


def _read_start(handle: int) -> tuple[bytes, int]:
    """The first bytes and the whole size; a pipe or a device is refused, not read."""
    try:
        status = os.fstat(handle)
        if not stat.S_ISREG(status.st_mode):
            raise InvalidArguments("That is not a file; read_file reads text files only.")
        return os.read(handle, MAX_BYTES), status.st_size
    finally:
        os.close(handle)


def _as_text(raw: bytes) -> str:
    """UTF-8, a character cut at the end left out. Raises InvalidArguments for what is no text."""
    try:
        text = codecs.getincrementaldecoder("utf-8")().decode(raw)
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        raise InvalidArguments("That file holds no text; read_file reads text files only.")
    return text.removeprefix("\ufeff")
