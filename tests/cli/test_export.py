"""`sessions export`: a session as a page, as a value, as sound; nothing is written over unasked."""

import json
import stat
import wave
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest

from realtime_chat.audio.recording import TalkRecording
from realtime_chat.audio.wav import header
from realtime_chat.cli.main import run
from realtime_chat.core import events as ev
from realtime_chat.core.clock import VirtualClock
from realtime_chat.core.store.directory import SessionStore
from tests.audio.kit import level
from tests.cli.program import program, value
from tests.core.stories import said, spoken

SESSION = "20260101T090000-abcdef"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Nobody's own settings and sessions."""
    monkeypatch.delenv("REALTIME_CHAT_CONFIG", raising=False)
    monkeypatch.setenv("REALTIME_CHAT_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def session(home: Path, recordings: Iterable[ev.Event] = (), *, session_id: str = SESSION) -> str:
    """A short talk on disk; its id."""
    held = SessionStore(home / "data" / "sessions", VirtualClock()).open(session_id)
    for event in (ev.SessionStarted(mode="voice"), *recordings, *spoken("t1", "hello"), said("t1", "Hi.")):
        held.log.append(event)
    held.close()
    return session_id


def recorded(file: Path, heard: int, played: int) -> ev.Event:
    """20 ms of a talk, each side of one value."""
    recording = TalkRecording(str(file), VirtualClock())
    event = recording.begin()
    recording.played(level(20, played), -0.02)
    recording.heard(level(20, heard))
    recording.close()
    return event


def sides(file: Path) -> tuple[list[int], list[int]]:
    """The first sample of each 20 ms, left and right."""
    with wave.open(str(file)) as sound:
        assert (sound.getnchannels(), sound.getframerate(), sound.getsampwidth()) == (2, 24_000, 2)
        both = np.frombuffer(sound.readframes(sound.getnframes()), "<i2").reshape(-1, 2)[::480]
    return both[:, 0].tolist(), both[:, 1].tolist()


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    """The exit code and the one line of a run that wrote nothing."""
    code = run(["sessions", "export", *arguments])
    out, err = capsys.readouterr()
    assert out == ""
    assert len(err.splitlines()) == 1
    return code, err


async def test_a_real_session_is_exported_as_a_page_and_as_the_value_that_show_gives(home: Path) -> None:
    session_id = value(await program(home, "text", "what is twelve times seven", "--json"))["session_id"]
    exported = await program(home, "sessions", "export", session_id[:-3])
    assert exported.code == 0
    page = exported.out.decode()
    assert page.startswith("# what is twelve times seven\n")
    assert "calculate" in page
    assert "84" in page
    shown = value(await program(home, "sessions", "show", session_id, "--json"))
    assert value(await program(home, "sessions", "export", session_id, "--format", "json")) == shown
    assert shown["recordings"] == []


def test_the_page_goes_into_a_file_of_ones_own(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    session(home)
    assert run(["sessions", "export", SESSION]) == 0
    page = capsys.readouterr().out
    assert run(["sessions", "export", SESSION, "--out", "talk.md"]) == 0
    assert capsys.readouterr().out == ""
    assert (home / "talk.md").read_text(encoding="utf-8") == page
    assert stat.S_IMODE((home / "talk.md").stat().st_mode) == 0o600
    assert run(["sessions", "export", SESSION, "--out", "-"]) == 0
    assert capsys.readouterr().out == page


def test_recordings_come_one_after_the_other_as_one_file(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    events = [recorded(home / "one.wav", 100, 200), recorded(home / "two.wav", 300, 400)]
    session(home, events)
    assert run(["sessions", "export", SESSION, "--audio", "all.wav"]) == 0
    out, err = capsys.readouterr()
    assert (out, err) == ("", "Wrote 0:00 of sound to all.wav.\n")
    assert sides(home / "all.wav") == ([100, 300], [200, 400])
    assert (home / "all.wav").read_bytes()[:44] == header(2 * 480 * 4, 2)
    assert stat.S_IMODE((home / "all.wav").stat().st_mode) == 0o600


def test_sound_and_text_come_together_when_both_are_asked_for(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    session(home, [recorded(home / "one.wav", 100, 200)])
    assert run(["sessions", "export", SESSION, "--audio", "all.wav", "--format", "json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert [one["path"] for one in shown["recordings"]] == [str(home / "one.wav")]
    assert sides(home / "all.wav") == ([100], [200])


def test_a_recording_whose_writer_was_killed_is_read_as_far_as_it_goes(home: Path) -> None:
    session(home, [recorded(home / "one.wav", 100, 200)])
    data = (home / "one.wav").read_bytes()[44:]
    for size in (0, 10**6):  # what a header says that was not corrected any more, or a file that was cut
        (home / "one.wav").write_bytes(header(size, 2) + data * 2 + b"\x01")
        assert run(["sessions", "export", SESSION, "--audio", "all.wav", "--force"]) == 0
        assert sides(home / "all.wav") == ([100, 100], [200, 200])


def test_a_place_that_was_recorded_to_twice_is_exported_once(home: Path) -> None:
    first = recorded(home / "one.wav", 1, 2)
    (home / "one.wav").unlink()
    session(home, [first, recorded(home / "one.wav", 100, 200)])
    assert run(["sessions", "export", SESSION, "--audio", "all.wav"]) == 0
    assert sides(home / "all.wav") == ([100], [200])


def test_a_recording_that_is_gone_is_named(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    events = [recorded(home / "one.wav", 1, 2), recorded(home / "two.wav", 1, 2)]
    session(home, events)
    (home / "two.wav").unlink()
    code, line = refused(capsys, SESSION, "--audio", "all.wav")
    assert code == 2
    assert f"{home / 'two.wav'} is gone" in line
    assert not (home / "all.wav").exists()


@pytest.mark.parametrize("content", [b"no sound at all", header(4) + bytes(4)], ids=["text", "mono"])
def test_a_recording_that_became_something_else_is_refused(
    home: Path, capsys: pytest.CaptureFixture[str], content: bytes
) -> None:
    session(home, [recorded(home / "one.wav", 1, 2)])
    (home / "one.wav").write_bytes(content)
    code, line = refused(capsys, SESSION, "--audio", "all.wav")
    assert code == 1
    assert str(home / "one.wav") in line
    assert not (home / "all.wav").exists()


def test_a_session_without_a_recording_says_how_to_get_one(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    session(home)
    code, line = refused(capsys, SESSION, "--audio", "all.wav")
    assert code == 2
    assert "--record" in line
    assert not (home / "all.wav").exists()


@pytest.mark.parametrize("flag", ["--out", "--audio"])
def test_a_file_that_is_there_is_written_over_by_force_only(
    home: Path, capsys: pytest.CaptureFixture[str], flag: str
) -> None:
    session(home, [recorded(home / "one.wav", 1, 2)])
    (home / "there").write_bytes(b"precious")
    code, line = refused(capsys, SESSION, flag, "there")
    assert (code, (home / "there").read_bytes()) == (2, b"precious")
    assert "--force" in line
    assert run(["sessions", "export", SESSION, flag, "there", "--force"]) == 0
    assert (home / "there").read_bytes() != b"precious"


@pytest.mark.parametrize("flag", ["--out", "--audio"])
def test_not_even_force_writes_over_a_recording_of_the_session(
    home: Path, capsys: pytest.CaptureFixture[str], flag: str
) -> None:
    session(home, [recorded(home / "one.wav", 1, 2)])
    before = (home / "one.wav").read_bytes()
    (home / "link").symlink_to(home / "one.wav")
    for name in ("one.wav", "link"):
        code, line = refused(capsys, SESSION, flag, name, "--force")
        assert code == 2
        assert "is a recording of this session itself" in line
    assert (home / "one.wav").read_bytes() == before


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["20260101T090000-999999"], "There is no session"),
        (["2026"], "2 sessions begin with that"),
        (["../x"], "not a session id"),
        ([SESSION, "--audio", "-"], "needs the name of a file"),
        ([SESSION, "--audio", "a", "--out", "./a"], "name two"),
        ([SESSION, "--out", "no/folder/talk.md"], "cannot be written"),
        ([SESSION, "--format", "pdf"], "'md', 'json'"),
    ],
)
def test_what_cannot_be_exported_is_said_in_one_line(
    home: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], words: str
) -> None:
    session(home, [recorded(home / "one.wav", 1, 2)])  # P25, P27
    session(home, session_id="20260102T090000-abcdef")
    assert run(["sessions", "list"]) == 0  # what is looked up is indexed
    capsys.readouterr()
    before = sorted(home.rglob("*"))
    code, line = refused(capsys, *arguments)
    assert code == 2
    assert words in line
    assert sorted(home.rglob("*")) == before


def test_an_export_leaves_the_projection_of_that_moment_beside_the_log(home: Path) -> None:
    session(home)  # T13
    assert run(["sessions", "export", SESSION, "--out", "talk.md"]) == 0
    saved = SessionStore(home / "data" / "sessions", VirtualClock()).saved_snapshot(SESSION)
    assert saved is not None
    assert [item["text"] for item in saved.conversation_items] == ["hello", "Hi."]


def test_a_disk_that_is_full_is_told_and_nothing_half_is_left(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("no full device on this system")
    session(home)
    code, line = refused(capsys, SESSION, "--out", str(full), "--force")
    assert code == 2
    assert "cannot be written" in line
    assert full.exists()
