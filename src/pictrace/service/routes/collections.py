"""Collections: which there are, how they are, and what happens to them."""

from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from pictrace.errors import CollectionError
from pictrace.service import events, replies
from pictrace.service.answers import Json, base_of
from pictrace.service.guard import Rule
from pictrace.service.problems import Problem
from pictrace.service.routes import _shown
from pictrace.service.routes._asked import ROOT, caller_of, core, held, listener_of, shelf_of, streamed, write
from pictrace.service.shelf import Held

router = APIRouter(tags=["collections"])

RULES = {
    ("GET", "/v1/collections"): Rule("search"),
    ("GET", ROOT): Rule("search"),
    ("PUT", ROOT): Rule("admin"),
    ("GET", f"{ROOT}/events"): Rule("search"),
}


@router.get("/v1/collections", summary="All collections", responses={200: {"model": replies.Collections}})
async def every(request: Request) -> Response:
    """Their names, and the number of pictures in each; of one that cannot be read, the problem instead."""
    shelf = shelf_of(request)

    def look(name: str) -> dict[str, Any]:
        try:
            pictures, version = shelf.numbers(name)
        except CollectionError as error:
            problem = Problem.of(error, request_id=request.state.request_id).to_dict()
            return {"name": name, "pictures": None, "version": None, "problem": problem}
        return {"name": name, "pictures": pictures, "version": version}

    return Json({"collections": await core(request, lambda: [look(name) for name in shelf.names()])})


@router.put(ROOT, summary="Make a collection", responses={200: {"model": replies.Brief}, 201: {"model": replies.Brief}})
async def make(request: Request, name: str) -> Response:
    """201 if it is new, 200 if it was there."""
    shelf = shelf_of(request)
    is_new = await write(request, lambda: shelf.make(name))
    one = await held(request, name)
    told = await core(request, lambda: _brief(one))
    return Json(told, status_code=201 if is_new else 200, headers={"location": base_of(name)})


@router.get(ROOT, summary="One collection", responses={200: {"model": replies.Collection}})
async def one(request: Request, name: str) -> Response:
    """How many pictures it has, how they are found, and what is going on."""
    found = await held(request, name)
    return Json(await core(request, lambda: described(found)))


@router.get(
    f"{ROOT}/events",
    summary="What happens to a collection",
    response_class=Response,
    responses=_shown.events("`collection`, `job` and `groups`."),
)
async def listen(request: Request, name: str) -> Response:
    """Server-Sent Events: `collection` when pictures or encoders come or go, `job` and `groups` (with the right
    `index`) when a job gets on, and what duplicates it has found so far.
    """
    found = await held(request, name)
    heard = {"collection", "job", "groups"} if caller_of(request).has("index") else {"collection"}
    # Before the first look, so that nothing is missed in between.
    listener = listener_of(request, name, names=heard)
    first = events.event("collection", await core(request, lambda: found.custody.news))
    return streamed(request, listener.heard(first))


def described(found: Held) -> dict[str, Any]:
    """A collection as its own address tells of it."""
    collection = found.custody.collection
    recipe = collection.recipe
    states = [str(job.state) for job in found.jobs.all()]
    return {
        **_brief(found),
        "index": collection.state().to_dict(),
        "encoders": [stamp.name for stamp in recipe.active],
        "words": collection.reads_words,
        "signals": list(recipe.signals),
        "jobs": {"running": states.count("running"), "queued": states.count("queued")},
    }


def _brief(found: Held) -> dict[str, Any]:
    custody = found.custody
    return {"name": custody.name, "pictures": len(custody.collection), "version": custody.version}
