"""A user names a device by its number or a part of its name; what cannot be meant is told with what there is."""

import pytest

from realtime_chat.audio.choice import Device, Direction, chosen
from realtime_chat.core.errors import InvalidArguments


def device(index: int, name: str, inputs: int, outputs: int) -> Device:
    return Device(
        index=index,
        name=name,
        inputs=inputs,
        outputs=outputs,
        rate=48_000,
        is_default_input=index == 0,
        is_default_output=index == 2,
    )


KNOWN = [
    device(0, "Built-in Microphone", 1, 0),
    device(1, "USB Headset", 1, 2),
    device(2, "Built-in Output", 0, 2),
    device(3, "USB", 2, 0),
]


@pytest.mark.parametrize(
    ("wanted", "direction", "index"),
    [("1", "input", 1), ("headset", "output", 1), ("built", "input", 0), ("USB", "input", 3)],
)
def test_a_number_a_part_or_the_whole_name_is_enough(wanted: str, direction: Direction, index: int) -> None:
    assert chosen(KNOWN, wanted, direction).index == index


@pytest.mark.parametrize(
    ("wanted", "direction", "words"),
    [
        ("nope", "input", "is no input device; there are: 0 Built-in Microphone, 1 USB Headset, 3 USB"),
        ("2", "input", "is no input device"),
        ("t", "output", "may be several output devices; there are: 1 USB Headset, 2 Built-in Output"),
        ("9", "output", "is no output device"),
    ],
)
def test_what_cannot_be_meant_is_told_with_what_there_is(
    wanted: str, direction: Direction, words: str
) -> None:
    with pytest.raises(InvalidArguments, match=words):
        chosen(KNOWN, wanted, direction)
