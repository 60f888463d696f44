"""What is said where there is no sound card, and that nobody pays for PortAudio who does not ask for it."""

import subprocess
import sys
from collections.abc import Callable

import pytest

from realtime_chat.audio.choice import Device
from realtime_chat.audio.devices import devices, open_microphone, open_speaker
from realtime_chat.core.clock import SystemClock
from realtime_chat.core.errors import AudioUnavailable

NO_LIBRARY = """
import ctypes.util, sys
ctypes.util.find_library = lambda name: None
from realtime_chat.audio import devices
from realtime_chat.core.clock import SystemClock
from realtime_chat.core.errors import AudioUnavailable
for look in (devices.devices, devices.open_microphone, lambda: devices.open_speaker(SystemClock())):
    try:
        look()
    except AudioUnavailable as error:
        print(error.message)
"""


def silent(direction: Callable[..., bool]) -> bool:
    """True when this machine has no such device, or no PortAudio."""
    try:
        return not any(direction(device) for device in devices())
    except AudioUnavailable:
        return True


def open_any_speaker() -> object:
    return open_speaker(SystemClock())


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the wheel brings PortAudio")
def test_a_missing_portaudio_is_told_with_its_cure():
    done = subprocess.run(
        [sys.executable, "-c", NO_LIBRARY], capture_output=True, text=True, timeout=30, check=True
    )
    lines = done.stdout.splitlines()
    assert len(lines) == 3
    assert all("apt install libportaudio2" in line and "--in" in line for line in lines)


def test_files_and_streams_need_no_portaudio():
    # M29
    program = (
        "import sys, realtime_chat.audio.files, realtime_chat.audio.playback, realtime_chat.audio.capture, "
        "realtime_chat.audio.devices; print('sounddevice' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=30, check=True
    )
    assert done.stdout.strip() == "False"


@pytest.mark.parametrize(
    ("open_device", "direction"),
    [(open_microphone, lambda d: d.inputs), (open_any_speaker, lambda d: d.outputs)],
    ids=["microphone", "speaker"],
)
def test_without_a_sound_card_one_line_says_so(
    open_device: Callable[[], object], direction: Callable[..., bool]
):
    if not silent(direction):
        pytest.skip("this machine has one")
    with pytest.raises(
        AudioUnavailable, match=r"^(No (microphone|speaker) was found\.|The sound library).*--in"
    ):
        open_device()


def test_a_device_that_has_gone_is_refused_in_one_line():
    gone = Device(
        index=9999,
        name="gone",
        inputs=1,
        outputs=1,
        rate=48_000,
        is_default_input=False,
        is_default_output=False,
    )
    with pytest.raises(AudioUnavailable) as caught:
        open_microphone(gone)
    assert "\n" not in caught.value.message
