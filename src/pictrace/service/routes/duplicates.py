"""Duplicates: looked for as a job, told of as groups, and what was chosen for their files."""

import base64
import json
import math
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from pictrace.dedupe.picks import Pick
from pictrace.duplicates.certainty import Certainty, certainty_of
from pictrace.duplicates.groups import Group, Member
from pictrace.errors import UsageError
from pictrace.service import answers, findings, replies
from pictrace.service._job import ENDED, Job
from pictrace.service.answers import Json
from pictrace.service.bodies import members_of
from pictrace.service.choices import Groups, NewPicks, NewSearch
from pictrace.service.guard import Rule
from pictrace.service.reviewing import Review, Which, place_of
from pictrace.service.routes import _shown
from pictrace.service.routes._asked import ROOT, core, held, query_of, write
from pictrace.service.routes.images import where_of
from pictrace.service.schemas import from_json
from pictrace.service.shelf import Held
from pictrace.types import Relation

router = APIRouter(tags=["duplicates"])

RULES = {
    ("GET", f"{ROOT}/duplicates"): Rule("search"),
    ("POST", f"{ROOT}/duplicates"): Rule("index", cost=4),
    # Who goes through groups chooses with a key of the keyboard each.
    ("PUT", f"{ROOT}/duplicates/picks"): Rule("index", cost=0),
}

_SETTLED = {"open": False, "settled": True, "all": None}


@router.get(
    f"{ROOT}/duplicates",
    summary="Groups of duplicates",
    responses={200: {"model": findings.Duplicates}},
    openapi_extra=_shown.parameters(Groups),
)
async def listed(request: Request, name: str) -> Response:
    """Those found last, or so far while they are looked for, the surest first, as decisions leave them."""
    which = _which(query_of(request, Groups))
    found = await held(request, name)
    review = found.custody.review

    def look() -> dict[str, Any]:
        shown = review.page(which)
        return {
            **review.summary(),
            "groups": [told(name, review, group) for group in shown.groups],
            "next_cursor": _cursor(shown.groups[-1]) if shown.has_more else None,
            "count": shown.count,
        }

    return Json(await core(request, look))


@router.post(
    f"{ROOT}/duplicates",
    summary="Look for duplicates",
    status_code=202,
    responses={202: {"model": replies.Job}},
    openapi_extra=_shown.body(NewSearch),
)
async def begin(request: Request, name: str) -> Response:
    """As a job; the one there is, if the same is looked for already. What was judged once is not judged again."""
    found = await held(request, name)
    plan = from_json(NewSearch, await members_of(request)).model_dump()
    where_of(plan["filter"])
    job = await core(request, lambda: _begun(found, plan))
    return Json(job.to_dict(), status_code=202, headers={"location": f"{answers.base_of(name)}/jobs/{job.id}"})


@router.put(
    f"{ROOT}/duplicates/picks", summary="Choose what stays", status_code=204, openapi_extra=_shown.body(NewPicks)
)
async def choose(request: Request, name: str) -> Response:
    """What is to become of files, all or none; nothing is done to any of them before a plan is applied."""
    found = await held(request, name)
    said = from_json(NewPicks, await members_of(request)).picks
    wanted = {(one.id, one.path): None if one.pick is None else Pick(one.pick) for one in said}
    await write(request, lambda: found.custody.review.choose(wanted))
    return Response(status_code=204)


def told(collection: str, review: Review, group: Group) -> dict[str, Any]:
    """A group as it goes over HTTP."""
    plain = group.to_dict()
    return {
        **plain,
        "certainty": str(certainty_of(group)),
        "settled": review.picks.is_settled(group),
        "members": [_member(collection, review, member) for member in group],
    }


def _member(collection: str, review: Review, member: Member) -> dict[str, Any]:
    plain = {name: value for name, value in member.to_dict().items() if name != "collection"}
    pick = review.pick_of(member)
    return {**plain, "added": member.added, "pick": pick, "links": answers.links(collection, member.id)}


def _begun(found: Held, plan: dict[str, Any]) -> Job:
    for job in found.jobs.all():
        if job.kind == "duplicates" and job.state not in ENDED and job.plan == plan:
            return job
    return found.jobs.add("duplicates", "duplicates", plan)


def _which(asked: Groups) -> Which:
    return Which(
        certainty=None if asked.certainty is None else Certainty(asked.certainty),
        relation=None if asked.relation is None else Relation(asked.relation),
        settled=_SETTLED[asked.state],
        after=_place(asked.cursor) if asked.cursor else None,
        limit=asked.limit,
    )


def _cursor(group: Group) -> str:
    return base64.urlsafe_b64encode(json.dumps(place_of(group)).encode("ascii")).decode("ascii")


def _place(cursor: str) -> tuple[int, float, int]:
    """Where a page begins.

    Raises:
        UsageError: the cursor is none that was given out.
    """
    try:
        rank, score, key = json.loads(base64.b64decode(cursor.encode("ascii"), b"-_", validate=True))
    except (ValueError, TypeError, RecursionError) as error:
        raise UsageError("the cursor is none that was given out") from error
    if type(rank) is not int or type(key) is not int or type(score) is not float or not math.isfinite(score):
        raise UsageError("the cursor is none that was given out")
    return rank, score, key
