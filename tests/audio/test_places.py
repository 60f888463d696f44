"""The system moves a stream to another device: seen in what the sound server says, told once."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_chat.audio.places_news import LOOK_S, PlacesNews, moved
from realtime_chat.audio.system_sound import Place, Places, places_of, server_of
from realtime_chat.core.clock import VirtualClock

HEADSET, LAPTOP = Place("usb-mic", "Headset"), Place("pci-mic", "Built-in Audio")
SPEAKER = Place("pci-out", "Built-in Speaker")
MONITOR = Place("pci-out.monitor", "Monitor of Built-in Speaker", hears_speaker=True)

LISTING = """\
Module #1
\tName: module-null-sink
\tArgument: sink_name=one

Sink #0
\tState: RUNNING
\tName: pci-out
\tDescription: Built-in Speaker: left = right
\tMonitor Source: pci-out.monitor
\tProperties:
\t\tdevice.class = "sound"

Source #0
\tName: pci-out.monitor
\tDescription: Monitor of Built-in Speaker
\tMonitor of Sink: pci-out

Source #7
\tName: usb-mic
\tDescription: Headset
\tMonitor of Sink: n/a
\tPorts:
\t\tanalog-input: Microphone (type: Mic, priority: 100)

Sink Input #3
\tSink: 0
\tProperties:
\t\tapplication.name = "ALSA plug-in [python]"
\t\tapplication.process.id = "77"

Source Output #4
\tSource: 7
\tProperties:
\t\tapplication.process.id = "77"

Source Output #5
\tSource: 0
\tProperties:
\t\tapplication.process.id = "78"
"""


def test_our_streams_are_found_among_those_of_all_programs() -> None:
    assert places_of(LISTING, 77) == Places(HEADSET, Place("pci-out", "Built-in Speaker: left = right"))
    assert places_of(LISTING, 78) == Places(MONITOR)
    assert places_of(LISTING, 1) == Places()


@given(st.text(alphabet='Source Sink #0123:="\n\tan', max_size=200))
def test_whatever_the_server_prints_is_read(listing: str) -> None:
    assert isinstance(places_of(listing, 1), Places)
    assert isinstance(server_of(listing), str)


@pytest.mark.parametrize(
    ("info", "name"),
    [
        ("Server Name: pulseaudio\nServer Version: 16.1\n", "PulseAudio 16.1"),
        ("Server Name: PulseAudio (on PipeWire 1.0.5)\nServer Version: 15.0.0\n", "PipeWire 1.0.5"),
        ("", "a sound server"),
    ],
)
def test_the_sound_server_is_known_by_name(info: str, name: str) -> None:
    assert server_of(info) == name


class Desk:
    """A sound server on which a test moves streams, and a clock."""

    def __init__(self) -> None:
        self.now: Places | None = Places(HEADSET, SPEAKER)
        self.looks = 0
        self.waiting: list[Callable[[], None]] = []
        self.clock = VirtualClock()
        self.news = PlacesNews(self, self.clock, self.waiting.append)

    def places(self) -> Places | None:
        self.looks += 1
        return self.now

    async def told(self) -> list[str]:
        """All news when time for a look has passed and it has ended."""
        await self.clock.advance(LOOK_S)
        lines = [self.news.take_news()]
        while self.waiting:
            self.waiting.pop()()
        while lines[-1] is not None or len(lines) < 2:
            lines.append(self.news.take_news())
        return [line for line in lines if line is not None]


async def test_what_is_found_first_is_no_news() -> None:
    desk = Desk()
    assert await desk.told() == []
    assert await desk.told() == []


async def test_a_moved_microphone_is_told_once_by_its_name() -> None:
    desk = Desk()
    await desk.told()
    desk.now = Places(LAPTOP, SPEAKER)
    assert await desk.told() == ["The microphone is now Built-in Audio."]
    assert await desk.told() == []


async def test_both_are_told_when_both_were_moved() -> None:
    desk = Desk()
    await desk.told()
    desk.now = Places(LAPTOP, HEADSET)
    assert await desk.told() == ["The microphone is now Built-in Audio.", "The speaker is now Headset."]


async def test_a_microphone_that_hears_only_the_speaker_is_told_with_what_to_do() -> None:
    desk = Desk()
    await desk.told()
    desk.now = Places(MONITOR, SPEAKER)
    (line,) = await desk.told()
    assert "hears what the speaker plays" in line
    assert "--input-device" in line


async def test_a_device_that_was_away_meanwhile_is_compared_with_the_last_one() -> None:
    desk = Desk()
    await desk.told()
    for away in (Places(None, SPEAKER), None):
        desk.now = away
        assert await desk.told() == []
    desk.now = Places(LAPTOP, SPEAKER)
    assert await desk.told() == ["The microphone is now Built-in Audio."]


async def test_one_look_at_a_time_and_none_too_soon() -> None:
    desk = Desk()
    for _ in range(5):
        desk.news.take_news()
        await desk.clock.advance(LOOK_S)
    assert len(desk.waiting) == 1  # the server does not answer yet, so it is not asked again
    desk.waiting.pop()()
    desk.news.take_news()
    desk.waiting.pop()()
    for _ in range(5):
        desk.news.take_news()
    assert desk.waiting == []
    assert desk.looks == 2


@given(st.sampled_from([None, HEADSET, LAPTOP, MONITOR]), st.sampled_from([None, HEADSET, LAPTOP, MONITOR]))
def test_only_a_change_from_one_to_another_is_told(before: Place | None, now: Place | None) -> None:
    told = moved(Places(before, SPEAKER), Places(now, SPEAKER))
    assert bool(told) == (before is not None and now is not None and before != now)
