"""ZIP files that are refused as a whole."""

import os
import zipfile

import pytest
from sources import archives
from sources.archives import PICTURE, listed, written

from pictrace.errors import ArchiveTooLargeError, ArchiveUnsafeError
from pictrace.settings import Limits
from pictrace.sources import _zip

MIB = 1 << 20


UNSAFE = {
    "flat bomb": archives.zip_of([("a.jpg", b"\0" * (20 * MIB))]),
    "many flat members": archives.zip_of([(f"{n}.bmp", b"\0" * (3 * MIB)) for n in range(4)]),
    "overlap": archives.aliased(100),
    "overlap under other names": archives.overlapping(100, MIB),
    "quoted": archives.quoted(1000),
    "declared endless": archives.huge_member(2**64 - 1),
    "encrypted": archives.flagged(0x0001),
    "strongly encrypted": archives.flagged(0x0041),
    "patch": archives.flagged(0x0020),
    "not a zip": b"this is no archive",
    "empty file": b"",
    "two ends": archives.zip_of([("a.jpg", PICTURE)])[:-2] + b"\x16\0" + archives.end_record(0, 0, 0),
    "zip64 mismatch": archives.wide_zip(said=2),
    "zip64 elsewhere": archives.wide_zip(told=7),
    "zip64 missing": archives.wide_zip().replace(b"PK\x06\x06", b"PK\x06\x00"),
    "zip64 in parts": archives.wide_zip(parts=2),
    "reaching into the list": archives.repacked(1),
    "count too high": archives.end_record(5, 0, 0),
    "count too low": archives.zip_of([("a.jpg", PICTURE)]).replace(b"\1\0\1\0", b"\0\0\0\0"),
    "directory outside": archives.end_record(1, 46, 4000),
    "trailing bytes": archives.zip_of([("a.jpg", PICTURE)]) + b"more",
    "several parts": archives.end_record(0, 0, 0).replace(b"\0\0\0\0", b"\1\0\1\0", 1),
}


UNSAFE |= {f"mode {mode:o}": archives.moded(mode) for mode in archives.SPECIAL_MODES}


@pytest.mark.parametrize("data", UNSAFE.values(), ids=UNSAFE)
def test_harmful_and_broken_archives_are_refused_whole(tmp_path, data):
    """The error says that nothing of it was read."""
    with pytest.raises(ArchiveUnsafeError, match=r"'pictures.zip' is refused: .*; nothing of it was read"):
        listed(written(tmp_path, data))


@pytest.mark.parametrize(
    ("method", "words"), [(9, "9 (deflate64)"), (12, "12 (bzip2)"), (14, "14 (lzma)"), (99, "99 (unknown)")]
)
def test_unknown_packing_is_refused_by_name(tmp_path, method, words):
    """The message names the method."""
    with pytest.raises(ArchiveUnsafeError) as caught:
        listed(written(tmp_path, archives.packed_by(method)))

    assert f"packed by method {words}" in str(caught.value)


def test_two_members_of_one_name_are_refused(tmp_path):
    """Nobody could say which of them a location means."""
    data = archives.zip_of([("a.jpg", PICTURE), ("b.jpg", PICTURE)]).replace(b"b.jpg", b"a.jpg")

    with pytest.raises(ArchiveUnsafeError, match=r"two members are called 'a\.jpg'"):
        listed(written(tmp_path, data))


@pytest.mark.parametrize(
    ("local", "central", "words"),
    [
        (0, None, "not where the list says"),
        (8, None, "another one than the list says"),
        (18, None, "another size than the list says"),
        (30, None, "another one than the list says"),
        (None, 0, "list of members is damaged"),
        (None, 20, "declares"),
        (None, 28, "damaged"),
        (None, 34, "one part of several"),
        (None, 42, "lies outside of it"),
    ],
)
def test_headers_that_contradict_each_other_are_refused(tmp_path, local, central, words):
    """Two readers could see two archives in it."""
    data = bytearray(archives.zip_of([("a.jpg", PICTURE)], zipfile.ZIP_STORED))
    place = local if local is not None else data.rfind(b"PK\x01\x02") + central
    data[place] ^= 0x7F

    with pytest.raises(ArchiveUnsafeError, match=words):
        listed(written(tmp_path, bytes(data)))


@pytest.mark.parametrize(("count", "is_read"), [(9, True), (10, True), (11, False)])
def test_entries_are_limited(tmp_path, count, is_read):
    """One more than allowed is refused before anything is read."""
    path = written(tmp_path, archives.zip_of((f"{n}.jpg", PICTURE) for n in range(count)))

    if is_read:
        assert len(listed(path, archive_entries=10)) == count
    else:
        with pytest.raises(ArchiveTooLargeError, match="11 entries, more than the 10 allowed"):
            listed(path, archive_entries=10)


@pytest.mark.parametrize(("limit", "is_read"), [(79, False), (80, True), (81, True)])
def test_bytes_are_limited(tmp_path, limit, is_read):
    """The declared sizes of all pictures together count."""
    path = written(tmp_path, archives.zip_of([("a.jpg", b"a" * 40), ("b.jpg", b"b" * 40)]))

    if is_read:
        assert len(listed(path, archive_bytes=limit)) == 2
    else:
        with pytest.raises(ArchiveTooLargeError, match="80 bytes, more than the 79 allowed"):
            listed(path, archive_bytes=limit)


@pytest.mark.parametrize(("extra", "is_allowed"), [(-1, True), (0, True), (1, False)])
def test_growth_is_limited_beyond_the_headroom(extra, is_allowed):
    """A ratio of 2, and 8 MiB besides for one flat bitmap."""
    member = _zip.Member("a.bmp", 8 * MIB + 2000 + extra, 1000, 0, is_deflated=True, start=0)

    if is_allowed:
        _zip.check_sizes([member], Limits(archive_ratio=2))
    else:
        with pytest.raises(ArchiveUnsafeError, match="more than 2 times"):
            _zip.check_sizes([member], Limits(archive_ratio=2))


@pytest.mark.parametrize("count", [100_000, 100_001])
def test_a_hundred_thousand_empty_entries_are_the_most(tmp_path, count):
    """The defaults hold for an archive of nothing but entries."""
    path = written(tmp_path, archives.empty_entries(count))

    if count == 100_000:
        assert listed(path) == []
    else:
        with pytest.raises(ArchiveTooLargeError, match="100001 entries"):
            listed(path)


def test_a_list_of_members_longer_than_its_entries_need_is_refused(tmp_path):
    """Names of 64 KiB would fill the memory long before the entries are too many."""
    data = bytes(3 << 20) + archives.end_record(1, 3 << 20, 0)

    with pytest.raises(ArchiveTooLargeError, match="longer than the allowed entries can need"):
        listed(written(tmp_path, data), archive_entries=10)


@pytest.mark.parametrize("share", [step / 20 for step in range(20)])
def test_truncated_archives_are_refused(tmp_path, share):
    """Without its end a ZIP is none."""
    data = archives.zip_of([(f"{n}.jpg", PICTURE * 50) for n in range(5)], zipfile.ZIP_STORED)

    with pytest.raises(ArchiveUnsafeError, match="nothing of it was read"):
        listed(written(tmp_path, data[: int(share * len(data))]))


def test_a_sparse_file_of_gigabytes_is_no_zip(tmp_path):
    """Only its end is looked at."""
    path = tmp_path / "holes.zip"
    path.touch()
    os.truncate(path, 5 << 30)

    with pytest.raises(ArchiveUnsafeError, match="it is no ZIP"):
        listed(path)


def test_a_cut_archive_is_told_from_no_archive(tmp_path):
    """The first is damaged, and may be had again."""
    with pytest.raises(ArchiveUnsafeError, match="it is damaged: its end is missing") as caught:
        listed(written(tmp_path, archives.zip_of([("a.jpg", PICTURE)])[:-30]))

    assert caught.value.hint
