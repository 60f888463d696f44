"""Names for foreign tools: `server__tool`, in the grammar every provider takes, never the same twice. Pure."""

import hashlib
import re
from collections import Counter
from collections.abc import Collection, Iterable

NAME_CHARS = 64
_FOREIGN = re.compile(r"[^A-Za-z0-9_-]")
_MARK_CHARS = 8

Origin = tuple[str, str]


def named(origins: Iterable[Origin], taken: Collection[str] = ()) -> dict[Origin, str]:
    """(server, tool) → name, whatever the order in which they come.

    A name that fits and that only one wants stays plain. All others end in a mark made of their origin, so
    the same tool has the same name tomorrow, too. A name in `taken` is somebody else's.
    """
    plain = {origin: _FOREIGN.sub("_", f"{origin[0]}__{origin[1]}") for origin in origins}
    wanted = Counter(plain.values())
    names: dict[Origin, str] = {}
    for origin, name in plain.items():
        fits = len(name) <= NAME_CHARS and wanted[name] == 1 and name not in taken
        names[origin] = name if fits else _marked(name, origin)
    return names


def _marked(name: str, origin: Origin) -> str:
    mark = hashlib.sha256("\0".join(origin).encode("utf-8", "replace")).hexdigest()[:_MARK_CHARS]
    return f"{name[: NAME_CHARS - _MARK_CHARS - 1]}_{mark}"
