"""Folders and patterns that protect nothing."""

import pytest
from photographs import jpeg, photo

from pictrace.collection import Collection
from pictrace.dedupe.coverage import idle_folders, idle_patterns
from pictrace.settings import Settings


@pytest.fixture(scope="module")
def album(tmp_path_factory):
    """One picture in a folder of a folder."""
    folder = tmp_path_factory.mktemp("coverage") / "album"
    (folder / "sub").mkdir(parents=True)
    (folder / "sub" / "a_edit.jpg").write_bytes(jpeg(photo("coffee.png")))
    with Collection(folder.parent / "own.pictrace", settings=Settings(workers=1, threads=1)) as collection:
        collection.add(folder)
        yield folder, collection.engine().catalog


def test_a_folder_above_an_indexed_file_is_not_idle(album, tmp_path):
    """Whether it is named itself or by a link; another one is."""
    folder, catalog = album
    (tmp_path / "link").symlink_to(folder)
    found = idle_folders(catalog, [str(folder), str(folder / "sub"), str(tmp_path / "link"), str(tmp_path)])

    assert found == [str(tmp_path)]


def test_a_pattern_that_matches_an_indexed_file_is_not_idle(album):
    """By one of its names, or by the whole path."""
    folder, catalog = album
    found = idle_patterns(catalog, ["*_edit.*", "sub", f"{folder}/*", "*.png"])

    assert found == ["*.png"]
