"""One way of one device, as it is listed; two of one name are told apart by their numbers."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

Direction: TypeAlias = Literal["input", "output"]


@dataclass(frozen=True, slots=True)
class Line:
    """One way of one device; `index` is the system's number of it, which may change when devices come and go."""

    direction: Direction
    name: str
    is_default: bool = False
    index: int = -1

    @property
    def kind(self) -> str:
        """In a word."""
        return "microphone" if self.direction == "input" else "speaker"


def choice_of(line: Line, listed: Sequence[Line]) -> str:
    """What chooses exactly this one: its name, or its number where another one has the same name."""
    return line.name if _is_alone(line, listed) else str(line.index)


def name_of(line: Line, listed: Sequence[Line]) -> str:
    """The name, and the number where that tells it apart."""
    return line.name if _is_alone(line, listed) else f"{line.name}, number {line.index}"


def marks_of(line: Line, listed: Sequence[Line], used: Sequence[Line]) -> list[str]:
    """Whether it is in use, and whether it is what is taken when none is named."""
    same = [one for one in used if (one.direction, one.name) == (line.direction, line.name)]
    in_use = bool(same) and (_is_alone(line, listed) or any(one.index == line.index for one in same))
    return [mark for mark, holds in (("in use", in_use), ("default", line.is_default)) if holds]


def _is_alone(line: Line, listed: Sequence[Line]) -> bool:
    return sum((one.direction, one.name) == (line.direction, line.name) for one in listed) < 2
