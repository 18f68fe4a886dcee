"""Folders and single files: what lies there now, in the same order every time."""

import functools
import os
import stat
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from pictrace.errors import SourceUnreadableError, UsageError
from pictrace.results import Failure
from pictrace.sources import Item
from pictrace.sources._names import COLLECTION, Selection
from pictrace.sources.reading import locate, missing, reason, resolved, retried

_PSEUDO = frozenset({"/proc", "/sys"})


class File:
    """One picture file that was named itself, whatever its suffix; `root` is its own path."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.root = resolved(path)
        self.skipped = 0

    def items(self) -> Iterator[Item | Failure]:
        """The file, or why it cannot be read.

        Raises:
            RootMissingError: it is not there.
        """
        try:
            status = os.lstat(self.root)
        except OSError as error:
            raise missing(self.root, error) from error
        if stat.S_ISREG(status.st_mode):
            yield Item(locate(self.root, self.root, status))
        else:
            yield Failure(self.root, SourceUnreadableError.code, "it is no regular file")


class Folder:
    """The picture files below a folder: its own sorted by name, then those of each folder in it.

    Links are not followed, hidden files and the folders of systems and collections are not entered, and
    whatever does not end like a picture is passed over: `skips` counts all of these by reason. A name that
    cannot be read is one `Failure`; a folder that cannot be listed is one `Failure` for all below it.
    Memory grows with the names of one folder, never with the tree.
    """

    def __init__(self, path: str | os.PathLike[str], *, exclude: Sequence[str] = ()) -> None:
        self.root = resolved(path)
        self.skips: Counter[str] = Counter()
        self._selection = Selection(exclude)
        _refuse(self.root)
        self._identity = self._look()

    @property
    def skipped(self) -> int:
        """How many names the last walk passed over."""
        return self.skips.total()

    def items(self) -> Iterator[Item | Failure]:
        """Every picture file, as it is at the moment it is yielded.

        Raises:
            RootMissingError: the folder is gone, was replaced, or cannot be listed, now or on the way.
        """
        self.skips.clear()
        self._check_root()
        parent, name = os.path.split(self.root)
        waiting = [(parent, [name])]
        while waiting:
            parent, names = waiting[-1]
            if not names:
                waiting.pop()
                continue
            folder = os.path.join(parent, names.pop())  # noqa: PTH118 - text, for a million Path objects are slow
            try:
                files, folders = self._list(folder)
            except OSError as error:
                yield self._failure(folder, error)
                continue
            waiting.append((folder, folders))
            for file in files:
                yield self._item(os.path.join(folder, file))  # noqa: PTH118 - as above
        self._check_root()

    def _list(self, folder: str) -> tuple[list[str], list[str]]:
        above = folder[len(self.root) :].lstrip(os.sep)
        above = f"{above}/".replace(os.sep, "/") if above else ""
        files: list[str] = []
        folders: list[str] = []
        skips: Counter[str] = Counter()
        with retried(functools.partial(os.scandir, folder)) as entries:
            for entry in entries:
                reason_to_skip = self._judge(entry, above, folder)
                if reason_to_skip:
                    skips[reason_to_skip] += 1
                elif entry.is_dir(follow_symlinks=False):
                    folders.append(entry.name)
                else:
                    files.append(entry.name)
        self.skips.update(skips)
        files.sort()
        folders.sort(reverse=True)
        return files, folders

    def _judge(self, entry: os.DirEntry[str], above: str, folder: str) -> str:
        if entry.is_symlink():
            return "link"
        if entry.is_dir(follow_symlinks=False):
            if folder == os.sep and entry.path in _PSEUDO:
                return "system"
            return self._selection.folder(entry.name, above)
        if not entry.is_file(follow_symlinks=False):
            return "special"
        return self._selection.file(entry.name, above)

    def _item(self, path: str) -> Item | Failure:
        try:
            status = retried(functools.partial(os.lstat, path))
        except OSError as error:
            return self._failure(path, error)
        if not stat.S_ISREG(status.st_mode):
            return Failure(path, SourceUnreadableError.code, "it is no regular file any more")
        return Item(locate(path, self.root, status))

    def _failure(self, path: str, error: OSError) -> Failure:
        # A whole tree that cannot be read is not a tree without pictures.
        self._check_root()
        if path == self.root:
            raise missing(self.root, error)
        return Failure(path, SourceUnreadableError.code, reason(error))

    def _check_root(self) -> None:
        if self._look() != self._identity:
            raise missing(self.root, OSError(0, "another folder took its place"))

    def _look(self) -> tuple[int, int]:
        try:
            status = retried(functools.partial(os.lstat, self.root))
        except OSError as error:
            raise missing(self.root, error) from error
        if not stat.S_ISDIR(status.st_mode):
            raise missing(self.root, OSError(0, "it is no folder"))
        return status.st_dev, status.st_ino


def _refuse(root: str) -> None:
    path = Path(root)
    if any(path.is_relative_to(pseudo) for pseudo in _PSEUDO):
        raise UsageError(f"{root!r} holds the system's own accounts, no pictures", hint="name a folder of pictures")
    if any(part.lower().endswith(COLLECTION) for part in path.parts):
        raise UsageError(
            f"{root!r} is, or lies in, a PicTrace collection",
            hint="name the folder of pictures that it was made from",
        )
