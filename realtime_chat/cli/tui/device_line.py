"""One way of one device, as the screen lists it."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

Direction: TypeAlias = Literal["input", "output"]


@dataclass(frozen=True, slots=True)
class Line:
    """One way of one device; `name` is what it is chosen by."""

    direction: Direction
    name: str
    is_default: bool = False
