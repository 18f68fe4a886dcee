"""Jobs: what they are about, how far they are, and their end."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from pictrace.errors import UsageError
from pictrace.service import answers, events, replies
from pictrace.service.answers import Json
from pictrace.service.bodies import members_of
from pictrace.service.guard import Rule
from pictrace.service.routes import _shown
from pictrace.service.routes._asked import ROOT, core, held, listener_of, query_of, shelf_of, streamed
from pictrace.service.schemas import After, NewJob, from_json
from pictrace.service.shelf import DEFAULT

router = APIRouter(tags=["jobs"])

_ONE = f"{ROOT}/jobs/{{number}}"
_PAGE = 200

RULES = {
    ("GET", f"{ROOT}/jobs"): Rule("index"),
    ("POST", f"{ROOT}/jobs"): Rule("admin"),
    ("GET", _ONE): Rule("index"),
    ("DELETE", _ONE): Rule("index"),
    ("GET", f"{_ONE}/failures"): Rule("index"),
    ("GET", f"{_ONE}/events"): Rule("index"),
}


@router.get(f"{ROOT}/jobs", summary="All jobs", responses={200: {"model": replies.Jobs}})
async def every(request: Request, name: str) -> Response:
    """Newest first."""
    found = await held(request, name)
    return Json({"jobs": await core(request, lambda: [job.to_dict() for job in found.jobs.all()])})


@router.post(
    f"{ROOT}/jobs",
    summary="Begin a job",
    status_code=202,
    responses={202: {"model": replies.Job}},
    openapi_extra=_shown.body(NewJob),
)
async def begin(request: Request, name: str) -> Response:
    """`rescan` looks through the folders that the service was started with; `rebuild` makes indexes anew."""
    shelf = shelf_of(request)
    found = await held(request, name)
    kind = from_json(NewJob, await members_of(request)).kind
    if kind == "rescan":
        if name != DEFAULT or not shelf.folders:
            raise UsageError("there are no folders to look through", hint="name them when the service is started")
        job = await core(request, lambda: shelf.index_folders(found))
    else:
        job = await core(request, lambda: found.jobs.add("rebuild", "indexes"))
    place = f"{answers.base_of(name)}/jobs/{job.id}"
    return Json(job.to_dict(), status_code=202, headers={"location": place})


@router.get(_ONE, summary="One job", responses={200: {"model": replies.Job}})
async def one(request: Request, name: str, number: str) -> Response:
    """Its state and numbers."""
    found = await held(request, name)
    return Json(await core(request, lambda: found.jobs.get(number).to_dict()))


@router.delete(_ONE, summary="Cancel a job", status_code=202, responses={202: {"model": replies.Job}})
async def cancel(request: Request, name: str, number: str) -> Response:
    """It ends as soon as it can, and what it has done stays; 409 if it has ended."""
    found = await held(request, name)
    job = await core(request, lambda: found.jobs.cancel(number))
    return Json(job.to_dict(), status_code=202)


@router.get(
    f"{_ONE}/failures",
    summary="What a job could not use",
    responses={200: {"model": replies.Failures}},
    openapi_extra=_shown.parameters(After),
)
async def failures(request: Request, name: str, number: str) -> Response:
    """Two hundred at a time, in the order in which they were met."""
    after = query_of(request, After).after
    found = await held(request, name)
    lines, following = await core(request, lambda: found.jobs.failures(number, after=after, limit=_PAGE))
    return Json({"failures": [line.to_dict() for line in lines], "next": following})


@router.get(f"{_ONE}/events", summary="How a job gets on", response_class=Response, responses=_shown.events("`job`."))
async def listen(request: Request, name: str, number: str) -> Response:
    """Server-Sent Events named `job`, the first one at once; `groups` where duplicates are looked for."""
    found = await held(request, name)
    # Before the first look, so that nothing is missed in between.
    listener = listener_of(request, name, job=number, names=("job", "groups"))
    first = events.event("job", await core(request, lambda: found.jobs.get(number).to_dict()))
    return streamed(request, listener.heard(first))
