"""The guard at the socket: no packet leaves for an address that may not be asked, whoever names it."""

import ipaddress
import socket
from dataclasses import dataclass

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.connector import AddrInfoType, Connection

from pictrace.errors import SourceNotAllowedError
from pictrace.fetch._address import Address, Reach, unwrapped
from pictrace.fetch._names import Names

_MOST_ANSWERS = 64


class RefusedError(OSError):
    """No socket is opened; an `OSError`, since that is what a connector hands through."""


def is_own(ip: Address) -> bool:
    """Whether an address is this machine's own; nothing is sent.

    The system answers by the address it would speak from: connecting a datagram socket only looks up the route.
    """
    family = socket.AF_INET if ip.version == 4 else socket.AF_INET6
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect((str(ip), 9))
            return bool(ipaddress.ip_address(probe.getsockname()[0]) == ip)
    except OSError:
        return False


@dataclass(frozen=True)
class Guard:
    """The judgement on every address that a connection is about to be made to."""

    reach: Reach

    def admits(self, text: str) -> bool:
        """Whether an address, as a resolver or a socket spells it, may be connected to."""
        try:
            ip = ipaddress.ip_address(text)
        except ValueError:
            return False
        return self.reach.admits(ip) and (self.reach.lists(ip) or not is_own(unwrapped(ip)))

    def open_socket(self, info: AddrInfoType) -> socket.socket:
        """A socket for one address.

        Raises:
            RefusedError: the address may not be asked.
        """
        family, kind, protocol, _, address = info
        if not self.admits(str(address[0])):
            raise RefusedError
        return socket.socket(family, kind, protocol)

    def request_class(self) -> type[aiohttp.ClientRequest]:
        """A request that looks once more at who is on the other end, before it says a word."""
        guard = self

        class GuardedRequest(aiohttp.ClientRequest):
            async def send(self, conn: Connection) -> aiohttp.ClientResponse:
                peer = conn.transport.get_extra_info("peername") if conn.transport else None
                if peer is None or not guard.admits(str(peer[0])):
                    raise SourceNotAllowedError
                return await super().send(conn)

        return GuardedRequest


class OnceResponse(aiohttp.ClientResponse):
    """An answer that is waited for once: the client would by itself ask again when a server hangs up."""

    async def start(self, connection: Connection) -> aiohttp.ClientResponse:
        try:
            return await super().start(connection)
        except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError) as error:
            # Of the one kind that the client does not take for a connection which had been idle too long.
            raise aiohttp.ClientConnectionError from error


class Resolver(AbstractResolver):
    """Names become addresses; one refused answer refuses the name.

    Without that, the guard at the socket would only make the client try the next answer.
    """

    def __init__(self, guard: Guard, names: Names) -> None:
        self._guard = guard
        self._names = names

    async def resolve(
        self,
        host: str,
        port: int = 0,
        family: socket.AddressFamily = socket.AF_UNSPEC,  # noqa: ARG002 - both families are judged, always
    ) -> list[ResolveResult]:
        """Where to connect for a host.

        Raises:
            OSError: it has no address.
            SourceNotAllowedError: one of its addresses may not be asked.
        """
        addresses = list(dict.fromkeys(await self._names.addresses(host)))
        if len(addresses) > _MOST_ANSWERS or not all(map(self._guard.admits, addresses)):
            raise SourceNotAllowedError
        if not addresses:
            raise OSError("the name has no address")
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=socket.AF_INET6 if ":" in address else socket.AF_INET,
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
            for address in addresses
        ]

    async def close(self) -> None:
        """Nothing is open; threads that still wait for an answer end by themselves."""
