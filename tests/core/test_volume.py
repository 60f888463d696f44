"""How loud answers are: from the setup on, changed in the talk, refused where it means nothing."""

import dataclasses
from pathlib import Path

import pytest

from realtime_chat.core.clock import VirtualClock
from realtime_chat.core.errors import InvalidArguments
from realtime_chat.core.virtual_audio import VirtualSink
from tests.core.driving import driver, setup


async def test_a_session_begins_as_loud_as_it_was_set_up_and_changes_at_once(tmp_path: Path) -> None:
    clock = VirtualClock()
    sink = VirtualSink(clock)
    async with driver(tmp_path, clock) as conversation:
        session_id = await conversation.start(dataclasses.replace(setup(), sink=sink, volume=40))
        assert (sink.factor, conversation.status(session_id).volume) == (0.4, 40)
        conversation.set_volume(session_id, 70)
        assert (sink.factor, conversation.status(session_id).volume) == (0.7, 70)


async def test_what_is_no_volume_is_refused_and_changes_nothing(tmp_path: Path) -> None:
    clock = VirtualClock()
    sink = VirtualSink(clock)
    async with driver(tmp_path, clock) as conversation:
        session_id = await conversation.start(dataclasses.replace(setup(), sink=sink))
        for percent in (-1, 101):
            with pytest.raises(InvalidArguments, match="0 to 100"):
                conversation.set_volume(session_id, percent)
        assert sink.factor == 1.0


async def test_without_a_speaker_there_is_no_volume(tmp_path: Path) -> None:
    async with driver(tmp_path) as conversation:
        session_id = await conversation.start(setup())
        assert conversation.status(session_id).volume is None
        with pytest.raises(InvalidArguments, match="no speaker"):
            conversation.set_volume(session_id, 50)
