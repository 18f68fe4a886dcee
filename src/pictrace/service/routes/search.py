"""Searching: with an upload, a URL or a stored picture; alone, several at once, or told stage by stage."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from pictrace import search as core_search
from pictrace.errors import BadRequestError, PictraceError
from pictrace.picture import Picture
from pictrace.results import Match, PictureRecord
from pictrace.search import Heard, Mode, Wanted
from pictrace.service import answers, events, replies
from pictrace.service.answers import Json
from pictrace.service.bodies import Body, body_of
from pictrace.service.guard import Rule
from pictrace.service.problems import Problem
from pictrace.service.routes import _shown
from pictrace.service.routes._asked import ROOT, caller_of, core, fetched, held, shelf_of, streamed, work
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


@dataclass(frozen=True, eq=False)
class _Asked:
    """One search: the bytes of a picture or the key of a stored one, and how to search."""

    source: bytes | Key
    options: Options


@router.post(
    f"{ROOT}/search",
    summary="Search with a picture",
    responses={200: {"model": replies.Answer, "content": {events.MEDIA_TYPE: {"schema": {"type": "string"}}}}},
    openapi_extra={
        **_shown.body(Question, files=_FILES, fields=Beside, raw=("image/*",)),
        **_shown.parameters(Beside),
    },
)
async def search(request: Request, name: str) -> Response:
    """The pictures related to one, strongest first.

    With `Accept: text/event-stream`, `stage` events tell what is found while the search goes on, and an `answer` or a
    `problem` ends them.
    """
    shelf = shelf_of(request)
    found = await held(request, name)
    is_streamed = events.MEDIA_TYPE in request.headers.get("accept", "")
    shelf.pool.check_room()
    async with body_of(request, shelf.budget, shelf.settings.service) as body:
        asked = await _asked(request, body)
        if not is_streamed:
            return Json(await work(request, lambda: _searched(found, asked)))
        await core(request, lambda: _check(found, asked))
    return streamed(request, _told(request, found, asked))


@router.post(
    f"{ROOT}/search:batch",
    summary="Search with several pictures",
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
                asked = wanted if isinstance(wanted, _Asked) else await _named(request, wanted)
                told.append(await work(request, partial(_searched, found, asked)))
            except PictraceError as error:
                told.append({"problem": Problem.of(error, request_id=request.state.request_id).to_dict()})
    return Json({"answers": told})


def _wanted(body: Body) -> Sequence[Question | _Asked]:
    if body.options is not None:
        return from_json(Batch, body.options).queries
    options = from_text(Options, body.fields)
    return [_Asked(file.data, options) for file in _images(body)]


async def _asked(request: Request, body: Body) -> _Asked:
    if body.options is not None:
        return await _named(request, from_json(Question, body.options))
    options = from_text(Beside, body.fields)
    files = _images(body)
    if len(files) != 1:
        raise BadRequestError("there are several pictures", hint="search:batch takes several")
    return _Asked(files[0].data, options)


async def _named(request: Request, question: Question) -> _Asked:
    if question.id is not None:
        return _Asked(question.id, question)
    return _Asked(await fetched(request, question.url or ""), question)


def _images(body: Body) -> Sequence[Any]:
    files = body.files.get("image", [])
    if not files or set(body.files) != {"image"}:
        raise BadRequestError("there is no picture in it", hint="send it in the field `image`")
    return files


def _check(found: Held, asked: _Asked) -> None:
    """Nothing, if as much as can be told without opening a picture makes sense.

    Raises:
        UsageError: the filter cannot be understood.
        NotFoundError: no picture has the id.
    """
    where_of(asked.options.filter)
    if not isinstance(asked.source, bytes):
        found.custody.collection.get(asked.source)


def _searched(found: Held, asked: _Asked, heard: Heard | None = None) -> dict[str, Any]:
    """The answer as it is told."""
    collection, options = found.custody.collection, asked.options
    query, told = _query(found, asked)
    size = (told["width"], told["height"])
    wanted = Wanted(
        limit=options.offset + options.limit + 1,
        min_score=options.min_score,
        mode=_mode(options),
        where=where_of(options.filter),
        filter_seconds=found.custody.settings.service.filter_seconds,
    )
    answer = collection.answered(lambda engine: core_search.search(engine, query, wanted, heard))
    envelope = answers.answer(found.custody.name, answer, query=told, offset=options.offset, limit=options.limit)
    if options.explain:
        shown = answer.matches[options.offset : options.offset + options.limit]
        pairs = zip(envelope["results"], shown, strict=True)
        envelope["results"] = [answers.sketched(one, match, size) for one, match in pairs]
    return envelope


def _query(found: Held, asked: _Asked) -> tuple[Picture | Key, dict[str, Any]]:
    """What the core searches with, and what is told of it."""
    region, echo = asked.options.region, asked.options.echo
    if isinstance(asked.source, bytes):
        picture: Picture | PictureRecord = found.custody.opened(asked.source, region=region)
    elif region is not None:
        picture = found.custody.part(asked.source, region)
    else:
        picture = found.custody.collection.get(asked.source)
    if isinstance(picture, PictureRecord):
        return picture.id, answers.query_of(picture, found.custody.collection.proxy(picture.id) if echo else None)
    return picture, answers.query_of(picture, picture.proxy() if echo else None)


def _mode(options: Options) -> Mode:
    return options.mode if options.verify or options.mode == "exact" else "similar"


async def _told(request: Request, found: Held, asked: _Asked) -> AsyncIterator[bytes]:
    loop = asyncio.get_running_loop()
    queue: asyncio.Queue[bytes | None] = asyncio.Queue()
    shown = asked.options.offset + asked.options.limit

    def heard(stage: str, matches: Sequence[Match]) -> None:
        results = [answers.match(found.custody.name, one) for one in matches[asked.options.offset : shown]]
        told = events.event("stage", {"stage": stage, "results": results})
        loop.call_soon_threadsafe(queue.put_nowait, told)

    async def answer_it() -> None:
        size = len(asked.source) if isinstance(asked.source, bytes) else 0
        try:
            with shelf_of(request).budget.reserved(size, who=caller_of(request).name):
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
