"""What is done to files: planned from what was chosen, done as a job, and taken back; never what cannot be."""

from dataclasses import asdict
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from pictrace.duplicates.certainty import Certainty
from pictrace.service import answers, findings, replies
from pictrace.service._job import Job
from pictrace.service.answers import Json
from pictrace.service.bodies import members_of
from pictrace.service.choices import NewAcceptance, NewApplication, NewPlan, NewUndo
from pictrace.service.guard import Rule
from pictrace.service.routes import _shown
from pictrace.service.routes._asked import ROOT, core, held, work, write
from pictrace.service.schemas import from_json
from pictrace.service.settling import told
from pictrace.service.shelf import Held

router = APIRouter(tags=["duplicates"])

RULES = {
    ("POST", f"{ROOT}/duplicates/accept"): Rule("index", cost=2),
    ("GET", f"{ROOT}/duplicates/plan"): Rule("delete"),
    ("POST", f"{ROOT}/duplicates/plan"): Rule("delete", cost=4),
    ("POST", f"{ROOT}/duplicates/apply"): Rule("delete", cost=4),
    ("POST", f"{ROOT}/duplicates/undo"): Rule("delete", cost=4),
}


@router.post(
    f"{ROOT}/duplicates/accept",
    summary="Accept what is sure",
    responses={200: {"model": findings.Accepted}},
    openapi_extra=_shown.body(NewAcceptance),
)
async def accept(request: Request, name: str) -> Response:
    """In up to 200 groups of the same pixels the rules choose which file stays; `left` is how many are still open."""
    found = await held(request, name)
    certainty = Certainty(from_json(NewAcceptance, await members_of(request)).certainty)
    settled, left = await work(request, lambda: found.custody.settling.accept(certainty))
    return Json({"settled": settled, "left": left})


@router.get(f"{ROOT}/duplicates/plan", summary="What is to be done", responses={200: {"model": findings.Standing}})
async def standing(request: Request, name: str) -> Response:
    """How much was chosen to go, and what became of the plan that was applied last."""
    found = await held(request, name)
    settling = found.custody.settling

    def look() -> dict[str, Any]:
        return {"chosen": asdict(settling.chosen()), "last": settling.last()}

    return Json(await core(request, look))


@router.post(
    f"{ROOT}/duplicates/plan",
    summary="Make a plan",
    status_code=201,
    responses={201: {"model": findings.Plan}},
    openapi_extra=_shown.body(NewPlan),
)
async def plan(request: Request, name: str) -> Response:
    """Of the files that were chosen; nothing is done to any of them before it is applied."""
    found = await held(request, name)
    asked = from_json(NewPlan, await members_of(request))
    settling, is_all = found.custody.settling, asked.groups == "all"
    made = await work(request, lambda: settling.plan(asked.rules, asked.action, is_all=is_all))
    return Json(told(made), status_code=201)


@router.post(
    f"{ROOT}/duplicates/apply",
    summary="Apply a plan",
    status_code=202,
    responses={202: {"model": replies.Job}},
    openapi_extra=_shown.body(NewApplication),
)
async def apply(request: Request, name: str) -> Response:
    """As a job: every file is proved again at the moment it goes, and one that is not as planned stays."""
    asked = from_json(NewApplication, await members_of(request))
    return await _begun(request, name, "apply", {"plan": asked.plan, "accepted": asked.accepted})


@router.post(
    f"{ROOT}/duplicates/undo",
    summary="Take a plan back",
    status_code=202,
    responses={202: {"model": replies.Job}},
    openapi_extra=_shown.body(NewUndo),
)
async def undo(request: Request, name: str) -> Response:
    """As a job: all that was done by the plan; nothing that has appeared since is overwritten."""
    asked = from_json(NewUndo, await members_of(request))
    return await _begun(request, name, "undo", {"plan": asked.plan, "accepted": None})


async def _begun(request: Request, name: str, kind: str, plan: dict[str, Any]) -> Response:
    found = await held(request, name)
    job = await write(request, lambda: _added(found, kind, plan))
    return Json(job.to_dict(), status_code=202, headers={"location": f"{answers.base_of(name)}/jobs/{job.id}"})


def _added(found: Held, kind: str, plan: dict[str, Any]) -> Job:
    found.custody.settling.read(plan["plan"], plan["accepted"])  # what cannot be is refused before there is a job
    return found.jobs.add(kind, kind, plan)
