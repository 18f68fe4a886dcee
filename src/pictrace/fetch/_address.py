"""Which addresses may be asked: the judgement on an IP address, and on a URL, before anything is sent."""

import ipaddress
import re
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import Self

import yarl

from pictrace.errors import InvalidUrlError, SourceAnswerError, SourceNotAllowedError
from pictrace.settings import FetchPolicy

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

LONGEST = 2048
"""Characters of a URL."""

# `is_global` alone is no policy: it lets multicast, Azure's and Oracle's platform addresses and several
# forms of IPv4 in IPv6 pass, and differs between patch releases of Python. So what it refuses is listed too.
_REFUSED_V4 = [
    IPv4Network(block)
    for block in (
        *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12"),
        *("192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24"),
        *("192.168.0.0/16", "192.175.48.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24"),
        *("168.63.129.16/32", "224.0.0.0/4", "240.0.0.0/4"),
    )
]
# Of IPv6 only global unicast is asked, 2000::/3, and of that neither protocol assignments (Teredo among
# them), nor documentation, nor what holds an IPv4 address of whoever wrote it (6to4).
_UNICAST = IPv6Network("2000::/3")
_REFUSED_V6 = [
    IPv6Network(block) for block in ("2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20")
]
_MAPPED = IPv6Network("::ffff:0:0/96")
_NAT64 = IPv6Network("64:ff9b::/96")
_ISATAP = (0x00005EFE, 0x02005EFE)
"""What stands before the IPv4 address in an interface identifier, RFC 5214."""

_ODD = re.compile(r"[\s\x00-\x20\x7f-\x9f\\\ud800-\udfff]")
_AUTHORITY = re.compile(r"https?://([^/?#]+)", re.IGNORECASE)
_HOST_AND_PORT = re.compile(r"(\[[0-9a-f:.]+\]|[^\[\]:@%]+)(:[0-9]{1,5})?", re.IGNORECASE)
_LABELS = re.compile(r"(?!.{254})[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*")
_NUMBER = re.compile(r"([0-9]+|0x[0-9a-f]*)")


def permitted(ip: Address) -> bool:
    """Whether an address is one of the public internet, whatever form it is written in."""
    ip = unwrapped(ip)
    if isinstance(ip, IPv4Address):
        return ip.is_global and not any(ip in block for block in _REFUSED_V4)
    return (
        ip.scope_id is None
        and ip.is_global
        and ip in _UNICAST
        and not any(ip in block for block in _REFUSED_V6)
        and (int(ip) >> 32 & 0xFFFFFFFF) not in _ISATAP
    )


def unwrapped(ip: Address) -> Address:
    """The IPv4 address in one that is mapped (`::ffff:0:0/96`) or translated (NAT64), else the address itself.

    Networks without IPv4 reach all of it through NAT64 (RFC 6052), so these are judged by what is inside.
    """
    if isinstance(ip, IPv6Address) and (ip in _MAPPED or ip in _NAT64):
        return IPv4Address(int(ip) & 0xFFFFFFFF)
    return ip


@dataclass(frozen=True)
class Reach:
    """What may be asked: `ports`, `hosts` (any, if there are none), and `networks` beside the public internet."""

    ports: tuple[int, ...] = (80, 443)
    hosts: tuple[str, ...] = ()
    networks: tuple[Network, ...] = ()

    @classmethod
    def of(cls, policy: FetchPolicy) -> Self:
        """What the settings allow."""
        networks = tuple(ipaddress.ip_network(text) for text in policy.allow_networks)
        return cls(policy.allow_ports, tuple(name.lower() for name in policy.allow_hosts), networks)

    def admits(self, ip: Address) -> bool:
        """Whether an address may be asked: a public one, or one in the networks that are allowed beside."""
        return permitted(ip) or self.lists(ip)

    def lists(self, ip: Address) -> bool:
        """Whether an address is in one of the networks that are allowed beside the public internet."""
        if isinstance(ip, IPv6Address) and ip in _MAPPED:
            ip = unwrapped(ip)
        has_zone = isinstance(ip, IPv6Address) and ip.scope_id is not None
        return not has_zone and any(ip in network for network in self.networks)

    def names(self, host: str) -> bool:
        """Whether a host may be asked, as far as its name goes."""
        if host == "localhost" or host.endswith(".localhost"):
            return False
        above = host.partition(".")[2]
        chosen = {host, *(f"*.{above[start:]}" for start in _starts(above))}
        return not self.hosts or not chosen.isdisjoint(self.hosts)


def checked_url(text: str, reach: Reach | None = None) -> yarl.URL:
    """The one URL that a text can mean, with a host that may be asked as far as can be told without its addresses.

    It has no fragment, no dot at the end of its host, and letters of other alphabets in their ASCII form.

    Raises:
        InvalidUrlError: no URL for http or https, or one that other programs might read differently.
        SourceNotAllowedError: an address, a name or a port that may not be asked.
    """
    reach = reach or Reach()
    url = _parsed(text)
    port = url.port or 0
    host = (url.raw_host or "").removesuffix(".")
    ip = _literal(host, is_bracketed="[" in url.raw_authority)
    if ip is None and not _LABELS.fullmatch(host):
        raise _invalid("its host is no name")
    if not port > 0:
        raise _invalid("it has no possible port")
    if port not in reach.ports or not reach.names(host) or not (ip is None or reach.admits(ip)):
        raise SourceNotAllowedError
    return (url if host == url.raw_host else url.with_host(host)).with_fragment(None)


def redirected(url: yarl.URL, location: str, reach: Reach) -> yarl.URL:
    """Where an answer to `url` sends on, judged like any other URL.

    Raises:
        SourceAnswerError: to no clear URL.
        SourceNotAllowedError: to one that may not be asked, or from https to http.
    """
    try:
        if len(location) > LONGEST or _ODD.search(location):
            raise _invalid("no clear place")
        target = checked_url(str(url.join(yarl.URL(location))), reach)
    except (InvalidUrlError, ValueError) as error:
        raise SourceAnswerError("the server sends on to what is no URL that can be fetched") from error
    if url.scheme == "https" and target.scheme != "https":
        raise SourceNotAllowedError
    return target


def _parsed(text: str) -> yarl.URL:
    if len(text) > LONGEST:
        raise _invalid(f"it has more than {LONGEST:,} characters")
    if _ODD.search(text):
        raise _invalid("spaces, control characters and backslashes must be percent-encoded")
    authority = _AUTHORITY.match(text)
    if authority is None:
        raise _invalid("it does not begin with http:// or https:// and a host")
    if not _HOST_AND_PORT.fullmatch(authority[1]):
        raise _invalid("between // and / there may be a host and a port, no user and no percent sign")
    try:
        url = yarl.URL(text)
        _ = url.host  # which fails where an `xn--` stands for nothing
    except ValueError as error:
        raise _invalid("its host or port is no possible one") from error
    return url


def _literal(host: str, *, is_bracketed: bool) -> Address | None:
    """The IP address that a host is, in its one canonical spelling; `None` for a name."""
    try:
        if is_bracketed:
            return IPv6Address(host)
        if not _NUMBER.fullmatch(host.rpartition(".")[2]):
            return None
        # Systems take 127.1, 0x7f000001 and 0177.0.0.1 for addresses, and each its own way.
        return IPv4Address(host)
    except ValueError as error:
        raise _invalid("its host is a number, but no IP address") from error


def _starts(name: str) -> Sequence[int]:
    """Where the labels of a name begin."""
    return [0, *(place + 1 for place, letter in enumerate(name) if letter == ".")] if name else []


def _invalid(why: str) -> InvalidUrlError:
    return InvalidUrlError(f"this is no URL that can be fetched: {why}", hint="give one like https://example.org/a.jpg")
