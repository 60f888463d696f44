"""Import every module of the installed package: what is not declared as a dependency fails here.

Ends non-zero, too, when the package comes from a checkout instead of an installation.
"""

import importlib
import pkgutil
import sys
from pathlib import Path

import realtime_chat


def main() -> int:
    """Import all; say how many."""
    home = Path(realtime_chat.__file__).parent
    if "site-packages" not in home.parts:
        print(f"realtime_chat comes from {home}, not from an installation", file=sys.stderr)
        return 1
    names = [module.name for module in pkgutil.walk_packages([str(home)], "realtime_chat.")]
    for name in names:
        if name.endswith(".__main__"):
            continue
        importlib.import_module(name)
    print(f"{len(names)} modules import")
    return 0


if __name__ == "__main__":
    sys.exit(main())
