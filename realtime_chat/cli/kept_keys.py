"""Keys that the user gave once (`keys set`): in the system's keyring, with the `keyring` extra, or in a file of ours.

The file (0600) says for each provider where its key is, so that a keyring is asked only when it has one: that may take
long, or want a password. No key is in any text of this module's.
"""

import os
from collections.abc import Mapping
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Literal, Protocol, TypeAlias, cast

import msgspec

from realtime_chat.cli import paths
from realtime_chat.core.errors import ConfigError, InvalidArguments
from realtime_chat.core.json_text import NotJson, read_json

Place: TypeAlias = Literal["keyring", "file"]
SERVICE = paths.APP
#: Longer ones are no keys; identities' tokens have about 2,000 characters.
MOST = 8192


class _Entry(msgspec.Struct, omit_defaults=True, forbid_unknown_fields=True):
    """`key` None: it is in the keyring."""

    key: str | None = None


class _Keyring(Protocol):
    def get_password(self, service_name: str, username: str, /) -> str | None: ...
    def set_password(self, service_name: str, username: str, password: str, /) -> None: ...
    def delete_password(self, service_name: str, username: str, /) -> None: ...


class KeptKeys:
    """By provider. Everything is read anew each time; every method may raise ConfigError."""

    def __init__(self, file: Path | None = None) -> None:
        self.file = file or paths.keys_file()

    def places(self) -> Mapping[str, Place]:
        """Where each key is."""
        return {name: "keyring" if one.key is None else "file" for name, one in self._read().items()}

    def get(self, provider: str) -> str | None:
        """The key, if there is one."""
        entry = self._read().get(provider)
        if entry is None or entry.key is not None:
            return entry.key if entry is not None else None
        try:
            key = _keyring().get_password(SERVICE, provider)
        except Exception as error:  # whatever a system's keyring raises: locked, gone, not allowed
            raise _closed(provider) from error
        if key is None:
            raise _closed(provider)
        return key

    def set(self, provider: str, key: str) -> Place:
        """Keep it; where. Raises InvalidArguments for what is no key."""
        key = key.strip()
        if not key or len(key) > MOST or not (key.isascii() and key.isprintable()) or " " in key:
            raise InvalidArguments("That is no key: give one word of letters, digits and signs.")
        entries = self._read()
        place: Place = "keyring" if _put_into_keyring(provider, key) else "file"
        self._write({**entries, provider: _Entry() if place == "keyring" else _Entry(key=key)})
        return place

    def remove(self, provider: str) -> None:
        """Forget it. Raises InvalidArguments when there is none."""
        entries = self._read()
        if (entry := entries.pop(provider, None)) is None:
            raise InvalidArguments(
                f"No key of {provider} is kept; `realtime-chat keys list` shows what there is."
            )
        if entry.key is None:
            try:
                if _keyring().get_password(SERVICE, provider) is not None:
                    _keyring().delete_password(SERVICE, provider)
            except Exception as error:  # as in get
                raise _closed(provider) from error
        self._write(entries)

    @property
    def is_open_to_others(self) -> bool:
        """Whether somebody else on this machine may read the file."""
        try:
            return os.name == "posix" and bool(self.file.stat().st_mode & 0o077)
        except OSError:
            return False

    def _read(self) -> dict[str, _Entry]:
        try:
            return read_json(self.file.read_bytes(), dict[str, _Entry])
        except FileNotFoundError:
            return {}
        except (OSError, NotJson) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is damaged"
            text = f"The keys in {self.file} cannot be read ({reason}); remove the file and set them again."
            raise ConfigError(text) from None

    def _write(self, entries: Mapping[str, _Entry]) -> None:
        """All or nothing, and never readable by others, not even for a moment."""
        from realtime_chat.tools.builtin.datafolder import StorageFailed, write_text

        try:
            write_text(self.file, msgspec.json.encode(entries).decode() + "\n")
        except StorageFailed as error:
            raise ConfigError(f"The keys cannot be kept in {self.file}. {error.message}") from error


def _put_into_keyring(provider: str, key: str) -> bool:
    """False where there is none, or none that works."""
    if find_spec("keyring") is None:
        return False
    try:
        _keyring().set_password(SERVICE, provider, key)
    except Exception:  # no keyring on this machine, or a locked one: the file serves
        return False
    return True


def _keyring() -> _Keyring:
    return cast(_Keyring, import_module("keyring"))


def _closed(provider: str) -> ConfigError:
    return ConfigError(
        f"The system's keyring does not give the key of {provider}; unlock it, or `realtime-chat keys set {provider}`."
    )
