"""Searching: with an upload, a URL, a stored picture or words; alone, several at once, or told stage by stage."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, ExitStack
from functools import partial
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from pictrace import blending
from pictrace import search as core_search
from pictrace.blending import readers
from pictrace.errors import PictraceError
from pictrace.picture import Picture
from pictrace.results import Match, PictureRecord
from pictrace.search import Heard, Mode, Wanted
from pictrace.service import answers, events, replies
from pictrace.service.answers import Json
from pictrace.service.bodies import Body, body_of
from pictrace.service.guard import Rule
from pictrace.service.problems import Problem
from pictrace.service.routes import _shown
from pictrace.service.routes._asked import ROOT, caller_of, core, held, shelf_of, streamed, work
from pictrace.service.routes._sought import Sought, images, of_body, of_question, terms_of, told_of
from pictrace.service.routes.images import where_of
from pictrace.service.schemas import Batch, Beside, Options, Question, from_json, from_text
from pictrace.service.shelf import Held
from pictrace.types import Key

router = APIRouter(tags=["search"])

RULES = {
    ("POST", f"{ROOT}/search"): Rule("search"),
    ("POST", f"{ROOT}/search:batch"): Rule("search", cost=4, upload_cost=8),
}

_FILES = {"image": "The picture to search with."}


@router.post(
    f"{ROOT}/search",
    summary="Search with a picture or words",
    responses={200: {"model": replies.Answer, "content": {events.MEDIA_TYPE: {"schema": {"type": "string"}}}}},
    openapi_extra={
        **_shown.body(Question, files=_FILES, fields=Beside, raw=("image/*",)),
        **_shown.parameters(Beside),
    },
)
async def search(request: Request, name: str) -> Response:
    """The pictures related to one, strongest first; or those that come nearest to words, or to a mixture of both.

    With `Accept: text/event-stream`, `stage` events tell what is found while the search goes on, and an `answer` or a
    `problem` ends them.
    """
    shelf = shelf_of(request)
    found = await held(request, name)
    is_streamed = events.MEDIA_TYPE in request.headers.get("accept", "")
    shelf.pool.check_room()
    async with AsyncExitStack() as room:
        body = await room.enter_async_context(body_of(request, shelf.budget, shelf.settings.service))
        asked = await of_body(request, body, room.enter_context(ExitStack()))
        if not is_streamed:
            return Json(await work(request, lambda: _searched(found, asked)))
        await core(request, lambda: _check(found, asked))
    return streamed(request, _told(request, found, asked))


@router.post(
    f"{ROOT}/search:batch",
    summary="Search with several pictures or texts",
    responses={200: {"model": replies.Answers}},
    openapi_extra=_shown.body(Batch, files=_FILES, fields=Options, several=True),
)
async def batch(request: Request, name: str) -> Response:
    """One answer or problem for each, in their order."""
    shelf = shelf_of(request)
    found = await held(request, name)
    told = []
    shelf.pool.check_room()
    async with body_of(request, shelf.budget, shelf.settings.service) as body:
        for wanted in _wanted(body):
            try:
                with ExitStack() as room:
                    asked = wanted if isinstance(wanted, Sought) else await of_question(request, wanted, room)
                    told.append(await work(request, partial(_searched, found, asked)))
            except PictraceError as error:
                told.append({"problem": Problem.of(error, request_id=request.state.request_id).to_dict()})
    return Json({"answers": told})


def _wanted(body: Body) -> Sequence[Question | Sought]:
    if body.options is not None:
        return from_json(Batch, body.options).queries
    options = from_text(Options, body.fields)
    return [Sought(file.data, options) for file in images(body)]


def _check(found: Held, asked: Sought) -> None:
    """Nothing, if as much as can be told without opening a picture makes sense.

    Raises:
        UsageError: the filter cannot be understood.
        NotFoundError: no picture has the id.
        NoTextEncoderError: there are words, and nothing reads them.
    """
    where_of(asked.options.filter)
    for one in (asked.source, *(part.what for part in asked.parts)):
        if isinstance(one, int):
            found.custody.collection.get(one)
    if asked.parts:
        readers(found.custody.collection.engine())


def _searched(found: Held, asked: Sought, heard: Heard | None = None) -> dict[str, Any]:
    """The answer as it is told."""
    collection, options = found.custody.collection, asked.options
    wanted = Wanted(
        limit=options.offset + options.limit + 1,
        min_score=options.min_score,
        mode=_mode(options),
        where=where_of(options.filter),
        filter_seconds=found.custody.settings.service.filter_seconds,
    )
    if asked.parts:
        readers(collection.engine())  # before anything is opened for nothing
        terms = terms_of(found, asked)
        told, size = told_of(found, asked, terms), (0, 0)
        answer = collection.answered(lambda engine: blending.search(engine, terms, wanted, heard))
    else:
        query, told = _query(found, asked)
        size = (told["width"], told["height"])
        answer = collection.answered(lambda engine: core_search.search(engine, query, wanted, heard))
    envelope = answers.answer(found.custody.name, answer, query=told, offset=options.offset, limit=options.limit)
    if options.explain:
        shown = answer.matches[options.offset : options.offset + options.limit]
        pairs = zip(envelope["results"], shown, strict=True)
        envelope["results"] = [answers.sketched(one, match, size) for one, match in pairs]
    return envelope


def _query(found: Held, asked: Sought) -> tuple[Picture | Key, dict[str, Any]]:
    """What the core searches with, and what is told of it."""
    region, echo = asked.options.region, asked.options.echo
    if isinstance(asked.source, bytes):
        picture: Picture | PictureRecord = found.custody.opened(asked.source, region=region)
    elif region is not None:
        picture = found.custody.part(asked.source or 0, region)
    else:
        picture = found.custody.collection.get(asked.source or 0)
    if isinstance(picture, PictureRecord):
        return picture.id, answers.query_of(picture, found.custody.collection.proxy(picture.id) if echo else None)
    return picture, answers.query_of(picture, picture.proxy() if echo else None)


def _mode(options: Options) -> Mode:
    return options.mode if options.verify or options.mode == "exact" else "similar"


async def _told(request: Request, found: Held, asked: Sought) -> AsyncIterator[bytes]:
    loop = asyncio.get_running_loop()
    queue: asyncio.Queue[bytes | None] = asyncio.Queue()
    shown = asked.options.offset + asked.options.limit

    def heard(stage: str, matches: Sequence[Match]) -> None:
        results = [answers.match(found.custody.name, one) for one in matches[asked.options.offset : shown]]
        told = events.event("stage", {"stage": stage, "results": results})
        loop.call_soon_threadsafe(queue.put_nowait, told)

    async def answer_it() -> None:
        try:
            with shelf_of(request).budget.reserved(asked.size, who=caller_of(request).name):
                envelope = await work(request, lambda: _searched(found, asked, heard))
            queue.put_nowait(events.event("answer", envelope))
        except PictraceError as error:
            told = Problem.of(error, request_id=request.state.request_id).to_dict()
            queue.put_nowait(events.event("problem", told))
        finally:
            queue.put_nowait(None)

    task = asyncio.create_task(answer_it())
    while (told := await queue.get()) is not None:
        yield told
    await asyncio.wait([task])
    if (bug := task.exception()) is not None:
        unforeseen = Problem.of(PictraceError("something went wrong"), request_id=request.state.request_id)
        yield events.event("problem", unforeseen.to_dict())
        raise bug
