"""Sessions of the page: a key becomes a cookie that no script can read and no other site can use."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from pictrace.errors import BadRequestError, UnauthenticatedError
from pictrace.service.guard import Rule
from pictrace.service.sessions import COOKIE, SECONDS, Sessions

router = APIRouter(tags=["operation"])

RULES = {
    ("POST", "/v1/session"): Rule("search"),
    ("DELETE", "/v1/session"): Rule(""),
}

_HINT = "send it in Authorization: Bearer"


@router.post("/v1/session", summary="Begin a session", status_code=204)
async def begin(request: Request) -> Response:
    """The key in `Authorization: Bearer` opens it; the cookie that comes back stands for it."""
    scheme, _, key = request.headers.get("authorization", "").strip().partition(" ")
    if scheme and scheme.lower() != "bearer":
        raise UnauthenticatedError("this is no key to begin a session with", hint=_HINT)
    if not key.strip():
        raise BadRequestError("a session is begun with a key", hint=_HINT)
    answer = Response(status_code=204)
    answer.set_cookie(
        COOKIE,
        sessions_of(request).open(key.strip()),
        max_age=SECONDS,
        httponly=True,
        samesite="strict",
        secure=request.state.is_secure,
    )
    return answer


@router.delete("/v1/session", summary="End the session", status_code=204)
async def end(request: Request) -> Response:
    """The cookie stands for nothing any more."""
    sessions_of(request).close(request.cookies.get(COOKIE, ""))
    answer = Response(status_code=204)
    answer.delete_cookie(COOKIE, httponly=True, samesite="strict", secure=request.state.is_secure)
    return answer


def sessions_of(request: Request) -> Sessions:
    """The sessions of this service."""
    sessions: Sessions = request.state.sessions
    return sessions
