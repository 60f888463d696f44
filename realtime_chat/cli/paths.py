"""Where our files are. Asking makes nothing; whoever writes makes its folder (0700)."""

import os
import shlex
import shutil
import sys
from pathlib import Path

import platformdirs

from realtime_chat.core.errors import ConfigError

APP = "realtime-chat"


def config_file(explicit: Path | None = None) -> Path:
    """The settings file: `--config`, then REALTIME_CHAT_CONFIG, then the platform's place."""
    named = explicit or _from_env("REALTIME_CHAT_CONFIG")
    return named or Path(platformdirs.user_config_path(APP)) / "config.toml"


def keys_file() -> Path:
    """Where keys are kept that the user gave once."""
    return Path(platformdirs.user_config_path(APP)) / "keys.json"


def data_dir(explicit: Path | None = None) -> Path:
    """Sessions, notes, timers: `--data-dir` or `[store] data_dir`, then REALTIME_CHAT_DATA_DIR, then the platform's."""
    named = explicit or _from_env("REALTIME_CHAT_DATA_DIR")
    return (named or Path(platformdirs.user_data_path(APP))).expanduser()


def program() -> str:
    """How to call the program again: by its name, or as it was called where that name leads elsewhere (a checkout)."""
    called, found = Path(sys.argv[0]), shutil.which(APP)
    if called.name != APP or not called.is_file() or (found is not None and called.samefile(found)):
        return APP
    return shlex.quote(sys.argv[0])


def made(folder: Path) -> Path:
    """The folder, made if it was missing. Raises ConfigError when it cannot be used."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(
            f"The data folder {folder} cannot be made ({error.strerror}); choose another with --data-dir."
        ) from error
    if not os.access(folder, os.W_OK | os.X_OK):
        raise ConfigError(f"The data folder {folder} cannot be written; choose another with --data-dir.")
    return folder


def _from_env(name: str) -> Path | None:
    value = os.environ.get(name)
    return Path(value).expanduser() if value else None
