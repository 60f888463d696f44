"""The one way to a socket: a `Transport` over `websockets`, for any dialect that a `Codec` speaks.

Foreign errors stop here: whatever `websockets`, TLS, DNS or a proxy raise becomes Unreachable, Rejected,
ProtocolViolation or ConnectionLost. A peer's own words are quoted short, without control characters and
without our key; the address is told without its path and query, where keys may stand.

    resource   | acquired            | released by
    socket     | connect()           | close(), a lost connection; a failed or cancelled connect() itself
    ping task  | by the socket       | with the socket
    discarder  | close()             | close(), which awaits it
"""

import logging
import ssl
from asyncio import TaskGroup, shield, timeout
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import suppress
from enum import Enum
from socket import gaierror
from typing import Generic, TypeVar
from urllib.parse import urlsplit

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import (
    ConcurrencyError,
    ConnectionClosed,
    InvalidMessage,
    InvalidProxy,
    InvalidStatus,
    ProxyError,
    WebSocketException,
)
from websockets.http11 import Response
from websockets.protocol import State

from realtime_chat.core.classification import category_of_goodbye
from realtime_chat.core.errors import ConnectionLost, ProtocolViolation, Rejected, TransportError, Unreachable
from realtime_chat.core.messages import Incoming, Outgoing
from realtime_chat.core.ports import Capabilities, RawTap
from realtime_chat.core.transports.addresses import is_loopback
from realtime_chat.core.transports.base import FrameCodec, quote
from realtime_chat.core.transports.foreign import Veil, tls_cure, tls_reason
from realtime_chat.core.transports.http_refusals import body_words

#: The service sends frames of more than the library's 1 MiB (long sound, big sessions).
MAX_FRAME_BYTES = 32 * 1024 * 1024
#: A peer that stops answering is found within their sum (J20).
#: How long the peer may take to say goodbye; then the socket is cut.
CLOSE_WITHIN_S = 2.0
#: Frames not read yet. Full: the socket is not read any more, so TCP holds the peer. Ends with the socket.
UNREAD_FRAMES = 64

# The library logs whole handshakes at DEBUG, key included, and its warnings would tear a screen. Nothing of
# it is needed: what goes wrong is raised.
_SILENT = logging.Logger("realtime_chat.websocket", level=logging.CRITICAL + 1)


class _Phase(Enum):
    NEW = "new"
    CONNECTING = "connecting"
    OPEN = "open"
    CLOSED = "closed"


_Heard = TypeVar("_Heard")
_Said = TypeVar("_Said")


class WebSocketLine(Generic[_Heard, _Said]):
    """One connection, used once (see `ports.Transport` for the contract); its codec says what is heard and said on it.

    `headers` is called at connect: a key is asked for anew each time, and shows in no repr and no error;
    `key_name` is what advice names when the service refuses it.
    """

    def __init__(
        self,
        url: str,
        *,
        codec: FrameCodec[_Heard, _Said],
        headers: Callable[[], Mapping[str, str]] = dict,
        capabilities: Capabilities | None = None,
        tap: RawTap | None = None,
        connect_timeout_s: float = 10.0,
        key_name: str = "the API key",
    ) -> None:
        self._url = url
        self._codec = codec
        self._headers = headers
        self._capabilities = capabilities or Capabilities()
        self._tap = tap
        self._connect_timeout_s = connect_timeout_s
        self._key_name = key_name
        self._phase = _Phase.NEW
        self._socket: ClientConnection | None = None
        self._pong: Awaitable[float] | None = None
        self._veil = Veil()

    @property
    def capabilities(self) -> Capabilities:
        """What this way to a model can do."""
        return self._capabilities

    @property
    def is_closed(self) -> bool:
        """True after close(), after a failed connect, or when the connection is lost."""
        lost = self._socket is not None and self._socket.state is not State.OPEN
        return lost or self._phase is _Phase.CLOSED

    @property
    def is_closed_by_us(self) -> bool:
        """True after close()."""
        return self._phase is _Phase.CLOSED

    def require_open(self) -> None:
        """Raises ConnectionLost before connect() and after close(); of a loss, sending and hearing say more."""
        if self._socket is None or self._phase is not _Phase.OPEN:
            raise _not_open()

    async def connect(self) -> None:
        """Open the socket; waits for no message of the peer.

        Raises Unreachable, Rejected or ProtocolViolation; nothing is left open then, nor when cancelled.
        """
        if self._phase is not _Phase.NEW:
            raise Unreachable("This connection was used before; make a new transport for a new one.")
        self._phase = _Phase.CONNECTING
        try:
            self._socket = await self._dial()
        except BaseException:
            self._phase = _Phase.CLOSED
            raise
        if self._phase is not _Phase.CONNECTING:
            await self._hang_up(self._socket)
            raise Unreachable("The connection was closed while it was opened; connect again if it is wanted.")
        self._phase = _Phase.OPEN

    async def send(self, message: _Said) -> None:
        """Send one message, in call order. Raises ConnectionLost when the other side is gone or we closed."""
        if self._socket is None or self._phase is not _Phase.OPEN:
            raise _not_open()
        frame = self._codec.encode(message)
        if self._tap is not None:
            self._tap("sent", frame)
        try:
            await self._socket.send(frame, text=True)
        except ConnectionClosed as error:
            raise self._lost(error) from None  # its own words may hold the key
        if self.is_closed:  # it waited for room on the way out, and the way was cut
            raise self._gone()

    async def messages(self) -> AsyncIterator[_Heard]:
        """Messages in arrival order, one per frame.

        Ends after our own close(), handing nothing on that comes after it. Raises ConnectionLost{code,
        reason} when the other side ended it. One reader only.
        """
        while (frame := await self.frame()) is not None:
            yield self._codec.decode(frame)

    async def frame(self) -> bytes | None:
        """The next frame as it came, None after our own close(); whoever stops waiting for it loses nothing.

        Raises ConnectionLost as messages() does. One reader only.
        """
        socket = self._socket
        if socket is None:
            raise _not_open()
        while True:
            try:
                frame = await socket.recv(decode=False)
            except ConnectionClosed as error:
                if self._phase is _Phase.CLOSED:
                    return None
                raise self._lost(error) from None
            except ConcurrencyError:
                if self._phase is _Phase.CLOSED:
                    return None  # close() reads the rest
                raise
            if self._phase is _Phase.CLOSED:
                continue  # close() leaves the rest to us, for we were reading first
            frame = self._veil.over(frame)
            if self._tap is not None:
                self._tap("received", frame)
            return frame

    async def ping(self) -> None:
        """Return when the peer's pong came, be it to an earlier question that nobody waits for any more: some services
        take half a minute for one. Raises ConnectionLost."""
        if self._socket is None or self._phase is not _Phase.OPEN:
            raise _not_open()
        try:
            if self._pong is None:
                self._pong = await self._socket.ping()
            await shield(self._pong)
        except ConnectionClosed as error:
            raise self._lost(error) from None
        self._pong = None

    async def close(self) -> None:
        """Close within CLOSE_WITHIN_S, even when the peer hangs; idempotent, never raises."""
        self._phase = _Phase.CLOSED
        if self._socket is not None:
            await self._hang_up(self._socket)

    async def _dial(self) -> ClientConnection:
        headers = dict(self._headers())
        self._veil = Veil(headers)
        host = urlsplit(self._url).hostname or ""
        try:
            return await _Dial(
                self._url,
                additional_headers=headers,
                compression=None,  # deflate costs six times the CPU on sound and saves little
                max_size=MAX_FRAME_BYTES,
                max_queue=UNREAD_FRAMES,
                open_timeout=self._connect_timeout_s,
                ping_interval=None,  # whoever drives us asks when it wants to know
                close_timeout=CLOSE_WITHIN_S,
                proxy=None if is_loopback(host) else True,
                logger=_SILENT,
            )
        except (OSError, UnicodeError, ImportError, WebSocketException) as error:
            raise self._failure(error) from error

    def _quote(self, words: str) -> str:
        return quote(words, secrets=self._veil.words)

    def _failure(self, error: Exception) -> TransportError:
        where = urlsplit(self._url).netloc.rpartition("@")[2]
        match error:
            case InvalidStatus(response=response):
                return _refusal(where, response, key_name=self._key_name, quoted=self._quote)
            case ProxyError() | InvalidProxy() | ImportError():
                return Unreachable(
                    f"The proxy on the way to {where} does not serve. Check HTTPS_PROXY and NO_PROXY."
                )
            case InvalidMessage(__cause__=EOFError()):
                return Unreachable(f"{where} hung up without an answer. Is a realtime server running there?")
            case TimeoutError():
                seconds = f"{self._connect_timeout_s:g} s"
                return Unreachable(f"{where} did not answer within {seconds}. Check the network and the URL.")
            case gaierror() | UnicodeError():
                return Unreachable(f"The name {where} cannot be resolved. Check the URL and the network.")
            case ssl.SSLError():
                return Unreachable(
                    f"No secure connection to {where} ({tls_reason(error)}). {tls_cure(error)}"
                )
            case OSError():
                return Unreachable(
                    f"No connection to {where}. Is the server running on that port, the network up?"
                )
            case _:
                return ProtocolViolation(
                    f"{where} does not speak WebSocket there. Check the URL and its path."
                )

    def _gone(self) -> ConnectionLost:
        """Why it is closed, as far as that was said."""
        said = self._socket.protocol.close_rcvd if self._socket is not None else None
        if said is None or self._phase is _Phase.CLOSED:
            return _not_open()
        return self._lost(ConnectionClosed(said, said, rcvd_then_sent=True))

    def _lost(self, error: ConnectionClosed) -> ConnectionLost:
        # Ours when the library had to end it: 1009 too big, 1011 no pong, 1002 not WebSocket.
        ours = error.sent if not error.rcvd_then_sent else None
        said = ours or error.rcvd
        code = said.code if said else 1006
        reason = self._quote(said.reason) if said else "no goodbye"
        words = f"{code}: {reason}" if reason else str(code)
        lost = ConnectionLost(f"The connection ended ({words}).", code=code, reason=reason)
        return lost.as_category(category_of_goodbye(code, reason))

    async def _hang_up(self, socket: ClientConnection) -> None:
        try:
            async with timeout(CLOSE_WITHIN_S), TaskGroup() as both:
                both.create_task(_discard_rest(socket), name="websocket-discard")
                await socket.close()
        except TimeoutError:
            pass  # a peer that does not even read: nothing of ours can be flushed
        finally:
            if socket.state is not State.CLOSED:
                socket.transport.abort()


class WebSocketTransport(WebSocketLine[Incoming, Outgoing]):
    """A `Transport` for a dialect of which each frame is one message."""


async def _discard_rest(socket: ClientConnection) -> None:
    """Read on to the peer's goodbye: behind unread frames it could not come in."""
    with suppress(ConnectionClosed, ConcurrencyError):
        while True:
            await socket.recv(decode=False)


class _Dial(connect):
    """Follows no redirect: it would carry the key to an address that the user did not name."""

    def process_redirect(self, exc: Exception) -> Exception | str:
        return exc


def _not_open() -> ConnectionLost:
    return ConnectionLost("This connection is not open; connect again.", code=1006, reason="not open")


def _refusal(
    where: str, response: Response, *, key_name: str, quoted: Callable[[str], str]
) -> TransportError:
    """An HTTP answer in the place of a WebSocket."""
    status = response.status_code
    match status:
        case 401 | 403:
            return Rejected(f"{where} refused the key (HTTP {status}). Check {key_name}.", status=status)
        case 404:
            message = f"{where} has no realtime service there, or not that model (HTTP 404)."
            return Rejected(f"{message} Check the URL and the model.", kind="rejected", status=status)
        case 408 | 429 | 500 | 502 | 503 | 504:
            message = f"{where} cannot serve now (HTTP {status}). Try again in a moment."
            return Unreachable(message, status=status)
        case _ if status < 300:
            message = f"{where} answers, but not as a WebSocket (HTTP {status}). Check the URL's path."
            return ProtocolViolation(message, status=status)
        case _ if status < 400:
            message = f"{where} points elsewhere (HTTP {status}). Put the address it moved to into the URL."
            return Rejected(message, kind="rejected", status=status)
        case _:
            words = quoted(body_words(bytes(response.body or b""))[1])
            message = f"{where} refused the connection (HTTP {status}{': ' + words if words else ''})."
            return Rejected(f"{message} Check the URL and the model.", kind="rejected", status=status)
