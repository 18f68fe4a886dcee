"""Folders and single files as they lie on a disk."""

import os
import shutil
import socket
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sources.trees import tree

from pictrace.sources.folder import File, Folder


def found(source: Folder) -> list[str]:
    """The paths of a folder's pictures below it."""
    return [item.location.uri.removeprefix(f"{source.root}/") for item in source.items()]


def test_pictures_come_in_one_order_folder_by_folder(tmp_path):
    """Sorted by name, the files of a folder before those of the folders in it."""
    source = Folder(tree(tmp_path, "b/2.jpg", "b/1.png", "z.gif", "a/x/deep.webp", "a.jpg", "a/late.bmp"))

    assert found(source) == ["a.jpg", "z.gif", "a/late.bmp", "a/x/deep.webp", "b/1.png", "b/2.jpg"]
    assert found(source) == found(source)


def test_a_location_tells_all_that_shows_a_change(tmp_path):
    """Size, time to the nanosecond, device and inode."""
    path = tmp_path / "a.jpg"
    path.write_bytes(b"12345")
    os.utime(path, ns=(0, 1_700_000_000_123_456_789))
    [item] = Folder(tmp_path).items()
    place, status = item.location, path.stat()

    assert (place.uri, place.root, item.data) == (str(path), str(tmp_path), None)
    assert (place.size, place.mtime_ns) == (5, 1_700_000_000_123_456_789)
    assert place.identity == (status.st_dev, status.st_ino)


SUFFIXES = ["jpg", "jpeg", "jpe", "jfif", "png", "webp", "gif", "bmp", "dib", "tif", "tiff", "JPG", "Tiff"]


@pytest.mark.parametrize("suffix", [*SUFFIXES, "avif", "heic", "heif", "hif"])
def test_pictures_are_told_by_their_suffix(tmp_path, suffix):
    """In any case; others are counted."""
    source = Folder(tree(tmp_path, f"a.{suffix}", f"{suffix}", "a.txt", f"b.{suffix}.bak"))

    assert found(source) == [f"a.{suffix}"]
    assert dict(source.skips) == {"other": 3}


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        (".a.jpg", "hidden"),
        (".Trash-1000/a.jpg", "hidden"),
        (".thumbnails/a.jpg", "hidden"),
        ("@eaDir/a.jpg", "system"),
        ("#recycle/a.jpg", "system"),
        ("$RECYCLE.BIN/a.jpg", "system"),
        ("lost+found/a.jpg", "system"),
        ("Thumbs/a.jpg", "system"),
        ("photos.pictrace/a.jpg", "system"),
        ("a.zip", "other"),
    ],
)
def test_what_is_not_the_users_is_passed_over(tmp_path, name, reason):
    """Each is counted once, and its folder never entered."""
    source = Folder(tree(tmp_path, name, "in/here.jpg", f"in/{name}"))

    assert found(source) == ["in/here.jpg"]
    assert (dict(source.skips), source.skipped) == ({reason: 2}, 2)


@pytest.mark.parametrize(
    ("pattern", "left"),
    [
        ("*.png", ["a.jpg", "raw/c.jpg", "raw/old/d.jpg"]),
        ("raw", ["a.jpg", "b.png"]),
        ("raw/", ["a.jpg", "b.png"]),
        ("raw/*.jpg", ["a.jpg", "b.png"]),
        ("/raw/old", ["a.jpg", "b.png", "raw/c.jpg"]),
        ("old/", ["a.jpg", "b.png", "raw/c.jpg"]),
        ("a.jpg/", ["a.jpg", "b.png", "raw/c.jpg", "raw/old/d.jpg"]),
        ("A.JPG", ["a.jpg", "b.png", "raw/c.jpg", "raw/old/d.jpg"]),
        ("[ab].*", ["raw/c.jpg", "raw/old/d.jpg"]),
    ],
)
def test_patterns_leave_names_out(tmp_path, pattern, left):
    """By name, by path below the root, or folders alone."""
    source = Folder(tree(tmp_path, "a.jpg", "b.png", "raw/c.jpg", "raw/old/d.jpg"), exclude=[pattern])

    assert found(source) == left
    assert bool(source.skips["excluded"]) == (len(left) < 4)


def test_links_are_counted_and_not_followed(tmp_path):
    """Loops, links to everything, to files outside, and to nothing."""
    tree(tmp_path, "in/a.jpg", "out/secret.jpg")
    for name, target in {"loop": "..", "all": "/", "b.jpg": "../out/secret.jpg", "c.jpg": "gone"}.items():
        (tmp_path / "in" / name).symlink_to(target)
    source = Folder(tmp_path / "in")

    assert found(source) == ["a.jpg"]
    assert dict(source.skips) == {"link": 4}


def test_hard_links_are_places_of_one_file(tmp_path):
    """Each is yielded, and their identity is the same."""
    os.link(tree(tmp_path, "a.jpg") / "a.jpg", tmp_path / "b.jpg")
    first, second = Folder(tmp_path).items()

    assert first.location.identity == second.location.identity
    assert first.location.uri != second.location.uri


def test_pipes_sockets_and_devices_are_never_opened(tmp_path):
    """Whatever they are called; a folder called like a picture is a folder."""
    os.mkfifo(tmp_path / "pipe.jpg")
    tree(tmp_path, "folder.jpg/a.jpg")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(os.path.relpath(tmp_path / "s.jpg"))
    source = Folder(tmp_path)

    assert found(source) == ["folder.jpg/a.jpg"]
    assert dict(source.skips) == {"special": 2}


NAMES = [
    b"bad \xff\xfe.jpg",
    b"new\nline\ttab.jpg",
    b"\x1b[31mred.jpg",
    b"-rf.jpg",
    "cafe\u0301.jpg".encode(),
    "caf\u00e9.jpg".encode(),
    b"x" * 251 + b".jpg",
    "\U0001f600.jpg".encode(),
    b"  .jpg",
]


def test_names_of_any_bytes_come_back_as_they_are(tmp_path):
    """Undecodable bytes are surrogate escapes, and nothing is normalised."""
    for name in NAMES:
        Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + name)).touch()

    assert {os.fsencode(name) for name in found(Folder(tmp_path))} == set(NAMES)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.binary(min_size=1, max_size=60), max_size=6, unique=True))
def test_any_tree_is_listed_once_and_whole(tmp_path, names):
    """Every picture that was written is found, and nothing else."""
    root = tmp_path / "tree"
    shutil.rmtree(root, ignore_errors=True)
    clean = {b"p" + name.translate(None, b"\0/") + b".jpg" for name in names}
    for name in clean:
        tree(root, os.fsdecode(b"in/" + name))
    root.mkdir(exist_ok=True)

    assert {os.fsencode(name) for name in found(Folder(root))} == {b"in/" + name for name in clean}


def test_five_hundred_folders_deep_is_no_matter(tmp_path):
    """The walk does not call itself."""
    deep = "d/" * 500 + "a.jpg"

    assert found(Folder(tree(tmp_path, deep))) == [deep]


def test_two_names_of_one_root_are_one_root(tmp_path, monkeypatch):
    """A link to it, and a path relative to here."""
    tree(tmp_path / "real", "a.jpg")
    (tmp_path / "link").symlink_to("real")
    monkeypatch.chdir(tmp_path / "real")
    roots = {Folder(path).root for path in [tmp_path / "real", tmp_path / "link", ".", "../link/../real"]}

    assert roots == {str(tmp_path / "real")}


def test_memory_is_that_of_one_folders_names(tmp_path):
    """20,000 files in 20 folders need no more than 2,000 names at once."""
    for number in range(20_000):
        if number % 1000 == 0:
            folder = tmp_path / f"{number:05}"
            folder.mkdir()
        (folder / f"{number:05}.jpg").touch()
    tracemalloc.start()
    count = sum(1 for _ in Folder(tmp_path).items())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert count == 20_000
    assert peak < 500_000


@pytest.mark.parametrize("mtime_ns", [-1, 1 << 62, 1 << 33])
def test_times_fit_a_database(tmp_path, mtime_ns):
    """Before 1970 and after 2100."""
    path = tree(tmp_path, "a.jpg") / "a.jpg"
    os.utime(path, ns=(0, mtime_ns))
    [item] = Folder(tmp_path).items()

    assert item.location.mtime_ns == path.stat().st_mtime_ns


def test_a_file_is_its_own_root(tmp_path):
    """Whatever it is called, for it was named."""
    path = tree(tmp_path, "scan 17") / "scan 17"
    [item] = File(path).items()

    assert (item.location.uri, item.location.root) == (str(path), str(path))
    assert item.data is None


def test_a_file_named_through_a_link_is_the_file(tmp_path):
    """So that it can be opened without following links."""
    (tree(tmp_path, "a.jpg") / "link.jpg").symlink_to("a.jpg")

    assert File(tmp_path / "link.jpg").root == str(tmp_path / "a.jpg")
