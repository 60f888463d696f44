"""What is left of the speaker in the microphone, on the virtual card: `python -m benchmarks.echo`.

Needs `scripts/with-virtual-audio`. A voice speaks through the speaker, comes back into the microphone 90 ms later and
12 dB softer, and a second voice speaks over a part of it. Measured behind our own microphone, with and without the
canceller: echo return loss enhancement (ERLE) from 2 s on, speech that a detector hears in echo alone, and how much of
the second voice it still hears.
"""

import argparse
import asyncio
import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from realtime_chat.audio.devices import open_microphone, open_speaker
from realtime_chat.audio.echo import EchoPath, WebRtcCanceller
from realtime_chat.audio.levels import dbfs
from realtime_chat.audio.vad import Silero, Started, TurnDetector
from realtime_chat.audio.wav import header
from realtime_chat.core.clock import SystemClock
from realtime_chat.core.pcm import FRAME_MS
from realtime_chat.local.engines.tts.espeak import EspeakSpeech

ANSWER = (
    "I can tell you the time and the date. I can do sums, set timers, keep notes and lists, and read the files of this "
    "folder. You can interrupt me at any moment: just begin to speak, and I will stop and listen to what you say. "
)
OVERLAP = "what is twelve times seven and how much is nineteen plus twenty three and what time is it now"
DELAY_MS = 90
#: -12 dB, as PulseAudio counts volumes.
VOLUME = "63%"
#: When the second voice speaks, ms of the answer.
OVERLAP_AT_MS = 10_000
CONVERGED_MS = 2_000
#: Frames of the answer softer than this are pauses of it, dBFS.
ACTIVE_DB = -45.0


@dataclass(frozen=True, slots=True)
class Figures:
    """`erle_db` of the median second: a busy machine moves the echo's path itself, and a canceller learns it anew.

    `near_heard`: of the speech that a detector finds in the second voice, the part that is still found.
    """

    erle_db: float
    false_starts: int
    near_heard: float


def pactl(*arguments: str) -> str:
    """What the sound server answers."""
    done = subprocess.run(["pactl", *arguments], check=True, timeout=10, capture_output=True, text=True)
    return done.stdout


@contextmanager
def echoing(delay_ms: int = DELAY_MS, volume: str = VOLUME) -> Generator[None]:
    """The speaker's sound comes into the microphone, later and softer."""
    path = ("source=rtc_speaker.monitor", "sink=rtc_mic_feed", f"latency_msec={delay_ms}")
    module = pactl("load-module", "module-loopback", *path).strip()
    try:
        for line in pactl("list", "short", "sink-inputs").splitlines():
            if "module-loopback" in line:  # other programs come and go
                pactl("set-sink-input-volume", line.split()[0], volume)
        yield
    finally:
        pactl("unload-module", module)


def spoken(text: str, voice: str) -> bytes:
    """24 kHz mono s16le."""
    return b"".join(chunk.pcm for chunk in EspeakSpeech().synthesize(text, voice=voice, speed=1.0))


async def measured(*, cancel: bool) -> Figures:
    """One answer with its echo and a voice over it."""
    answer, other = spoken(ANSWER * 2, "en-us"), spoken(OVERLAP, "en-us+f3")
    echo = EchoPath(WebRtcCanceller)
    echo.hands_free(cancel)  # without it, what came goes through as it is
    raw: list[bytes] = []
    cleaned: list[bytes] = []
    sink = open_speaker(SystemClock(), None, echo.played)

    class Tapped:
        """Keeps what came beside what became of it."""

        def mark(self) -> int:
            return echo.mark()

        def cleaned(self, frame: bytes, mark: int) -> bytes:
            raw.append(frame)
            return echo.cleaned(frame, mark)

    source = open_microphone(None, Tapped())

    async def listen() -> None:
        async for frame in source.frames():
            cleaned.append(frame)  # noqa: PERF401 - it is read while it grows, and listening is cut

    with TemporaryDirectory() as folder, echoing():
        file = Path(folder) / "other.wav"
        file.write_bytes(header(len(other)) + other)
        async with asyncio.TaskGroup() as group:
            listening = group.create_task(listen())
            await asyncio.sleep(0.5)
            began = len(cleaned)
            sink.play("a1", answer)
            sink.finish("a1")
            await asyncio.sleep(OVERLAP_AT_MS / 1000)
            over_from = len(cleaned)
            saying = await asyncio.create_subprocess_exec(
                "paplay", "-d", "rtc_mic_feed", "--latency-msec=200", file
            )
            await saying.wait()
            over_to = len(cleaned) + 25
            await sink.drained()
            listening.cancel()
    await source.close()
    await sink.close()
    return _figures(raw, cleaned, other, began, (over_from, over_to))


def _figures(
    raw: list[bytes], cleaned: list[bytes], other: bytes, began: int, over: tuple[int, int]
) -> Figures:
    alone = [
        index
        for index in range(began + CONVERGED_MS // FRAME_MS, len(cleaned))
        if not over[0] <= index < over[1] and dbfs(raw[index]) > ACTIVE_DB
    ]
    detector = TurnDetector()
    starts = 0
    for index, frame in enumerate(cleaned[: over[0]]):
        found = any(isinstance(change, Started) for change in detector.feed(frame))
        starts += found and index >= began
    return Figures(
        erle_db=_erle_db([(_power(raw[index]), _power(cleaned[index])) for index in alone]),
        false_starts=starts,
        near_heard=min(1.0, _speech_hops(b"".join(cleaned[slice(*over)])) / _speech_hops(other)),
    )


def _erle_db(powers: list[tuple[float, float]]) -> float:
    """Of before and after, frame by frame: of each second, then the median."""
    seconds = np.array(powers[: len(powers) // 50 * 50]).reshape(-1, 50, 2).sum(axis=1) + 1.0
    return float(np.median(10 * np.log10(seconds[:, 0] / seconds[:, 1])))


def _speech_hops(pcm: bytes) -> int:
    return sum(likely > 0.5 for likely in Silero().feed(pcm))


def _power(frame: bytes) -> float:
    samples = np.frombuffer(frame, "<i2").astype(np.float64)
    return float(samples @ samples)


def main() -> None:
    """Print both."""
    argparse.ArgumentParser(prog="python -m benchmarks.echo").parse_args()
    for cancel in (True, False):
        one = asyncio.run(measured(cancel=cancel))
        print(
            f"{'AEC3' if cancel else 'none'}: ERLE {one.erle_db:.0f} dB (goal 30), "
            f"false starts on echo alone {one.false_starts} (goal 0), "
            f"second voice heard {one.near_heard:.0%} (goal 80 %)"
        )


if __name__ == "__main__":
    main()
