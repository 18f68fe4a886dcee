"""What the guard reads of a request: headers, the raw path, and whom it came from."""

import ipaddress
from collections.abc import Sequence

from starlette.types import Scope

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

NOBODY = ""
"""The address of a client that has none, as over a Unix socket."""

_NETWORK_BITS = 64
"""Of IPv6: a household or a rented server has that many addresses to itself."""


def values(scope: Scope, name: str) -> list[str]:
    """All values of a header, in their order."""
    wanted = name.encode("ascii")
    return [value.decode("latin-1") for key, value in scope["headers"] if key == wanted]


def raw_path(scope: Scope) -> bytes:
    """The path as it was sent, without the query."""
    return bytes(scope.get("raw_path") or scope["path"].encode("utf-8"))


def has_body(scope: Scope) -> bool:
    """Whether the headers announce one."""
    lengths = values(scope, "content-length")
    return bool(values(scope, "transfer-encoding")) or any(length.strip() != "0" for length in lengths)


def is_json(scope: Scope) -> bool:
    """Whether the body is said to be JSON."""
    kind = "".join(values(scope, "content-type")[:1]).partition(";")[0].strip().lower()
    return kind == "application/json" or kind.endswith("+json")


def is_loopback(host: str) -> bool:
    """Whether a host that is listened on, or an address, is this machine itself."""
    address = _address(host.strip("[]"))
    return host.lower() == "localhost" or (address is not None and address.is_loopback)


def client(scope: Scope, proxies: Sequence[Network]) -> str:
    """The address a request comes from: the peer's, or the nearest one that your own proxies vouch for."""
    peer = _address(scope["client"][0]) if scope.get("client") else None
    if peer is None:
        return NOBODY
    hops = [hop.strip() for value in values(scope, "x-forwarded-for") for hop in value.split(",")]
    while hops and is_within(peer, proxies):
        before = _address(hops.pop())
        if before is None:
            break
        peer = before
    return str(peer)


def is_secure(scope: Scope, proxies: Sequence[Network]) -> bool:
    """Whether the client came over TLS: to this process, or to a proxy of yours, which is the only one believed."""
    peer = _address(scope["client"][0]) if scope.get("client") else None
    if peer is None or not is_within(peer, proxies):
        return bool(scope["scheme"] == "https")
    said = [one.strip().lower() for value in values(scope, "x-forwarded-proto") for one in value.split(",")]
    return said[-1:] == ["https"]


def is_within(address: Address, networks: Sequence[Network]) -> bool:
    """Whether an address is in one of the networks."""
    return any(address in network for network in networks)


def network(client: str) -> str:
    """What is counted as one client: an IPv4 address, or the /64 of an IPv6 address."""
    address = _address(client)
    if isinstance(address, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((address, _NETWORK_BITS), strict=False))
    return client


def _address(text: str) -> Address | None:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address
