"""What one agent keeps for itself in one session: a scratch pad, never the history (J13)."""

from collections.abc import Mapping
from copy import deepcopy
from typing import Any


class Storage:
    """Values by key, in this process; begins with `kept`."""

    def __init__(self, kept: Mapping[str, Any] | None = None) -> None:
        self._values: dict[str, Any] = deepcopy(dict(kept or {}))

    def get(self, key: str, default: Any = None) -> Any:
        """The value; `default` where there is none."""
        return self._values.get(key, default)

    def set(self, key: str, value: Any) -> None:
        """Keep it under this key, instead of what was there."""
        self._values[key] = value

    def delete(self, key: str) -> bool:
        """Whether there was one."""
        return self._values.pop(key, self) is not self

    def clear(self) -> None:
        """Forget everything."""
        self._values.clear()

    def list_keys(self) -> list[str]:
        """In the order in which they were first set."""
        return list(self._values)

    def snapshot(self) -> dict[str, Any]:
        """All of it as it is now; later changes do not show in it (J26)."""
        return deepcopy(self._values)
