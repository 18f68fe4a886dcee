"""What replacing a file promises beside what the indexes' tests show."""

import os
import stat

import pytest

from pictrace._atomic import replacing, written_name


def test_an_error_in_the_block_leaves_the_old_file(tmp_path):
    """Whatever the error, it is passed on, and the temporary file is gone."""
    path = tmp_path / "some.json"
    path.write_text("old")

    with pytest.raises(IsADirectoryError), replacing(path) as temporary:
        temporary.write_bytes(tmp_path.read_bytes())
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_system_without_open_folders_still_replaces(tmp_path, monkeypatch):
    """Where a folder cannot be forced to disk, the file is."""
    monkeypatch.delattr(os, "O_DIRECTORY", raising=False)
    path = tmp_path / "some.json"

    with replacing(path) as temporary:
        temporary.write_text("new")

    assert path.read_text() == "new"


def test_a_link_in_the_way_is_not_followed(tmp_path):
    """Nobody can tell beforehand what the temporary file will be called, and it is there before it is written."""
    path, victim = tmp_path / "some.json", tmp_path / "victim"
    victim.write_text("mine")
    (tmp_path / ".some.json.tmp").symlink_to(victim)

    with replacing(path) as temporary, replacing(path) as other:
        assert temporary != other
        assert stat.S_ISREG(temporary.lstat().st_mode)
        temporary.write_text("new")
    assert (victim.read_text(), path.read_text()) == ("mine", "new")


def test_a_name_that_is_taken_is_not_written_to(tmp_path, monkeypatch):
    """Should somebody have guessed it, the file is theirs and stays as it was."""
    monkeypatch.setattr(os, "urandom", bytes)
    taken = tmp_path / f".some.json.{bytes(8).hex()}.tmp"
    taken.write_text("theirs")

    with pytest.raises(FileExistsError), replacing(tmp_path / "some.json"):
        pass
    assert taken.read_text() == "theirs"


@pytest.mark.parametrize(("former", "expected"), [(None, 0o640), (0o604, 0o604), (0o600, 0o600)])
def test_a_file_keeps_who_may_read_it(tmp_path, former, expected):
    """A new file is as open as the process makes files, and a replaced one as open as it was."""
    path = tmp_path / "some.json"
    before = os.umask(0o027)
    if former is not None:
        path.touch()
        path.chmod(former)
    with replacing(path) as temporary:
        modes = [stat.S_IMODE(temporary.stat().st_mode)]
    os.umask(before)

    assert [*modes, stat.S_IMODE(path.stat().st_mode)] == [expected, expected]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (".a.json.0123456789abcdef.tmp", "a.json"),
        (".a.json.tmp", "a.json"),
        (".catalog.sqlite.0123456789abcdef.tmp-journal", "catalog.sqlite"),
        ("a.json", "a.json"),
        (".hidden", ".hidden"),
    ],
)
def test_a_temporary_name_tells_what_was_written(name, expected):
    """So that what a killed writer left can be told and removed by the next."""
    assert written_name(name) == expected
