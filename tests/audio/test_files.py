"""The answer's WAV and the question's recording, as the session sees them."""

import asyncio
import os
import subprocess
import sys
import wave
from pathlib import Path

import pytest

from realtime_chat.audio.files import FileSink, FileSource, sink_to
from realtime_chat.audio.pcm_stream import PipeSink
from realtime_chat.core.clock import SystemClock, VirtualClock
from realtime_chat.core.errors import AudioUnavailable
from realtime_chat.core.pcm import RATE
from tests.audio.kit import level, wav, written


def samples_in(path: Path) -> bytes:
    with wave.open(str(path)) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (RATE, 1, 2)
        return file.readframes(file.getnframes())


def refusal(name: str) -> str:
    with pytest.raises(AudioUnavailable) as caught:
        FileSink(name)
    assert "\n" not in caught.value.message
    return caught.value.message


async def test_a_question_goes_in_and_comes_out_without_any_device(tmp_path: Path):
    # M29: the portable example; M21
    source = FileSource(written(tmp_path / "q.wav", wav(level(130))), SystemClock(), paced=False)
    sink = FileSink(str(tmp_path / "a.wav"))
    async for frame in source.frames():
        sink.play("a", frame)
    await source.close()
    await sink.close()
    assert samples_in(tmp_path / "a.wav") == level(130)


async def test_the_answer_is_a_whole_wav_after_every_sound(tmp_path: Path):
    path = tmp_path / "a.wav"
    sink = FileSink(str(path))
    for n in range(1, 4):
        sink.play("a", level(20, n))
        assert samples_in(path) == b"".join(level(20, m) for m in range(1, n + 1))
    await sink.close()


def test_a_killed_process_leaves_a_whole_wav(tmp_path: Path):
    path = tmp_path / "a.wav"
    program = (
        "import os, sys\n"
        "from realtime_chat.audio.files import FileSink\n"
        "sink = FileSink(sys.argv[1])\n"
        "sink.play('a', b'\\x01\\x00' * 2400)\n"
        "sink.play('a', b'\\x02\\x00' * 2400)\n"
        "os.kill(os.getpid(), 9)\n"
    )
    subprocess.run([sys.executable, "-c", program, str(path)], check=False, timeout=30)
    assert samples_in(path) == level(100, 1) + level(100, 2)


async def test_an_older_answer_is_kept_until_there_is_a_new_one(tmp_path: Path):
    path = tmp_path / "a.wav"
    written(path, wav(level(500, 7)))
    sink = FileSink(str(path))
    await sink.close()
    assert samples_in(path) == level(500, 7)
    sink = FileSink(str(path))
    sink.play("a", level(20))
    await sink.close()
    assert path.read_bytes() == wav(level(20))


async def test_without_an_answer_no_file_is_left(tmp_path: Path):
    sink = FileSink(str(tmp_path / "a.wav"))
    await sink.close()
    assert os.listdir(tmp_path) == []


def test_a_place_that_cannot_be_written_is_told_at_once(tmp_path: Path):
    assert "make it first" in refusal(str(tmp_path / "missing" / "a.wav"))
    assert "is a folder" in refusal(str(tmp_path))
    assert "cannot be written" in refusal(written(tmp_path / "file", b"") + "/a.wav")
    assert "cannot be a name" in refusal("a\0.wav")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written_is_told_at_once(tmp_path: Path):
    tmp_path.chmod(0o500)
    assert "Permission denied" in refusal(str(tmp_path / "a.wav"))


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no disk that is always full here")
async def test_a_full_disk_is_told_in_one_line(tmp_path: Path):
    sink = FileSink("/dev/full")
    with pytest.raises(AudioUnavailable, match=r"cannot be written on \(No space left"):
        sink.play("a", level(20))
    await sink.close()


async def test_what_is_no_regular_file_gets_the_sound_without_being_rewound(tmp_path: Path):
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    sink = FileSink(str(fifo))
    sink.play("a", level(20, 1))
    sink.play("a", level(20, 2))
    await sink.close()
    content = os.read(reader, 1 << 16)
    os.close(reader)
    assert content[44:] == level(20, 1) + level(20, 2)
    assert fifo.exists()


async def test_a_dash_writes_raw_sound_to_stdout(capfdbinary: pytest.CaptureFixture[bytes]):
    sink = sink_to("-")
    assert isinstance(sink, PipeSink)
    sink.play("a", level(20))
    await sink.drained()
    await sink.close()
    assert capfdbinary.readouterr().out == level(20)


async def test_a_paced_recording_is_spoken_in_real_time(tmp_path: Path):
    clock = VirtualClock()
    source = FileSource(written(tmp_path / "q.wav", wav(level(110))), clock)
    arrivals: list[float] = []

    async def listen() -> None:
        async for _ in source.frames():
            arrivals.append(round(clock.monotonic(), 6))  # noqa: PERF401 - read while it grows

    async with asyncio.timeout(5), asyncio.TaskGroup() as group:
        group.create_task(listen())
        await clock.advance(0.07)
        assert arrivals == [0.02, 0.04, 0.06]
        await clock.advance(0.1)
    await source.close()
    assert arrivals == [0.02, 0.04, 0.06, 0.08, 0.1, 0.11]


async def test_a_source_over_a_bad_recording_is_refused_before_its_first_frame(tmp_path: Path):
    with pytest.raises(AudioUnavailable, match="is not a WAV file"):
        FileSource(written(tmp_path / "q.wav", b"no sound at all"), SystemClock())
