"""The fence around the workspace: symbolic links are followed first, then the place is judged.

What was judged is opened folder by folder, without following links any more: a folder that becomes a link in
between leads nowhere.
"""

import os
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

from realtime_chat.core.errors import InvalidArguments, NotFound


def confined(workspace: Path, path: str) -> Path:
    """The real place of `path`, which is taken from the workspace's folder.

    Raises InvalidArguments for every place outside, there or not (the answer must not tell which), and for a
    name no file can have.
    """
    root = os.path.realpath(workspace)
    try:
        real = os.path.realpath(os.path.join(root, path))
        inside = os.path.commonpath([root, real]) == root
    except (ValueError, OSError) as error:  # NUL, lone surrogates, another drive
        raise InvalidArguments("That is not a usable path.") from error
    if not inside:
        raise InvalidArguments("That is outside the workspace; use a path below it.")
    return Path(real)


#: Windows opens no file from a folder's descriptor; there the judged path is opened as it is.
_STEPWISE = os.open in os.supports_dir_fd
_NO_LINK = getattr(os, "O_NOFOLLOW", 0)
_FOLDER = _NO_LINK | getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_PATH", os.O_RDONLY)


@contextmanager
def folder_of(workspace: Path, place: Path, *, make: bool = False) -> Generator[tuple[int | None, str]]:
    """The folder of a confined place, as a `dir_fd`, and the name in it; `make` makes what is missing.

    Raises OSError, also for a folder that has become a link.
    """
    root = os.path.realpath(workspace)
    *folders, name = place.relative_to(root).parts or (".",)
    if not _STEPWISE:
        if make:
            place.parent.mkdir(parents=True, exist_ok=True)
        yield None, str(place)
        return
    at = os.open(root, _FOLDER)
    try:
        for folder in folders:
            outer, at = at, _entered(at, folder, make=make)
            os.close(outer)
        yield at, name
    finally:
        os.close(at)


def opened(workspace: Path, place: Path, flags: int, mode: int = 0o666) -> int:
    """A descriptor of a confined place; follows no link and waits for nothing. Raises OSError."""
    flags |= _NO_LINK | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    with folder_of(workspace, place) as (folder, name):
        return os.open(name, flags, mode, dir_fd=folder)


def _entered(at: int, folder: str, *, make: bool) -> int:
    if make:
        with suppress(FileExistsError):
            os.mkdir(folder, dir_fd=at)
    return os.open(folder, _FOLDER, dir_fd=at)


def shown(workspace: Path, place: Path) -> str:
    """A confined place as the model sees it: from the workspace's folder, "." for the folder itself."""
    return os.path.relpath(place, os.path.realpath(workspace))


def refused(error: OSError, what: str) -> NotFound:
    """The error for a file or folder the system will not open; it names no absolute path."""
    if isinstance(error, FileNotFoundError):
        return NotFound(f"There is no such {what} in the workspace; list_folder shows what is there.")
    reason = error.strerror or type(error).__name__
    return NotFound(f"The {what} cannot be opened ({reason}); list_folder shows what is there.")
