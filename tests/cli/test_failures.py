"""Bad input meets one clear line on stderr, nothing on stdout, and the exit code of the contract (P26, P27, C20)."""

import json
import socket
import sys
from io import BytesIO, TextIOWrapper
from pathlib import Path

import pytest

from realtime_chat.cli.main import run


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Nobody's own settings, sessions or keys."""
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "REALTIME_CHAT_CONFIG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("REALTIME_CHAT_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


def fails(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    """The exit code and the one line of a failing run."""
    code = run(list(arguments))
    out, err = capsys.readouterr()
    assert out == ""
    assert "Traceback" not in err
    told = err.strip().splitlines()
    assert len(told) == 1, err
    assert told[0].startswith("error: ")
    return code, told[0]


def test_an_unknown_provider_is_named_with_those_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    code, line = fails(capsys, "text", "hi", "--provider", "nope")  # P27
    assert code == 2
    assert all(name in line for name in ("openai", "azure", "gemini", "ollama", "local"))


@pytest.mark.parametrize(
    "way",
    [
        ("--provider", "openai"),
        ("--provider", "gemini"),
        ("--provider", "azure", "--model", "mine"),
        ("--transport", "stateless", "--model", "m"),
        ("--transport", "stateless", "--provider", "azure", "--model", "mine"),
    ],
)
def test_an_address_that_cannot_be_read_is_told_by_every_provider(
    capsys: pytest.CaptureFixture[str], way: tuple[str, ...]
) -> None:
    code, line = fails(capsys, "text", "hi", "--url", "http://[::1", *way)
    assert code == 2
    assert "The URL cannot be read" in line


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (("--speed", "9"), "Invalid value for '--speed': Input should be less than or equal to 1.5."),
        (("--reasoning", "lots"), "Invalid value for '--reasoning': 'lots' is not one of 'minimal'"),
    ],
)
def test_a_value_that_a_flag_does_not_take_is_told_with_the_flag(
    capsys: pytest.CaptureFixture[str], wrong: tuple[str, ...], told: str
) -> None:
    code, line = fails(capsys, "text", "hi", *wrong)
    assert code == 2
    assert told in line


@pytest.mark.parametrize("begun", [(), ("sessions",)])
def test_a_line_that_ends_before_a_command_is_answered_with_the_help_once(
    capsys: pytest.CaptureFixture[str], begun: tuple[str, ...]
) -> None:
    assert run([*begun]) == 2
    out, err = capsys.readouterr()
    assert (out + err).count("Usage:") == 1


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (("sessions", "serach"), "Did you mean 'search'? `"),
        (("sessions", "show"), " sessions show --help` shows what there is."),
    ],
)
def test_a_line_that_cannot_be_read_is_told_with_the_help_of_its_own_command(
    capsys: pytest.CaptureFixture[str], wrong: tuple[str, ...], told: str
) -> None:
    code, line = fails(capsys, *wrong)
    assert code == 2
    assert told in line


def test_an_answer_to_nothing_is_refused_with_the_ways_to_ask(capsys: pytest.CaptureFixture[str]) -> None:
    code, line = fails(capsys, "talk", "--out", "answer.wav")
    assert code == 2
    assert line.endswith("--out needs a question: --in FILE, or `resume SESSION PROMPT`.")


def test_a_path_as_session_id_is_refused_without_being_echoed(
    capsys: pytest.CaptureFixture[str], home: Path
) -> None:
    code, line = fails(capsys, "resume", "../secret", "hi")  # P25, C13
    assert code == 2
    assert "secret" not in line
    assert not (home / "data" / "secret").exists()
    assert not (home / "secret").exists()


def test_an_unknown_session_is_not_found(capsys: pytest.CaptureFixture[str]) -> None:
    code, line = fails(capsys, "resume", "20260101T000000-abcdef", "hi")  # P3, P27, C13
    assert code == 2
    assert "20260101T000000-abcdef" in line


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("missing.wav", None, "There is no file"),
        ("empty.wav", b"", "is empty"),
        ("text.wav", b"hello, this is no sound at all", "not a WAV file"),
        ("cut.wav", b"RIFF\x24\x00\x00\x00WAVE", "ends within its header"),
    ],
)
def test_a_file_that_is_no_recording_is_told_by_name(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, name: str, content: bytes | None, words: str
) -> None:
    file = tmp_path / name
    if content is not None:
        file.write_bytes(content)
    code, line = fails(capsys, "talk", "--in", str(file))
    assert code == 1
    assert words in line
    assert name in line


def test_an_unknown_setting_is_told_with_the_nearest_one(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = tmp_path / "config.toml"
    file.write_text('[turns]\ndetecton = "vad"\n', encoding="utf-8")
    code, line = fails(capsys, "text", "hi", "--config", str(file))
    assert code == 2
    assert "turns.detecton" in line
    assert "Did you mean detection?" in line


def test_a_refused_connection_leaves_no_session_behind(
    capsys: pytest.CaptureFixture[str], home: Path
) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    code, line = fails(capsys, "text", "hi", "--url", f"ws://127.0.0.1:{port}/v1")
    assert code == 1
    assert f"127.0.0.1:{port}" in line
    assert [file for file in (home / "data" / "sessions").iterdir() if file.suffix == ".jsonl"] == []


def test_a_service_elsewhere_needs_a_key_before_any_socket(capsys: pytest.CaptureFixture[str]) -> None:
    code, line = fails(capsys, "text", "hi", "--provider", "openai")  # M30
    assert code == 2
    assert "OPENAI_API_KEY" in line


def test_stdin_that_is_not_utf8_is_refused(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", TextIOWrapper(BytesIO(b"\xff\xfehello")))
    code, line = fails(capsys, "text", "-")
    assert code == 2
    assert "UTF-8" in line


def test_json_and_events_exclude_each_other(capsys: pytest.CaptureFixture[str]) -> None:
    code = run(["text", "hi", "--json", "--events"])
    out, _ = capsys.readouterr()
    assert code == 2
    value = json.loads(out)  # P26: exactly one JSON value, also for a failure
    assert value["ok"] is False
    assert value["error"]["kind"] == "invalid_args"


def test_a_data_folder_that_cannot_be_used_is_told(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    code, line = fails(capsys, "text", "hi", "--data-dir", str(tmp_path / "file" / "data"))
    assert code == 2
    assert "--data-dir" in line


@pytest.mark.parametrize("arguments", [["nonsense"], ["text", "--foo"], ["serve", "--port", "99999999"]])
def test_a_command_line_that_cannot_be_read_exits_2(
    capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    code, line = fails(capsys, *arguments)
    assert code == 2
    assert "--help" in line
