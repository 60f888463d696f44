"""A doctor's numbers about a card of which they are known."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from benchmarks.echo import echoing
from tests.devices.card import missing

pytestmark = [
    pytest.mark.device,
    pytest.mark.skipif(missing() is not None, reason=str(missing())),
]


def run(home: Path, *arguments: str, **environ: str) -> tuple[int, dict[str, Any], str]:
    """Exit code, the checks by name, and what stood on stderr."""
    done = subprocess.run(
        [sys.executable, "-m", "realtime_chat", *arguments, "--json"],
        env={**os.environ, "REALTIME_CHAT_DATA_DIR": str(home), **environ},
        capture_output=True,
        timeout=60,
        check=False,
    )
    checks = {check["name"]: check for check in json.loads(done.stdout)["checks"]}
    return done.returncode, checks, done.stderr.decode()


def test_on_a_laptop_delay_and_echo_reduction_are_measured(tmp_path: Path) -> None:
    with echoing():
        code, checks, told = run(tmp_path, "doctor", "--sound")
    assert code == 0
    assert {checks[name]["verdict"] for name in ("sound server", "speaker", "microphone", "echo")} == {"ok"}
    assert checks["microphone"]["measured"]["rate_hz"] == 24_000
    assert 60 <= checks["echo"]["measured"]["delay_ms"] <= 400
    assert checks["sound in time"]["measured"]["seconds"] >= 5
    assert "ALSA" not in told


@pytest.mark.skipif(
    "not __import__('importlib.util').util.find_spec('livekit')", reason="the aec extra is missing"
)
def test_the_canceller_takes_out_most_of_the_echo(tmp_path: Path) -> None:
    reductions: list[float] = []  # a busy machine disturbs one try, not three
    with echoing():
        while max(reductions, default=0.0) < 20 and len(reductions) < 3:
            _, checks, _ = run(tmp_path, "devices", "test")
            reductions.append(checks["echo reduction"]["measured"]["reduction_db"])
    assert max(reductions) >= 20


def test_a_microphone_that_gives_digital_silence_fails_when_there_was_sound(tmp_path: Path) -> None:
    code, checks, _ = run(tmp_path, "doctor", "--sound", PULSE_LATENCY_MSEC="60")
    assert code == 1
    assert checks["microphone"]["verdict"] == "failed"
    assert "digital silence" in checks["microphone"]["detail"]
    assert checks["PULSE_LATENCY_MSEC"]["cure"] == "unset it"


def test_without_sound_the_devices_are_opened_and_silence_is_no_failure(tmp_path: Path) -> None:
    code, checks, _ = run(tmp_path, "doctor")
    assert code == 0
    assert checks["speaker"]["verdict"] == "ok"
    assert checks["microphone"]["verdict"] == "note"


def test_a_device_that_is_not_there_is_a_failed_check(tmp_path: Path) -> None:
    code, checks, _ = run(tmp_path, "doctor", "--input-device", "no such thing")
    assert code == 1
    assert "'no such thing' is no input device" in checks["sound"]["detail"]
