"""From a path to its source."""

import bz2
import lzma
import os

import pytest
from sources import archives
from sources.archives import PICTURE, written

from pictrace.errors import RootMissingError, UnsupportedFormatError, UsageError
from pictrace.settings import Limits
from pictrace.sources.archive import Archive
from pictrace.sources.folder import File, Folder
from pictrace.sources.opening import open_source
from pictrace.sources.url_list import UrlList

ZIP = archives.zip_of([("a.jpg", PICTURE)])
TAR = archives.tar_of([("a.jpg", PICTURE)])


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("p.zip", ZIP),
        ("p.CBZ", ZIP),
        ("p.tar", TAR),
        ("p.tgz", archives.gzipped(TAR)),
        ("p.tar.gz", archives.gzipped(TAR)),
        ("download", ZIP),
        ("download.1", TAR),
        ("backup.bin", archives.gzipped(TAR)),
    ],
)
def test_archives_are_told_by_suffix_or_else_by_content(tmp_path, name, data):
    """Their pictures are read."""
    source = open_source(written(tmp_path, data, name), Limits())

    assert isinstance(source, Archive)
    assert [item.data for item in source.items()] == [PICTURE]


@pytest.mark.parametrize(
    ("name", "data"),
    [("a.jpg", PICTURE), ("a.jpg", ZIP), ("scan", PICTURE), ("notes.md", b"text"), ("x", b"")],
)
def test_any_other_file_is_taken_for_a_picture(tmp_path, name, data):
    """The decoder says what it thinks of it; a ZIP called a picture is not opened."""
    source = open_source(written(tmp_path, data, name), Limits())

    assert isinstance(source, File)
    assert [item.location.uri for item in source.items()] == [str(tmp_path / name)]


@pytest.mark.parametrize("name", ["urls.txt", "items.CSV", "items.jsonl", "items.ndjson"])
def test_lists_are_told_by_suffix(tmp_path, name):
    """They are read as URLs."""
    assert isinstance(open_source(written(tmp_path, b"", name), Limits()), UrlList)


def test_a_folder_is_a_folder(tmp_path):
    """With the patterns that were given."""
    source = open_source(tmp_path, Limits(), exclude=["*.png"])
    written(tmp_path, b"", "a.png")

    assert isinstance(source, Folder)
    assert (list(source.items()), source.skipped) == ([], 1)


def test_archives_in_folders_are_passed_over(tmp_path):
    """Only those named themselves are opened."""
    written(tmp_path, ZIP, "p.zip")
    source = open_source(tmp_path, Limits())

    assert (list(source.items()), source.skipped) == ([], 1)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("p.7z", b""),
        ("p.rar", b""),
        ("p.cbr", b""),
        ("p.jpg.gz", b""),
        ("p.tar.xz", lzma.compress(TAR)),
        ("p.tar.bz2", bz2.compress(TAR)),
        ("download", lzma.compress(TAR)),
        ("download", b"7z\xbc\xaf\x27\x1c"),
        ("download", b"Rar!\x1a\x07\x01\x00"),
    ],
)
def test_other_archives_are_refused_with_a_way_out(tmp_path, name, data):
    """By suffix or by content."""
    with pytest.raises(UnsupportedFormatError, match="an archive of a kind that is not read") as caught:
        open_source(written(tmp_path, data, name), Limits())

    assert "pack it again as ZIP or tar" in caught.value.hint


def test_nothing_there_is_a_missing_root(tmp_path):
    """Nothing is pruned because of it."""
    with pytest.raises(RootMissingError, match="no such file or directory"):
        open_source(tmp_path / "gone", Limits())


def test_a_pipe_is_a_failure_and_makes_nobody_wait(tmp_path):
    """Whatever it is called."""
    os.mkfifo(tmp_path / "p.zip")
    [failure] = open_source(tmp_path / "p.zip", Limits()).items()

    assert failure.code == "source_unreadable"


def test_a_file_that_can_be_opened_and_not_read_is_a_missing_root():
    """As the memory of a process, which has nothing at its beginning."""
    with pytest.raises(RootMissingError, match="input/output error"):
        open_source("/proc/self/mem", Limits())


@pytest.mark.parametrize("path", ["", "a\0b", "/proc"])
def test_senseless_paths_are_refused(path):
    """An empty path is not the folder one happens to be in."""
    with pytest.raises(UsageError):
        open_source(path, Limits())
