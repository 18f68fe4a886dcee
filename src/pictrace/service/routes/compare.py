"""Two pictures beside each other: how they are related, what every signal says, and what there is to see."""

from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from pictrace import comparison
from pictrace.errors import BadRequestError
from pictrace.picture import Picture
from pictrace.service import answers, replies
from pictrace.service.answers import Json
from pictrace.service.bodies import Body, body_of
from pictrace.service.guard import Rule
from pictrace.service.routes import _shown
from pictrace.service.routes._asked import ROOT, fetched, held, shelf_of, work
from pictrace.service.schemas import Named, Pair, Region, Sides, from_json, from_text
from pictrace.service.shelf import Held
from pictrace.types import Key

router = APIRouter(tags=["search"])

RULES = {("POST", f"{ROOT}/compare"): Rule("search", cost=2, upload_cost=4)}


@router.post(
    f"{ROOT}/compare",
    summary="Compare two pictures",
    responses={200: {"model": replies.Comparison}},
    openapi_extra=_shown.body(Pair, files={"image": "The first picture.", "other": "The second."}, fields=Sides),
)
async def compare(request: Request, name: str) -> Response:
    """Each is a file, a URL, or in the collection; nothing is added."""
    shelf = shelf_of(request)
    found = await held(request, name)
    shelf.pool.check_room()
    async with body_of(request, shelf.budget, shelf.settings.service) as body:
        image, other, region = await _sides(request, body)
        return Json(await work(request, lambda: _compared(found, (image, other), region)))


async def _sides(request: Request, body: Body) -> tuple[bytes | Key, bytes | Key, Region | None]:
    if body.options is not None:
        pair = from_json(Pair, body.options)
        return await _named(request, pair.image), await _named(request, pair.other), pair.region
    if not set(body.files) <= {"image", "other"}:
        raise BadRequestError("there are other files than two pictures", hint="the fields are `image` and `other`")
    said = from_text(Sides, body.fields)
    image = await _side(request, body, "image", _either(said.image_id, said.image_url))
    other = await _side(request, body, "other", _either(said.other_id, said.other_url))
    return image, other, said.region


def _either(key: int | None, url: str | None) -> Named | None:
    return None if key is None and url is None else Named(id=key, url=url)


async def _side(request: Request, body: Body, field: str, named: Named | None) -> bytes | Key:
    files = body.files.get(field, [])
    if len(files) + (named is not None) != 1:
        raise BadRequestError(f"give one picture as {field}", hint=f"a file, {field}_id or {field}_url")
    return files[0].data if named is None else await _named(request, named)


async def _named(request: Request, named: Named) -> bytes | Key:
    return named.id if named.id is not None else await fetched(request, named.url or "")


def _compared(found: Held, sides: tuple[bytes | Key, bytes | Key], region: Region | None) -> dict[str, Any]:
    custody = found.custody
    query, other = (custody.opened(side) if isinstance(side, bytes) else side for side in sides)
    if region is not None:
        query = _part(found, sides[0], region)
    pair = custody.collection.answered(lambda engine: comparison.pair(engine, query, other))
    told = answers.match(custody.name, pair.match)
    return {"match": told, **pair.grounds(), "drawing": answers.drawing(pair.drawing)}


def _part(found: Held, side: bytes | Key, region: Region) -> Picture:
    if isinstance(side, bytes):
        return found.custody.opened(side, region=region)
    return found.custody.part(side, region)
