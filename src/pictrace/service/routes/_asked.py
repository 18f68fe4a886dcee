"""What every route asks of a request before its own work."""

import re
from collections.abc import AsyncIterator, Callable, Iterable
from typing import TypeVar

from fastapi import Request
from pydantic import BaseModel
from starlette.responses import Response, StreamingResponse

from pictrace.errors import NotFoundError
from pictrace.service import events
from pictrace.service._head import is_head
from pictrace.service.bodies import single
from pictrace.service.guard import Caller
from pictrace.service.schemas import from_text
from pictrace.service.shelf import Held, Shelf
from pictrace.types import Key

_Model = TypeVar("_Model", bound=BaseModel)
_Result = TypeVar("_Result")

_KEY = re.compile(r"[1-9]\d{0,14}", re.ASCII)
_MOST_KEY = 1 << 48

ROOT = "/v1/collections/{name}"


def shelf_of(request: Request) -> Shelf:
    """Everything that the service holds."""
    shelf: Shelf = request.app.state.shelf
    return shelf


def caller_of(request: Request) -> Caller:
    """Who asks, as the guard has found."""
    caller: Caller = request.state.caller
    return caller


def query_of(request: Request, model: type[_Model]) -> _Model:
    """The parameters of the address, each once.

    Raises:
        UsageError: one is unknown or does not fit.
        BadRequestError: one is given twice.
    """
    return from_text(model, single(request.query_params.multi_items(), "parameter"))


def key_of(text: str) -> Key:
    """The id in an address.

    Raises:
        NotFoundError: no picture can have it.
    """
    if not _KEY.fullmatch(text) or int(text) >= _MOST_KEY:
        raise NotFoundError("there is no such picture")
    return int(text)


def listener_of(
    request: Request, collection: str, *, job: str = "", names: Iterable[str] = ("collection", "job")
) -> events.Listener:
    """Somebody who hears events for as long as the caller may.

    Raises:
        TooManyInFlightError: too many listen already, or this caller does too often.
    """
    caller = caller_of(request)
    return shelf_of(request).events.listener(
        collection, job=job, names=names, who=caller.name, is_welcome=caller.is_welcome
    )


def streamed(request: Request, told: AsyncIterator[bytes]) -> Response:
    """The answer that goes on with every event; HEAD is not kept waiting for any."""
    if is_head(request):
        return Response(media_type=events.MEDIA_TYPE, headers=events.HEADERS)
    return StreamingResponse(told, media_type=events.MEDIA_TYPE, headers=events.HEADERS)


async def held(request: Request, name: str) -> Held:
    """The collection in an address, opened if need be."""
    shelf = shelf_of(request)
    found = shelf.found(name)
    return found if found is not None else await shelf.writes.run(lambda: shelf.get(name))


async def core(request: Request, call: Callable[[], _Result]) -> _Result:
    """What a call of the core gives that takes milliseconds, in one of the few threads that there are for such."""
    return await shelf_of(request).light.run(call)


async def work(request: Request, call: Callable[[], _Result]) -> _Result:
    """What a call of the core gives that computes, in one of the few threads that there are for such.

    Raises:
        OverloadedError: too many wait.
    """
    return await shelf_of(request).pool.run(call)


async def write(request: Request, call: Callable[[], _Result]) -> _Result:
    """What a call of the core gives that waits for its turn to write.

    Raises:
        OverloadedError: too many wait.
    """
    return await shelf_of(request).writes.run(call)


async def fetched(request: Request, url: str) -> bytes:
    """The file at a URL, counted against what this caller may have fetched.

    Raises:
        ForbiddenError: they may have nothing fetched.
        FetchError: it cannot be fetched.
    """
    shelf, caller = shelf_of(request), caller_of(request)
    caller.require("fetch")
    caller.spend(_FETCH_COST, fetches=1)
    return await shelf.fetches.run(lambda: shelf.fetching.get(url))


_FETCH_COST = 4
"""Besides the request's own one."""
