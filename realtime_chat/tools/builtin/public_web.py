"""The public web, and nothing else: no address of this machine or of its networks is ever connected to.

A name is looked up here, all its addresses are judged, and the connection goes to an address that was judged:
a name that changes its mind between the two, or redirects inward, gains nothing. No proxy is used, since it
would look names up by itself.
"""

import ipaddress
import socket
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, TypeAlias

from realtime_chat.core.clock import within
from realtime_chat.core.errors import ChatError, InvalidArguments, Unreachable
from realtime_chat.core.ports import Clock
from realtime_chat.core.printable import one_line
from realtime_chat.tools.workers import Workers

if TYPE_CHECKING:
    import httpx

REDIRECTS = 5
MAX_BYTES = 1_000_000
TOTAL_S = 30.0
SILENCE_S = 10.0

_HEADERS = {
    "User-Agent": "realtime-chat",
    "Accept": "text/*, application/json",
    "Accept-Encoding": "identity",
}
_NAT64 = (ipaddress.ip_network("64:ff9b::/96"), ipaddress.ip_network("64:ff9b:1::/48"))

#: Host and port → addresses.
Resolve: TypeAlias = Callable[[str, int], Awaitable[list[str]]]


class FetchFailed(ChatError):
    """The server answered with something that cannot be used."""

    kind: ClassVar[str] = "fetch_failed"


@dataclass(frozen=True, slots=True)
class Page:
    """What came: `url` after redirects, `kind` as in Content-Type, without parameters."""

    url: str
    kind: str
    text: str
    truncated: bool


async def resolved(host: str, port: int) -> list[str]:
    """All addresses of a name. Raises OSError.

    Not by asyncio's own way: its threads are waited for at the program's end, and a name server may hang.
    """
    found = await Workers().start(lambda: _looked_up(host, port), name="resolve")
    if isinstance(found, Exception):
        raise found
    return found


def _looked_up(host: str, port: int) -> list[str] | OSError | UnicodeError:
    try:
        entries = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        return error
    return [str(entry[4][0]) for entry in entries]


def is_public(address: str) -> bool:
    """Whether an address belongs to the public internet, and so do the ones hidden inside it."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.is_site_local or any(ip in network for network in _NAT64):
            return False
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if inner is not None and not is_public(str(inner)):
            return False
    special = ip.is_private or ip.is_loopback or ip.is_link_local or ip.is_multicast
    return ip.is_global and not (special or ip.is_reserved or ip.is_unspecified)


class PublicWeb:
    """Fetches pages; keeps nothing between two of them. `resolve` and `allowed` are for tests."""

    def __init__(
        self, clock: Clock, *, resolve: Resolve = resolved, allowed: Callable[[str], bool] = is_public
    ) -> None:
        self._clock = clock
        self._resolve = resolve
        self._allowed = allowed

    async def page(self, url: str) -> Page:
        """The text at `url`, its first million bytes.

        Raises InvalidArguments (not a public http address), Unreachable, FetchFailed (an error status, no
        text, too many redirects), TimedOut.
        """
        client = await Workers().start(_client, name="http-client")
        import httpx  # late: only who fetches pays for it, and `_client` has, beside the loop

        try:
            async with client:
                target = httpx.URL(url)
                return await within(self._clock, TOTAL_S, self._follow(client, target), "Fetching the page")
        except (httpx.InvalidURL, UnicodeError) as error:
            raise InvalidArguments("That is not a usable web address.") from error
        except httpx.HTTPError as error:
            reason = one_line(str(error), 200) or type(error).__name__
            raise Unreachable(f"The page could not be fetched ({reason}).") from error

    async def _follow(self, client: "httpx.AsyncClient", target: "httpx.URL") -> Page:
        for _ in range(REDIRECTS + 1):
            response = await self._asked(client, target)
            try:
                if not response.has_redirect_location:
                    return await _read(response, target)
                target = target.join(response.headers["location"])
            finally:
                await response.aclose()
        raise FetchFailed("The page leads in circles; give the address that it ends at.")

    async def _asked(self, client: "httpx.AsyncClient", target: "httpx.URL") -> "httpx.Response":
        address = await self._address(target)
        host = target.raw_host.decode("ascii")
        request = client.build_request(
            "GET",
            target.copy_with(host=address),
            headers={"Host": target.netloc.decode("ascii")},
            extensions={"sni_hostname": host},  # the certificate is checked against the name
        )
        return await client.send(request, stream=True)

    async def _address(self, target: "httpx.URL") -> str:
        """The address to connect to. Raises InvalidArguments when any of the host's is not public."""
        if target.scheme not in ("http", "https") or not target.host or target.userinfo:
            raise InvalidArguments("Only plain http and https addresses can be fetched.")
        port = target.port or (443 if target.scheme == "https" else 80)
        try:
            addresses = await self._resolve(target.host, port)
        except OSError as error:
            raise Unreachable("There is no such host; correct the address.") from error
        if not addresses or not all(map(self._allowed, addresses)):
            raise InvalidArguments("That address is not on the public internet; it is not fetched.")
        return addresses[0].partition("%")[0]


def _client() -> "httpx.AsyncClient":
    """Runs in a thread: the import and the certificates take a tenth of a second."""
    import httpx  # late: only who fetches pays for it

    return httpx.AsyncClient(
        trust_env=False,
        timeout=SILENCE_S,
        headers=_HEADERS,
        limits=httpx.Limits(max_keepalive_connections=0),  # never one host's connection for another
    )


async def _read(response: "httpx.Response", target: "httpx.URL") -> Page:
    if response.status_code >= 400:
        raise FetchFailed(f"The server answered {response.status_code}.", status=response.status_code)
    kind = response.headers.get("content-type", "text/plain").partition(";")[0].strip().lower()
    if not _is_text(kind) or response.headers.get("content-encoding", "identity") != "identity":
        raise FetchFailed(f"There is no plain text at that address ({one_line(kind, 60)}).")
    raw = bytearray()
    async for chunk in response.aiter_raw():
        raw += chunk
        if len(raw) > MAX_BYTES:
            break
    text = _decoded(bytes(raw[:MAX_BYTES]), response.charset_encoding)
    return Page(str(target), kind, text, truncated=len(raw) > MAX_BYTES)


def _is_text(kind: str) -> bool:
    return kind.startswith("text/") or kind.endswith(("/json", "+json", "/xml", "+xml"))


def _decoded(raw: bytes, encoding: str | None) -> str:
    try:
        return raw.decode(encoding or "utf-8", "replace")
    except LookupError:
        return raw.decode("utf-8", "replace")
