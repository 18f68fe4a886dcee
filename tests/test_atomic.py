"""What replacing a file promises beside what the indexes' tests show."""

import os

import pytest

from pictrace._atomic import replacing


def test_an_error_in_the_block_leaves_the_old_file(tmp_path):
    """Whatever the error, it is passed on, and the temporary file is gone."""
    path = tmp_path / "some.json"
    path.write_text("old")

    with pytest.raises(IsADirectoryError), replacing(path):
        (tmp_path / ".some.json.tmp").write_bytes(tmp_path.read_bytes())
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_system_without_open_folders_still_replaces(tmp_path, monkeypatch):
    """Where a folder cannot be forced to disk, the file is."""
    monkeypatch.delattr(os, "O_DIRECTORY", raising=False)
    path = tmp_path / "some.json"

    with replacing(path) as temporary:
        temporary.write_text("new")

    assert path.read_text() == "new"
