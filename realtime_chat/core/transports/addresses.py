"""Pure rules about addresses, shared by the providers that are reached over a network."""

from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

from realtime_chat.core.errors import InvalidArguments

_SCHEMES = ("https", "http", "wss", "ws")


def is_loopback(host: str) -> bool:
    """True when `host` (a name or an address, without a port) is this machine itself, 0.0.0.0 included."""
    name = host.rstrip(".").lower()
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        address = ip_address(name)
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def host_of(url: str) -> str:
    """The host that a URL names; "" for what cannot be read."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def is_here(url: str) -> bool:
    """True when a URL leads to this machine itself; False for what cannot be read."""
    return is_loopback(host_of(url))


def checked_url(base: str, *, advice: str) -> SplitResult:
    """The parts of a base URL as a user gives it.

    Raises InvalidArguments with the advice; it never echoes the URL, which may hold a password or escape sequences.
    """
    url = base.strip()
    if not all(c.isprintable() and c != " " for c in url):
        raise InvalidArguments(f"The URL holds blanks or control characters; {advice}.")
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname, parts.port
    except ValueError as error:
        raise InvalidArguments(f"The URL cannot be read; {advice}.") from error
    if parts.scheme not in _SCHEMES:
        raise InvalidArguments(f"The URL must start with https, http, wss or ws; {advice}.")
    if not host:
        raise InvalidArguments(f"The URL names no host; {advice}.")
    if "@" in parts.netloc:
        raise InvalidArguments(
            "The URL holds a user name or password; remove it and give the key as the API key."
        )
    if parts.fragment:
        raise InvalidArguments(f"The URL holds a #fragment, which no service sees; {advice}.")
    return parts
