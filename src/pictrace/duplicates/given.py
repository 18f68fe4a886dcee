"""Groups as `find` wrote them as JSON, joined again with what the collection knows of each file now."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from pictrace.duplicates.groups import Group, Link, Member, judged_from
from pictrace.errors import NotFoundError, UsageError
from pictrace.results import PictureRecord
from pictrace.types import Key

_HINT = "give what `pictrace dedupe find --json` wrote"


def group_from(line: bytes, record_of: Callable[[Key], PictureRecord], pixels: Mapping[Key, str]) -> Group:
    """The group in one line of JSON; `record_of` gives a picture's record, `pixels` are the hashes of their pixels.

    Raises:
        UsageError: it is no such line, or the collection does not know one of its files any more.
    """
    try:
        plain = json.loads(line)
        members = tuple(_member(one, record_of, pixels) for one in plain["members"])
        weakest = plain["weakest"] and _link(plain["weakest"])
        group = Group(int(plain["medoid"]), members, weakest, tuple(map(_link, plain["loose"])))
    except (ValueError, LookupError, TypeError, OverflowError, RecursionError) as error:
        raise UsageError("this is no line of groups", hint=_HINT) from error
    if group.medoid not in group.keys:
        raise UsageError("this is no line of groups, for it lacks what the others are like", hint=_HINT)
    return group


def _member(plain: Any, record_of: Callable[[Key], PictureRecord], pixels: Mapping[Key, str]) -> Member:
    path, hint = str(plain["path"]), "find duplicates again"
    if plain["collection"]:
        raise UsageError(f"{path} is of another collection", hint="plan with --against instead of --groups")
    try:
        record = record_of(int(plain["id"]))
    except NotFoundError as error:
        raise UsageError(f"the collection does not know {path} any more", hint=hint) from error
    place = next((one for one in record.locations if one.uri == path), None)
    if place is None or record.sha256 != plain["sha256"]:
        raise UsageError(f"the collection does not know {path} as it was", hint=hint)
    judged = judged_from(plain["relation"], plain["score"], plain["reasons"])
    is_reference = plain["reference"] is True
    return Member.of(record, place, judged, pixels=pixels.get(record.id, ""), is_reference=is_reference)


def _link(plain: Any) -> Link:
    one, other = plain["ids"]
    return Link.read(one, other, plain["relation"], plain["score"])
