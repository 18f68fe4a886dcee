"""Reading files that change while they are read."""

import errno
import os

import pytest

from pictrace.errors import FileTooLargeError, SourceUnreadableError
from pictrace.sources import Item
from pictrace.sources.reading import locate, may_be_there, read, retried
from pictrace.types import Location


def item_of(path, data=None):
    """An item at a path."""
    return Item(Location(str(path), str(path), 0, 0), data)


def test_the_bytes_of_a_file_are_read(tmp_path):
    """All of them, as they are now."""
    (tmp_path / "a.jpg").write_bytes(b"bytes")

    assert read(item_of(tmp_path / "a.jpg"), 5) == b"bytes"


def test_the_bytes_of_a_member_are_its_own():
    """No file is opened for them."""
    assert read(item_of("a.zip!/b.jpg", b"bytes"), 1) == b"bytes"


@pytest.mark.parametrize(("size", "limit"), [(6, 5), (1 << 40, 100 << 20)])
def test_a_file_above_the_limit_is_refused_unread(tmp_path, size, limit):
    """Be it a terabyte of holes."""
    (tmp_path / "a.jpg").touch()
    os.truncate(tmp_path / "a.jpg", size)

    with pytest.raises(FileTooLargeError, match=f"{size} bytes, more than the {limit} allowed"):
        read(item_of(tmp_path / "a.jpg"), limit)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda path: None, "no such file"),
        (os.mkfifo, "no regular file"),
        (os.mkdir, "no regular file"),
        (lambda path: path.symlink_to("/etc/hostname"), "no regular file"),
        (lambda path: path.symlink_to(path), "no regular file"),
    ],
    ids=["gone", "pipe", "folder", "link", "loop"],
)
def test_what_took_a_files_place_is_not_waited_for(tmp_path, make, words):
    """Each is an error of that one item."""
    make(tmp_path / "a.jpg")

    with pytest.raises(SourceUnreadableError, match=words):
        read(item_of(tmp_path / "a.jpg"), 100)


def test_a_file_that_tells_less_than_it_holds_is_refused(tmp_path):
    """As those of the kernel do, and those that grow for ever."""
    with pytest.raises(SourceUnreadableError, match="changed while it was read"):
        read(item_of("/proc/self/status"), 1 << 20)


@pytest.mark.parametrize(
    ("uri", "root", "identity", "is_there"),
    [
        ("here.jpg", ".", (1, 1), True),
        ("gone.jpg", ".", (1, 1), False),
        ("here.jpg/below.jpg", ".", (1, 1), False),
        ("here.jpg!/gone.jpg", "here.jpg", None, True),
        ("gone.zip!/a.jpg", "gone.zip", None, False),
        ("frame 7", "frame 7", None, True),
        ("x" * 5000, ".", (1, 1), True),
    ],
)
def test_a_place_is_gone_where_its_file_or_archive_is(tmp_path, monkeypatch, uri, root, identity, is_there):
    """A given name is not looked for, and what cannot be looked at may be there."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "here.jpg").touch()

    assert may_be_there(Location(uri, root, 0, 0, identity)) is is_there


@pytest.mark.parametrize("code", [errno.EIO, errno.ESTALE])
@pytest.mark.parametrize(("failures", "is_read"), [(0, True), (2, True), (3, False)])
def test_hiccups_of_network_file_systems_are_tried_again_twice(code, failures, is_read):
    """No third time."""
    outcomes = [OSError(code, "hiccup")] * failures + ["bytes"]

    def call():
        outcome = outcomes.pop(0)
        if isinstance(outcome, OSError):
            raise outcome
        return outcome

    if is_read:
        assert retried(call) == "bytes"
    else:
        with pytest.raises(OSError, match="hiccup"):
            retried(call)


def test_other_errors_are_not_tried_again():
    """Asking twice does not make a file appear."""
    calls = []

    def call():
        calls.append(1)
        raise FileNotFoundError

    with pytest.raises(FileNotFoundError):
        retried(call)
    assert calls == [1]


@pytest.mark.parametrize("number", [0, 1, (1 << 63) - 1, 1 << 63, (1 << 64) - 1])
def test_numbers_of_64_bits_fit_a_database(number):
    """Inodes and times of some file systems use every bit, and stay distinct."""
    status = os.stat_result((0o100644, number, number, 1, 0, 0, 5, 0, 0, 0), {"st_mtime_ns": number})
    place = locate("a.jpg", "/", status)

    assert all(-(1 << 63) <= value < 1 << 63 for value in (place.mtime_ns, *place.identity))
    assert place.identity[0] % (1 << 64) == number
