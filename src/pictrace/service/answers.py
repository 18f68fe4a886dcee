"""The core's records as JSON that goes over HTTP: with links, with pictures where they were asked for."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from io import BufferedReader
from typing import Any
from urllib.parse import quote

from starlette.responses import JSONResponse, StreamingResponse
from starlette.types import Receive, Scope, Send

from pictrace.explain import Drawing, sketch
from pictrace.picture import Picture
from pictrace.results import Answer, Match, PictureRecord
from pictrace.service.schemas import MOST_OFFSET

JPEG, WEBP = "image/jpeg", "image/webp"

MOST_PLACES = 20
"""Of one picture that are told; how many there are is told besides."""

_BLOCK_BYTES = 256 << 10
"""Of a file, in memory for each client that takes one; the next is read once the network has taken this one."""


class Json(JSONResponse):
    """JSON in ASCII, for names of files need not be Unicode."""

    def render(self, content: Any) -> bytes:
        """The bytes of the answer."""
        return json.dumps(content, ensure_ascii=True, allow_nan=False, separators=(",", ":")).encode("ascii")


class FileAnswer(StreamingResponse):
    """An open file from its begin, a block at a time, closed afterwards; of HEAD nothing is read."""

    def __init__(self, file: BufferedReader, *, media_type: str, headers: Mapping[str, str], is_head: bool) -> None:
        super().__init__(() if is_head else _blocks(file), media_type=media_type, headers=headers)
        self._file = file

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The answer; the file is closed also where the client went away."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            # Not here: the thread that reads just now would be waited for.
            await asyncio.to_thread(self._file.close)


async def _blocks(file: BufferedReader) -> AsyncIterator[bytes]:
    # In threads that are not the core's: an answer that has begun is not turned away halfway.
    while block := await asyncio.to_thread(file.read, _BLOCK_BYTES):
        yield block


def base_of(collection: str) -> str:
    """Where a collection is on this service."""
    return f"/v1/collections/{quote(collection, safe='')}"


def links(collection: str, key: int) -> dict[str, str]:
    """Where one picture and its files are."""
    place = f"{base_of(collection)}/images/{key}"
    return {"self": place, **{name: f"{place}/{name}" for name in ("thumbnail", "proxy", "original")}}


def record(collection: str, found: PictureRecord) -> dict[str, Any]:
    """One picture."""
    told = replace(found, locations=found.locations[:MOST_PLACES]).to_dict()
    return {**told, "places": len(found.locations), "links": links(collection, found.id)}


def match(collection: str, found: Match) -> dict[str, Any]:
    """One match; `links` is `None` for what is in no collection."""
    told = replace(found, locations=found.locations[:MOST_PLACES]).to_dict()
    where = None if found.id is None else links(collection, found.id)
    return {**told, "places": len(found.paths), "links": where}


def answer(collection: str, found: Answer, *, query: Mapping[str, Any], offset: int, limit: int) -> dict[str, Any]:
    """The envelope of a search of which one match more was asked for than is shown."""
    following = offset + limit
    shown = found.matches[offset:following]
    told = replace(found, matches=()).to_dict()
    more = len(found.matches) > following and following <= MOST_OFFSET
    return {
        **told,
        "results": [match(collection, one) for one in shown],
        "query": dict(query),
        "next_offset": following if more else None,
    }


def query_of(picture: Picture | PictureRecord, proxy: bytes | None) -> dict[str, Any]:
    """What was searched with."""
    told: dict[str, Any] = {
        "id": picture.id if isinstance(picture, PictureRecord) else None,
        "sha256": picture.sha256,
        "width": picture.width,
        "height": picture.height,
        "format": picture.format,
    }
    return told if proxy is None else {**told, "proxy": data_uri(proxy, JPEG)}


def sketched(told: dict[str, Any], found: Match, query_size: tuple[int, int]) -> dict[str, Any]:
    """The match with the outline of what it shares with the query."""
    drawing = sketch(b"", query_size, b"", found)
    return {**told, "drawing": {"covered": drawing.covered, "outline": drawing.outline}}


def drawing(found: Drawing) -> dict[str, Any]:
    """All that is drawn of a pair."""
    return {
        "query": _side(found.query_jpeg, found.query_size),
        "match": _side(found.match_jpeg, found.match_size),
        "lines": found.lines,
        "covered": found.covered,
        "outline": found.outline,
        "aligned": data_uri(found.aligned_webp, WEBP),
        "difference": data_uri(found.difference_webp, WEBP),
    }


def data_uri(data: bytes, kind: str) -> str | None:
    """The bytes as an address that a page may show; `None` for none."""
    return f"data:{kind};base64,{base64.b64encode(data).decode('ascii')}" if data else None


def _side(jpeg: bytes, size: Sequence[int]) -> dict[str, Any]:
    return {"width": size[0], "height": size[1], "jpeg": data_uri(jpeg, JPEG)}
