"""The microphone is unplugged while another is there: the sound server moves our stream, and we say where to."""

import time
from collections.abc import Callable

import pytest

from benchmarks.echo import pactl
from realtime_chat.audio.capture import MicrophoneSource
from realtime_chat.audio.devices import device_input
from realtime_chat.audio.places_news import news_of_places
from realtime_chat.core.clock import SystemClock
from tests.devices.card import missing

pytestmark = [
    pytest.mark.device,
    pytest.mark.skipif(missing() is not None, reason=str(missing())),
]
SECOND = ("master=rtc_mic_feed.monitor", "source_name=second", "source_properties=device.description=Headset")


def module_of(source: str) -> str:
    """The number of the module that brings it."""
    lines = pactl("list", "short", "modules").splitlines()
    return next(line.split("\t")[0] for line in lines if f"source_name={source}" in line)


def until_told(take_news: Callable[[], str | None], *, seconds: float) -> str | None:
    """The first news within so many seconds."""
    deadline = time.monotonic() + seconds
    while (news := take_news()) is None and time.monotonic() < deadline:
        time.sleep(0.05)
    return news


async def test_a_microphone_that_the_system_replaced_is_told_by_its_name() -> None:
    source = MicrophoneSource(device_input())
    take_news = news_of_places(SystemClock())
    gone = module_of("rtc_mic")
    second = pactl("load-module", "module-remap-source", *SECOND).strip()
    try:
        assert until_told(take_news, seconds=5) is None
        pactl("set-default-source", "second")
        pactl("unload-module", gone)
        assert until_told(take_news, seconds=10) == "The microphone is now Headset."
        assert source.stream.active
    finally:
        await source.close()
        pactl("load-module", "module-remap-source", "source_name=rtc_mic", "master=rtc_mic_feed.monitor")
        pactl("set-default-source", "rtc_mic")
        pactl("unload-module", second)
