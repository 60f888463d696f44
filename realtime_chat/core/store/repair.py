"""Make a damaged log readable: what cannot be read is set aside beside it, the rest stays as it is, byte for byte.

The numbers of what is lost stay free, so the numbers still only grow.
"""

from pathlib import Path

import msgspec

from realtime_chat.core import envelope_codec
from realtime_chat.core.store import log as logs


class Repaired(msgspec.Struct, frozen=True, kw_only=True):
    """What was taken out, and into which file."""

    lines: int
    bytes: int
    kept: int
    file: str


def repair(path: Path) -> Repaired | None:
    """None when there was nothing to do. The caller holds the lease. Raises CorruptLog, LogWriteFailed.

    The lines are beside the log before they leave it, and it is replaced in one step: whatever ends us in the middle,
    nothing is lost.
    """
    if logs.is_newer(path):
        raise logs.too_new(path.stem)
    try:
        *whole, torn = path.read_bytes().split(b"\n")
        lines = [line + b"\n" for line in whole] + ([torn] if torn else [])
        sound = [_is_sound(line, first=number == 0) for number, line in enumerate(lines)]
    except OSError as error:
        raise logs.unreadable(path, error) from error
    if all(sound):
        return None
    damaged = [line for line, good in zip(lines, sound, strict=True) if not good]
    kept = [line for line, good in zip(lines, sound, strict=True) if good]
    side = _free(path)
    logs.write_whole(side, damaged)
    logs.write_whole(path, kept)
    return Repaired(lines=len(damaged), bytes=sum(map(len, damaged)), kept=len(kept), file=side.name)


def _is_sound(line: bytes, *, first: bool) -> bool:
    if not line.endswith(b"\n"):
        return False
    if first and logs.schema_of(line) is not None:
        return True
    try:
        envelope_codec.decode(line)
    except ValueError:
        return False
    return True


def _free(path: Path) -> Path:
    number = 1
    while (side := path.with_name(f"{path.name}.damaged-{number}")).exists():
        number += 1
    return side
