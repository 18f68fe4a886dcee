"""The pictures of a collection: listed, shown, deleted; their small and their original files."""

import base64
import gzip
import hashlib
import json
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
from fastapi import APIRouter, Request
from starlette.responses import Response

from pictrace import filters
from pictrace.errors import UsageError
from pictrace.filters import Filter
from pictrace.orders import Order, Position
from pictrace.service import answers, replies
from pictrace.service._head import is_head
from pictrace.service.answers import FileAnswer, Json
from pictrace.service.bodies import members_of
from pictrace.service.guard import HEADERS, Rule
from pictrace.service.routes import _shown
from pictrace.service.routes._asked import ROOT, core, held, key_of, query_of, shelf_of, write
from pictrace.service.schemas import Ids, Listing, Page, Thumbnail, from_json
from pictrace.service.shelf import Held
from pictrace.types import Key

router = APIRouter(tags=["pictures"])

_ONE = f"{ROOT}/images/{{key}}"

RULES = {
    ("GET", f"{ROOT}/images"): Rule("search"),
    ("GET", f"{ROOT}/wall"): Rule("search", cost=2),
    ("POST", f"{ROOT}/images:delete"): Rule("delete"),
    # Who leafs through pictures asks for each.
    ("GET", _ONE): Rule("search", cost=0),
    ("DELETE", _ONE): Rule("delete"),
    # A screen of a wall is a hundred of them.
    ("GET", f"{_ONE}/thumbnail"): Rule("search", cost=0),
    ("GET", f"{_ONE}/proxy"): Rule("search", cost=0),
    ("GET", f"{_ONE}/original"): Rule("search"),
}

_SHOWN = {
    "JPEG": "image/jpeg",
    "PNG": "image/png",
    "WEBP": "image/webp",
    "GIF": "image/gif",
    "AVIF": "image/avif",
    "BMP": "image/bmp",
}
"""What browsers show; other originals are for keeping."""

_FOR_KEEPING = "application/octet-stream"

_FOR_EVER = {**HEADERS, "cache-control": "private, max-age=31536000, immutable"}


@router.get(
    f"{ROOT}/images",
    summary="A page of pictures",
    responses={200: {"model": replies.Pictures}},
    openapi_extra=_shown.parameters(Page),
)
async def listed(request: Request, name: str) -> Response:
    """In the order asked for, those that fit the filter, and where the next page begins."""
    page = query_of(request, Page)
    where, after = where_of(page.filter), _position(page)
    found = await held(request, name)

    def look() -> dict[str, Any]:
        catalog, seconds = found.custody.catalog, found.custody.settings.service.filter_seconds
        records = catalog.page(page.sort, where, after=after, limit=page.limit + 1, seconds=seconds)
        shown, more = records[: page.limit], len(records) > page.limit
        return {
            "images": [answers.record(name, record) for record in shown],
            "next_cursor": _cursor(Position.of(shown[-1], page.sort), page.sort) if more else None,
            "count": catalog.count(where, seconds=seconds),
        }

    return Json(await core(request, look))


@router.get(
    f"{ROOT}/wall",
    summary="Every picture in one order",
    responses={200: {"model": replies.Wall}, **_shown.NOT_MODIFIED},
    openapi_extra=_shown.parameters(Listing),
)
async def wall(request: Request, name: str) -> Response:
    """Ids and proportions of all pictures that fit, to lay out a wall of them."""
    listing = query_of(request, Listing)
    where = where_of(listing.filter)
    found = await held(request, name)
    version = await core(request, lambda: found.custody.version)
    tag = hashlib.sha256(f"{name} {version} {listing.sort} {listing.filter}".encode()).hexdigest()[:32]
    headers = {**HEADERS, "cache-control": "private, no-cache", "etag": f'"{tag}"', "vary": "accept-encoding"}
    if _is_known(request, tag):
        return Response(status_code=304, headers=headers)
    is_packed = "gzip" in request.headers.get("accept-encoding", "")

    def look() -> bytes:
        catalog = found.custody.catalog
        keys = catalog.keys(listing.sort, where, seconds=found.custody.settings.service.filter_seconds)
        shapes = catalog.shapes(keys).astype(np.int64)
        ratios = (100 * shapes[:, 0] // shapes[:, 1].clip(1)).clip(1, 10_000)
        told = {"count": len(keys), "version": version, "ids": keys.tolist(), "ratios": ratios.tolist()}
        data = json.dumps(told, separators=(",", ":")).encode("ascii")
        return gzip.compress(data, 1) if is_packed else data

    if is_packed:
        headers["content-encoding"] = "gzip"
    return Response(await core(request, look), media_type="application/json", headers=headers)


@router.post(
    f"{ROOT}/images:delete", summary="Delete several pictures", status_code=204, openapi_extra=_shown.body(Ids)
)
async def delete_all(request: Request, name: str) -> Response:
    """All of them are forgotten, or none; files that were found elsewhere are not touched."""
    found = await held(request, name)
    await _removed(request, found, from_json(Ids, await members_of(request)).ids)
    return Response(status_code=204)


@router.get(_ONE, summary="One picture", responses={200: {"model": replies.Record}})
async def one(request: Request, name: str, key: str) -> Response:
    """What is known of it, and every place where it was seen."""
    number = key_of(key)
    found = await held(request, name)
    return Json(answers.record(name, await core(request, lambda: found.custody.collection.get(number))))


@router.delete(_ONE, summary="Delete a picture", status_code=204)
async def delete(request: Request, name: str, key: str) -> Response:
    """It is forgotten; its file is not touched, unless it was uploaded and kept here."""
    number = key_of(key)
    found = await held(request, name)
    await _removed(request, found, [number])
    return Response(status_code=204)


@router.get(
    f"{_ONE}/thumbnail",
    summary="A small JPEG",
    response_class=Response,
    responses=_shown.file(answers.JPEG),
    openapi_extra=_shown.parameters(Thumbnail),
)
async def thumbnail(request: Request, name: str, key: str) -> Response:
    """At most 128, 256 or 512 pixels long, without any metadata."""
    side, kept = query_of(request, Thumbnail).size, shelf_of(request).thumbnails

    def smaller(sha256: str, proxy: Callable[[], bytes]) -> bytes:
        place = (name, sha256, side)
        return kept.get(place) or kept.make(place, proxy())

    return await _drawn(request, name, key, str(side), smaller)


@router.get(
    f"{_ONE}/proxy",
    summary="A JPEG of at most 512 pixels",
    response_class=Response,
    responses=_shown.file(answers.JPEG),
)
async def proxy(request: Request, name: str, key: str) -> Response:
    """What the collection keeps of every picture, without any metadata."""
    return await _drawn(request, name, key, "proxy", lambda _, proxy: proxy())


async def _drawn(
    request: Request, name: str, key: str, kind: str, make: Callable[[str, Callable[[], bytes]], bytes]
) -> Response:
    """A JPEG that is made of a picture's proxy, given its SHA-256 and where to get it; `kind` tells it from others."""
    number = key_of(key)
    found = await held(request, name)

    def look() -> tuple[str, bytes]:
        collection = found.custody.collection
        sha256 = collection.get(number).sha256
        return sha256, make(sha256, partial(collection.proxy, number))

    sha256, data = await core(request, look)
    headers = _headers(f"{sha256[:32]}-{kind}", f"{number}.jpg")
    if _is_known(request, f"{sha256[:32]}-{kind}"):
        return Response(status_code=304, headers=headers)
    return Response(data, media_type=answers.JPEG, headers=headers)


@router.get(
    f"{_ONE}/original",
    summary="The file as it was",
    response_class=Response,
    responses=_shown.file(*_SHOWN.values(), _FOR_KEEPING),
)
async def original(request: Request, name: str, key: str) -> Response:
    """Byte for byte, with whatever metadata it has; 404 if it is no longer at hand."""
    number = key_of(key)
    found = await held(request, name)

    record = await core(request, lambda: found.custody.collection.get(number))
    shown = _SHOWN.get(record.format)
    kind, ending = shown or _FOR_KEEPING, record.format.lower().replace("jpeg", "jpg")
    headers = _headers(record.sha256, f"{number}.{ending}", disposition="inline" if shown else "attachment")
    # The file is as large as an upload may be: it is not read for those who have it.
    if _is_known(request, record.sha256):
        return Response(status_code=304, headers=headers)
    file = await core(request, lambda: found.custody.original(record))
    headers["content-length"] = str(record.size)
    return FileAnswer(file, media_type=kind, headers=headers, is_head=is_head(request))


async def _removed(request: Request, found: Held, keys: Sequence[Key]) -> None:
    def remove() -> None:
        found.custody.remove(keys)
        shelf_of(request).changed(found)

    await write(request, remove)


def where_of(text: str | None) -> Filter | None:
    """The filter that was asked for, understood.

    Raises:
        UsageError: it cannot be; the message points at the place.
    """
    return filters.parse(text) if text else None


def _is_known(request: Request, tag: str) -> bool:
    """Whether the client has what it asks for, as it says."""
    known = [one.strip().removeprefix("W/") for one in request.headers.get("if-none-match", "").split(",")[:16]]
    return "*" in known or f'"{tag}"' in known


def _headers(tag: str, name: str, *, disposition: str = "inline") -> dict[str, str]:
    return {**_FOR_EVER, "etag": f'"{tag}"', "content-disposition": f'{disposition}; filename="{name}"'}


def _cursor(position: Position, order: Order) -> str:
    plain = json.dumps([order, position.value, position.key])
    return base64.urlsafe_b64encode(plain.encode("ascii")).decode("ascii")


def _position(page: Page) -> Position | None:
    """Where a page begins.

    Raises:
        UsageError: the cursor is none that was given out for this order.
    """
    if not page.cursor:
        return None
    try:
        order, value, key = json.loads(base64.b64decode(page.cursor.encode("ascii"), b"-_", validate=True))
    except (ValueError, TypeError, RecursionError) as error:
        raise UsageError("the cursor is none that was given out") from error
    if not all(type(number) is int and 0 <= number < 1 << 62 for number in (value, key)):
        raise UsageError("the cursor is none that was given out")
    if order != page.sort:
        raise UsageError("the cursor is of another order", hint="go on with the sort that it was given out for")
    return Position(value, Key(key))
