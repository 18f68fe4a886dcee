"""Folders and files that change, vanish, or are none."""

import os
import resource
import shutil
from pathlib import Path

import pytest
from sources.trees import tree

from pictrace.errors import RootMissingError, UsageError
from pictrace.results import Failure
from pictrace.sources.folder import File, Folder


def test_a_folder_that_cannot_be_listed_is_one_failure(tmp_path):
    """Here because its path is longer than the system allows; the rest is found."""
    tree(tmp_path, "z/last.jpg")
    here = os.open(tmp_path, os.O_RDONLY)
    for _ in range(20):
        os.mkdir("x" * 250, dir_fd=here)
        inner = os.open("x" * 250, os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = inner
    os.close(here)
    failure, item = Folder(tmp_path).items()

    assert (failure.code, failure.detail) == ("source_unreadable", "file name too long")
    assert item.location.uri == str(tmp_path / "z" / "last.jpg")


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is forbidden to root")
def test_a_folder_that_may_not_be_read_is_one_failure(tmp_path):
    """The rest is found."""
    tree(tmp_path, "a.jpg", "secret/b.jpg")
    (tmp_path / "secret").chmod(0)
    item, failure = Folder(tmp_path).items()
    (tmp_path / "secret").chmod(0o700)

    assert item.location.uri == str(tmp_path / "a.jpg")
    assert failure == Failure(str(tmp_path / "secret"), "source_unreadable", "permission denied")


def test_a_file_that_vanishes_or_changes_kind_is_one_failure(tmp_path):
    """Between the listing and the look at it."""
    items = Folder(tree(tmp_path, "a.jpg", "b.jpg", "c.jpg", "d.jpg")).items()
    next(items)
    (tmp_path / "b.jpg").unlink()
    (tmp_path / "c.jpg").unlink()
    os.mkfifo(tmp_path / "c.jpg")
    gone, pipe, last = items

    assert (gone.detail, pipe.detail) == ("no such file or directory", "it is no regular file any more")
    assert last.location.uri == str(tmp_path / "d.jpg")


@pytest.mark.parametrize("replace", [lambda _: None, os.mkdir, Path.touch], ids=["gone", "mounted", "file"])
def test_a_root_that_goes_away_ends_the_walk(tmp_path, replace):
    """Also where something else takes its place; else all in it would seem deleted."""
    root = tree(tmp_path / "root", "a.jpg", "b.jpg", "in/c.jpg")
    items = Folder(root).items()
    next(items)
    shutil.move(root, tmp_path / "elsewhere")
    replace(root)

    with pytest.raises(RootMissingError, match="cannot read"):
        list(items)


def test_a_root_emptied_by_a_swap_at_the_end_is_noticed(tmp_path):
    """The last look is at the root."""
    root = tree(tmp_path / "root", "a.jpg")
    items = Folder(root).items()
    next(items)
    root.rename(tmp_path / "elsewhere")
    root.mkdir()

    with pytest.raises(RootMissingError, match="another folder took its place"):
        next(items)


@pytest.mark.parametrize("name", ["gone", "a.jpg", "gone/deeper"])
def test_a_root_that_is_no_folder_is_missing(tmp_path, name):
    """The error says so before anything is read."""
    with pytest.raises(RootMissingError) as caught:
        Folder(tree(tmp_path, "a.jpg") / name)

    assert "Nothing was removed" in caught.value.hint


@pytest.mark.parametrize("root", ["/proc", "/proc/self/fd", "/sys", "/sys/kernel", "//proc"])
def test_the_systems_own_accounts_are_refused(root):
    """They are endless and hold no pictures."""
    with pytest.raises(UsageError, match="no pictures"):
        Folder(root)


def test_a_walk_from_the_top_leaves_the_systems_accounts_out():
    """Folders of these names elsewhere are the user's."""
    _, folders = Folder("/")._list("/")

    assert {"proc", "sys"} & set(folders) == set()
    assert "tmp" in folders


def test_a_root_that_cannot_be_listed_is_missing(tmp_path):
    """Here because no more files may be open; a folder without pictures would look the same."""
    source = Folder(tree(tmp_path, "a.jpg"))
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, hard))
    try:
        with pytest.raises(RootMissingError, match="too many open files"):
            list(source.items())
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.mark.parametrize("name", ["photos.pictrace", "photos.pictrace/proxies"])
def test_collections_are_refused_as_roots(tmp_path, name):
    """Nobody means to index an index."""
    (tmp_path / name).mkdir(parents=True)

    with pytest.raises(UsageError, match="PicTrace collection"):
        Folder(tmp_path / name)


@pytest.mark.parametrize("path", ["", "a\0b", "lone \ud800"])
def test_impossible_paths_are_refused(path):
    """With a typed error, not the one of the operating system's binding."""
    with pytest.raises(UsageError):
        Folder(path)


def test_a_pipe_named_itself_is_a_failure(tmp_path):
    """It is not opened."""
    os.mkfifo(tmp_path / "a.jpg")
    [failure] = File(tmp_path / "a.jpg").items()

    assert failure == Failure(str(tmp_path / "a.jpg"), "source_unreadable", "it is no regular file")


def test_a_file_that_is_not_there_is_a_missing_root(tmp_path):
    """As a folder would be."""
    with pytest.raises(RootMissingError, match="no such file"):
        list(File(tmp_path / "a.jpg").items())
