"""Is the service alive, is it ready, what can it do, and how is it doing."""

import asyncio
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import PlainTextResponse, Response

from pictrace._version import __version__
from pictrace.errors import ShuttingDownError
from pictrace.service import replies
from pictrace.service.answers import Json
from pictrace.service.guard import Rule
from pictrace.service.keys import RIGHTS
from pictrace.service.routes._asked import caller_of, shelf_of
from pictrace.service.schemas import MOST_OFFSET, MOST_RESULTS

router = APIRouter(tags=["operation"])

RULES = {
    ("GET", "/healthz"): Rule("", cost=0),
    ("GET", "/readyz"): Rule("", cost=0),
    ("GET", "/openapi.json"): Rule("search", cost=0),
    ("GET", "/metrics"): Rule("admin", cost=0),
    ("GET", "/v1/info"): Rule("search", cost=0),
}


@router.get("/healthz", summary="The process is alive", responses={200: {"model": replies.Status}})
async def healthz() -> Response:
    """Always the same short answer, without looking at anything."""
    return Json({"status": "ok"})


@router.get("/readyz", summary="Searches are answered", responses={200: {"model": replies.Status}})
async def readyz(request: Request) -> Response:
    """200 while searches and uploads would be answered, 503 while they would not, and while the service stops."""
    shelf = shelf_of(request)
    if shelf.is_stopping:
        raise ShuttingDownError("the service is about to stop", retry_after_s=5)
    await shelf.readiness.check()
    return Json({"status": "ready"})


@router.get("/metrics", summary="Figures for Prometheus", response_class=PlainTextResponse)
async def metrics(request: Request) -> Response:
    """Text in the exposition format of Prometheus."""
    # In no thread of the core: whoever watches wants to know just when all of those are busy.
    text, kind = await asyncio.to_thread(request.app.state.metrics.text, shelf_of(request))
    return Response(text, media_type=kind)


@router.get("/v1/info", summary="What this service is and allows", responses={200: {"model": replies.Info}})
async def info(request: Request) -> Response:
    """Version, formats, limits, and the caller's rights."""
    settings = shelf_of(request).settings
    caller, policy = caller_of(request), settings.service
    limits: dict[str, Any] = {
        "body_bytes": policy.body_bytes,
        "file_bytes": min(settings.limits.file_bytes, policy.body_bytes),
        "zip_bytes": policy.zip_bytes,
        "pixels": settings.limits.pixels,
        "parts": policy.parts,
        "limit": MOST_RESULTS,
        "offset": MOST_OFFSET,
    }
    return Json(
        {
            "name": "PicTrace",
            "version": __version__,
            "formats": list(settings.limits.formats),
            "limits": limits,
            "rights": [right for right in RIGHTS if caller.has(right)],
            "key_needed": bool(caller.key_id),
            "fetch": settings.fetch.enabled,
            "keep_originals": policy.keep_originals,
            "rescan": bool(shelf_of(request).folders),
        }
    )
