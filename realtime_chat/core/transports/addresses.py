"""Pure rules about addresses, shared by the providers that are reached over a network."""

from ipaddress import ip_address


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
