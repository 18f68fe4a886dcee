"""Folders are named in many ways, and mean the same files."""

import pytest

from pictrace.dedupe.planning import Protection
from pictrace.duplicates.finding import Wanted
from pictrace.folders import are_above, named


@pytest.fixture
def album(tmp_path, monkeypatch):
    """A folder beside the one that work is done in, and a link to it."""
    (tmp_path / "album").mkdir()
    (tmp_path / "work").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "album")
    monkeypatch.chdir(tmp_path / "work")
    return tmp_path / "album"


@pytest.mark.parametrize("written", ["../album", "../album/", "./../work/../album", "../link"])
def test_a_folder_is_known_however_it_is_written(album, written):
    """What is protected must not depend on how that is said."""
    path = str(album / "a.jpg")

    assert Protection((written,)).covers(path)
    assert are_above(Wanted(references=[written]).references, path)


def test_a_link_is_above_what_was_indexed_through_it(album):
    """Paths of files may lead through links, too."""
    link = str(album.parent / "link")

    assert are_above(named([link]), f"{link}/a.jpg")


@pytest.mark.parametrize("path", ["/album2/a.jpg", "/a.jpg", "/other/album/a.jpg"])
def test_a_name_that_only_begins_alike_is_another_folder(path):
    """Nor is what is above a folder below it."""
    assert not are_above(named(["/album"]), path)


def test_everything_is_below_the_root():
    """The one folder that ends in a slash."""
    assert are_above(named(["/"]), "/a.jpg")


def test_what_is_behind_urls_is_named_as_it_is():
    """It is no path of this machine."""
    assert are_above(named(["https://example.org/set"]), "https://example.org/set/1.jpg")
