"""The shipped twin: what its script language promises beyond the common contract."""

import asyncio

import pytest

from realtime_chat.core.errors import ConnectionLost, Rejected, Unreachable
from realtime_chat.core.messages import (
    AppendAudio,
    CommitAudio,
    Configure,
    CreateResponse,
    Malformed,
    ResponseCreated,
    SessionCreated,
    SessionUpdated,
)
from realtime_chat.core.options import SessionOptions
from realtime_chat.core.ports import Capabilities
from realtime_chat.core.transports.openai.codec import OpenAICodec
from realtime_chat.core.transports.scripted import (
    Script,
    ScriptBroken,
    ScriptedTransport,
    drop,
    emit,
    expect,
    hang,
    refuse,
)
from tests.core.transports.peer import wire

CONFIGURE = Configure(options=SessionOptions())
SOUND = AppendAudio(pcm=b"\x00\x00")
TURN: Script = [
    emit(SessionCreated()),
    expect(Configure, SessionUpdated()),
    expect(lambda sent: isinstance(sent, CreateResponse), ResponseCreated(response_id="r1")),
    drop(1001, "going away"),
]


async def opened(script: Script) -> ScriptedTransport:
    transport = ScriptedTransport(script)
    await transport.connect()
    return transport


async def test_a_whole_conversation_is_played_to_its_end() -> None:
    transport = await opened(TURN)
    messages = transport.messages()
    assert await anext(messages) == SessionCreated()
    await transport.send(CONFIGURE)
    assert await anext(messages) == SessionUpdated()
    await transport.send(SOUND)
    await transport.send(CreateResponse(event_id="e1"))
    assert await anext(messages) == ResponseCreated(response_id="r1")
    with pytest.raises(ConnectionLost, match="going away"):
        await anext(messages)
    assert transport.sent == [CONFIGURE, SOUND, CreateResponse(event_id="e1")]
    transport.finish()


async def test_nothing_is_said_before_what_the_script_waits_for_was_sent() -> None:
    transport = await opened([expect(CommitAudio, SessionUpdated())])
    messages = transport.messages()
    first = asyncio.ensure_future(anext(messages))
    await asyncio.sleep(0)
    assert not first.done()
    await transport.send(CommitAudio())
    async with asyncio.timeout(5):
        assert await first == SessionUpdated()


async def test_what_was_sent_early_still_meets_its_expectation() -> None:
    transport = await opened([emit(SessionCreated()), expect(CommitAudio, SessionUpdated())])
    await transport.send(CommitAudio())
    messages = transport.messages()
    assert [await anext(messages), await anext(messages)] == [SessionCreated(), SessionUpdated()]
    transport.finish()


async def test_sound_is_passed_over_unless_the_script_wants_it() -> None:
    transport = await opened([expect(CommitAudio), expect(AppendAudio)])
    for message in (SOUND, SOUND, CommitAudio(), SOUND):
        await transport.send(message)
    transport.finish()
    assert len(transport.sent) == 4


async def test_another_message_than_the_expected_breaks_the_script_at_once_and_at_the_end() -> None:
    transport = await opened([expect(Configure)])
    with pytest.raises(ScriptBroken, match="expects Configure, but CommitAudio"):
        await transport.send(CommitAudio())
    with pytest.raises(ScriptBroken, match="expects Configure"):
        transport.finish()


async def test_a_mismatch_that_only_the_reader_can_see_breaks_there() -> None:
    transport = await opened([emit(SessionCreated()), expect(Configure)])
    await transport.send(CommitAudio())
    with pytest.raises(ScriptBroken):
        await anext(transport.messages())


async def test_steps_left_over_are_an_error_at_the_end() -> None:
    transport = await opened(TURN)
    await transport.close()
    with pytest.raises(ScriptBroken, match="6 steps were not played"):
        transport.finish()


async def test_a_refused_connect_raises_the_scripted_error() -> None:
    transport = ScriptedTransport([refuse(Rejected("The key is wrong; check it."))])
    with pytest.raises(Rejected, match="check it"):
        await transport.connect()
    assert transport.is_closed
    transport.finish()


async def test_a_hanging_connect_lasts_until_it_is_closed() -> None:
    transport = ScriptedTransport([hang()])
    connecting = asyncio.create_task(transport.connect())
    await asyncio.sleep(0)
    assert not connecting.done()
    await transport.close()
    async with asyncio.timeout(5):
        with pytest.raises(Unreachable):
            await connecting
    transport.finish()


async def test_a_peer_that_falls_silent_takes_everything_and_says_nothing() -> None:
    transport = await opened([emit(SessionCreated()), hang()])
    messages = transport.messages()
    await anext(messages)
    await transport.send(CONFIGURE)
    await transport.send(CommitAudio())
    waiting = asyncio.ensure_future(anext(messages, None))
    await asyncio.sleep(0)
    assert not waiting.done()
    await transport.close()
    async with asyncio.timeout(5):
        assert await waiting is None
    transport.finish()


async def test_raw_frames_pass_through_the_codec() -> None:
    transport = ScriptedTransport([emit(b"{", wire("session.updated"))], codec=OpenAICodec())
    await transport.connect()
    messages = transport.messages()
    assert isinstance(await anext(messages), Malformed)
    assert await anext(messages) == SessionUpdated()


async def test_a_raw_frame_without_a_codec_is_a_mistake_in_the_script() -> None:
    transport = await opened([emit(wire("session.updated"))])
    with pytest.raises(ScriptBroken, match="needs a codec"):
        await anext(transport.messages())


def test_capabilities_are_those_that_were_given() -> None:
    transport = ScriptedTransport(capabilities=Capabilities(live_tools=False))
    assert not transport.capabilities.live_tools
