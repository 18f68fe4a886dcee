"""Regular files, opened for reading: what took the place of one, above all a pipe, makes nobody wait."""

import errno
import os
import stat
from io import BufferedReader

# O_NONBLOCK: opening a pipe would wait for its writer.
_FLAGS = os.O_RDONLY
for _name in ("O_NONBLOCK", "O_CLOEXEC", "O_BINARY"):
    _FLAGS |= getattr(os, _name, 0)


class NotRegularError(OSError):
    """A folder, link, pipe, socket or device is where a file was meant."""


def open_regular(path: str | os.PathLike[str], *, follow: bool = False) -> BufferedReader:
    """A regular file, open for reading; with `follow` also one behind a link.

    Raises:
        NotRegularError: something else is there.
        OSError: it cannot be opened.
        ValueError: no file can be called that.
    """
    try:
        handle = os.open(path, _FLAGS if follow else _FLAGS | getattr(os, "O_NOFOLLOW", 0))
    except OSError as error:
        if error.errno in {errno.ELOOP, errno.ENXIO}:
            raise _not_regular(path) from error
        raise
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise _not_regular(path)
    return os.fdopen(handle, "rb")


def _not_regular(path: str | os.PathLike[str]) -> NotRegularError:
    return NotRegularError(errno.EINVAL, "it is no regular file", os.fspath(path))
