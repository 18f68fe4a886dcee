"""The core's answers as they go over HTTP."""

import json

import pytest

from pictrace.results import Answer, Match, PictureRecord
from pictrace.service.answers import Json, answer, match, record
from pictrace.types import Location, Relation

ONE = Match(1, "a", Relation.SIMILAR, 0.5, {}, None, 1, 1, "ab" * 32)


@pytest.mark.parametrize(
    ("found", "offset", "limit", "following"),
    [
        (10, 0, 10, None),
        (11, 0, 10, 10),
        (21, 10, 10, 20),
        (1001, 990, 10, 1000),
        (1002, 991, 10, None),
        (5, 9, 10, None),
    ],
)
def test_the_next_page_is_one_that_may_be_asked_for(found, offset, limit, following):
    """There is none behind the last, or behind what an offset may be."""
    core = Answer((ONE,) * found, 9, True, None, (), 1, {})
    told = answer("default", core, query={}, offset=offset, limit=limit)

    assert told["next_offset"] == following
    assert len(told["results"]) == max(0, min(limit, found - offset))


def test_names_of_files_need_not_be_unicode():
    """JSON is ASCII."""
    assert json.loads(Json({"path": "a\udcff\n"}).body) == {"path": "a\udcff\n"}


def test_what_is_no_number_is_a_mistake():
    """It is never sent."""
    with pytest.raises(ValueError, match="not JSON compliant"):
        Json({"score": float("nan")})


@pytest.mark.parametrize(("count", "told"), [(0, 0), (20, 20), (21, 20), (1000, 20)])
def test_of_many_places_the_first_are_told(count, told):
    """And how many there are, of a record and of a match."""
    places = tuple(Location(f"{number}", f"{number}", 1, 0) for number in range(count))
    plain = record("default", PictureRecord(1, "ab" * 32, "JPEG", 1, 1, 1, "", places))
    matched = match("default", Match(1, None, Relation.EXACT, 1.0, {}, None, 1, 1, "ab" * 32, locations=places))

    assert plain["locations"] == list(matched["paths"]) == [f"{number}" for number in range(told)]
    assert (plain["places"], matched["places"]) == (count, count)
