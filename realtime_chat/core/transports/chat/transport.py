"""A way to a model that keeps no connection: each answer is one request, which carries the talk so far.

It behaves like a connection (see `ports.Transport`): items are put, an answer is asked for, comes in pieces, may be
cancelled. What the service does not do is done here: its memory, the echoes of items, ids, the end of a cancelled
answer. A request that fails is a failed response; the next one may succeed.

Nobody else's task is needed: who reads messages() drives the requests, and `send` ends its patience.

    resource      | acquired          | released by
    HTTP client   | connect()         | close(); a failed or cancelled connect() itself
    one request   | messages()        | its end, a cancel, close(), leaving messages()
"""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator
from contextlib import aclosing
from enum import Enum
from typing import assert_never

import msgspec

from realtime_chat.core import messages as m
from realtime_chat.core.classification import FATAL_CODES
from realtime_chat.core.errors import ChatError, ConnectionLost, TransportError, Unreachable
from realtime_chat.core.options import SessionOptions
from realtime_chat.core.ports import Capabilities
from realtime_chat.core.transports.chat.answer import Answer
from realtime_chat.core.transports.chat.dialogue import Dialogue
from realtime_chat.core.transports.chat.endpoint import ChatAddresses
from realtime_chat.core.transports.chat.lines import Mark
from realtime_chat.core.transports.chat.reading import Patience, Stopped, answered
from realtime_chat.core.transports.chat.request import request_body
from realtime_chat.core.transports.http import HttpClient

CAPABILITIES = Capabilities(audio_output=False, max_session_s=None)
NO_SOUND = "This way to a model takes no sound: type, or use --transport realtime."


class _Phase(Enum):
    NEW = "new"
    CONNECTING = "connecting"
    OPEN = "open"
    CLOSED = "closed"


class ChatTransport:
    """One talk with a chat service (J7); used once, like a connection."""

    def __init__(self, http: HttpClient, addresses: ChatAddresses, *, model: str) -> None:
        self._http = http
        self._addresses = addresses
        self._model = model
        self._options = SessionOptions()
        self._dialogue = Dialogue()
        self._phase = _Phase.NEW
        #: Echoes of what was sent, one or two for each; the reader takes them between the pieces of an answer.
        #: Bound: what is sent meanwhile. Ends with close().
        self._said: deque[m.Incoming] = deque()
        self._asked: m.CreateResponse | None = None
        self._active: str | None = None
        self._patience = Patience()
        self._changed = asyncio.Event()
        self._warned = self._unheard = False

    @property
    def capabilities(self) -> Capabilities:
        """Text only."""
        return CAPABILITIES

    @property
    def is_closed(self) -> bool:
        """True after close() or a failed connect."""
        return self._phase is _Phase.CLOSED

    async def connect(self) -> None:
        """Ask whether the service is there and takes the key; nothing is billed.

        Raises Unreachable or Rejected; nothing is left open then, nor when cancelled.
        """
        if self._phase is not _Phase.NEW:
            raise Unreachable("This connection was used before; make a new transport for a new one.")
        self._phase = _Phase.CONNECTING
        try:
            await self._http.open()
            await self._look()
        except BaseException:
            self._phase = _Phase.CLOSED
            await self._http.close()
            raise
        if self._phase is not _Phase.CONNECTING:
            await self._http.close()
            raise Unreachable("The connection was closed while it was opened; connect again if it is wanted.")
        self._phase = _Phase.OPEN
        self._say(m.SessionCreated(model=self._model))

    async def _look(self) -> None:
        """Its list of models tells; a service without one, or that keeps it from this key, is believed."""
        try:
            await self._http.get(self._addresses.models)
        except TransportError as error:
            if "status" not in error.details or error.details["status"] == 401:
                raise

    async def send(self, message: m.Outgoing) -> None:
        """Take one message. Raises ConnectionLost when closed, InvalidArguments for an item that is none."""
        if self._phase is not _Phase.OPEN:
            raise _not_open()
        match message:
            case m.Configure(options=options):
                self._configure(options)
            case m.UpdateInstructions(instructions=instructions):
                self._configure(msgspec.structs.replace(self._options, instructions=instructions))
            case m.UpdateTools(tools=tools):
                self._configure(msgspec.structs.replace(self._options, tools=tools))
            case m.AppendAudio() | m.CommitAudio() | m.ClearAudio():
                self._sound(message)
            case m.CreateItem() | m.DeleteItem() | m.RetrieveItem() | m.TruncateItem():
                for echo in self._dialogue.take(message):
                    self._say(echo)
            case m.CreateResponse():
                self._create(message)
            case m.CancelResponse():
                self._cancel(message)
            case _:
                assert_never(message)

    async def messages(self) -> AsyncGenerator[m.Incoming]:
        """Messages in order. Ends after our own close(); there is no connection that the other side could end.

        One reader, which reads on: leaving it ends the answer that is under way.
        """
        if self._phase in (_Phase.NEW, _Phase.CONNECTING):
            raise _not_open()
        async with aclosing(self._everything()) as everything:
            async for message in everything:
                if self.is_closed:
                    return
                yield message

    async def _everything(self) -> AsyncGenerator[m.Incoming]:
        while self._phase is _Phase.OPEN:
            following = self._echoes() if self._said or self._asked is None else self._answer(self._asked)
            async with aclosing(following) as some:
                async for message in some:
                    yield message

    async def ping(self) -> None:
        """At once: there is nothing to ask. Raises ConnectionLost when closed."""
        if self._phase is not _Phase.OPEN:
            raise _not_open()

    async def close(self) -> None:
        """Close; idempotent, never raises."""
        self._phase = _Phase.CLOSED
        self._patience.end()
        self._changed.set()
        await self._http.close()

    # ------------------------------------------------------------ what is sent

    def _say(self, message: m.Incoming) -> None:
        self._said.append(message)
        self._changed.set()

    def _refuse(self, code: str, words: str, *, caused_by: str | None = None) -> None:
        self._say(m.ProviderError(code=code, message=words, caused_by=caused_by))

    def _configure(self, options: SessionOptions) -> None:
        self._options = options
        self._say(m.SessionUpdated(model=self._model))

    def _sound(self, message: m.AppendAudio | m.CommitAudio | m.ClearAudio) -> None:
        """None is taken, which is told once (J14); an answer to it is refused."""
        match message:
            case m.AppendAudio():
                if not self._warned:
                    self._warned = True
                    self._refuse("capability", NO_SOUND)
            case m.CommitAudio():
                self._unheard = True
            case m.ClearAudio():
                self._say(m.AudioCleared())
            case _:
                assert_never(message)

    def _create(self, message: m.CreateResponse) -> None:
        if self._unheard:
            self._unheard = False
            self._refuse("capability", NO_SOUND, caused_by=message.event_id)
        elif self._asked is not None or self._active is not None:
            code = "conversation_already_has_active_response"
            self._refuse(code, "An answer is on its way already.", caused_by=message.event_id)
        else:
            self._asked = message
            self._changed.set()

    def _cancel(self, message: m.CancelResponse) -> None:
        if self._active is None or message.response_id not in (None, self._active):
            self._refuse(
                "response_cancel_not_active", "There is no active response.", caused_by=message.event_id
            )
        else:
            self._patience.end()

    # ------------------------------------------------------------ one answer

    async def _answer(self, asked: m.CreateResponse) -> AsyncGenerator[m.Incoming]:
        """All messages of one answer; the echoes that come meanwhile go between them."""
        answer = Answer(is_taken=self._dialogue.has_call)
        self._asked, self._active, self._patience = None, answer.response_id, Patience()
        yield answer.created(asked.metadata)
        try:
            body = request_body(
                asked,
                self._dialogue,
                self._options,
                model=self._model,
                new_names=self._addresses.new_names,
            )
            request = answered(self._http, self._addresses.completions, body, patience=self._patience)
            async with aclosing(self._pieces(answer, request)) as pieces:
                async for message in pieces:
                    yield message
            ending = answer.end()
        except Stopped:
            ending = answer.cancelled()
        except ChatError as error:
            ending = answer.failed(_code_of(error), error.message)
        self._dialogue.remember(ending)
        self._active = None
        for message in ending:
            yield message

    async def _pieces(self, answer: Answer, request: AsyncGenerator[object]) -> AsyncGenerator[m.Incoming]:
        async with aclosing(request) as values:
            async for value in values:
                if value is Mark.UNREADABLE:
                    yield m.Malformed(detail="a piece of an answer is not JSON")
                for message in (*answer.take(value), *self._take_echoes()):
                    yield message

    async def _echoes(self) -> AsyncGenerator[m.Incoming]:
        """Waits for some, or for whatever else is wanted."""
        if not self._said:
            self._changed.clear()
            await self._changed.wait()
        for message in self._take_echoes():
            yield message

    def _take_echoes(self) -> list[m.Incoming]:
        taken = list(self._said)
        self._said.clear()
        return taken


def _code_of(error: ChatError) -> str:
    """The kind, or the service's own code where that says that trying again cannot help."""
    code = error.details.get("code")
    return code if isinstance(code, str) and code in FATAL_CODES else error.info.kind


def _not_open() -> ConnectionLost:
    return ConnectionLost("This connection is not open; connect again.", code=1006, reason="not open")
