"""One contract for all Transports, so that all are driven alike (M31, J7): the shipped twin, and a real socket."""

import asyncio
import base64
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, suppress

import pytest

from realtime_chat.core.errors import ConnectionLost, TransportError, Unreachable
from realtime_chat.core.messages import (
    AudioDelta,
    CommitAudio,
    Incoming,
    Outgoing,
    OutputTextDelta,
    SessionCreated,
    UpdateInstructions,
)
from realtime_chat.core.ports import Capabilities, RawTap, Transport
from realtime_chat.core.transports.dialects import DialectTransport, Frames, Said
from realtime_chat.core.transports.late import LateTransport
from realtime_chat.core.transports.openai.codec import OpenAICodec
from realtime_chat.core.transports.scripted import (
    Script,
    ScriptedTransport,
    drop,
    emit,
    expect,
    refuse,
)
from realtime_chat.core.transports.websocket import WebSocketLine, WebSocketTransport
from tests.core.transports.peer import play, websocket_server, wire

Opener = Callable[..., Awaitable[Transport]]

HELLO = wire("session.created", session={"id": "s1"})


def word(text: str) -> bytes:
    return wire("response.output_text.delta", response_id="r1", item_id="i1", delta=text)


class OneToOne:
    """A dialect that needs no memory, and greets nobody."""

    def greeting(self) -> list[Incoming]:
        return []

    def hear(self, frame: bytes) -> list[Incoming]:
        return [OpenAICodec().decode(frame)]

    def say(self, message: Outgoing) -> Said:
        return Said([OpenAICodec().encode(message)])

    def ended(self, loss: ConnectionLost) -> ConnectionLost:
        return loss


def over_dialect(url: str, tap: RawTap | None = None) -> Transport:
    return DialectTransport(
        WebSocketLine(url, codec=Frames(), tap=tap), OneToOne(), capabilities=Capabilities()
    )


@pytest.fixture(params=["scripted", "websocket", "dialect", "late"])
async def new(request: pytest.FixtureRequest) -> AsyncIterator[Opener]:
    """A way to make a transport whose peer plays a script."""
    async with AsyncExitStack() as stack:

        async def scripted(script: Script = (), tap: RawTap | None = None) -> Transport:
            return ScriptedTransport(script, codec=OpenAICodec(), tap=tap)

        async def websocket(script: Script = (), tap: RawTap | None = None) -> Transport:
            url = await stack.enter_async_context(websocket_server(lambda socket: play(socket, script)))
            return WebSocketTransport(url, codec=OpenAICodec(), tap=tap)

        async def dialect(script: Script = (), tap: RawTap | None = None) -> Transport:
            url = await stack.enter_async_context(websocket_server(lambda socket: play(socket, script)))
            return over_dialect(url, tap)

        async def late(script: Script = (), tap: RawTap | None = None) -> Transport:
            return LateTransport(lambda: websocket(script, tap))

        ways = {"scripted": scripted, "websocket": websocket, "dialect": dialect, "late": late}
        yield ways[request.param]


@pytest.fixture(params=["scripted", "websocket", "dialect", "late"])
def unreachable(request: pytest.FixtureRequest, unused_tcp_port: int) -> Transport:
    if request.param == "scripted":
        return ScriptedTransport([refuse(Unreachable("Nobody is there; start the server."))])
    if request.param == "late":
        return LateTransport(nobody)
    url = f"ws://127.0.0.1:{unused_tcp_port}/v1/realtime"
    return over_dialect(url) if request.param == "dialect" else WebSocketTransport(url, codec=OpenAICodec())


async def nobody() -> Transport:
    raise Unreachable("The server did not start; look at its log.")


async def all_of(transport: Transport) -> list[Incoming]:
    async with asyncio.timeout(5):
        return [message async for message in transport.messages()]


async def take(transport: Transport, count: int) -> list[Incoming]:
    taken: list[Incoming] = []
    async with asyncio.timeout(5):
        async for message in transport.messages():
            taken.append(message)
            if len(taken) == count:
                break
    return taken


async def until_lost(transport: Transport) -> ConnectionLost:
    with pytest.raises(ConnectionLost) as caught:
        await all_of(transport)
    return caught.value


async def test_messages_come_in_the_order_in_which_they_were_said(new: Opener) -> None:
    # M1, M31
    transport = await new([emit(HELLO, *(word(str(n)) for n in range(200)))])
    await transport.connect()
    first, *rest = await take(transport, 201)
    assert first == SessionCreated(provider_session_id="s1")
    assert rest == [OutputTextDelta(response_id="r1", item_id="i1", delta=str(n)) for n in range(200)]
    await transport.close()


async def test_an_answer_follows_what_was_sent(new: Opener) -> None:
    transport = await new(
        [emit(HELLO), expect(CommitAudio, word("one")), expect(UpdateInstructions, word("two"))]
    )
    await transport.connect()
    heard: list[Incoming] = []
    async with asyncio.timeout(5):
        async for message in transport.messages():
            heard.append(message)
            match len(heard):
                case 1:
                    await transport.send(CommitAudio())
                case 2:
                    await transport.send(UpdateInstructions(instructions="be brief"))
                case _:
                    await transport.close()
    assert [message.delta for message in heard if isinstance(message, OutputTextDelta)] == ["one", "two"]


async def test_the_other_sides_goodbye_raises_however_polite_it_is(new: Opener) -> None:
    transport = await new([emit(HELLO), drop(1001, "Your session hit the maximum duration of 60 minutes.")])
    await transport.connect()
    lost = await until_lost(transport)
    assert lost.details == {"code": 1001, "reason": "Your session hit the maximum duration of 60 minutes."}
    assert transport.is_closed


async def test_a_normal_code_from_the_other_side_is_a_loss_too(new: Opener) -> None:
    transport = await new([drop(1000, "")])
    await transport.connect()
    assert (await until_lost(transport)).details["code"] == 1000


async def test_sending_after_a_loss_raises_connection_lost(new: Opener) -> None:
    transport = await new([drop(1011, "broken")])
    await transport.connect()
    await until_lost(transport)
    with pytest.raises(ConnectionLost):
        await transport.send(CommitAudio())


async def test_our_own_close_ends_the_messages_silently(new: Opener) -> None:
    transport = await new([emit(HELLO)])
    await transport.connect()
    reader = asyncio.create_task(all_of(transport))
    await transport.close()
    assert await reader in ([], [SessionCreated(provider_session_id="s1")])


async def test_nothing_is_handed_on_after_our_own_close(new: Opener) -> None:
    transport = await new([emit(*(word(str(n)) for n in range(300)))])
    await transport.connect()
    heard: list[Incoming] = []
    async with asyncio.timeout(5):
        async for message in transport.messages():
            heard.append(message)
            await transport.close()
    assert len(heard) == 1


async def test_close_is_idempotent_also_before_connect_and_after_a_loss(new: Opener) -> None:
    # M28, M31
    unused, lost = await new(), await new([drop(1011, "broken")])
    await lost.connect()
    await until_lost(lost)
    for transport in (unused, lost):
        await transport.close()
        await transport.close()
        assert transport.is_closed


async def test_is_closed_tells_open_from_closed(new: Opener) -> None:
    transport = await new()
    await transport.connect()
    assert not transport.is_closed
    await transport.close()
    assert transport.is_closed


async def test_sending_after_our_own_close_raises_connection_lost(new: Opener) -> None:
    transport = await new()
    await transport.connect()
    await transport.close()
    with pytest.raises(ConnectionLost):
        await transport.send(CommitAudio())


async def test_nothing_works_before_connect(new: Opener) -> None:
    transport = await new()
    with pytest.raises(ConnectionLost):
        await transport.send(CommitAudio())
    with pytest.raises(ConnectionLost):
        await all_of(transport)


async def test_a_transport_connects_once(new: Opener) -> None:
    transport = await new()
    await transport.connect()
    with pytest.raises(Unreachable, match="make a new transport"):
        await transport.connect()
    await transport.close()


async def test_a_frame_of_more_than_sixteen_mebibytes_passes(new: Opener) -> None:
    pcm = bytes(13 * 1024 * 1024)
    delta = base64.b64encode(pcm).decode()
    frame = wire("response.output_audio.delta", response_id="r1", item_id="i1", delta=delta)
    assert len(frame) > 16 * 1024 * 1024
    transport = await new([emit(frame)])
    await transport.connect()
    assert await take(transport, 1) == [AudioDelta(response_id="r1", item_id="i1", pcm=pcm)]
    await transport.close()


async def test_the_raw_tap_sees_every_frame_of_both_ways(new: Opener) -> None:
    # M12, M13, check 9: also what nobody understands, and the connection stays.
    strange = [b"{oh", b'{"no":"type"}', wire("brand.new"), wire("error", surprise=1)]
    seen: list[tuple[str, bytes]] = []
    transport = await new(
        [expect(CommitAudio, *strange, word("still here"))], tap=lambda way, frame: seen.append((way, frame))
    )
    await transport.connect()
    await transport.send(CommitAudio())
    heard = await take(transport, 5)
    assert heard[-1] == OutputTextDelta(response_id="r1", item_id="i1", delta="still here")
    sent = ("sent", b'{"type":"input_audio_buffer.commit"}')
    assert seen == [sent, *(("received", frame) for frame in [*strange, word("still here")])]
    assert not transport.is_closed
    await transport.close()


async def test_a_refused_connect_raises_ours_and_leaves_nothing_open(unreachable: Transport) -> None:
    with pytest.raises(TransportError) as caught:
        await unreachable.connect()
    assert isinstance(caught.value, Unreachable)
    assert unreachable.is_closed
    await unreachable.close()


async def test_a_peer_that_lives_answers_a_ping_and_one_that_went_raises(new: Opener) -> None:
    # J20
    transport = await new([*emit(HELLO), *expect(CommitAudio), drop(1001, "bye")])
    await transport.connect()
    async with asyncio.timeout(5), asyncio.TaskGroup() as crew:
        reading = crew.create_task(_read_all(transport))
        await transport.ping()
        await transport.send(CommitAudio())
        await reading
    with pytest.raises(ConnectionLost):
        await transport.ping()
    await transport.close()


async def _read_all(transport: Transport) -> None:
    with suppress(ConnectionLost):
        async for _ in transport.messages():
            pass
