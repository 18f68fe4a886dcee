"""ZIP files, honest and hostile."""

import contextlib
import os
import random
import struct
import zipfile
import zlib

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sources import archives
from sources.archives import PICTURE, contents, listed, written

from pictrace.errors import ArchiveTooLargeError, ArchiveUnsafeError
from pictrace.settings import Limits
from pictrace.sources.archive import Archive

MIB = 1 << 20
many_examples = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_members_come_with_their_bytes_in_the_archives_order(tmp_path, method):
    """Stored and deflated pictures are read."""
    path = written(tmp_path, archives.zip_of([("b.jpg", PICTURE), ("in/a.PNG", PICTURE * 9)], method))

    assert list(contents(path).items()) == [("b.jpg", PICTURE), ("in/a.PNG", PICTURE * 9)]


@pytest.mark.parametrize(
    "data",
    [
        archives.streamed_zip([("a.jpg", PICTURE)]),
        archives.wide_zip(),
        b"#!/bin/sh\n" + archives.zip_of([("a.jpg", PICTURE)]),
        archives.zip_of([("a.jpg", PICTURE)])[:-2] + b"\x04\0note",
        archives.zip_of([("a.jpg", PICTURE)])[:-2] + b"\x06\0PK\x05\x06..",
        archives.zip_of([("a.jpg", PICTURE)], extra=struct.pack("<2HBL", 0x5455, 5, 1, 0)),
    ],
    ids=["sizes behind", "zip64", "prepended", "comment", "comment with a mark", "other extra field"],
)
def test_unusual_archives_are_read(tmp_path, data):
    """What honest programs write is no attack."""
    assert contents(written(tmp_path, data)) == {"a.jpg": PICTURE}


def test_members_larger_than_32_bits_can_tell_are_listed(tmp_path):
    """ZIP64 sizes are understood, here in a member that is truly small."""
    path = written(tmp_path, archives.huge_member(len(PICTURE)))

    assert contents(path) == {"a.jpg": PICTURE}


def test_members_that_are_no_pictures_are_counted_and_not_read(tmp_path):
    """Other files, hidden ones and those of macOS are passed over."""
    names = ["a.jpg", "notes.txt", ".hidden.jpg", "__MACOSX/._a.jpg", "x/.y/b.jpg", "empty/"]
    source = Archive(written(tmp_path, archives.zip_of((name, PICTURE) for name in names)), Limits())

    assert [item.location.uri for item in source.items()] == [f"{source.root}!/a.jpg"]
    assert (source.skipped, dict(source.skips)) == (4, {"other": 1, "hidden": 2, "system": 1})


NAMES = ["../../evil.jpg", "/abs/evil.jpg", "..\\..\\evil.jpg", "C:\\evil.jpg", "a/../../evil.jpg"]
ODD_NAMES = [
    "a\r\nb.jpg",
    "\u202egpj.jpg",
    "x" * 300 + ".jpg",
    "caf\u00e9.jpg",
    "cafe\u0301.jpg",
    "A.jpg",
    "a.jpg",
]


@pytest.mark.parametrize("names", [NAMES, ODD_NAMES], ids=["traversal", "odd"])
def test_names_are_data(tmp_path, names):
    """Whatever a member is called, it is read under that name and nothing is written anywhere."""
    path = written(tmp_path, archives.zip_of((name, PICTURE) for name in names))

    assert list(contents(path)) == names
    assert [file.name for file in tmp_path.iterdir()] == ["pictures.zip"]


@pytest.mark.parametrize(
    ("raw", "flags", "name"),
    [
        (b"caf\x82.jpg", 0, "caf\u00e9.jpg"),
        ("\u00fcb.jpg".encode(), 0, "\u00fcb.jpg"),
        (b"caf\xff.jpg", 0x800, "caf\udcff.jpg"),
        (b"a\0bc.jpg", 0, "a\0bc.jpg"),
    ],
    ids=["CP437", "UTF-8 unsaid", "bad UTF-8", "NUL"],
)
def test_names_in_any_encoding_are_kept(tmp_path, raw, flags, name):
    """A name that is not what it claims to be costs nothing."""
    old = b"z" * (len(raw) - 4) + b".jpg"
    data = archives.renamed(archives.zip_of([(old.decode(), PICTURE)]), old, raw, flags)

    assert contents(written(tmp_path, data)) == {name: PICTURE}


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_a_wrong_checksum_costs_one_member(tmp_path, method):
    """The others are read."""
    data = archives.zip_of([("b.jpg", PICTURE), ("a.jpg", PICTURE)], method)
    wrong = struct.pack("<I", zlib.crc32(PICTURE) ^ 1)
    path = written(tmp_path, archives.patched(data, 14, 16, wrong))

    assert contents(path) == {"b.jpg": PICTURE, "a.jpg": "image_corrupt"}


@pytest.mark.parametrize("place", [35, 36, 40])
def test_damaged_packing_costs_one_member(tmp_path, place):
    """Bytes that cannot be inflated are a failure of that picture."""
    data = bytearray(archives.zip_of([("a.jpg", random.Random(place).randbytes(5000)), ("b.jpg", PICTURE)]))
    data[place] ^= 0xFF

    assert contents(written(tmp_path, bytes(data))) == {"a.jpg": "image_corrupt", "b.jpg": PICTURE}


def test_packing_that_is_cut_off_costs_one_member(tmp_path):
    """Its last byte belongs to nobody."""
    assert contents(written(tmp_path, archives.repacked(-1))) == {"a.jpg": "image_corrupt"}


def test_an_archive_cut_off_while_it_is_read_is_refused(tmp_path):
    """What was read before stays."""
    data = archives.zip_of([("a.jpg", PICTURE), ("b.jpg", bytes(1 << 20))], zipfile.ZIP_STORED)
    path = written(tmp_path, data)
    items = Archive(path, Limits()).items()
    next(items)
    os.truncate(path, 1 << 19)

    with pytest.raises(ArchiveUnsafeError, match="ends too early; 1 picture was read before"):
        next(items)


def test_a_member_shorter_than_declared_is_corrupt(tmp_path):
    """Missing bytes are no reason to distrust the rest."""
    assert contents(written(tmp_path, archives.lying(100, 101))) == {"a.jpg": "image_corrupt"}


@pytest.mark.parametrize("said", [0, 10])
def test_a_member_that_declares_too_few_bytes_costs_itself(tmp_path, said):
    """No more than a byte above what it declares is inflated, and the others are read."""
    data = archives.lying(5 * MIB, said, before=[("b.jpg", PICTURE)])

    assert contents(written(tmp_path, data)) == {"b.jpg": PICTURE, "a.jpg": "archive_unsafe"}


@pytest.mark.parametrize(("size", "code"), [(99, None), (100, None), (101, "payload_too_large")])
def test_members_above_the_file_limit_are_single_failures(tmp_path, size, code):
    """Each is refused alone, unread."""
    path = written(tmp_path, archives.zip_of([("a.jpg", b"a" * size), ("b.jpg", PICTURE)]))

    assert contents(path, file_bytes=100) == {"a.jpg": code or b"a" * size, "b.jpg": PICTURE}


def test_archives_within_archives_are_not_opened(tmp_path):
    """Whether they are called an archive or a picture."""
    inner = archives.zip_of([("c.jpg", PICTURE)])
    path = written(tmp_path, archives.zip_of([("a.jpg", inner), ("b.zip", inner), ("c.rar", b"Rar!")]))

    assert contents(path) == dict.fromkeys(["a.jpg", "b.zip", "c.rar"], "unsupported_format")


@many_examples
@given(names=st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=40), unique=True, max_size=8))
def test_any_names_give_only_items_or_typed_errors(tmp_path, names):
    """Names decide nothing but whether a member is looked at, and how it is called."""
    names = [name.split("\0")[0] + ".jpg" for name in names]
    path = written(tmp_path, archives.zip_of((name, PICTURE) for name in dict.fromkeys(names)))

    assert set(contents(path).values()) <= {PICTURE}
    assert {item.location.uri for item in listed(path)} <= {f"{path}!/{name}" for name in names}


HONEST = archives.zip_of([(f"{n}.jpg", PICTURE * n) for n in range(4)] + [("notes.txt", b"text")])


@many_examples
@given(st.data())
def test_cut_and_damaged_archives_give_only_typed_errors(tmp_path, data):
    """Any bytes changed, any part missing: nothing but sources' own errors and failures."""
    blob = bytearray(HONEST)
    for place in data.draw(st.lists(st.integers(0, len(blob) - 1), max_size=6)):
        blob[place] = data.draw(st.integers(0, 255))
    path = written(tmp_path, bytes(blob[data.draw(st.integers(0, 30)) : data.draw(st.integers(30, len(blob)))]))

    with contextlib.suppress(ArchiveUnsafeError, ArchiveTooLargeError):
        assert len(listed(path)) <= 5
