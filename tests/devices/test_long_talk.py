"""A talk that goes on: nothing drifts, nothing grows, and it costs no more than its parts.

Two minutes of it with every change; thirty in `make soak`.
"""

import os
import statistics
import subprocess
import sys
import time
import wave
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from benchmarks import floors
from realtime_chat.audio.overlay import COARSE, coarse, overlay, sharpness
from realtime_chat.core.pcm import RATE, pcm_bytes
from tests.devices.card import Listener, missing, say
from tests.devices.terminal import Terminal
from tests.devices.test_talk import completed, words
from tests.local.engines import voices

pytestmark = [
    pytest.mark.device,
    pytest.mark.skipif(missing() is not None, reason=str(missing())),
]
QUESTIONS = ("what time is it", "what is the date today", "what is twelve times seven", "list the files")
#: Before the first look at memory: what a talk needs once has been loaded.
WARM_S = 45
#: Of a sound that is looked for again in another recording.
PIECE_MS = 1500
#: It is looked for so much earlier and later than it should be; the first one this long after its own place.
AROUND_MS = 2000
FIRST_LAG_MS = 10_000
#: Answers at each end of a talk.
ENDS = 5
#: Its peak by the effective value of all places.
SHARP = 16
#: More than a heap moves by itself.
GROWTH_MB = 12


@dataclass
class Process:
    """Of the program, or of its server."""

    pid: int

    @property
    def cpu_s(self) -> float:
        fields = Path(f"/proc/{self.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    @property
    def memory_mb(self) -> float:
        pages = int(Path(f"/proc/{self.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def running(words: str, parent: Process | None = None) -> Process:
    """The process with this in its command line; other talks may go on beside it."""
    of = ["-P", str(parent.pid)] if parent is not None else []
    found = subprocess.run(["pgrep", *of, "-f", "--", words], capture_output=True, text=True, check=True)
    pids = [int(pid) for pid in found.stdout.split()]
    return next(Process(pid) for pid in pids if "python" in Path(f"/proc/{pid}/comm").read_text())


@dataclass
class LongTalk:
    """What was seen of it."""

    asked: list[str] = field(default_factory=list[str])
    unheard: list[str] = field(default_factory=list[str])  # nothing came of them
    understood: list[str] = field(default_factory=list[str])
    completed: int = 0
    answer_delays_s: list[float] = field(default_factory=list[float])
    memory_mb: list[tuple[float, float]] = field(
        default_factory=list[tuple[float, float]]
    )  # ours, the server's
    cpu_percent: float = 0.0
    recorded: bytes = b""  # the assistant's side of --record
    monitored: bytes = b""  # what the speaker played meanwhile
    monitor_drift_ms: float = 0.0  # of the one who listened, against the clock

    @property
    def drift_ms(self) -> float:
        """Of the recording, against what was played, by the clock."""
        return drift_ms(self.recorded, self.monitored) - self.monitor_drift_ms

    @property
    def growth_mb(self) -> tuple[float, float]:
        """Of ours and the server's: a heap breathes by some MB, so that one look says little."""
        third = max(1, len(self.memory_mb) // 3)
        ours, server = (
            statistics.median(later) - statistics.median(before)
            for before, later in zip(
                zip(*self.memory_mb[:third], strict=True),
                zip(*self.memory_mb[-third:], strict=True),
                strict=True,
            )
        )
        return ours, server


def talked(seconds: float, folder: Path) -> LongTalk:
    """Ask and be answered, again and again."""
    seen = LongTalk()
    command = f"{sys.executable} -m realtime_chat talk --vad --record {folder}/talk.wav"
    with Listener() as listener, Terminal(command, folder, lines=60) as terminal:
        terminal.shows("listening")
        ours = running(f"talk --vad --record {folder}")
        server = running("realtime_chat.local.program", ours)
        began, cpu = time.monotonic(), ours.cpu_s
        while (now := time.monotonic() - began) < seconds:
            _ask(seen, terminal, listener, folder)
            if now > min(WARM_S, seconds / 2):
                seen.memory_mb.append((ours.memory_mb, server.memory_mb))
        seen.cpu_percent = 100 * (ours.cpu_s - cpu) / (time.monotonic() - began)
        seen.understood, seen.completed = words(folder), completed(folder)
        terminal.press("C-d")
        terminal.shows("EXIT 0")
        seen.monitored = listener.stop()
        seen.monitor_drift_ms = listener.own_drift_ms
    with wave.open(f"{folder}/talk.wav") as sound:
        both = np.frombuffer(sound.readframes(sound.getnframes()), "<i2").reshape(-1, 2)
    seen.recorded = both[:, 1].tobytes()
    return seen


def _ask(seen: LongTalk, terminal: Terminal, listener: Listener, folder: Path) -> None:
    question = QUESTIONS[len(seen.asked) % len(QUESTIONS)]
    seen.asked.append(question)
    say(voices.say(question), folder)
    asked_at = time.monotonic()
    heard = len(listener.heard)
    try:
        terminal.until(lambda: any(listener.heard[heard:]), within_s=15)
    except AssertionError:  # one says it again
        seen.unheard.append(seen.asked.pop())
        return
    seen.answer_delays_s.append(time.monotonic() - asked_at)
    terminal.until(lambda: completed(folder) == len(seen.asked), within_s=40)


def drift_ms(one: bytes, other: bytes) -> float:
    """How much later than at its beginning a sound is at its end in the other recording.

    By the middle one of several answers at each end: one during which the machine stood still has a gap in it, of
    which there is no saying to which part it belongs, and the next is in its place again.
    """
    begun = _beginnings(one)
    early = _lag_ms(one, other, begun[0], around_ms=(0, FIRST_LAG_MS))
    around = (early - AROUND_MS, early + AROUND_MS)
    lags = [_lag_ms(one, other, at, around_ms=around) for at in (*begun[:ENDS], *begun[-ENDS:])]
    return statistics.median(lags[-ENDS:]) - statistics.median(lags[:ENDS])


def _beginnings(pcm: bytes) -> list[int]:
    """The sample with which each answer begins: after a second of quiet."""
    loud = np.flatnonzero(np.abs(np.frombuffer(pcm, "<i2")) > 1000)
    return [int(loud[0]), *loud[1:][np.diff(loud) > RATE].tolist()]


def _lag_ms(one: bytes, other: bytes, at: int, *, around_ms: tuple[float, float]) -> float:
    """Where the piece from sample `at` on is in the other recording, after its own place."""
    first, last = (max(0, at + int(RATE * ms / 1000)) for ms in around_ms)
    piece = one[2 * at : 2 * at + pcm_bytes(PIECE_MS)]
    span = other[2 * first : 2 * last + len(piece)]
    fits = overlay(coarse(piece), coarse(span))[: (last - first) // COARSE]
    assert sharpness(fits) > SHARP, "the sound is not in the other recording"
    return (first + int(fits.argmax()) * COARSE - at) * 1000 / RATE


def holds(seen: LongTalk) -> None:
    """What is true of a talk of any length."""
    assert len(seen.understood) == seen.completed == len(seen.asked)
    right = sum(heard == asked for heard, asked in zip(seen.understood, seen.asked, strict=True))
    # The offline recogniser promises nine of ten.
    assert len(seen.unheard) <= 1 + len(seen.asked) // 100, seen.unheard
    assert right >= len(seen.asked) * 0.9 - 1, list(zip(seen.asked, seen.understood, strict=True))
    assert abs(seen.drift_ms) <= 20, seen.monitor_drift_ms
    assert max(seen.growth_mb) < GROWTH_MB
    third = len(seen.asked) // 3
    first, last = seen.answer_delays_s[:third], seen.answer_delays_s[-third:]
    assert (
        statistics.median(last) - statistics.median(first) < 0.5
    )  # a queue that grew would make answers late


@pytest.mark.timeout(300)
def test_two_minutes_of_talk_neither_drift_nor_grow(tmp_path: Path) -> None:
    holds(talked(120, tmp_path))


@pytest.mark.soak
@pytest.mark.timeout(2400)
def test_thirty_minutes_of_talk_neither_drift_nor_grow_nor_cost_more_than_their_parts(tmp_path: Path) -> None:
    before = floors.measured(15)
    seen = talked(1800, tmp_path)
    after = floors.measured(15)
    floor = (sum(before.values()) + sum(after.values())) / 2
    print(
        f"CPU {seen.cpu_percent:.1f} %, the parts {floor:.1f} % {before} {after}; grown by {seen.growth_mb} MB"
    )
    print(
        f"{len(seen.asked)} turns, {len(seen.unheard)} unheard, drift {seen.drift_ms:.1f} ms "
        f"(the monitor's own: {seen.monitor_drift_ms:.1f} ms)"
    )
    holds(seen)
    assert seen.cpu_percent <= 1.3 * floor
