"""Groups that `find` wrote as JSON are what the collection knows now, or refused."""

import json

import pytest
from copied_files import copies, group, member, saved

from pictrace.duplicates.given import group_from
from pictrace.errors import NotFoundError, UsageError
from pictrace.results import PictureRecord
from pictrace.types import Relation


@pytest.fixture
def found(tmp_path):
    one, other = copies(tmp_path, "a.jpg", "ab.jpg").members
    return group(one, other, member(saved(tmp_path / "c.jpg", 32, 24), id=2, relation=Relation.COPY))


def record_of(found):
    """What a collection of exactly these files would say."""

    def look(key):
        files = [one for one in found if one.id == key]
        if not files:
            raise NotFoundError("there is none")
        first = files[0]
        facts = (first.format, first.width, first.height, first.place.size, first.added)
        return PictureRecord(key, first.sha256, *facts, tuple(one.place for one in files))

    return look


def pixels_of(found):
    return {one.id: one.pixel_hash for one in found}


def test_what_was_written_is_read(found):
    """The hashes of pixels, which are not written, are the catalog's."""
    read = group_from(json.dumps(found.to_dict()).encode(), record_of(found), pixels_of(found))

    assert read == found


@pytest.mark.parametrize(
    "change", [{"sha256": "0" * 64}, {"path": "/other.jpg"}, {"id": 9}, {"collection": "/b.pictrace"}, {"score": None}]
)
def test_what_the_collection_does_not_know_is_refused(found, change):
    """Nothing is planned for files that were not looked at."""
    plain = found.to_dict()
    plain["members"][0] |= change

    with pytest.raises(UsageError):
        group_from(json.dumps(plain).encode(), record_of(found), pixels_of(found))


@pytest.mark.parametrize("change", [{"members": []}, {"members": {}}, {"medoid": 9}])
def test_a_group_without_the_one_that_the_others_were_held_against_is_refused(found, change):
    """Nothing could be planned for it."""
    plain = found.to_dict() | change

    with pytest.raises(UsageError, match="no line of groups"):
        group_from(json.dumps(plain).encode(), record_of(found), pixels_of(found))


@pytest.mark.parametrize("line", [b"", b"{}", b"[]", b"\xff", b'{"members": 1}', b"[" * 9999])
def test_what_is_no_group_is_refused(found, line):
    """With a sentence, whatever it is."""
    with pytest.raises(UsageError, match="no line of groups"):
        group_from(line, record_of(found), {})
