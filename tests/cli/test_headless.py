"""A spoken turn from a source: whatever becomes of it, the source is let go."""

from pathlib import Path

import pytest

from realtime_chat.cli.headless import spoken
from realtime_chat.core import messages as wire
from realtime_chat.core.errors import AudioUnavailable, NotFound, SessionBusy
from realtime_chat.core.pcm import pcm_bytes
from realtime_chat.core.transports.scripted import expect
from realtime_chat.core.virtual_audio import VirtualSource
from tests.core.driving import ASKED, driver, setup


class Recording(VirtualSource):
    """So much sound, and whether it was let go."""

    def __init__(self, ms: int) -> None:
        super().__init__()
        self.closed = False
        self.push(bytes(pcm_bytes(ms)))
        self.end()

    async def close(self) -> None:
        await super().close()
        self.closed = True


async def test_a_source_is_closed_when_its_sound_was_committed(tmp_path: Path) -> None:
    source = Recording(500)
    async with driver(tmp_path) as conversation:
        session_id = await conversation.start(setup(expect(wire.CommitAudio)))
        assert await spoken(source)(conversation, session_id) == "t1"
    assert source.closed


async def test_a_source_is_closed_when_the_session_takes_no_sound(tmp_path: Path) -> None:
    source = Recording(500)
    async with driver(tmp_path) as conversation:
        session_id = await conversation.start(setup())
        await conversation.close(session_id)
        with pytest.raises(NotFound):
            await spoken(source)(conversation, session_id)
    assert source.closed


async def test_a_source_is_closed_when_the_commit_is_refused(tmp_path: Path) -> None:
    source = Recording(500)
    async with driver(tmp_path) as conversation:
        session_id = await conversation.start(setup(*ASKED))
        await conversation.send(session_id, "hi")
        with pytest.raises(SessionBusy):
            await spoken(source)(conversation, session_id)
    assert source.closed


async def test_a_source_is_closed_when_its_sound_is_too_short_to_be_speech(tmp_path: Path) -> None:
    source = Recording(60)
    async with driver(tmp_path) as conversation:
        session_id = await conversation.start(setup())
        with pytest.raises(AudioUnavailable, match="tenth of a second"):
            await spoken(source)(conversation, session_id)
    assert source.closed
