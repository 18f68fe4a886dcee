"""Only regular files are opened, and nothing else is waited for."""

import os
import socket

import pytest

from pictrace._regular import NotRegularError, open_regular


def plugged(path):
    """A socket in the place of a file."""
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))


OTHERS = {
    "pipe": os.mkfifo,
    "folder": os.mkdir,
    "socket": plugged,
    "device": lambda path: path.symlink_to(os.devnull),
    "loop": lambda path: path.symlink_to(path),
}


@pytest.mark.parametrize("follow", [True, False])
@pytest.mark.parametrize("make", OTHERS.values(), ids=OTHERS)
def test_what_is_no_file_is_refused_at_once(tmp_path, monkeypatch, make, follow):
    """Whoever would write to a pipe never comes."""
    monkeypatch.chdir(tmp_path)
    make((tmp_path / "a").relative_to(tmp_path))

    with pytest.raises(NotRegularError, match="it is no regular file"):
        open_regular("a", follow=follow)


def test_a_link_to_a_file_is_followed_if_that_is_meant(tmp_path):
    """Otherwise it is no file."""
    (tmp_path / "a").write_bytes(b"a")
    (tmp_path / "b").symlink_to("a")

    with open_regular(tmp_path / "b", follow=True) as file:
        assert file.read() == b"a"
    with pytest.raises(NotRegularError):
        open_regular(tmp_path / "b")


@pytest.mark.parametrize(("path", "error"), [("gone", FileNotFoundError), ("a\0b", ValueError)])
def test_other_errors_stay_what_they_are(path, error):
    """Whoever opens it knows what they mean."""
    with pytest.raises(error):
        open_regular(path)
