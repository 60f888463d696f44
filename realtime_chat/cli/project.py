"""A folder's own settings. Whoever wrote that file may not be the user: it counts once the user confirmed it.

The confirmation is for the file's place and its very content; a changed file must be confirmed anew.
"""

import hashlib
import sys
from dataclasses import dataclass
from pathlib import Path

import msgspec

from realtime_chat.cli import paths
from realtime_chat.core.errors import ConfigError
from realtime_chat.core.json_text import NotJson, read_json
from realtime_chat.core.printable import one_line
from realtime_chat.tools.builtin.datafolder import changing, read_text, write_text

NAME = "realtime-chat.toml"
CONFIRMED = "confirmed-projects.json"
#: Settings for one folder are a page, not a book.
MAX_BYTES = 100_000


@dataclass(frozen=True, slots=True)
class ProjectFile:
    """The file as it was read, once: what is hashed is what is used."""

    place: Path
    content: bytes

    @property
    def confirmed(self) -> bool:
        """True when the user confirmed this content in this place."""
        return _known().get(str(self.place)) == self._digest

    @property
    def notice(self) -> str:
        """A line about one that does not count."""
        return f"{one_line(str(self.place))} is not used: `realtime-chat config trust` shows it, and asks you once."

    def confirm(self) -> None:
        """From now on it counts. Raises StorageFailed, TimedOut."""
        folder = paths.data_dir()
        with changing(folder):
            known = {**_known(), str(self.place): self._digest}
            write_text(folder / CONFIRMED, msgspec.json.format(msgspec.json.encode(known)).decode() + "\n")

    @property
    def _digest(self) -> str:
        return hashlib.sha256(self.content).hexdigest()


def project_file(folder: Path | None = None) -> ProjectFile | None:
    """The file of this folder, the current one when None; None when there is none.

    Raises ConfigError when it cannot be read.
    """
    place = (folder or Path.cwd()).resolve() / NAME
    try:
        with place.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ConfigError(f"The settings file {place} cannot be read: {error.strerror}.") from None
    if len(content) > MAX_BYTES:
        raise ConfigError(f"The settings file {place} has more than {MAX_BYTES} bytes; make it shorter.")
    return ProjectFile(place, content)


def unconfirmed(config: Path | None) -> ProjectFile | None:
    """The file of this folder that does not count; none where `--config` names another. Raises ConfigError."""
    found = project_file() if config is None else None
    return None if found is None or found.confirmed else found


def tell_of_unconfirmed(config: Path | None) -> None:
    """A settings file of this folder that does not count is said, not silently passed over. Raises ConfigError."""
    if (found := unconfirmed(config)) is not None:
        print(f"warning: {found.notice}", file=sys.stderr)


def _known() -> dict[str, str]:
    """Place → digest. A file that cannot be read confirms nothing."""
    try:
        return read_json(read_text(paths.data_dir() / CONFIRMED) or "{}", dict[str, str])
    except NotJson:
        return {}
