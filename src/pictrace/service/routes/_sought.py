"""What a request searches with: a picture, or words, or pictures and words added up and taken off each other."""

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

from fastapi import Request

from pictrace.blending import Term
from pictrace.blends import MOST_TERMS, Words
from pictrace.errors import BadRequestError, UsageError
from pictrace.picture import Picture
from pictrace.service import answers
from pictrace.service.bodies import Body, strict_json
from pictrace.service.routes._asked import caller_of, fetched, shelf_of
from pictrace.service.schemas import Beside, Ingredients, Options, Question, from_json, from_text
from pictrace.service.shelf import Held
from pictrace.types import Key

_TERMS = 4
"""Texts and pictures of one query that cost as much as a request; those of a batch are counted so too."""


@dataclass(frozen=True, eq=False)
class Part:
    """A text, the bytes of a picture or the key of a stored one, and how much of it is added, or taken off below 0."""

    what: Words | bytes | Key
    weight: float = 1.0


@dataclass(frozen=True, eq=False)
class Sought:
    """One search: the bytes of a picture or the key of a stored one, if there is one, and what is added to it."""

    source: bytes | Key | None
    options: Options
    parts: tuple[Part, ...] = ()

    @property
    def size(self) -> int:
        """Bytes of all its pictures."""
        pictures = [self.source, *(part.what for part in self.parts)]
        return sum(len(one) for one in pictures if isinstance(one, bytes))


async def of_body(request: Request, body: Body, room: ExitStack) -> Sought:
    """What a body asks for; what it names by URL is fetched, and counts as part of the body until `room` is left.

    Raises:
        UsageError: it does not fit.
        BadRequestError: there is no picture in a form, or several.
        FetchError: a URL cannot be fetched.
        RateLimitedError: that is too much for now.
        TooManyInFlightError: what is fetched is more than is left of this caller's share.
        OverloadedError: there is no room for it now.
    """
    if body.options is not None:
        return await of_question(request, from_json(Question, body.options), room)
    beside = from_text(Beside, body.fields)
    files = images(body)
    if len(files) != 1:
        raise BadRequestError("there are several pictures", hint="search:batch takes several")
    more = from_json(Ingredients, {name: _listed(name, getattr(beside, name)) for name in ("plus", "minus")})
    parts = await _parts(request, (beside.text, more), room, others=1)
    _check_region(beside, parts)
    return Sought(files[0].data, beside, parts)


async def of_question(request: Request, question: Question, room: ExitStack) -> Sought:
    """What JSON asks for; what it names by URL is fetched, as by `of_body`."""
    is_named = question.id is not None or question.url is not None
    parts = await _parts(request, (question.text, question), room, others=int(is_named))
    _check_region(question, parts)
    source: bytes | Key | None = question.id
    if question.url is not None:
        source = await _held(request, question.url, room)
    if source is None and len(parts) == 1 and not isinstance(parts[0].what, Words):
        return Sought(parts[0].what, question)  # a picture alone is searched with as pictures are
    return Sought(source, question, parts)


async def _held(request: Request, url: str, room: ExitStack) -> bytes:
    """The file at a URL, whose bytes are nobody else's until `room` is left."""
    data = await fetched(request, url)
    room.enter_context(shelf_of(request).budget.reserved(len(data), who=caller_of(request).name))
    return data


async def _parts(
    request: Request, given: tuple[str | None, Ingredients | Question], room: ExitStack, *, others: int
) -> tuple[Part, ...]:
    """What is added to a picture or taken off it, or stands without one."""
    text, more = given
    signed = [*((one, 1) for one in more.plus), *((one, -1) for one in more.minus)]
    count = len(signed) + others + (text is not None)
    if count > MOST_TERMS:
        raise UsageError(f"{count} texts and pictures are one query", hint=f"give at most {MOST_TERMS}")
    caller_of(request).spend((count - 1) // _TERMS)
    # All texts are looked at before anything is fetched.
    texts = {place: Words(one.text) for place, (one, _) in enumerate(signed) if one.text is not None}
    parts = [] if text is None else [Part(Words(text))]
    for place, (one, sign) in enumerate(signed):
        what: Words | bytes | Key | None = texts.get(place, one.id)
        parts.append(Part(await _held(request, one.url or "", room) if what is None else what, sign * one.weight))
    return tuple(parts)


def _listed(name: str, text: str) -> Any:
    """The JSON in a field of a form."""
    try:
        return strict_json(text.encode("utf-8")) if text else []
    except (ValueError, RecursionError) as error:
        raise UsageError(f'\'{name}\' must be JSON, a list such as [{{"text": "snow"}}], with no name twice') from error


def _check_region(options: Options, parts: Sequence[Part]) -> None:
    if parts and options.region is not None:
        raise UsageError("a region is a part of one picture", hint="leave it out, or what stands beside the picture")


def images(body: Body) -> Sequence[Any]:
    """The pictures in a form.

    Raises:
        BadRequestError: there is none, or another file.
    """
    files = body.files.get("image", [])
    if not files or set(body.files) != {"image"}:
        raise BadRequestError("there is no picture in it", hint="send it in the field `image`")
    return files


def terms_of(found: Held, sought: Sought) -> list[Term]:
    """The terms of a mixture; its pictures are opened where foreign bytes are."""
    custody = found.custody
    parts = sought.parts if sought.source is None else (Part(sought.source), *sought.parts)
    terms = []
    for part in parts:
        what = part.what
        if isinstance(what, Words):
            terms.append(Term(what.text, part.weight))
        else:
            terms.append(Term(custody.opened(what) if isinstance(what, bytes) else what, part.weight))
    return terms


def told_of(found: Held, sought: Sought, terms: Sequence[Term]) -> dict[str, Any]:
    """What the answer says of a mixture: its picture, if it has one, and the words that were asked for."""
    texts = [part.what.text for part in sought.parts if isinstance(part.what, Words) and part.weight > 0]
    text = {"text": " + ".join(texts) or None}
    if sought.source is None:
        return {"id": None, "sha256": None, "width": None, "height": None, "format": None, **text}
    collection = found.custody.collection
    picture = terms[0].what
    if isinstance(picture, Picture):
        return {**answers.query_of(picture, picture.proxy() if sought.options.echo else None), **text}
    record = collection.get(int(picture))
    return {**answers.query_of(record, collection.proxy(record.id) if sought.options.echo else None), **text}
