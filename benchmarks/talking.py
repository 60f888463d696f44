"""CPU of a whole spoken talk, hands-free, with the embedded server, on a virtual sound card: `measure` brings one.

Someone asks every ten seconds and is answered. Ours is the program's process; its server, which is a model's side of
the talk, is another. The floor is the sum of what its parts cost alone, measured before and after.
"""

import json
import os
import statistics
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path

from benchmarks import floors
from benchmarks.echo import spoken
from benchmarks.figures import Figure, NotMeasured
from benchmarks.peers import ROOT, reason
from benchmarks.terminal import Program, temporary_home
from realtime_chat.audio.wav import header

FLOOR = "the sum of its parts"
WINDOW_S = 10.0
QUESTION = "what time is it"


def measure(rounds: int) -> Figure:
    """On a virtual card of its own. Raises NotMeasured where there can be none."""
    script = [str(ROOT / "scripts" / "with-virtual-audio"), sys.executable, "-m", "benchmarks.talking"]
    try:
        done = subprocess.run(
            [*script, str(max(5, rounds))], cwd=ROOT, check=True, capture_output=True, timeout=900
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise NotMeasured(reason(error)) from error
    ours, parts = json.loads(done.stdout)
    return Figure(
        name="CPU while talking",
        unit="%",
        ours=ours,
        beside={FLOOR: sum(parts.values()), **parts},
        floor=FLOOR,
        goal=1.3,
    )


def talked(windows: int) -> float:
    """Percent of a core: the median of so many windows of ten seconds, a question and its answer in each."""
    command = [sys.executable, "-m", "realtime_chat", "talk", "--vad", "--provider", "local"]
    with temporary_home() as home, Program(command, Path(home)) as program:
        program.shown_ms("listening", 60)
        sound = spoken(QUESTION, "en-us")
        file = Path(home) / "question.wav"
        file.write_bytes(header(len(sound)) + sound)
        looks = [program.cpu_s]
        for _ in range(windows + 1):  # what is loaded for the first question is not what a talk costs
            until = time.monotonic() + WINDOW_S
            subprocess.run(["paplay", "-d", "rtc_mic_feed", str(file)], check=True, timeout=20)
            time.sleep(max(0.0, until - time.monotonic()))
            looks.append(program.cpu_s)
    return statistics.median(100 * (later - before) / WINDOW_S for before, later in pairwise(looks[1:]))


def main() -> None:
    """Print both as JSON."""
    if not os.environ.get("PULSE_SERVER", "").endswith("/socket"):
        sys.exit("there is no virtual sound card: scripts/with-virtual-audio brings one")
    before = floors.measured(WINDOW_S)
    ours = talked(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
    after = floors.measured(WINDOW_S)
    print(json.dumps([ours, {part: (before[part] + after[part]) / 2 for part in before}]))


if __name__ == "__main__":
    main()
