"""ZIP and tar archives: their pictures, read as streams and never unpacked to a disk.

The name of a member is data. It is shown and stored, and never becomes a path.
"""

import functools
import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

from pictrace._regular import open_regular
from pictrace.errors import (
    ArchiveTooLargeError,
    ArchiveUnsafeError,
    FileTooLargeError,
    ImageCorruptError,
    UnsupportedFormatError,
)
from pictrace.results import Failure
from pictrace.settings import Limits
from pictrace.sources import Item, Known, _tar, _zip
from pictrace.sources._names import ARCHIVES, TARS, Selection, holds_archive, suffix
from pictrace.sources.reading import changed, missing, resolved
from pictrace.types import Location
from pictrace.words import counted

_NESTED = "an archive within an archive is not opened"


class Archive:
    """The pictures of one ZIP or tar, in the archive's own order; `root` is the archive's path.

    A member for which `known` holds is yielded without its bytes, so that an archive that did not change is
    not inflated again. Links, devices, hidden names and names that do not end like a picture are passed over
    and counted in `skips`. Whatever is wrong with one picture is a `Failure`; whatever makes the archive
    untrustworthy ends it with an error that says how many members were read before.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        limits: Limits,
        *,
        exclude: Sequence[str] = (),
        known: Known = lambda _: False,
    ) -> None:
        self.root = resolved(path)
        self.skips: Counter[str] = Counter()
        self._limits = limits
        self._selection = Selection(exclude)
        self._known = known

    @property
    def skipped(self) -> int:
        """How many members the last pass left out."""
        return self.skips.total()

    def items(self) -> Iterator[Item | Failure]:
        """Every picture with its bytes.

        Raises:
            RootMissingError: the archive is not there or cannot be read.
            ArchiveUnsafeError: it is damaged, built to harm, or changed while it was read.
            ArchiveTooLargeError: it has more entries or bytes than the limits allow.
        """
        self.skips.clear()
        read = 0
        try:
            with open_regular(self.root) as file:
                for item in self._unchanging(file):
                    yield item
                    read += isinstance(item, Item)
        except (ArchiveUnsafeError, ArchiveTooLargeError) as error:
            before = f"{counted(read, 'picture')} {'was' if read == 1 else 'were'} read before"
            before = before if read else "nothing of it was read"
            what = f"archive {Path(self.root).name!r} is refused: {error}; {before}"
            raise type(error)(what, hint=error.hint) from error
        except OSError as error:
            raise missing(self.root, error) from error

    def _unchanging(self, file: BinaryIO) -> Iterator[Item | Failure]:
        before = os.fstat(file.fileno())
        found = self._tar_items if self._is_tar(file) else self._zip_items
        for item in found(file, before):
            if changed(before, os.fstat(file.fileno())):
                raise ArchiveUnsafeError("it changed while it was read", hint="index it again later")
            yield item

    def _is_tar(self, file: BinaryIO) -> bool:
        head = file.read(512)
        file.seek(0)
        return head[257:262] == b"ustar" or head[:2] == b"\x1f\x8b" or suffix(self.root) in TARS

    def _zip_items(self, file: BinaryIO, status: os.stat_result) -> Iterator[Item | Failure]:
        chosen = [one for one in _zip.members(file, self._limits) if self._is_wanted(one.name)]
        pictures = [one for one in chosen if suffix(one.name) not in ARCHIVES]
        _zip.check_sizes(pictures, self._limits)
        for member in chosen:
            place = self._place(member.name, member.size, _stamp(status, member.crc))
            yield self._item(place, member.name, functools.partial(_zip.inflate, file, member))

    def _tar_items(self, file: BinaryIO, status: os.stat_result) -> Iterator[Item | Failure]:
        stream = _tar.Stream(file, self._limits)
        seen: set[str] = set()
        for member in _tar.members(stream, self._limits):
            if member.kind in {"link", "special"}:
                self.skips[member.kind] += 1
            elif member.kind == "file" and self._is_wanted(member.name):
                place = self._place(member.name, member.size, _stamp(status, member.mtime))
                if member.name in seen:
                    yield Failure(place.uri, ArchiveUnsafeError.code, "an earlier member has the same name")
                    continue
                seen.add(member.name)
                yield self._item(place, member.name, functools.partial(stream.take, member.size))

    def _is_wanted(self, name: str) -> bool:
        reason = self._selection.member(name)
        if reason == "other" and suffix(name) in ARCHIVES:
            return True
        if reason:
            self.skips[reason] += 1
        return not reason

    def _place(self, name: str, size: int, mtime_ns: int) -> Location:
        return Location(uri=f"{self.root}!/{name}", root=self.root, size=size, mtime_ns=mtime_ns)

    def _item(self, place: Location, name: str, take: Callable[[], bytes]) -> Item | Failure:
        if suffix(name) in ARCHIVES:
            return Failure(place.uri, UnsupportedFormatError.code, _NESTED)
        if place.size > self._limits.file_bytes:
            words = f"the member has {place.size} bytes, more than the {self._limits.file_bytes} allowed"
            return Failure(place.uri, FileTooLargeError.code, words)
        if self._known(place):
            return Item(place)
        try:
            data = take()
        except (ImageCorruptError, _zip.SurplusError) as error:
            return Failure(place.uri, error.code, str(error))
        if holds_archive(data):
            return Failure(place.uri, UnsupportedFormatError.code, _NESTED)
        return Item(place, data)


def _stamp(status: os.stat_result, mark: int) -> int:
    # The archive's time to 4.3 seconds; the bits below are the member's own CRC-32 or time.
    whole = status.st_mtime_ns >> 32 << 32
    return max(-1 << 63, min((1 << 63) - 1, whole | mark & 0xFFFFFFFF))
