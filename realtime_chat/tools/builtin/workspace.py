"""The fence around the workspace: symbolic links are followed first, then the place is judged."""

import os
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


def shown(workspace: Path, place: Path) -> str:
    """A confined place as the model sees it: from the workspace's folder, "." for the folder itself."""
    return os.path.relpath(place, os.path.realpath(workspace))


def refused(error: OSError, what: str) -> NotFound:
    """The error for a file or folder the system will not open; it names no absolute path."""
    if isinstance(error, FileNotFoundError):
        return NotFound(f"There is no such {what} in the workspace; list_folder shows what is there.")
    reason = error.strerror or type(error).__name__
    return NotFound(f"The {what} cannot be opened ({reason}); list_folder shows what is there.")
