"""What keeps pages of other sites out: the host that is asked for, and the page that asks."""

import re

from starlette.types import Scope

from pictrace.errors import BadHostError, ForbiddenError
from pictrace.service._scope import raw_path, values

LOOPBACK = frozenset({"localhost", "127.0.0.1", "[::1]"})
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
KEY_HEADERS = ("authorization", "x-api-key")

_HOST = re.compile(r"(\[[0-9a-f:.]{2,45}\]|[a-z0-9_](?:[a-z0-9_.-]{0,252}))(?::(\d{1,5}))?", re.ASCII)
_PORTS = 1 << 16


def check_host(scope: Scope, allowed: frozenset[str]) -> None:
    """Nothing, if the request names this service once; its port is not compared, for it may be mapped.

    A page may give its own name this machine's address, and its browser then takes the service for a part of
    that page. The name is what gives it away.

    Raises:
        BadHostError: no host, several, one that is malformed, or one that is not ours.
    """
    if not raw_path(scope).startswith(b"/"):
        raise BadHostError("the request names a host in its path", hint="ask with a path and a Host header")
    hosts = values(scope, "host")
    if len(hosts) != 1:
        raise BadHostError(f"the request has {len(hosts) or 'no'} Host headers", hint="send one")
    parts = _HOST.fullmatch(hosts[0].strip().lower())
    if parts is None or int(parts[2] or 0) >= _PORTS:
        raise BadHostError("the Host header is malformed", hint="send a name or an address, and a port")
    if parts[1].removesuffix(".") not in allowed | own_address(scope):
        raise BadHostError("this service does not answer for that host", hint="see the setting service.hosts")


def own_address(scope: Scope) -> frozenset[str]:
    """The address that the client has reached, which no name can stand for."""
    host = scope["server"][0] if scope.get("server") else ""
    return frozenset({f"[{host}]" if ":" in host else host})


def bracketed(host: str) -> str:
    """A host as the header has it."""
    return f"[{host}]" if ":" in host and not host.startswith("[") else host.lower()


def check_origin(scope: Scope) -> None:
    """Nothing, unless a page of another site asks: browsers say so, and other programs do not.

    Raises:
        ForbiddenError: the page that asks is not one of this service.
    """
    origins = values(scope, "origin")
    if origins and not _is_own(origins, "".join(values(scope, "host"))):
        raise ForbiddenError("pages of other sites may not ask", hint="open the page that comes with this service")
    sites = values(scope, "sec-fetch-site")
    if scope["method"] in SAFE:
        # Reading costs too, and how long it takes tells things. The page itself may be linked to from anywhere.
        if scope["path"].startswith("/v1/") and not set(sites) <= {"same-origin", "none"}:
            raise ForbiddenError("pages of other sites may not ask", hint="open the page that comes with this service")
        return
    if any(values(scope, name) for name in KEY_HEADERS):
        return
    if sites and not set(sites) <= {"same-origin", "none"}:
        raise ForbiddenError("pages of other sites may not change anything", hint="send a key in X-API-Key")


def _is_own(origins: list[str], host: str) -> bool:
    """Whether the only origin is what the Host header says; behind a proxy the scheme may be another."""
    scheme, _, place = origins[0].lower().partition("://")
    standard = {"http": ":80", "https": ":443"}.get(scheme, "")
    wanted = host.strip().lower()
    same = place.removesuffix(standard) == wanted.removesuffix(standard)
    return len(origins) == 1 and bool(standard and place) and same
