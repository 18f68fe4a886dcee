"""What people decided of pairs of pictures: read, written, taken back, and carried to other collections."""

from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter, Request
from starlette.requests import ClientDisconnect
from starlette.responses import Response

from pictrace.decisions import Decision, dumped, now, parsed, ruling_of
from pictrace.errors import BadRequestError, NotFoundError, UsageError
from pictrace.service import findings
from pictrace.service.answers import Json
from pictrace.service.bodies import media_type, members_of
from pictrace.service.choices import NewDecisions, Pair, Pairs, Some, Two
from pictrace.service.guard import Rule
from pictrace.service.routes import _shown
from pictrace.service.routes._asked import ROOT, core, held, key_of, query_of, write
from pictrace.service.schemas import from_json
from pictrace.service.shelf import Held
from pictrace.types import Key, Trace

router = APIRouter(tags=["duplicates"])

LINES = "application/x-ndjson"

RULES = {
    ("GET", f"{ROOT}/decisions"): Rule("search"),
    # Who goes through groups decides with a key of the keyboard each.
    ("PUT", f"{ROOT}/decisions"): Rule("index", cost=0),
    ("DELETE", f"{ROOT}/decisions"): Rule("index", cost=0),
    ("POST", f"{ROOT}/decisions:delete"): Rule("index", cost=0),
}


@router.get(
    f"{ROOT}/decisions",
    summary="What was decided of pairs",
    responses={
        200: {"model": findings.Decisions, "content": {LINES: {"schema": {"type": "string"}}}},
    },
    openapi_extra=_shown.parameters(Some),
)
async def every(request: Request, name: str) -> Response:
    """In the order of their hashes; all of them as JSON lines for `Accept: application/x-ndjson`."""
    some = query_of(request, Some)
    found = await held(request, name)
    decided = await core(request, found.custody.collection.decisions)
    if LINES in request.headers.get("accept", ""):
        return Response("".join(f"{line}\n" for line in dumped(decided)), media_type=LINES)
    shown = decided[some.after : some.after + some.limit]
    following = some.after + len(shown)

    def look() -> list[dict[str, Any]]:
        return [_told(found, one) for one in shown]

    told = {"decisions": await core(request, look), "count": len(decided)}
    return Json({**told, "next": following if following < len(decided) else None})


@router.put(
    f"{ROOT}/decisions",
    summary="Decide on pairs",
    responses={200: {"model": findings.Taken}},
    openapi_extra=_shown.body(NewDecisions, raw=[LINES]),
)
async def decide(request: Request, name: str) -> Response:
    """All of them or none, each in the place of the one before on its pair; JSON lines as they are exported, too."""
    found = await held(request, name)
    if media_type(request) == LINES:
        decided = _lines(await _body(request))
    else:
        said = from_json(NewDecisions, await members_of(request)).decisions
        decided = await core(request, lambda: [_decision(found, one, one.verdict, one.note) for one in said])
    await write(request, lambda: found.custody.review.decide(lambda: found.custody.collection.take_decisions(decided)))
    return Json({"taken": len(decided)})


@router.delete(
    f"{ROOT}/decisions",
    summary="Take a decision back",
    status_code=204,
    openapi_extra=_shown.parameters(Pair),
)
async def undecide_one(request: Request, name: str) -> Response:
    """That on one pair, given by `ids` or by `hashes`, of which there may be none."""
    found = await held(request, name)
    said = query_of(request, Pair)
    ids = None if said.ids is None else [key_of(part) for part in said.ids.split(",")]
    hashes = None if said.hashes is None else said.hashes.split(",")
    if (ids is None) == (hashes is None):
        raise UsageError("give either ids or hashes", hint="such as ids=1,2")
    await write(request, lambda: _taken_back(found, [Two(ids=ids, hashes=hashes)]))
    return Response(status_code=204)


@router.post(
    f"{ROOT}/decisions:delete", summary="Take decisions back", status_code=204, openapi_extra=_shown.body(Pairs)
)
async def undecide(request: Request, name: str) -> Response:
    """All of them or none; pairs on which nothing was decided are passed over."""
    found = await held(request, name)
    pairs = from_json(Pairs, await members_of(request)).pairs

    await write(request, lambda: _taken_back(found, pairs))
    return Response(status_code=204)


def _taken_back(found: Held, pairs: Sequence[Two]) -> None:
    collection = found.custody.collection
    known = {(one.one, one.other): one for one in collection.decisions()}
    wanted = [sorted(_hashes(found, pair)) for pair in pairs]
    gone = [known[one, other] for one, other in wanted if (one, other) in known]
    found.custody.review.decide(lambda: collection.undecide(gone))


async def _body(request: Request) -> bytes:
    try:
        return await request.body()
    except ClientDisconnect as error:
        raise BadRequestError("the request ended before its body did") from error


def _lines(data: bytes) -> list[Decision]:
    try:
        decided = parsed(data.decode("utf-8").split("\n"))
    except UnicodeDecodeError as error:
        raise BadRequestError("the lines are not UTF-8") from error
    if not decided:
        raise UsageError("there is no decision in these lines")
    return decided


def _decision(found: Held, two: Two, verdict: str, note: str) -> Decision:
    one, other = _traces(found, two)
    return Decision(one.sha256, other.sha256, one.pixel_hash, other.pixel_hash, ruling_of(verdict), now(), note)


def _traces(found: Held, two: Two) -> Sequence[Trace]:
    collection = found.custody.collection
    keys = list(two.ids) if two.ids is not None else [_key(found, sha256) for sha256 in two.hashes or ()]
    traces = found.custody.traces(keys)
    for key in keys:
        if key not in traces:
            collection.get(key)
    return [traces[key] for key in keys]


def _key(found: Held, sha256: str) -> Key:
    key = found.custody.collection.find(sha256)
    if key is None:
        raise NotFoundError("there is no picture of that hash", hint="decisions on others come as JSON lines")
    return key


def _hashes(found: Held, two: Two) -> Sequence[str]:
    if two.hashes is not None:
        return two.hashes
    return [found.custody.collection.get(key).sha256 for key in two.ids or ()]


def _told(found: Held, decision: Decision) -> dict[str, Any]:
    collection = found.custody.collection
    plain = {name: value for name, value in decision.to_dict().items() if name != "kind"}
    return {"ids": [collection.find(decision.one), collection.find(decision.other)], **plain}
