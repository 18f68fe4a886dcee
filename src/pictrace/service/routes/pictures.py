"""Pictures that come in: one or several files, an archive of them, or URLs."""

import asyncio
import os
import zipfile
from collections.abc import AsyncIterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Any

from fastapi import APIRouter, Request
from starlette.requests import ClientDisconnect
from starlette.responses import Response

from pictrace import metadata
from pictrace.errors import BadRequestError, PictraceError, UnsupportedFormatError
from pictrace.service import answers, names, replies
from pictrace.service.answers import Json
from pictrace.service.bodies import Body, File, body_of, json_of, media_type
from pictrace.service.guard import Rule
from pictrace.service.problems import Problem
from pictrace.service.routes import _shown
from pictrace.service.routes._asked import ROOT, caller_of, core, fetched, held, query_of, shelf_of, work
from pictrace.service.schemas import ByUrl, Name, Upload, from_json, from_text
from pictrace.service.shelf import Held

router = APIRouter(tags=["pictures"])

_ZIPS = ("application/zip", "application/x-zip-compressed")

_BLOCK_BYTES = 1 << 20
"""Of an archive, written at a time."""


def rules(zip_bytes: int) -> dict[tuple[str, str], Rule]:
    """What the routes ask; an archive may be as long as is set."""
    return {
        ("POST", f"{ROOT}/images"): Rule("index"),
        ("POST", f"{ROOT}/archives"): Rule("index", upload_bytes=zip_bytes),
    }


RULES = rules(0)


@router.post(
    f"{ROOT}/images",
    summary="Add pictures",
    responses={
        200: {"model": replies.Added | replies.Results},
        201: {"model": replies.Added},
        202: {"model": replies.Job},
    },
    openapi_extra={
        **_shown.body(ByUrl, files={"image": "A picture."}, fields=Upload, several=True, raw=("image/*",)),
        **_shown.parameters(Upload),
    },
)
async def add(request: Request, name: str) -> Response:
    """One file or URL: 201 with its record if it is new, 200 if it was known. Several files: what became of each.

    Several URLs become a job, 202.
    """
    shelf = shelf_of(request)
    found = await held(request, name)
    shelf.pool.check_room()
    async with body_of(request, shelf.budget, shelf.settings.service) as body:
        if body.options is not None:
            answer = await _by_url(request, found, from_json(ByUrl, body.options))
        else:
            answer = await _by_upload(request, found, body)
    return answer


@router.post(
    f"{ROOT}/archives",
    summary="Add an archive of pictures",
    status_code=202,
    responses={202: {"model": replies.Job}},
    openapi_extra={**_shown.body(raw=_ZIPS[:1]), **_shown.parameters(Name)},
)
async def add_archive(request: Request, name: str) -> Response:
    """The ZIP is taken whole, and its pictures are added by a job."""
    if media_type(request) not in _ZIPS:
        raise UnsupportedFormatError("this is no ZIP", hint=f"send the file as it is, as {_ZIPS[0]}")
    called = names.base(query_of(request, Name).name or "archive.zip")
    found = await held(request, name)
    number = await core(request, found.jobs.free)
    path = found.custody.incoming(f"{number}.zip")
    with ExitStack() as stack:
        stack.callback(path.unlink, missing_ok=True)
        await _spooled(request, found, path)
        job = await core(request, lambda: found.jobs.add("zip", called, number=number))
        stack.pop_all()
    place = f"{answers.base_of(name)}/jobs/{job.id}"
    return Json(job.to_dict(), status_code=202, headers={"location": place})


async def _spooled(request: Request, found: Held, path: Path) -> None:
    """The body is at a path, safe on the disk.

    It is written in threads that are not the core's: an upload that was let in is not turned away halfway.
    """
    await core(request, found.custody.check_room)
    try:
        file = await asyncio.to_thread(path.open, "xb")
        with file:
            async for block in _blocks(request):
                await asyncio.to_thread(_append, found, file, block)
            await asyncio.to_thread(_settle, file)
        if not await asyncio.to_thread(_is_zip, path):
            raise UnsupportedFormatError("this is no ZIP archive", hint="only ZIPs are taken in")
    except ClientDisconnect as error:
        raise BadRequestError("the request ended before its body did") from error
    except OSError as error:
        raise found.custody.full(error) from error


def _is_zip(path: Path) -> bool:
    """Whether it begins like one or, with something before it, ends like one; the job tells whether it is whole."""
    with path.open("rb") as file:
        head = file.read(4)
    return head == b"PK\x03\x04" or zipfile.is_zipfile(path)


async def _blocks(request: Request) -> AsyncIterator[bytes]:
    """The body in blocks of about `_BLOCK_BYTES`, however small the parts are in which it comes."""
    gathered = bytearray()
    async for part in request.stream():
        gathered += part
        if len(gathered) >= _BLOCK_BYTES:
            yield bytes(gathered)
            gathered.clear()
    yield bytes(gathered)


def _append(found: Held, file: IO[bytes], block: bytes) -> None:
    """The block is written, if what the service leaves free stays free."""
    found.custody.check_room()
    file.write(block)


def _settle(file: IO[bytes]) -> None:
    file.flush()
    os.fsync(file.fileno())


async def _by_url(request: Request, found: Held, asked: ByUrl) -> Response:
    said = metadata.checked(asked.metadata)
    caller = caller_of(request)
    caller.require("fetch")
    if asked.urls is not None:
        urls = list(dict.fromkeys(asked.urls))
        caller.spend(0, fetches=len(urls))
        plan = {"urls": urls, "metadata": said}
        job = await core(request, lambda: found.jobs.add("urls", f"{len(urls)} URLs", plan))
        place = f"{answers.base_of(found.custody.name)}/jobs/{job.id}"
        return Json(job.to_dict(), status_code=202, headers={"location": place})
    url = asked.url or ""
    data = await fetched(request, url)
    return await _added(request, found, File(url, data), url, said)


async def _by_upload(request: Request, found: Held, body: Body) -> Response:
    beside = from_text(Upload, body.fields)
    said = _metadata(beside.metadata)
    files = body.files.get("image", [])
    if not files or set(body.files) != {"image"}:
        raise BadRequestError("there is no picture in it", hint="send it in the field `image`")
    if len(files) == 1:
        return await _added(request, found, files[0], names.base(beside.name or files[0].name), said)
    if beside.name:
        raise BadRequestError("one name for several pictures", hint="each has the name of its file")
    results = []
    for file in files:
        called = names.base(file.name)
        try:
            results.append(await _taken(request, found, file, called, said))
        except PictraceError as error:
            problem = Problem.of(error, request_id=request.state.request_id).to_dict()
            results.append({"name": called, "problem": problem})
    return Json({"results": results})


async def _added(request: Request, found: Held, file: File, name: str, said: Mapping[str, Any]) -> Response:
    told = await _taken(request, found, file, name, said)
    return Json(told, status_code=200 if told["known"] else 201, headers={"location": told["links"]["self"]})


async def _taken(request: Request, found: Held, file: File, name: str, said: Mapping[str, Any]) -> dict[str, Any]:
    def add() -> dict[str, Any]:
        taken = found.custody.take_in(file.data, name=name, metadata=said)
        shelf_of(request).changed(found)
        record = answers.record(found.custody.name, found.custody.collection.get(taken.key))
        return {**record, "known": taken.known}

    return await work(request, add)


def _metadata(text: str) -> dict[str, Any]:
    if not text:
        return {}
    return metadata.checked(json_of(text.encode("utf-8", "surrogatepass")))
