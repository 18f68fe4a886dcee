"""The application: routes behind the guard, with everything they need opened at the start and closed at the end."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import ASGIApp

from pictrace._version import __version__
from pictrace.errors import BadRequestError, MethodNotAllowedError, NotFoundError, PictraceError
from pictrace.service.answers import Json
from pictrace.service.events import Events
from pictrace.service.guard import Guard, Record
from pictrace.service.keys import KeyStore
from pictrace.service.metrics import Metrics
from pictrace.service.problems import Problem
from pictrace.service.routes import include_all, rules_of
from pictrace.service.shelf import Shelf
from pictrace.settings import Settings

_ABOUT = "Find pictures by picture. Errors are problems of RFC 9457 with a stable `code`; see the documentation."
_log = logging.getLogger(__name__)


def create_app(
    settings: Settings, *, folders: Sequence[str] = (), watchers: Sequence[Callable[[Record], object]] = ()
) -> ASGIApp:
    """The service as an ASGI application; `folders` are indexed into its default collection when it starts.

    `watchers` hear of every request once it is over.
    """
    metrics = Metrics()

    @asynccontextmanager
    async def life(app: FastAPI) -> AsyncIterator[None]:
        events = Events(asyncio.get_running_loop())
        shelf = app.state.shelf = Shelf(settings, events, folders)
        await asyncio.to_thread(shelf.start)
        try:
            yield
        finally:
            events.close()
            await asyncio.to_thread(shelf.stop)

    app = FastAPI(
        title="PicTrace",
        version=__version__,
        description=_ABOUT,
        lifespan=life,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.metrics = metrics
    include_all(app)
    for kind in (PictraceError, RequestValidationError, HTTPException):
        app.add_exception_handler(kind, _refused)
    return Guard(
        app,
        rules=rules_of(settings.service),
        policy=settings.service,
        keys=KeyStore(settings.keys_path),
        watchers=(metrics.watch, *watchers),
    )


async def _refused(request: Request, error: Exception) -> Response:
    if isinstance(error, PictraceError):
        typed = error
    elif isinstance(error, HTTPException) and error.status_code == 404:
        typed = NotFoundError("there is nothing at this address")
    elif isinstance(error, HTTPException) and error.status_code == 405:
        typed = MethodNotAllowedError("this method does not fit")
    else:
        typed = BadRequestError("this request cannot be understood")
    problem = Problem.of(typed, request_id=request.state.request_id)
    request.state.code = problem.code
    if problem.status == 500:
        _log.error("request %s failed", request.state.request_id, exc_info=error)
    return Json(problem.to_dict(), status_code=problem.status, headers=problem.headers())
