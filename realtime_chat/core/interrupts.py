"""What to tell the provider about sound that was cut: the truncation arithmetic (T12, docs/protocol.md)."""

from typing import TypeAlias

import msgspec


class Truncate(msgspec.Struct, frozen=True):
    """The provider forgets what was not heard; `audio_end_ms` > 0 and never more than was produced."""

    audio_end_ms: int


class DeleteItem(msgspec.Struct, frozen=True):
    """Nothing of it was heard: a truncation to 0 would be refused, so the item goes."""


class Nothing(msgspec.Struct, frozen=True):
    """All of it was heard, or there was no sound."""


Truncation: TypeAlias = Truncate | DeleteItem | Nothing


def decide_truncation(*, played_ms: int, produced_ms: int) -> Truncation:
    """By whole milliseconds, rounded down by the caller; `played_ms` beyond what was produced is clamped."""
    if produced_ms <= 0 or played_ms >= produced_ms:
        return Nothing()
    if played_ms <= 0:
        return DeleteItem()
    return Truncate(played_ms)
