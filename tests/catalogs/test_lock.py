"""One writer at a time, by name, however the last one ended."""

import errno
import os
import signal
import socket
import subprocess
import sys
import threading

import filelock
import pytest

from pictrace.catalogs._lock import WriterLock, refusal
from pictrace.errors import ConfigurationError, IndexLockedError, InsufficientStorageError

HOLDER = """
import sys
from pathlib import Path
from pictrace.catalogs._lock import WriterLock, refusal
lock = WriterLock(Path(sys.argv[1]))
lock.acquire()
print("held", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def holder(tmp_path):
    """Another process that holds the lock of `tmp_path`."""
    command = [sys.executable, "-c", HOLDER, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        process.stdout.readline()
        yield process
        process.kill()


def test_the_holder_is_named(holder, tmp_path):
    """A second process learns at once who is writing, by number and host."""
    with pytest.raises(IndexLockedError) as caught:
        WriterLock(tmp_path).acquire()

    assert f"process {holder.pid} on {socket.gethostname()} is writing to {tmp_path}" == str(caught.value)
    assert caught.value.exit_code == 3


def test_a_holder_in_the_same_process_is_named_too(tmp_path):
    """Two catalogs of one process are two writers as well."""
    first = WriterLock(tmp_path)
    first.acquire()

    with pytest.raises(IndexLockedError, match=f"process {os.getpid()} on"):
        WriterLock(tmp_path).acquire()
    first.release()


@pytest.mark.parametrize(
    "text", ["", "[]", "{", "[" * 9999, '{"pid": "x", "host": 1}', '{"pid": 1e999, "host": ""}', '{"pid": 7}']
)
def test_an_unreadable_name_does_not_matter(text, holder, tmp_path):
    """The lock holds whatever the file beside it says."""
    (tmp_path / "writer.json").write_text(text)

    with pytest.raises(IndexLockedError, match="another process is writing"):
        WriterLock(tmp_path).acquire()


def test_a_pipe_in_the_place_of_the_name_is_not_waited_for(holder, tmp_path):
    """Nobody will ever write to it."""
    (tmp_path / "writer.json").unlink()
    os.mkfifo(tmp_path / "writer.json")

    with pytest.raises(IndexLockedError, match="another process is writing"):
        WriterLock(tmp_path).acquire()


def test_a_pipe_is_no_lock(tmp_path):
    """Two that hold it would not know of each other."""
    os.mkfifo(tmp_path / "writer.lock")

    with pytest.raises(ConfigurationError, match="no regular file"):
        WriterLock(tmp_path).acquire()


def test_the_lock_of_a_killed_process_is_taken_over(holder, tmp_path):
    """SIGKILL leaves the files behind, and no lock."""
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    lock = WriterLock(tmp_path)
    lock.acquire()

    assert str(os.getpid()) in (tmp_path / "writer.json").read_text()
    lock.release()


def test_a_released_lock_is_free_and_unsigned(tmp_path):
    """After release the next writer gets in, and nobody's name is left; twice does no harm."""
    lock = WriterLock(tmp_path)
    lock.acquire()
    lock.release()
    lock.release()
    names = [entry.name for entry in tmp_path.iterdir()]
    lock.acquire()
    lock.release()

    assert names == ["writer.lock"]


def test_a_lock_may_be_released_by_another_thread(tmp_path):
    """A service may close a collection in another thread than the one that opened it."""
    lock = WriterLock(tmp_path)
    lock.acquire()
    other = threading.Thread(target=lock.release)
    other.start()
    other.join()

    WriterLock(tmp_path).acquire()


def test_a_symbolic_link_is_refused(tmp_path):
    """A planted link is neither followed nor written through."""
    target = tmp_path / "elsewhere"
    (tmp_path / "writer.lock").symlink_to(target)

    with pytest.raises(ConfigurationError, match="symbolic link"):
        WriterLock(tmp_path).acquire()
    assert not target.exists()


def test_a_link_in_place_of_the_name_is_replaced(tmp_path):
    """The holder's name never goes through a planted link."""
    victim = tmp_path / "victim"
    victim.write_text("mine")
    (tmp_path / "writer.json").symlink_to(victim)
    lock = WriterLock(tmp_path)
    lock.acquire()

    assert victim.read_text() == "mine"
    lock.release()


def test_no_room_for_the_lock_is_a_full_disk(tmp_path):
    """A full disk is told from a folder that may not be written."""
    full = OSError(errno.ENOSPC, "No space left on device")

    assert type(refusal(tmp_path, full)) is InsufficientStorageError
    assert type(refusal(tmp_path, PermissionError("no"))) is ConfigurationError


def test_a_file_system_without_locks_is_refused(tmp_path, monkeypatch):
    """Where filelock would fall back to a marker file, which a kill leaves behind, nothing is written."""
    monkeypatch.setattr(filelock, "FileLock", filelock.SoftFileLock)

    with pytest.raises(ConfigurationError, match="no locks to keep two writers apart"):
        WriterLock(tmp_path).acquire()
    assert list(tmp_path.iterdir()) == []
