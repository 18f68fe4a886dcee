"""The page and its files, as they are in the package, compressed once."""

import gzip
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from importlib.abc import Traversable

from fastapi import APIRouter, Request
from starlette.responses import Response

from pictrace.errors import NotFoundError
from pictrace.service.guard import HEADERS, Rule

router = APIRouter(include_in_schema=False)

RULES = {("GET", "/"): Rule("", cost=0), ("GET", "/web/{path:path}"): Rule("", cost=0)}

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self'; "
    "manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'"
)
_KINDS = {
    "html": "text/html; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "json": "application/json",
    "svg": "image/svg+xml",
    "webmanifest": "application/manifest+json",
}
_HEADERS = {**HEADERS, "content-security-policy": _POLICY, "cache-control": "no-cache", "vary": "accept-encoding"}


@dataclass(frozen=True)
class _Asset:
    data: bytes
    packed: bytes
    kind: str
    tag: str


@router.get("/")
async def index(request: Request) -> Response:
    """The page itself."""
    return _sent(request, "index.html")


@router.get("/web/{path:path}")
async def asset(request: Request, path: str) -> Response:
    """One of its files."""
    return _sent(request, path)


def _sent(request: Request, path: str) -> Response:
    found = _assets().get(path)
    if found is None:
        raise NotFoundError("there is nothing at this address")
    headers = {**_HEADERS, "etag": f'"{found.tag}"'}
    if f'"{found.tag}"' in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    if "gzip" in request.headers.get("accept-encoding", ""):
        return Response(found.packed, media_type=found.kind, headers={**headers, "content-encoding": "gzip"})
    return Response(found.data, media_type=found.kind, headers=headers)


@cache
def _assets() -> Mapping[str, _Asset]:
    """Every file of the page by its path; nothing else can be asked for."""
    found: dict[str, _Asset] = {}
    _collect(resources.files("pictrace") / "web", "", found)
    return found


def _collect(folder: Traversable, above: str, found: dict[str, _Asset]) -> None:
    for entry in folder.iterdir():
        place = f"{above}{entry.name}"
        kind = _KINDS.get(entry.name.rpartition(".")[2])
        if entry.is_dir():
            _collect(entry, f"{place}/", found)
        elif kind is not None:
            data = entry.read_bytes()
            tag = hashlib.sha256(data).hexdigest()[:32]
            found[place] = _Asset(data, gzip.compress(data, 9, mtime=0), kind, tag)
