"""The embedded realtime server: the OpenAI Realtime protocol (GA) on a WebSocket, answered by local engines.

GET /v1/realtime   the socket; `Authorization: Bearer TOKEN`; `?intent=transcription`: it hears and never answers
GET /v1/models     what the vendor's own listing would look like
"""

import asyncio
import logging
import secrets
from collections.abc import Callable

from websockets.asyncio.server import Server, ServerConnection
from websockets.asyncio.server import serve as listen
from websockets.http11 import Request, Response

from realtime_chat.core.errors import InvalidArguments, Unreachable
from realtime_chat.local.connection import Connection
from realtime_chat.local.conversation import Conversation
from realtime_chat.local.gate import Gate, full, session_type
from realtime_chat.local.workshop import EngineSet, Workshop

MAX_CONNECTIONS = 16
#: 15 MiB of sound as base64 fits; a longer frame closes the socket with 1009.
MAX_FRAME = 24 << 20

_socket_log = logging.getLogger("realtime_chat.local.socket")
_socket_log.setLevel(logging.WARNING)  # below, the library writes headers, and with them the token


async def serve(
    *,
    host: str,
    port: int,
    token: str,
    on_ready: Callable[[str], None],
    engines: EngineSet,
) -> None:
    """Serve until cancelled. `on_ready` gets the base URL once connections are accepted.

    `port` 0 takes a free one. Raises InvalidArguments for an empty token, Unreachable when the address cannot be taken.
    """
    if not token:
        raise InvalidArguments("The server needs a token; leave it out to have one made.")
    workshop = Workshop(engines)
    try:
        async with await _listen(host, port, _Desk(token, workshop)) as server:
            on_ready(_base_url(server))
            workshop.warm()
            await asyncio.get_running_loop().create_future()
    finally:
        await workshop.close()


class _Desk:
    """Takes connections in, as many as there is room for."""

    def __init__(self, token: str, workshop: Workshop) -> None:
        self._gate = Gate(token)
        self._workshop = workshop
        self._open = 0

    def answer(self, connection: ServerConnection, request: Request) -> Response | None:
        del connection
        return self._gate.answer(request) or (full() if self._open >= MAX_CONNECTIONS else None)

    async def handle(self, socket: ServerConnection) -> None:
        self._open += 1
        try:
            conversation = Conversation(
                seed=secrets.token_hex(5),
                make_detector=self._workshop.detector,
                kind=session_type(socket.request.path if socket.request is not None else ""),
            )
            await Connection(socket, conversation, self._workshop).run()
        finally:
            self._open -= 1


async def _listen(host: str, port: int, desk: _Desk) -> Server:
    try:
        return await listen(
            desk.handle,
            host,
            port,
            process_request=desk.answer,
            compression=None,  # sound does not compress, and trying costs six times the CPU
            max_size=MAX_FRAME,
            max_queue=4,
            close_timeout=2,
            logger=_socket_log,
        )
    except OSError as error:
        reason = error.strerror or "the address cannot be used"
        raise Unreachable(f"Cannot listen on {host} port {port}: {reason}; choose another.") from error


def _base_url(server: Server) -> str:
    host, port = next(iter(server.sockets)).getsockname()[:2]
    return f"http://[{host}]:{port}/v1" if ":" in host else f"http://{host}:{port}/v1"
