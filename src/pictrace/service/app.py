"""The application: routes behind the guard, with everything they need opened at the start and closed at the end."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from functools import cache, partial

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from pictrace._version import __version__
from pictrace.errors import BadRequestError, MethodNotAllowedError, NotFoundError, PictraceError
from pictrace.service._head import Head
from pictrace.service.answers import Json
from pictrace.service.description import describe
from pictrace.service.events import Events, Follow, unfollowed
from pictrace.service.guard import Guard, Record
from pictrace.service.keys import KeyStore
from pictrace.service.metrics import Metrics
from pictrace.service.problems import Problem
from pictrace.service.routes import include_all, rules_of
from pictrace.service.shelf import Shelf
from pictrace.settings import Settings

_ABOUT = "Find pictures by picture. Errors are problems of RFC 9457 with a stable `code`; see the documentation."
_log = logging.getLogger(__name__)


class Service:
    """The service as an ASGI application, once it is called.

    Args:
        settings: `service` says what is allowed, `collection` names the default collection.
        folders: indexed into the default collection when it starts.
        watchers: hear of every request once it is over.
        follow: hears what happens to collections and jobs, in the threads where it happens.
        ready: called once the default collection is open.

    Attributes:
        failure: why it did not start, if it did not.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        folders: Sequence[str] = (),
        watchers: Sequence[Callable[[Record], object]] = (),
        follow: Follow = unfollowed,
        ready: Callable[[], object] = lambda: None,
    ) -> None:
        self.failure: PictraceError | None = None
        self._settings = settings
        self._folders = tuple(folders)
        self._follow = follow
        self._ready = ready
        self._metrics = Metrics()
        self._shelf: Shelf | None = None
        self._guarded = Guard(
            Head(self._application()),
            rules=rules_of(settings.service),
            policy=settings.service,
            keys=KeyStore(settings.keys_path),
            watchers=(self._metrics.watch, *watchers),
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request, or the life of the application."""
        await self._guarded(scope, receive, self._brief(send) if scope["type"] == "lifespan" else send)

    def stopping(self) -> None:
        """Nothing new begins, and listeners are sent home; called before the requests under way have ended."""
        if self._shelf is not None:
            self._shelf.is_stopping = True
            self._shelf.events.close()

    def _brief(self, send: Send) -> Send:
        """Keeps to itself where in the code it was that the service did not start, if that was foreseen."""

        async def told(message: Message) -> None:
            if message["type"] == "lifespan.startup.failed" and self.failure is not None:
                message = {"type": message["type"], "message": ""}
            await send(message)

        return told

    def _application(self) -> FastAPI:
        app = FastAPI(
            title="PicTrace",
            version=__version__,
            description=_ABOUT,
            lifespan=self._life,
            docs_url=None,
            redoc_url=None,
            redirect_slashes=False,
        )
        app.state.metrics = self._metrics
        include_all(app)
        app.openapi = cache(partial(describe, app, rules_of(self._settings.service)))  # type: ignore[method-assign]
        for kind in (PictraceError, RequestValidationError, HTTPException, Exception):
            app.add_exception_handler(kind, _refused)
        return app

    @asynccontextmanager
    async def _life(self, app: FastAPI) -> AsyncIterator[None]:
        share = self._settings.service.listeners_per_caller
        events = Events(asyncio.get_running_loop(), self._follow, share=share)
        shelf = Shelf(self._settings, events, self._folders)
        self._shelf = app.state.shelf = shelf
        try:
            await asyncio.to_thread(shelf.start)
        except PictraceError as error:
            self.failure = error
            raise
        self._ready()
        try:
            yield
        finally:
            shelf.events.close()
            await asyncio.to_thread(shelf.stop)


async def _refused(request: Request, error: Exception) -> Response:
    if isinstance(error, PictraceError):
        typed = error
    elif isinstance(error, HTTPException) and error.status_code == 404:
        typed = NotFoundError("there is nothing at this address")
    elif isinstance(error, HTTPException) and error.status_code == 405:
        typed = MethodNotAllowedError("this method does not fit")
    elif not isinstance(error, RequestValidationError | HTTPException):
        typed = PictraceError("something went wrong")  # whoever watches is told of it, for it is raised again
    else:
        typed = BadRequestError("this request cannot be understood")
    problem = Problem.of(typed, request_id=request.state.request_id)
    request.state.code = problem.code
    if problem.status == 500:
        _log.error("request %s failed", request.state.request_id, exc_info=error)
    return Json(problem.to_dict(), status_code=problem.status, headers=problem.headers())
