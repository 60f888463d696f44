"""`--record`: the session's log knows where its sound is; what cannot be recorded is said before the talk."""

import asyncio
import subprocess
import sys
import wave
from pathlib import Path

import numpy as np
import pytest

from realtime_chat.audio.recording import TalkRecording
from realtime_chat.cli.compose import composed
from realtime_chat.cli.flags import Flags
from realtime_chat.cli.main import run
from realtime_chat.cli.settings import load
from realtime_chat.core.clock import SystemClock, VirtualClock
from realtime_chat.core.conversation import Conversation
from realtime_chat.core.errors import InvalidArguments, TransportError
from realtime_chat.core.folding import fold
from realtime_chat.core.options import SessionOptions
from realtime_chat.core.pcm import FRAME_BYTES
from realtime_chat.core.ports import Recording
from realtime_chat.core.setup import SessionSetup
from realtime_chat.core.store.directory import SessionStore
from realtime_chat.core.supervisor import Supervisor
from realtime_chat.core.transports.scripted import Script, ScriptedTransport, drop
from realtime_chat.core.virtual_audio import VirtualSource
from tests.audio.kit import level
from tests.cli.tui.stage import OPENING

WITHOUT_PORTAUDIO = """
import ctypes.util, sys
ctypes.util.find_library = lambda name: None
from realtime_chat.cli.sound import Wishes, open_sound
from realtime_chat.core.clock import SystemClock
sound = open_sound(SystemClock(), Wishes(record=sys.argv[1]))
print(sound.recording, sound.note)
"""


def setup(
    recording: Recording, *, source: VirtualSource | None = None, script: Script = OPENING
) -> SessionSetup:
    options = SessionOptions(turn_detection="none")
    transport = ScriptedTransport(script)
    return SessionSetup(
        transport=lambda: transport, options=options, mode="voice", source=source, recording=recording
    )


def sound(path: Path) -> tuple[int, int]:
    """Milliseconds, and the loudest sample of the assistant."""
    with wave.open(str(path)) as file:
        both = np.frombuffer(file.readframes(file.getnframes()), "<i2").reshape(-1, 2)
    return len(both) // 24, int(both[:, 1].max())


async def talked(folder: Path, session_id: str | None, file: Path, *, microphone: bool = True) -> str:
    """One process of a talk in which each side sounds for 20 ms; the session's id."""
    clock = VirtualClock()
    async with asyncio.timeout(5), Supervisor(SessionStore(folder, clock), clock) as supervisor:
        source = VirtualSource()
        recording = TalkRecording(str(file), VirtualClock())
        ports = setup(recording, source=source if microphone else None)
        session_id = await Conversation(supervisor).start(ports, session_id)
        recording.played(level(20, 500), -0.02)
        source.push(bytes(FRAME_BYTES))
        await clock.advance(1)
        return session_id


async def test_the_log_tells_where_each_recording_is(tmp_path: Path) -> None:
    first, second = tmp_path / "one.wav", tmp_path / "two.wav"
    session_id = await talked(tmp_path / "data", None, first)
    await talked(tmp_path / "data", session_id, second)
    envelopes = list(SessionStore(tmp_path / "data", VirtualClock()).read(session_id))
    assert [one.type for one in envelopes] == [
        *("session_started", "recording_started", "session_closed"),
        *("session_resumed", "recording_started", "session_closed"),
    ]
    assert [one.path for one in fold(envelopes).recordings] == [str(first), str(second)]
    assert sound(first) == sound(second) == (20, 500)


async def test_without_a_microphone_the_answers_are_recorded_all_the_same(tmp_path: Path) -> None:
    await talked(tmp_path / "data", None, tmp_path / "talk.wav", microphone=False)
    assert sound(tmp_path / "talk.wav") == (20, 500)


async def test_a_talk_that_never_connects_leaves_no_recording(tmp_path: Path) -> None:
    file, clock = tmp_path / "talk.wav", VirtualClock()
    async with asyncio.timeout(5), Supervisor(SessionStore(tmp_path / "data", clock), clock) as supervisor:
        with pytest.raises(TransportError):
            await Conversation(supervisor).start(
                setup(TalkRecording(str(file), VirtualClock()), script=[drop()]), None
            )
    assert not file.exists()
    assert list((tmp_path / "data").glob("*.jsonl")) == []


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the wheel brings PortAudio")
def test_where_there_is_no_sound_the_screen_says_that_nothing_is_recorded(tmp_path: Path) -> None:
    file = tmp_path / "talk.wav"
    command = [sys.executable, "-c", WITHOUT_PORTAUDIO, str(file)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=True)
    assert done.stdout.startswith("None ")
    assert done.stdout.endswith("Nothing is recorded.\n")
    assert not file.exists()


async def test_a_typed_session_has_nothing_to_record(tmp_path: Path) -> None:
    store = SessionStore(tmp_path / "sessions", SystemClock())
    store.open("one").close()
    flags = Flags(mode=None, session="one", record=str(tmp_path / "talk.wav"), data_dir=tmp_path)
    with pytest.raises(InvalidArguments, match="leave out --record"):
        async with composed(flags, load(None), devices=True):
            pass
    assert not (tmp_path / "talk.wav").exists()


@pytest.mark.parametrize(
    "arguments",
    [["--in", "q.wav", "--out", "a.wav"], ["--plain"], ["--json"]],
    ids=["files", "plain", "json"],
)
def test_a_talk_without_a_screen_says_that_it_cannot_record(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(["talk", *arguments, "--record", "talk.wav"]) == 2
    assert "--record keeps" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
