"""Tar files, plain and gzipped, honest and hostile."""

import contextlib
import random
import tarfile

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sources import archives
from sources.archives import PICTURE, contents, listed, written

from pictrace.errors import ArchiveTooLargeError, ArchiveUnsafeError
from pictrace.settings import Limits
from pictrace.sources import _tar
from pictrace.sources.archive import Archive

MIB = 1 << 20
END = b"\0" * 1024
FORMS = [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT]
THREE = [(f"{n}.jpg", random.Random(n).randbytes(700)) for n in range(3)]


@pytest.mark.parametrize("pack", [bytes, archives.gzipped], ids=["plain", "gzip"])
@pytest.mark.parametrize("form", FORMS)
def test_members_come_with_their_bytes_in_the_archives_order(tmp_path, form, pack):
    """All three formats are read, packed or not."""
    entries = [("b.jpg", PICTURE), ("in/a.PNG", PICTURE * 99), ("notes.txt", b"text"), ("c.gif", b"")]
    path = written(tmp_path, pack(archives.tar_of(entries, form=form)), "pictures.tar.gz")

    assert contents(path) == {"b.jpg": PICTURE, "in/a.PNG": PICTURE * 99, "c.gif": b""}


@pytest.mark.parametrize("form", FORMS[1:])
@pytest.mark.parametrize("name", ["d/" * 200 + "a.jpg", "caf\u00e9.jpg", "\udcff.jpg", "../../a.jpg", "/a\n.jpg"])
def test_names_are_data(tmp_path, name, form):
    """Long, foreign, undecodable and wandering names are kept as they are."""
    path = written(tmp_path, archives.tar_of([(name, PICTURE)], form=form), "pictures.tar")

    assert contents(path) == {name: PICTURE}


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        (tarfile.SYMTYPE, "link"),
        (tarfile.LNKTYPE, "link"),
        (tarfile.FIFOTYPE, "special"),
        (tarfile.CHRTYPE, "special"),
        (tarfile.BLKTYPE, "special"),
        (b"V", "special"),
    ],
)
def test_links_and_devices_are_counted_and_not_followed(tmp_path, kind, reason):
    """Only regular files have bytes of their own."""
    source = Archive(written(tmp_path, archives.tar_with(kind), "pictures.tar"), Limits())

    assert [item.location.uri for item in source.items()] == [f"{source.root}!/a.jpg"]
    assert dict(source.skips) == {reason: 1}


def test_a_pax_header_may_tell_the_size(tmp_path):
    """As it does for files of eight gigabytes and more."""
    note = b"11 size=%d\n" % len(PICTURE)
    data = header(note) + archives.tar_block("a.jpg", 0) + PICTURE.ljust(512, b"\0") + END

    assert contents(written(tmp_path, data, "pictures.tar")) == {"a.jpg": PICTURE}


@pytest.mark.parametrize("kind", [tarfile.XGLTYPE, tarfile.GNUTYPE_LONGLINK])
def test_notes_about_nothing_in_particular_change_nothing(tmp_path, kind):
    """Headers for the whole archive, and names of links."""
    note = b"18 path=other.jpg\n"
    path = written(tmp_path, header(note, kind) + archives.tar_of([("a.jpg", PICTURE)]), "pictures.tar")

    assert contents(path) == {"a.jpg": PICTURE}


def record(key: bytes, value: bytes) -> bytes:
    """One record of an extended header, its own length before it."""
    length = len(key) + len(value) + 3
    while len(str(length)) + len(key) + len(value) + 3 != length:
        length += 1
    return b"%d %s=%s\n" % (length, key, value)


def header(note: bytes, kind: bytes = tarfile.XHDTYPE) -> bytes:
    """An extended header, whole blocks."""
    return archives.tar_block("n", len(note), kind) + note + b"\0" * (-len(note) % 512)


def pax(note: bytes) -> bytes:
    """A picture after an extended header."""
    return header(note) + archives.tar_block("a.jpg", 3) + b"abc".ljust(512, b"\0") + END


def test_records_that_mean_nothing_here_are_passed_over(tmp_path):
    """Times, owners and attributes stand before and behind the name."""
    note = record(b"mtime", b"1.5") + record(b"path", b"b.jpg") + record(b"SCHILY.xattr.x", b"path=c.jpg\n\0")

    assert contents(written(tmp_path, pax(note), "pictures.tar")) == {"b.jpg": b"abc"}


def test_each_member_may_have_long_headers(tmp_path):
    """What is limited is what comes before one member, not all of the archive."""
    note = record(b"SCHILY.xattr.x", b"x" * (1 << 19))
    data = b"".join(pax(note + record(b"path", b"%d.jpg" % n))[: -len(END)] for n in range(4)) + END

    assert list(contents(written(tmp_path, data, "pictures.tar"))) == ["0.jpg", "1.jpg", "2.jpg", "3.jpg"]


@pytest.mark.parametrize("kind", [tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.GNUTYPE_LONGLINK])
def test_headers_of_one_member_are_limited_together(tmp_path, kind):
    """Many that are just below the limit are above it."""
    data = header(record(b"x", b"x" * (1 << 19)), kind) * 2 + pax(record(b"path", b"b.jpg"))

    with pytest.raises(ArchiveUnsafeError, match="longer than any honest one"):
        listed(written(tmp_path, data, "pictures.tar"))


def test_records_before_one_member_are_limited(tmp_path):
    """Each costs time, however short it is."""
    data = header(record(b"x", b"") * 600) * 2 + pax(record(b"path", b"b.jpg"))

    with pytest.raises(ArchiveUnsafeError, match="more records than any honest one"):
        listed(written(tmp_path, data, "pictures.tar"))


UNSAFE = {
    "no tar": b"this is no tar at all".ljust(2048, b"."),
    "empty": b"",
    "endless name": archives.tar_block("n", 1 << 40, tarfile.GNUTYPE_LONGNAME) + END,
    "negative size": archives.negative_size() + END,
    "endless size": archives.tar_block("a.txt", 1 << 60) + END,
    "file with holes": archives.tar_block("a.jpg", 9, tarfile.GNUTYPE_SPARSE) + END,
    "pax without length": pax(b"path=a.jpg\n"),
    "pax of length 0": pax(b"0 path=a\n"),
    "pax beyond its end": pax(b"99 path=a\n"),
    "pax without value": pax(b"7 path\n"),
    "pax size": pax(b"12 size=-10\n"),
    "cut gzip": archives.gzipped(archives.tar_of(THREE))[:20],
    "gzip of nothing": archives.gzipped(b""),
    "gzip of noise": b"\x1f\x8b\x08" + bytes(range(100)),
    "gzip bomb": archives.gzipped(archives.tar_of([("a.txt", b"\0" * (20 * MIB))])),
}


@pytest.mark.parametrize("data", UNSAFE.values(), ids=UNSAFE)
def test_harmful_and_broken_archives_are_refused(tmp_path, data):
    """The error says that nothing of it was read."""
    with pytest.raises(ArchiveUnsafeError, match=r"'pictures.tar' is refused: .*; nothing of it was read"):
        listed(written(tmp_path, data, "pictures.tar"))


@pytest.mark.parametrize("pack", [bytes, archives.gzipped], ids=["plain", "gzip"])
@pytest.mark.parametrize(("blocks", "count"), [(2, 0), (3, 1), (4, 1), (6, 2), (8, 2), (9, 3)])
def test_cut_archives_say_how_many_pictures_were_read(tmp_path, pack, blocks, count):
    """Each picture takes three blocks, and an archive ends with an empty one."""
    data = archives.tar_of(THREE, form=tarfile.USTAR_FORMAT)[: blocks * 512]
    items = Archive(written(tmp_path, pack(data), "pictures.tgz"), Limits()).items()

    assert [next(items).data for _ in range(count)] == [data for _, data in THREE[:count]]
    with pytest.raises(ArchiveUnsafeError, match=f"{count} picture(s were| was) read|nothing of it was read"):
        next(items)


@pytest.mark.parametrize(("limit", "is_read"), [(2, False), (3, True), (4, True)])
def test_entries_are_limited(tmp_path, limit, is_read):
    """They are counted on the way."""
    path = written(tmp_path, archives.tar_of(THREE), "pictures.tar")

    if is_read:
        assert len(listed(path, archive_entries=limit)) == 3
    else:
        with pytest.raises(ArchiveTooLargeError, match="more than the 2 entries allowed; 2 pictures"):
            listed(path, archive_entries=limit)


@pytest.mark.parametrize("pack", [bytes, archives.gzipped], ids=["plain", "gzip"])
def test_bytes_are_limited(tmp_path, pack):
    """They are counted as they are read."""
    path = written(tmp_path, pack(archives.tar_of(THREE)), "pictures.tar")

    assert len(listed(path, archive_bytes=20_000)) == 3
    with pytest.raises(ArchiveTooLargeError, match="more than the 2000 bytes allowed"):
        listed(path, archive_bytes=2000)


@pytest.mark.parametrize("pack", [bytes, archives.gzipped], ids=["plain", "gzip"])
def test_members_above_the_file_limit_are_single_failures(tmp_path, pack):
    """Each is passed over, and the next is read."""
    entries = [("a.jpg", b"a" * 101), ("b.jpg", b"b" * 100)]
    path = written(tmp_path, pack(archives.tar_of(entries)), "pictures.tar")

    assert contents(path, file_bytes=100) == {"a.jpg": "payload_too_large", "b.jpg": b"b" * 100}


def test_the_second_member_of_a_name_is_a_failure(tmp_path):
    """The first one is kept."""
    path = written(tmp_path, archives.tar_of([("a.jpg", PICTURE), ("a.jpg", b"other")]), "pictures.tar")
    first, second = listed(path)

    assert (first.data, second.code) == (PICTURE, "archive_unsafe")
    assert second.path == first.location.uri


def test_archives_within_archives_are_not_opened(tmp_path):
    """Whether they are called an archive or a picture."""
    inner = archives.tar_of(THREE)
    path = written(tmp_path, archives.tar_of([("a.jpg", inner), ("b.tgz", b"")]), "pictures.tar")

    assert contents(path) == {"a.jpg": "unsupported_format", "b.tgz": "unsupported_format"}


def test_gzip_in_several_members_is_one_stream(tmp_path):
    """As parallel packers write it, with zeros behind."""
    data = archives.tar_of(THREE)
    packed = archives.gzipped(data[:1000]) + archives.gzipped(data[1000:]) + b"\0" * 512

    assert contents(written(tmp_path, packed, "pictures.tgz")) == dict(THREE)


@pytest.mark.parametrize("size", [1, 2, 3, 19, 700])
def test_gzip_is_read_the_same_in_whatever_pieces(tmp_path, monkeypatch, size):
    """The first bytes of a member may be on both sides of a border."""
    monkeypatch.setattr(_tar, "_PACKED", size)
    data = archives.tar_of(THREE)
    packed = b"".join(archives.gzipped(data[start : start + 1000]) for start in range(0, len(data), 1000))

    assert contents(written(tmp_path, packed, "pictures.tgz")) == dict(THREE)


@pytest.mark.parametrize("each", [b"", b"\0"], ids=["empty", "one byte"])
@pytest.mark.parametrize("behind", [True, False])
def test_gzip_in_very_many_members_is_refused(tmp_path, each, behind):
    """Each costs time, however little is in it, and wherever it stands."""
    many, data = archives.gzipped(each) * 2000, archives.gzipped(archives.tar_of(THREE))
    path = written(tmp_path, data + many if behind else many + data, "pictures.tgz")

    with pytest.raises(ArchiveUnsafeError, match="packed in more pieces than any honest one"):
        listed(path)


def test_gzip_in_as_many_members_as_blocks_is_read(tmp_path):
    """As some packers write it, each block by itself, and an empty one at the end."""
    data = archives.tar_of([(f"{n}.jpg", PICTURE) for n in range(1000)])
    blocks = [archives.gzipped(data[start : start + 512]) for start in range(0, len(data), 512)]
    path = written(tmp_path, b"".join([*blocks, archives.gzipped(b"")]), "pictures.tgz")

    assert len(contents(path)) == 1000


def test_a_wrong_gzip_checksum_is_noticed_at_the_end(tmp_path):
    """Some of it was read by then, and the message says how much."""
    large = [(f"{n}.jpg", random.Random(n).randbytes(300_000)) for n in range(3)]
    packed = bytearray(archives.gzipped(archives.tar_of(large)))
    packed[-6] ^= 1

    with pytest.raises(ArchiveUnsafeError, match="damaged; 2 pictures were read before"):
        listed(written(tmp_path, bytes(packed), "pictures.tgz"))


HONEST = archives.tar_of([*THREE, ("d/" * 60 + "long.jpg", PICTURE)], form=tarfile.GNU_FORMAT)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_cut_and_damaged_archives_give_only_typed_errors(tmp_path, data):
    """Any bytes changed, any part missing: nothing but sources' own errors and failures."""
    blob = bytearray(HONEST)
    for place in data.draw(st.lists(st.integers(0, len(blob) - 1), max_size=6)):
        blob[place] = data.draw(st.integers(0, 255))
    pack = data.draw(st.sampled_from([bytes, archives.gzipped]))
    path = written(tmp_path, pack(bytes(blob))[: data.draw(st.integers(0, len(blob)))], "pictures.tar")

    with contextlib.suppress(ArchiveUnsafeError, ArchiveTooLargeError):
        assert len(listed(path)) <= 5
