"""The whole road, nothing stood in for: the program, its embedded server, speech in and out, tools, the log."""

import json
import os
import subprocess
import sys
import wave
from pathlib import Path
from typing import Any

import pytest

from realtime_chat.audio.resample import resampled
from realtime_chat.local.engines.tts.espeak import EspeakSpeech

CANARY = "sk-canary-7d1f"


def program(home: Path, *arguments: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    environ = {name: value for name, value in os.environ.items() if not name.startswith("OPENAI_")}
    environ |= {"REALTIME_CHAT_DATA_DIR": str(home / "data"), "XDG_CONFIG_HOME": str(home / "config")}
    command = [sys.executable, "-m", "realtime_chat", *arguments]
    return subprocess.run(command, env=environ, input=stdin, capture_output=True, timeout=50, check=False)


def value(run: subprocess.CompletedProcess[bytes]) -> dict[str, Any]:
    """The exactly one JSON value on stdout (P26, C20)."""
    assert run.returncode == 0, run.stderr.decode()
    return json.loads(run.stdout)


def spoken(file: Path, text: str, rate: int = 24_000) -> Path:
    pcm = b"".join(chunk.pcm for chunk in EspeakSpeech().synthesize(text, voice=None, speed=1.0))
    with wave.open(str(file), "wb") as out:
        out.setparams((1, 2, rate, 0, "NONE", ""))
        out.writeframes(resampled(pcm, 24_000, rate) if rate != 24_000 else pcm)
    return file


def test_a_typed_question_is_answered_by_a_tool_as_one_json_value(tmp_path: Path) -> None:
    answer = value(program(tmp_path, "text", "what is twelve times seven", "--json"))
    assert (answer["ok"], answer["status"], answer["provider"]) == (True, "completed", "local")
    assert "84" in answer["text"]
    assert [call["name"] for call in answer["tool_calls"]] == ["calculate"]
    assert answer["usage"]["total"] > 0
    assert answer["error"] is None


def test_a_new_process_goes_on_with_the_same_history_and_seq(tmp_path: Path) -> None:
    first = value(program(tmp_path, "text", "what is two plus two", "--json"))
    session_id = first["session_id"]
    again = value(program(tmp_path, "resume", session_id, "what did I ask before", "--json"))
    assert again["session_id"] == session_id  # C19
    assert "what is two plus two" in again["text"]
    shown = value(program(tmp_path, "sessions", "show", session_id, "--json"))
    assert [item["kind"] for item in shown["items"]] == ["user", "tool", "assistant", "user", "assistant"]
    log = (tmp_path / "data" / "sessions" / f"{session_id}.jsonl").read_text(encoding="utf-8")
    assert [json.loads(line)["seq"] for line in log.splitlines()[1:]] == list(
        range(shown["last_seq"] + 1)
    )  # C16


@pytest.mark.parametrize("rate", [16_000, 24_000, 44_100])
def test_a_spoken_question_is_answered_aloud(tmp_path: Path, rate: int) -> None:
    question = spoken(tmp_path / "q.wav", "what can you do", rate)
    answer = value(
        program(tmp_path, "talk", "--in", str(question), "--out", str(tmp_path / "a.wav"), "--json")
    )
    assert answer["status"] == "completed"
    assert answer["text"]
    assert "did not understand" not in answer["text"]
    with wave.open(str(tmp_path / "a.wav")) as sound:
        assert sound.getnframes() > 24_000


def test_speech_outside_the_grammar_is_not_acted_upon(tmp_path: Path) -> None:
    question = spoken(tmp_path / "q.wav", "the weather was terrible last week in the mountains")
    answer = value(program(tmp_path, "talk", "--in", str(question), "--json"))
    assert answer["tool_calls"] == []
    assert answer["text"].startswith("I did not understand")


def test_events_are_lines_of_the_logs_schema(tmp_path: Path) -> None:
    run = program(tmp_path, "text", "hello", "--events")
    lines = [json.loads(line) for line in run.stdout.splitlines()]
    assert {"id", "session_id", "seq", "ts", "type", "data"} == set(lines[0])  # P11
    assert lines[-1]["type"] in ("turn_completed", "turn_phase_changed", "state_changed")


def test_plain_mode_takes_one_turn_a_line(tmp_path: Path) -> None:
    run = program(tmp_path, "text", "--plain", stdin=b"what is 1 plus 1\nwhat is 2 plus 3\n")
    assert run.returncode == 0
    assert [line[-2:] for line in run.stdout.decode().splitlines()] == ["2.", "5."]
    assert b"\x1b" not in run.stdout + run.stderr


def test_a_reader_that_goes_away_is_no_failure(tmp_path: Path) -> None:
    run = subprocess.run(
        f"{sys.executable} -m realtime_chat text hello --events -q | head -1",
        shell=True,
        env={**os.environ, "REALTIME_CHAT_DATA_DIR": str(tmp_path / "data")},
        capture_output=True,
        timeout=50,
        check=False,
    )
    assert len(run.stdout.splitlines()) == 1
    assert b"Traceback" not in run.stderr


def test_a_key_is_found_in_nothing_that_is_written(tmp_path: Path) -> None:
    environ = {**os.environ, "REALTIME_CHAT_DATA_DIR": str(tmp_path / "data"), "OPENAI_API_KEY": CANARY}
    command = [
        sys.executable,
        "-m",
        "realtime_chat",
        "text",
        "hello",
        "--json",
        "--provider",
        "local",
        "--debug",
    ]
    run = subprocess.run(command, env=environ, capture_output=True, timeout=50, check=False)
    written = b"".join(file.read_bytes() for file in tmp_path.rglob("*") if file.is_file())
    assert run.returncode == 0
    assert CANARY.encode() not in written + run.stdout + run.stderr


def test_a_session_that_is_open_elsewhere_is_refused_with_5(tmp_path: Path) -> None:
    session_id = value(program(tmp_path, "text", "hello", "--json"))["session_id"]
    environ = {**os.environ, "REALTIME_CHAT_DATA_DIR": str(tmp_path / "data")}
    command = [sys.executable, "-m", "realtime_chat", "resume", session_id, "--plain"]
    with subprocess.Popen(command, env=environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdin is not None
        assert holder.stdout is not None
        holder.stdin.write(b"what is 1 plus 1\n")
        holder.stdin.flush()
        assert holder.stdout.readline()
        second = program(tmp_path, "resume", session_id, "hello", "--json")
        holder.stdin.close()
        holder.stdout.read()
    assert second.returncode == 5  # P24, C12
    assert json.loads(second.stdout)["error"]["kind"] == "session_writer_active"
