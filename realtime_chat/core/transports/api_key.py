"""The key of a service, as its owner hands it over. Pure."""

from typing import Protocol

from realtime_chat.core.errors import ConfigError


class Keyed(Protocol):
    """Whoever may have a key for a service; `key_name` is where its owner would set it."""

    @property
    def key_name(self) -> str: ...

    def api_key(self) -> str | None:
        """As it is now; asked each time, kept nowhere."""
        ...


def key_of(endpoint: Keyed) -> str:
    """What it has, "" for nothing. Raises ConfigError (kind missing_api_key) for what no header can carry."""
    key = (endpoint.api_key() or "").strip()
    if not (key.isascii() and key.isprintable()) or " " in key:
        raise ConfigError(
            f"{endpoint.key_name} holds characters that no key has (a blank, a line break); set it again.",
            kind="missing_api_key",
        )
    return key
