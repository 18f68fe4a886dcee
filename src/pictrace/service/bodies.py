"""What a request carries: files and options, from a form, JSON, or a picture as it is; in memory, within limits."""

import json
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Any

from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import ClientDisconnect, Request

from pictrace._json import strict
from pictrace.errors import BadRequestError, OverloadedError, TooManyInFlightError, UnsupportedFormatError
from pictrace.settings import ServicePolicy

_BUDGET_BYTES = 512 << 20
"""Of bodies that are read or worked on at the same time; what does not fit is asked to come later."""

_LATER = "try again in a moment"

_MOST_FIELDS = 16
_FIELD_BYTES = 64 << 10


@dataclass(frozen=True)
class File:
    """A file by the name that the client gave it."""

    name: str
    data: bytes


@dataclass(frozen=True)
class Body:
    """`files` by field, in order; `fields` are text of a form or of the address, `options` the members of JSON."""

    files: Mapping[str, list[File]] = field(default_factory=dict)
    fields: Mapping[str, str] = field(default_factory=dict)
    options: Mapping[str, Any] | None = None


class Budget:
    """Bytes of all bodies in memory, of which one caller has half at most; only used on the event loop."""

    def __init__(self, most: int = _BUDGET_BYTES) -> None:
        self._left = most
        self._share = most // 2
        self._held: Counter[str] = Counter()

    @contextmanager
    def reserved(self, count: int, *, who: str) -> Iterator[None]:
        """So many bytes are nobody else's inside the block.

        A single body of somebody who has no other may be larger than the share.

        Raises:
            TooManyInFlightError: they are more than are left of this caller's share.
            OverloadedError: they are not left at all.
        """
        held = self._held[who]
        if held and held + count > self._share:
            raise TooManyInFlightError("too many of your uploads at once", hint=_LATER, retry_after_s=1)
        if count > self._left:
            raise OverloadedError("too many uploads at once", hint=_LATER, retry_after_s=1)
        self._left -= count
        self._held[who] += count
        try:
            yield
        finally:
            self._left += count
            self._held[who] -= count
            self._held += Counter()  # only callers who hold something are remembered


@asynccontextmanager
async def body_of(request: Request, budget: Budget, policy: ServicePolicy) -> AsyncIterator[Body]:
    """The body of a request; its bytes count against the budget until the block ends.

    Raises:
        BadRequestError: it cannot be read.
        UnsupportedFormatError: a media type that is not taken.
        TooManyInFlightError: the caller has too many others.
        OverloadedError: there is no room for it now.
    """
    declared = request.headers.get("content-length", "")
    most = policy.json_bytes if media_type(request) == "application/json" else policy.body_bytes
    size = int(declared) if declared.isdecimal() else most
    with budget.reserved(min(size, most), who=request.state.caller.name):
        try:
            yield await _read(request, policy)
        except ClientDisconnect as error:
            raise BadRequestError("the request ended before its body did") from error


async def _read(request: Request, policy: ServicePolicy) -> Body:
    kind = media_type(request)
    query = single(request.query_params.multi_items(), "parameter")
    if kind == "multipart/form-data":
        return await _form(request, policy, query)
    if kind.startswith("image/"):
        return Body({"image": [File(query.get("name", ""), await request.body())]}, query)
    if kind == "application/json":
        if query:
            raise BadRequestError("parameters stand beside JSON", hint="put them into the JSON")
        return Body(options=json_of(await request.body()))
    raise UnsupportedFormatError(
        "the body is of a media type that is not taken",
        hint="send multipart/form-data, image/* or application/json, and say so in Content-Type",
    )


def media_type(request: Request) -> str:
    """The media type of the body, without parameters."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


async def members_of(request: Request) -> Mapping[str, Any]:
    """The members of a body that has to be JSON.

    Raises:
        BadRequestError: it cannot be read.
        UnsupportedFormatError: it is something else.
    """
    if media_type(request) != "application/json":
        raise UnsupportedFormatError("this is no JSON", hint="send application/json, and say so in Content-Type")
    try:
        return json_of(await request.body())
    except ClientDisconnect as error:
        raise BadRequestError("the request ended before its body did") from error


async def _form(request: Request, policy: ServicePolicy, query: Mapping[str, str]) -> Body:
    parser = MultiPartParser(
        request.headers,
        request.stream(),
        max_files=policy.parts,
        max_fields=_MOST_FIELDS,
        max_part_size=_FIELD_BYTES,
    )
    # No file is ever put on the disk: what is in a body is in memory, and bounded.
    parser.spool_max_size = policy.body_bytes + 1
    try:
        form = await parser.parse()
    except (MultiPartException, ValueError, LookupError) as error:  # also an unknown charset, and no boundary
        raise BadRequestError("the form cannot be read", hint=f"at most {policy.parts} files and 16 fields") from error
    files: dict[str, list[File]] = {}
    texts: list[tuple[str, str]] = list(query.items())
    for name, value in form.multi_items():
        if isinstance(value, UploadFile):
            files.setdefault(name, []).append(File(value.filename or "", await value.read()))
        else:
            texts.append((name, value))
    await form.close()
    return Body(files, single(texts, "field"))


def single(pairs: list[tuple[str, str]], what: str) -> dict[str, str]:
    """Names with their values, each once.

    Raises:
        BadRequestError: a name twice.
    """
    found = dict(pairs)
    if len(found) != len(pairs):
        raise BadRequestError(f"a {what} is given twice")
    return found


def strict_json(data: bytes) -> Any:
    """What JSON text holds, read strictly: UTF-8, no name twice, no NaN, no half of a character, not too deep.

    Raises:
        ValueError, RecursionError: it is none.
    """
    value = strict(data)
    json.dumps(value, ensure_ascii=False).encode("utf-8")
    return value


def json_of(data: bytes) -> dict[str, Any]:
    """The object that JSON text holds, read strictly.

    Raises:
        BadRequestError: it is none.
    """
    try:
        value = strict_json(data)
    except (ValueError, RecursionError) as error:
        raise BadRequestError("the body is no JSON that can be read", hint="UTF-8, and no name twice") from error
    if not isinstance(value, dict):
        raise BadRequestError("the body is no JSON object")
    return value
