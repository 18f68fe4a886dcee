"""The encoders of a collection: which there are rows of, and changing them while it is searched."""

from typing import Literal

from fastapi import APIRouter, Request
from starlette.responses import Response

from pictrace._change import Change
from pictrace.service import replies
from pictrace.service.answers import Json, base_of
from pictrace.service.bodies import members_of
from pictrace.service.evidence import Reply
from pictrace.service.guard import Rule
from pictrace.service.routes import _shown
from pictrace.service.routes._asked import ROOT, core, held, work
from pictrace.service.schemas import SpaceChange, from_json

router = APIRouter(tags=["collections"])

_HERE = f"{ROOT}/spaces"

RULES = {
    ("GET", _HERE): Rule("search"),
    ("POST", _HERE): Rule("admin"),
}


class Space(Reply):
    """The rows of one encoder; `problem` is why this service cannot work with it, empty if it can."""

    name: str
    version: str
    metric: Literal["cosine", "hamming"]
    width: int
    state: Literal["active", "building", "retired"]
    rows: int
    pictures: int
    problem: str


class Spaces(Reply):
    """All of them, in the order in which they came."""

    spaces: list[Space]


@router.get(_HERE, summary="The encoders of a collection", responses={200: {"model": Spaces}})
async def every(request: Request, name: str) -> Response:
    """Those that are searched with, those whose rows are being made, and those that are retired."""
    found = await held(request, name)
    return Json({"spaces": await core(request, lambda: [one.to_dict() for one in found.custody.collection.spaces()])})


@router.post(
    _HERE,
    summary="Change the encoders of a collection",
    status_code=202,
    responses={202: {"model": replies.Job}},
    openapi_extra=_shown.body(SpaceChange),
)
async def change(request: Request, name: str) -> Response:
    """A job that makes the rows of an encoder and then lets searches use it, or drops one; what cannot be done is
    refused at once.
    """
    found = await held(request, name)
    asked = from_json(SpaceChange, await members_of(request))
    wanted = Change(asked.action, asked.name, asked.new)
    await work(request, lambda: found.custody.collection.check_spaces(wanted))
    plan = {"action": wanted.action, "name": wanted.name, "new": wanted.new}
    called = f"{wanted.name} → {wanted.new}" if wanted.new else wanted.name
    job = await core(request, lambda: found.jobs.add("spaces", called, plan))
    return Json(job.to_dict(), status_code=202, headers={"location": f"{base_of(name)}/jobs/{job.id}"})
