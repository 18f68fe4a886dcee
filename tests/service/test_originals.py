"""Uploads as they came: kept once, found by what they are, gone when they are dropped."""

import hashlib
import os
import re
import time

import pytest

from pictrace.results import PictureRecord
from pictrace.service.originals import Originals
from pictrace.types import Location

DATA = b"the file"
SHA = hashlib.sha256(DATA).hexdigest()


@pytest.fixture
def originals(tmp_path):
    """A folder that is made when it is needed."""
    return Originals(tmp_path / "originals")


def record(*places):
    """A picture of `DATA` that was seen in these files."""
    seen = [Location(str(at), str(at), len(DATA), 0, identity=(1, 2)) for at in places]
    return PictureRecord(1, SHA, "PNG", 1, 1, len(DATA), "", tuple(seen))


def found(originals, picture, *, most_bytes):
    """What is in the file of a picture, from its begin."""
    file = originals.find(picture, most_bytes=most_bytes)
    if file is None:
        return None
    with file:
        return file.read()


def test_what_was_kept_is_found(originals, tmp_path):
    """Under its hash, for its owner alone."""
    originals.keep(SHA, DATA)
    originals.keep(SHA, b"is there already")

    assert found(originals, record(), most_bytes=100) == DATA
    assert (tmp_path / "originals" / SHA[:2] / SHA).read_bytes() == DATA
    assert (tmp_path / "originals" / SHA[:2]).stat().st_mode & 0o77 == 0


def test_what_was_dropped_is_gone(originals):
    """Once or twice."""
    originals.keep(SHA, DATA)
    originals.drop(SHA)
    originals.drop(SHA)

    assert found(originals, record(), most_bytes=100) is None


def test_a_file_is_found_where_it_was_seen(originals, tmp_path):
    """If it is still the same."""
    (tmp_path / "changed").write_bytes(b"another!")
    (tmp_path / "same").write_bytes(DATA)

    assert found(originals, record(tmp_path / "changed", tmp_path / "same"), most_bytes=100) == DATA
    assert found(originals, record(tmp_path / "changed"), most_bytes=100) is None


@pytest.mark.parametrize(("most", "wanted"), [(len(DATA) - 1, None), (len(DATA), DATA)])
def test_nothing_larger_than_a_picture_is_read(originals, most, wanted):
    """As when it was taken in."""
    originals.keep(SHA, DATA)

    assert found(originals, record(), most_bytes=most) == wanted


def test_what_is_no_file_is_not_waited_for(originals, tmp_path):
    """A pipe, a folder, a link."""
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to("/etc/passwd")

    assert found(originals, record(tmp_path / "pipe", tmp_path / "link", tmp_path), most_bytes=100) is None


@pytest.mark.parametrize("sha256", ["../../x", "AB" * 32, "", "ab" * 31])
def test_only_a_hash_is_a_name(originals, sha256):
    """Nothing else becomes a path."""
    with pytest.raises(ValueError, match=f"^{re.escape(sha256)}$"):
        originals.keep(sha256, DATA)


def test_what_a_killed_writer_left_goes_in_time(tmp_path):
    """What is just being written stays."""
    originals = Originals(tmp_path)
    originals.keep("ab" + "0" * 62, b"one")
    for name, age in (("old", 7200), ("new", 0)):
        left = tmp_path / "ab" / f".{name}.tmp"
        left.touch()
        os.utime(left, (time.time() - age,) * 2)

    assert list(originals.kept()) == ["ab" + "0" * 62]
    assert [path.name for path in (tmp_path / "ab").glob(".*")] == [".new.tmp"]
