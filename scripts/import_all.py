"""Import every module of the installed package: what is not declared as a dependency fails here.

Ends non-zero, too, when the package comes from a checkout instead of an installation.
"""

import importlib
import pkgutil
import sys
from pathlib import Path

import realtime_chat

#: Rooms that need an extra, with its packages; nothing else imports them, and they run in a process of their own.
EXTRAS = {"realtime_chat.tools.mcp.host": {"mcp", "mcp_types", "httpx2", "anyio"}}


def main() -> int:
    """Import all; say how many."""
    home = Path(realtime_chat.__file__).parent
    if "site-packages" not in home.parts:
        print(f"realtime_chat comes from {home}, not from an installation", file=sys.stderr)
        return 1
    names = [module.name for module in pkgutil.walk_packages([str(home)], "realtime_chat.")]
    for name in names:
        if not name.endswith(".__main__"):
            _import(name)
    print(f"{len(names)} modules import")
    return 0


def _import(name: str) -> None:
    extra = next((packages for room, packages in EXTRAS.items() if name.startswith(room)), set[str]())
    try:
        importlib.import_module(name)
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in extra:
            raise


if __name__ == "__main__":
    sys.exit(main())
