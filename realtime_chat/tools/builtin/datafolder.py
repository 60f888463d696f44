"""The user's own things as plain files: written whole or not at all, readable by the user alone."""

import os
import re
import tempfile
import unicodedata
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from realtime_chat.core.errors import ChatError, InvalidArguments, TimedOut

#: Another session may be writing; its write takes milliseconds.
LOCK_S = 5.0
SLUG_CHARS = 60


class StorageFailed(ChatError):
    """The data folder cannot be read or written."""

    kind = "storage_failed"


@contextmanager
def changing(folder: Path) -> Generator[None]:
    """Hold the folder's lock, against other sessions and processes, while it is read and changed.

    Raises TimedOut when another holds it for 5 s, StorageFailed when the disk refuses.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with FileLock(folder / ".tools.lock", timeout=LOCK_S, mode=0o600):
            yield
    except Timeout as error:
        raise TimedOut("Another program is changing the data folder; try again.", after_ms=5000) from error
    except OSError as error:
        raise _refused(error) from error


def read_text(path: Path) -> str:
    """The file's text, "" when there is none. Raises StorageFailed."""
    try:
        return path.read_bytes().decode("utf-8", "replace")
    except FileNotFoundError:
        return ""
    except OSError as error:
        raise _refused(error) from error


def write_text(path: Path, text: str) -> None:
    """Replace the file in one step, mode 0600; a crash leaves the old or the new. Raises StorageFailed."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle, draft = tempfile.mkstemp(dir=path.parent, prefix=".draft-")  # mkstemp makes it 0600
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(text.encode("utf-8", "replace"))
                file.flush()
                os.fsync(file.fileno())
            os.replace(draft, path)
        except BaseException:
            os.unlink(draft)
            raise
    except OSError as error:
        raise _refused(error) from error


def slug(name: str) -> str:
    """A safe file name of what people call a thing: "My Shopping list" → "shopping".

    Letters and digits of any script stay, everything else becomes one '-'; "my", "the" and "list" around it
    say nothing and go. Raises InvalidArguments when nothing is left.
    """
    folded = unicodedata.normalize("NFKC", name).casefold()
    kept = re.sub(r"[\W_]+", "-", folded)[:SLUG_CHARS].strip("-")
    kept = kept.removeprefix("the-").removeprefix("my-").removesuffix("-list")
    if not kept:
        raise InvalidArguments("Give it a name with letters or digits.")
    return kept


def one_line(text: str, *, what: str, limit: int) -> str:
    """`text` on one line, without control characters. Raises InvalidArguments when empty or too long."""
    printable = "".join(" " if unicodedata.category(char) in ("Cc", "Cs") else char for char in text)
    line = " ".join(printable.split())
    if not 1 <= len(line) <= limit:
        raise InvalidArguments(f"The {what} must have 1 to {limit} characters.")
    return line


def _refused(error: OSError) -> StorageFailed:
    reason = error.strerror or type(error).__name__
    return StorageFailed(f"The data folder cannot be used ({reason}); check its rights and its space.")
