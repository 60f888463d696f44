"""A sound card's microphone to speak into and its speaker to listen to, through the sound server's own tools."""

import os
import statistics
import subprocess
import threading
import time
import wave
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from realtime_chat.audio.levels import dbfs
from realtime_chat.core.pcm import RATE, pcm_bytes

MICROPHONE, SPEAKER = "rtc_mic_feed", "rtc_speaker.monitor"
#: Less than this is digital silence.
SILENT_DB = -80.0


def missing() -> str | None:
    """Why there is no card; None when there is one."""
    if not os.environ.get("PULSE_SERVER", "").endswith("/socket"):
        return "no virtual sound card: `make devices` brings one"
    return None


def say(pcm: bytes, folder: Path) -> None:
    """Play 24 kHz mono s16le into the microphone; returns when it was heard."""
    with saying(pcm, folder) as playing:
        assert playing.wait(60) == 0


@contextmanager
def saying(pcm: bytes, folder: Path) -> Generator[subprocess.Popen[bytes]]:
    """Play it while something else happens; the card may vanish below it."""
    file = folder / "said.wav"
    with wave.open(str(file), "wb") as out:
        out.setparams((1, 2, RATE, 0, "NONE", ""))
        out.writeframes(pcm)
    playing = subprocess.Popen(
        ["paplay", "-d", MICROPHONE, "--latency-msec=200", str(file)], stderr=subprocess.DEVNULL
    )
    try:
        yield playing
    finally:
        playing.kill()
        playing.wait(5)


class Listener:
    """Records what the speaker plays, inside a `with`."""

    def __init__(self) -> None:
        command = [
            "parecord",
            "-d",
            SPEAKER,
            "--raw",
            f"--rate={RATE}",
            "--channels=1",
            "--format=s16le",
            "--latency-msec=20",
        ]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE)
        self._heard = bytearray()
        self._ahead_s: list[float] = []
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def heard(self) -> bytes:
        """All of it so far."""
        return bytes(self._heard)

    @property
    def sound_ms(self) -> int:
        """How much of it is not silence."""
        size = pcm_bytes(20)
        heard = self.heard
        return 20 * sum(dbfs(heard[at : at + size]) > SILENT_DB for at in range(0, len(heard) - size, size))

    @property
    def own_drift_ms(self) -> float:
        """How much more sound than time there was by the end than in the beginning: the sound server gives a monitor
        some of it twice, or not at all, as streams come and go."""
        ends = len(self._ahead_s) // 10
        if ends == 0:
            return 0.0
        return 1000 * (statistics.median(self._ahead_s[-ends:]) - statistics.median(self._ahead_s[:ends]))

    def stop(self) -> bytes:
        """End; all that was heard. Idempotent."""
        self._process.terminate()
        self._thread.join(5)
        self._process.communicate(timeout=5)
        return self.heard

    def _read(self) -> None:
        assert self._process.stdout is not None
        while part := self._process.stdout.read(960):
            self._heard += part
            if len(self._heard) // pcm_bytes(1000) > len(self._ahead_s):
                self._ahead_s.append(len(self._heard) / pcm_bytes(1000) - time.monotonic())
