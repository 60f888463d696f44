"""One client on one socket: drives the protocol machine, sends what it says, starts the work it asks for.

resource          acquired                  released by
socket            by the server             the server, after `run` returns
writer task       run                       run: cancelled when reading ends
work tasks        an effect of the machine  their own end, a Stop effect, or run when reading ends
speech iterator   Speak                     the work task that iterates it
"""

import asyncio
from collections import deque
from collections.abc import Coroutine
from contextlib import aclosing
from typing import Any, assert_never

import msgspec
from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed

from realtime_chat.core.errors import ChatError
from realtime_chat.local.conversation import Conversation
from realtime_chat.local.outbox import Effect, Speak, Stop, Think, Transcribe
from realtime_chat.local.workshop import Workshop

#: Above this many unsent bytes nothing more is read or synthesised for this client.
MAX_UNSENT = 1 << 20
#: Above this many unfinished pieces of work nothing more is read from this client.
MAX_WORK = 8


class Connection:
    """`run` returns when the client has gone; nothing of it is left then."""

    def __init__(self, socket: ServerConnection, conversation: Conversation, workshop: Workshop) -> None:
        self._socket = socket
        self._conversation = conversation
        self._workshop = workshop
        self._group = asyncio.TaskGroup()
        self._unsent: deque[bytes] = deque()  # bounded by MAX_UNSENT: producers wait for _has_room
        self._unsent_bytes = 0
        self._work: dict[
            asyncio.Task[None], str
        ] = {}  # bounded by MAX_WORK: the reader waits for _hands_free
        self._has_frames = asyncio.Event()
        self._has_room = asyncio.Event()
        self._hands_free = asyncio.Event()
        self._has_room.set()
        self._hands_free.set()

    async def run(self) -> None:
        async with self._group as group:
            writer = group.create_task(self._write())
            try:
                await self._read()
            except ConnectionClosed:
                pass
            finally:
                for task in (writer, *self._work):
                    task.cancel()

    async def _read(self) -> None:
        self._conversation.begin()
        self._hand_over()
        async for frame in self._socket:
            self._conversation.receive(frame)
            self._hand_over()
            while self._conversation.advance():
                self._hand_over()
                await asyncio.sleep(0)  # a long append must not hold up other connections
            self._hand_over()
            await self._has_room.wait()
            await self._hands_free.wait()

    def _hand_over(self) -> None:
        """Queue what the machine said and start its work, without a pause, so that nothing overtakes."""
        for event in self._conversation.take_events():
            frame = msgspec.json.encode(event)
            self._unsent.append(frame)
            self._count(len(frame))
            self._has_frames.set()
        for effect in self._conversation.take_effects():
            self._perform(effect)

    def _count(self, change: int) -> None:
        self._unsent_bytes += change
        _set(self._has_room, self._unsent_bytes <= MAX_UNSENT)

    async def _write(self) -> None:
        try:
            while True:
                await self._has_frames.wait()
                frame = self._unsent.popleft()
                _set(self._has_frames, bool(self._unsent))
                await self._socket.send(frame, text=True)
                self._count(-len(frame))
        except ConnectionClosed:
            return  # the reader sees it, too, and ends this connection

    def _perform(self, effect: Effect) -> None:
        match effect:
            case Transcribe():
                self._start(self._transcribe(effect), effect.item_id)
            case Think():
                self._start(self._think(effect), effect.response_id)
            case Speak():
                self._start(self._speak(effect), effect.response_id)
            case Stop():
                for task, owner in self._work.items():
                    if owner == effect.response_id:
                        task.cancel()
            case _:
                assert_never(effect)

    def _start(self, work: Coroutine[Any, Any, None], owner: str) -> None:
        task = self._group.create_task(work)
        self._work[task] = owner
        task.add_done_callback(self._ended)
        _set(self._hands_free, len(self._work) <= MAX_WORK)

    def _ended(self, task: asyncio.Task[None]) -> None:
        del self._work[task]
        _set(self._hands_free, len(self._work) <= MAX_WORK)

    async def _transcribe(self, effect: Transcribe) -> None:
        try:
            hearing = await self._workshop.transcribe(effect.pcm)
        except ChatError as error:
            self._conversation.not_heard(effect.item_id, error.message)
        else:
            self._conversation.heard(effect.item_id, hearing)
        self._hand_over()

    async def _think(self, effect: Think) -> None:
        try:
            async with aclosing(self._workshop.reply(effect.request)) as pieces:
                async for piece in pieces:
                    self._conversation.thought(effect.response_id, piece)
                    self._hand_over()
                    await self._has_room.wait()
        except ChatError as error:
            self._fail(effect.response_id, error)
            self._hand_over()

    async def _speak(self, effect: Speak) -> None:
        speech = self._workshop.speak(effect.text, voice=effect.voice, speed=effect.speed)
        try:
            async with aclosing(speech) as chunks:
                async for chunk in chunks:
                    self._conversation.spoke(effect.response_id, chunk)
                    self._hand_over()
                    await self._has_room.wait()
        except ChatError as error:
            self._fail(effect.response_id, error)
        else:
            self._conversation.speech_ended(effect.response_id)
        self._hand_over()

    def _fail(self, response_id: str, error: ChatError) -> None:
        self._conversation.failed(response_id, code=error.info.kind, message=error.message)


def _set(event: asyncio.Event, value: bool) -> None:
    if value:
        event.set()
    else:
        event.clear()
