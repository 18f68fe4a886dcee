"""What ZIP and tar have in common."""

import os
import zlib

import pytest
from sources import archives
from sources.archives import PICTURE, listed, written

from pictrace.errors import ArchiveUnsafeError, RootMissingError
from pictrace.settings import Limits
from pictrace.sources.archive import Archive

BOTH = pytest.mark.parametrize(
    ("make", "name"), [(archives.zip_of, "p.zip"), (archives.zip_of, "p.cbz"), (archives.tar_of, "p.tar")]
)
TWO = [("a.jpg", PICTURE), ("b/b.jpg", PICTURE * 2)]


@BOTH
def test_locations_name_archive_and_member(tmp_path, make, name):
    """They hold the member's size, and no identity, for a member is no file."""
    path = written(tmp_path, make(TWO), name)
    places = [item.location for item in listed(path)]

    assert [place.uri for place in places] == [f"{path}!/a.jpg", f"{path}!/b/b.jpg"]
    assert {(place.root, place.identity) for place in places} == {(str(path), None)}
    assert [place.size for place in places] == [len(PICTURE), len(PICTURE) * 2]


@BOTH
def test_known_members_come_without_their_bytes(tmp_path, make, name):
    """An unchanged archive is not inflated again."""
    path = written(tmp_path, make(TWO), name)
    seen = {item.location for item in listed(path)}
    again = list(Archive(path, Limits(), known=seen.__contains__).items())

    assert {item.location for item in again} == seen
    assert [item.data for item in again] == [None, None]


def test_times_of_members_follow_the_archive_and_their_content(tmp_path):
    """Another time of the archive, or another checksum at the same time, is another time of the member."""
    path = written(tmp_path, archives.zip_of(TWO))
    os.utime(path, ns=(0, 5 << 32 | 77))
    first, second = (item.location.mtime_ns for item in listed(path))

    assert first == 5 << 32 | zlib.crc32(PICTURE)
    assert second == 5 << 32 | zlib.crc32(PICTURE * 2)


@BOTH
def test_patterns_leave_members_out(tmp_path, make, name):
    """They are matched against the path within the archive."""
    source = Archive(written(tmp_path, make(TWO), name), Limits(), exclude=["b/"])

    assert [item.location.uri for item in source.items()] == [f"{source.root}!/a.jpg"]
    assert dict(source.skips) == {"excluded": 1}


@BOTH
def test_an_archive_written_to_while_it_is_read_is_refused(tmp_path, make, name):
    """What was yielded before came from the archive as it was."""
    path = written(tmp_path, make(TWO), name)
    items = Archive(path, Limits()).items()
    next(items)
    path.write_bytes(b"")

    with pytest.raises(ArchiveUnsafeError, match="1 picture was read before"):
        next(items)


@BOTH
def test_an_archive_deleted_while_it_is_read_is_read_to_its_end(tmp_path, make, name):
    """It is open already."""
    path = written(tmp_path, make(TWO), name)
    items = Archive(path, Limits()).items()
    next(items)
    path.unlink()

    assert len(list(items)) == 1


@pytest.mark.parametrize("take_place", [lambda _: None, os.mkfifo, os.mkdir])
def test_an_archive_that_is_no_file_is_missing(tmp_path, take_place):
    """A pipe or a folder in its place makes nobody wait."""
    path = tmp_path / "p.zip"
    source = Archive(path, Limits())
    take_place(path)

    with pytest.raises(RootMissingError, match=r"cannot read .*p\.zip"):
        list(source.items())
