"""Which device a user means: by its number, or by a part of its name."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from realtime_chat.core.errors import InvalidArguments

Direction: TypeAlias = Literal["input", "output"]


@dataclass(frozen=True, slots=True)
class Device:
    """One device; `inputs` and `outputs` count channels, `rate` is its own in Hz."""

    index: int
    name: str
    inputs: int
    outputs: int
    rate: int
    is_default_input: bool
    is_default_output: bool

    def serves(self, direction: Direction) -> bool:
        """Whether it can be listened to, or played on."""
        return (self.inputs if direction == "input" else self.outputs) > 0

    def is_default(self, direction: Direction) -> bool:
        """Whether the system takes it when none is named."""
        return self.is_default_input if direction == "input" else self.is_default_output


def chosen(known: Sequence[Device], wanted: str, direction: Direction) -> Device:
    """The device of that number, of exactly that name, or the only one with that in its name (any case).

    Raises InvalidArguments with what there is.
    """
    able = [device for device in known if device.serves(direction)]
    names = ", ".join(f"{device.index} {device.name}" for device in able) or "none"
    if wanted.isdecimal():
        found = [device for device in able if device.index == int(wanted)]
    else:
        found = [device for device in able if device.name == wanted]
        found = found or [device for device in able if wanted.casefold() in device.name.casefold()]
    if len(found) == 1:
        return found[0]
    problem = f"may be several {direction} devices" if found else f"is no {direction} device"
    raise InvalidArguments(f"{wanted!r} {problem}; there are: {names}. See `realtime-chat devices`.")
