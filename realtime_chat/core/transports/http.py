"""The one way to HTTP: a request whose answer is a stream of lines, for providers that keep no connection.

Foreign errors stop here: what httpx, TLS, DNS or a proxy raise, and every status but 2xx, becomes an error of our
tree with a kind of X21. A peer's own words are quoted short and without our key. No redirect is followed: it would
carry the key elsewhere. This machine itself is reached without a proxy.

    resource          | acquired  | released by
    client, its pool  | open()    | close()
    one answer        | post()    | leaving its context
"""

import asyncio
import ssl
from collections.abc import AsyncGenerator, Callable, Generator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from socket import gaierror
from urllib.parse import urlsplit

import httpx

from realtime_chat.core.errors import ProtocolViolation, TransportError, Unreachable
from realtime_chat.core.ports import RawTap
from realtime_chat.core.transports.addresses import is_loopback
from realtime_chat.core.transports.base import quote
from realtime_chat.core.transports.foreign import Veil, tls_cure, tls_reason
from realtime_chat.core.transports.http_refusals import refusal

#: A model may think for minutes before its first word; a server that says nothing for so long is gone.
SILENCE_S = 300.0
CLOSE_WITHIN_S = 2.0
MAX_LINE_BYTES = 8 * 1024 * 1024
MAX_ANSWER_BYTES = 64 * 1024 * 1024
MAX_WORDS_BYTES = 64 * 1024
MAX_PAGE_BYTES = 4 * 1024 * 1024
JSON = "application/json"
#: Shorter than servers keep one, or a request would meet a connection that is just being closed.
KEEP_ALIVE_S = 2.0


class HttpAnswer:
    """The answer to one request, while it comes."""

    def __init__(self, response: httpx.Response, client: "HttpClient") -> None:
        self._response = response
        self._client = client

    @property
    def is_stream(self) -> bool:
        """False when the server answered with one JSON value instead of a stream."""
        return "json" not in self._response.headers.get("content-type", "").split(";")[0]

    async def lines(self) -> AsyncGenerator[bytes]:
        """The lines without their ends, as they come; the last may lack one. Raises TransportError."""
        rest = bytearray()
        total = 0
        with self._client.failures():
            async for piece in self._response.aiter_bytes():
                total += len(piece)
                rest += piece
                if total > MAX_ANSWER_BYTES or len(rest) > MAX_LINE_BYTES + len(piece):
                    raise _too_much(self._client.where)
                if b"\n" not in piece:
                    continue
                *whole, last = rest.split(b"\n")
                rest = bytearray(last)
                for line in whole:
                    yield self._client.veil.over(bytes(line.removesuffix(b"\r")))
        if rest:
            yield self._client.veil.over(bytes(rest))

    async def pieces(self) -> AsyncGenerator[bytes]:
        """The bytes as they come, in pieces of any size. Raises TransportError."""
        total = 0
        with self._client.failures():
            async for piece in self._response.aiter_bytes():
                total += len(piece)
                if total > MAX_ANSWER_BYTES:
                    raise _too_much(self._client.where)
                yield piece

    async def whole(self, limit: int = MAX_PAGE_BYTES) -> bytes:
        """All of it. Raises TransportError, also for more than `limit` bytes."""
        body = await self.beginning(limit + 1)
        if len(body) > limit:
            raise _too_much(self._client.where)
        return self._client.veil.over(body)

    async def beginning(self, most: int) -> bytes:
        """The first `most` bytes, or fewer when it ends before."""
        body = bytearray()
        with self._client.failures():
            async for piece in self._response.aiter_bytes():
                body += piece
                if len(body) >= most:
                    break
        return bytes(body[:most])


class HttpClient:
    """One server's. `headers` is called for each request: a key is asked for anew, and shows in no repr and no error.

    `key_name` is what advice names when the key is refused. `tap` sees the body of each request, and each line.
    """

    def __init__(
        self,
        base_url: str,
        *,
        headers: Callable[[], Mapping[str, str]] = dict,
        key_name: str = "the API key",
        connect_timeout_s: float = 10.0,
        silence_s: float = SILENCE_S,
        tap: RawTap | None = None,
    ) -> None:
        parts = urlsplit(base_url)
        self.where = parts.netloc
        self.tap = tap
        self._scheme, self._is_here = parts.scheme, is_loopback(parts.hostname or "")
        self._headers = headers
        self._key_name = key_name
        self._connect_timeout_s = connect_timeout_s
        self._silence_s = silence_s
        self._client: httpx.AsyncClient | None = None
        self.veil = Veil()  # of what we asked with last

    async def open(self) -> None:
        """Make ready; connects to nothing. Raises Unreachable for a proxy that cannot serve."""
        try:  # beside the loop: reading the trusted certificates takes a while
            with self.failures():
                self._client = await asyncio.to_thread(self._made)
        except (ImportError, ValueError) as error:
            raise _no_proxy(self.where) from error

    def _quote(self, words: str) -> str:
        return quote(words, secrets=self.veil.words)

    async def get(self, url: str) -> bytes:
        """A page. Raises TransportError, also when it takes longer than the connection may."""
        async with self._asked("GET", url, silence_s=self._connect_timeout_s) as answer:
            return await answer.whole()

    @asynccontextmanager
    async def post(self, url: str, body: bytes, *, kind: str = JSON) -> AsyncGenerator[HttpAnswer]:
        """Send JSON, or another kind; the answer, once it begins. Raises TransportError here, and while it is read."""
        if self.tap is not None:
            self.tap("sent", body)
        async with self._asked("POST", url, silence_s=self._silence_s, body=body, kind=kind) as answer:
            yield answer

    async def close(self) -> None:
        """Let go of all connections; idempotent, never raises."""
        client, self._client = self._client, None
        if client is not None:
            with suppress(TimeoutError, httpx.HTTPError, OSError):
                async with asyncio.timeout(CLOSE_WITHIN_S):
                    await client.aclose()

    @contextmanager
    def failures(self) -> Generator[None]:
        """What httpx raises inside leaves as ours."""
        try:
            yield
        except (httpx.HTTPError, httpx.StreamError, httpx.InvalidURL, OSError) as error:
            raise self._failure(error) from error

    def _made(self) -> httpx.AsyncClient:
        secure = not (self._is_here and self._scheme == "http")
        return httpx.AsyncClient(
            verify=ssl.create_default_context() if secure else False,  # the system's, and SSL_CERT_FILE's
            trust_env=not self._is_here,
            follow_redirects=False,
            limits=httpx.Limits(keepalive_expiry=KEEP_ALIVE_S),
        )

    @asynccontextmanager
    async def _asked(
        self, method: str, url: str, *, silence_s: float, body: bytes | None = None, kind: str = JSON
    ) -> AsyncGenerator[HttpAnswer]:
        if self._client is None:
            raise TransportError("This connection is not open; connect again.")
        headers = dict(self._headers())
        self.veil = Veil(headers)
        usual = {"User-Agent": "realtime-chat", "Accept-Encoding": "identity"}
        if body is not None:
            usual |= {"Content-Type": kind, "Accept": "text/event-stream, application/json"}
        timeout = httpx.Timeout(self._connect_timeout_s, read=silence_s)
        with self.failures():
            request = self._client.build_request(
                method, url, headers={**usual, **headers}, content=body, timeout=timeout
            )
            response = await self._client.send(request, stream=True)
        try:
            answer = HttpAnswer(response, self)
            if not response.is_success:
                raise await self._refusal(response, answer)
            yield answer
        finally:
            with suppress(httpx.HTTPError, httpx.StreamError, OSError):
                await response.aclose()

    async def _refusal(self, response: httpx.Response, answer: HttpAnswer) -> TransportError:
        words = b""
        with suppress(TransportError):  # the status says the most
            words = await answer.beginning(MAX_WORDS_BYTES)
        return refusal(
            self.where,
            response.status_code,
            headers=response.headers,
            body=words,
            key_name=self._key_name,
            quoted=self._quote,
        )

    def _failure(self, error: Exception) -> TransportError:
        where = self.where
        match _root(error):
            case httpx.ProxyError():
                return _no_proxy(where)
            case httpx.ConnectTimeout() | httpx.PoolTimeout():
                seconds = f"{self._connect_timeout_s:g} s"
                text = f"{where} did not answer within {seconds}. Check the network and the URL."
                return Unreachable(text, kind="timeout")
            case httpx.TimeoutException():
                return Unreachable(f"{where} said nothing for too long. Try again.", kind="timeout")
            case gaierror() | UnicodeError() | httpx.InvalidURL():
                text = f"The name {where} cannot be resolved. Check the URL and the network."
                return Unreachable(text, kind="transport")
            case ssl.SSLError() as failed:
                text = f"No secure connection to {where} ({tls_reason(failed)}). {tls_cure(failed)}"
                return Unreachable(text, kind="transport")
            case httpx.ConnectError():
                text = f"No connection to {where}. Is the server running on that port, the network up?"
                return Unreachable(text, kind="transport")
            case httpx.RemoteProtocolError() if "without" not in str(error) and "closed" not in str(error):
                return ProtocolViolation(
                    f"{where} does not speak HTTP there. Check the URL.", kind="transport"
                )
            case _:
                return TransportError(f"{where} hung up in the middle of the answer. Ask again.")


def _root(error: BaseException) -> BaseException:
    """The error that says the most: TLS and name errors stand below httpx's own."""
    below: BaseException | None = error
    while below is not None:
        if isinstance(below, ssl.SSLError | gaierror | UnicodeError):
            return below
        below = below.__cause__ or below.__context__
    return error


def _no_proxy(where: str) -> Unreachable:
    text = f"The proxy on the way to {where} does not serve. Check HTTPS_PROXY and NO_PROXY."
    return Unreachable(text, kind="transport")


def _too_much(where: str) -> ProtocolViolation:
    return ProtocolViolation(f"{where} sent more than an answer may be. Ask for less.", kind="transport")
