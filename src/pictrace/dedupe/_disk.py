"""Every change on disk, call by call: nothing is overwritten, and a test can end a process before any of them."""

import contextlib
import ctypes
import errno
import os
from collections.abc import Callable

from pictrace._regular import open_regular
from pictrace.dedupe.files import Facts, facts_of
from pictrace.errors import ActionImpossibleError, NotAsPlannedError

_NOREPLACE, _EXCHANGE, _HERE = 1, 2, -100
"""renameat2(2)."""

_FICLONE = 0x40049409
"""ioctl_ficlone(2)."""

_CHUNK = 1 << 20
_UNKNOWN = {errno.ENOSYS, errno.EINVAL, errno.EOPNOTSUPP}
_NO_LINKS = {errno.EPERM, errno.EOPNOTSUPP, errno.EMLINK, errno.ENOSYS}
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)


class Disk:
    """Changes of files, each told to `before` by its name just before it happens."""

    def __init__(self, before: Callable[[str], None] | None = None) -> None:
        self._before = before or (lambda _: None)

    def move(self, source: str, target: str) -> None:
        """A file under another name on the same device.

        Raises:
            FileExistsError: something is there already; it is never replaced.
        """
        self._before("move")
        failed = _renamed(source, target, _NOREPLACE)
        if failed in _UNKNOWN:
            self._link_and_unlink(source, target)
        elif failed:
            raise OSError(failed, os.strerror(failed), source, None, target)

    def _link_and_unlink(self, source: str, target: str) -> None:
        """The same in two steps; between them the file has both names."""
        try:
            os.link(source, target, follow_symlinks=False)
        except OSError as error:
            if error.errno not in _NO_LINKS:
                raise
            # File systems without links, such as FAT: nobody but us makes files of such names there.
            if os.path.lexists(target):
                raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), target) from error
            os.rename(source, target)  # noqa: PTH104 - of names as they are
            return
        self._before("unlink")
        # Whoever has saved another file under the name meanwhile keeps it.
        if os.path.samestat(os.lstat(source), os.lstat(target)):
            os.unlink(source)  # noqa: PTH108

    def exchange(self, one: str, other: str) -> bool:
        """Two files with their names swapped at once; false where that cannot be done, and nothing happened."""
        self._before("exchange")
        failed = _renamed(one, other, _EXCHANGE)
        if failed and failed not in _UNKNOWN:
            raise OSError(failed, os.strerror(failed), one, None, other)
        return not failed

    def replace(self, source: str, target: str) -> None:
        """A file under the name of another one, which is no longer there."""
        self._before("replace")
        os.replace(source, target)  # noqa: PTH105

    def remove(self, path: str) -> None:
        """A name that is no longer there; nothing if there is none."""
        self._before("remove")
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)  # noqa: PTH108

    def link(self, source: str, target: str) -> None:
        """A second name of a file.

        Raises:
            ActionImpossibleError: the file system has none, or the two are on different ones.
        """
        self._before("link")
        try:
            os.link(source, target, follow_symlinks=False)
        except OSError as error:
            raise _impossible("a hard link cannot be made", error) from error

    def clone(self, source: int, target: str) -> None:
        """A file that shares the blocks of an open one.

        Raises:
            ActionImpossibleError: the file system cannot share blocks.
        """
        self._before("clone")
        handle = os.open(target, _NEW, 0o600)
        try:
            import fcntl

            fcntl.ioctl(handle, _FICLONE, source)
        except (ImportError, OSError) as error:
            os.unlink(target)  # noqa: PTH108
            raise _impossible("blocks cannot be shared", error) from error
        finally:
            os.close(handle)

    def copy(self, source: str, target: str, sha256: str) -> None:
        """A new file with the bytes of another one, on disk and read back before this returns.

        Raises:
            NotAsPlannedError: what was read back has another SHA-256.
        """
        self._before("copy")
        handle = os.open(target, _NEW, 0o600)
        try:
            with open_regular(source) as file:
                while chunk := file.read(_CHUNK):
                    self._before("write")
                    _write(handle, chunk)
            self._before("fsync")
            os.fsync(handle)
        finally:
            os.close(handle)
        if facts_of(target).sha256 != sha256:
            os.unlink(target)  # noqa: PTH108
            raise NotAsPlannedError(f"{source} was read with other bytes than before", hint="is the disk failing?")

    def dress(self, path: str, facts: Facts) -> None:
        """The mode and the times that a file had."""
        self._before("chmod")
        os.chmod(path, facts.mode & 0o777)  # noqa: PTH101
        self.set_times(path, facts.atime_ns, facts.mtime_ns)

    def set_times(self, path: str, atime_ns: int, mtime_ns: int) -> None:
        """The times of the last access and of the last writing."""
        self._before("utime")
        os.utime(path, ns=(atime_ns, mtime_ns))

    def sync(self, folder: str) -> None:
        """What was done to the names in a folder survives a power cut."""
        self._before("sync")
        if hasattr(os, "O_DIRECTORY"):
            handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)

    def make_folder(self, path: str) -> None:
        """A folder, and those above it, for its owner alone."""
        self._before("mkdir")
        os.makedirs(path, mode=0o700, exist_ok=True)  # noqa: PTH103

    def create(self, path: str, data: bytes) -> None:
        """A new file.

        Raises:
            FileExistsError: there is one.
        """
        self._before("create")
        handle = os.open(path, _NEW, 0o600)
        try:
            _write(handle, data)
            os.fsync(handle)
        finally:
            os.close(handle)

    def append(self, handle: int, data: bytes) -> None:
        """More of an open file, on disk when this returns."""
        self._before("append")
        _write(handle, data)
        self._before("append-sync")
        os.fsync(handle)


def attributes_of(path: str) -> dict[str, bytes]:
    """The extended attributes of a file, as far as they can be read."""
    found = {}
    if hasattr(os, "listxattr"):
        with contextlib.suppress(OSError):
            for name in os.listxattr(path, follow_symlinks=False):
                with contextlib.suppress(OSError):
                    found[name] = os.getxattr(path, name, follow_symlinks=False)
    return found


def set_attributes(path: str, attributes: dict[str, bytes]) -> None:
    """Extended attributes, as far as they can be set."""
    for name, value in attributes.items():
        with contextlib.suppress(OSError):
            os.setxattr(path, name, value, follow_symlinks=False)


def _write(handle: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(handle, view) :]


def _renamed(source: str, target: str, flags: int) -> int:
    """renameat2(2): 0, or why not."""
    call = None if os.name == "nt" else getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if call is None:
        return errno.ENOSYS
    done = call(_HERE, os.fsencode(source), _HERE, os.fsencode(target), flags)
    return ctypes.get_errno() if done else 0


def _impossible(what: str, error: Exception) -> ActionImpossibleError:
    why = (isinstance(error, OSError) and error.strerror) or "this system does not know how"
    return ActionImpossibleError(f"{what}: {why.lower()}", hint="choose another action, such as quarantine")
