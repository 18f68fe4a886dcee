"""Tar archives, plain or gzipped, read once from front to back with every byte counted.

The formats are ustar, pax and GNU: https://www.gnu.org/software/tar/manual/html_node/Standard.html. Headers
are parsed by the standard library one block at a time; its loop over an archive is not used because in older
patch releases it never ends on hostile input (CVE-2025-8194) and reads names of any length.
"""

import os
import re
import tarfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

from pictrace.errors import ArchiveTooLargeError, ArchiveUnsafeError
from pictrace.settings import Limits
from pictrace.sources._zip import HEADROOM

_BLOCK = tarfile.BLOCKSIZE
_PIECE = 1 << 18
_PACKED = 1 << 14
"""Packed bytes at a time: what is left of them after a member of gzip is copied."""

_GZIP = b"\x1f\x8b"
_PIECES = 1000
_LEAST_PIECE = 512
"""So many members of gzip there may be, and one more for so many bytes that they hold."""

_NOTE_BYTES = 1 << 20
_RECORDS = 1000
_FILES = {tarfile.REGTYPE, tarfile.AREGTYPE, tarfile.CONTTYPE}
_NOTES = {
    tarfile.GNUTYPE_LONGNAME,
    tarfile.GNUTYPE_LONGLINK,
    tarfile.XHDTYPE,
    tarfile.XGLTYPE,
    tarfile.SOLARIS_XHDTYPE,
}

_KEPT = {b"path", b"size"}
_LENGTH = re.compile(rb"([0-9]{1,20}) ")


@dataclass(frozen=True, slots=True)
class Member:
    """One entry of an archive; `kind` is "file", "folder", "link" or "special"."""

    name: str
    size: int
    mtime: int
    kind: str


class Stream:
    """The bytes of a tar, inflated on the way where it is gzipped."""

    def __init__(self, file: BinaryIO, limits: Limits) -> None:
        self._file = file
        self._limits = limits
        self._length = os.fstat(file.fileno()).st_size
        self._decoder = zlib.decompressobj(zlib.MAX_WBITS | 16)
        self._pieces = 1
        self._is_packed = file.read(2) == _GZIP
        self._ready = bytearray()
        self._made = 0
        self.position = 0
        file.seek(0)

    def take(self, count: int) -> bytes:
        """The next bytes, exactly as many as asked for.

        Raises:
            ArchiveUnsafeError: the archive ends before that, is damaged, or inflates too much.
            ArchiveTooLargeError: more bytes than the limits allow in all.
        """
        if not self._is_packed:
            self._made += count
            self._check_total()
            data = self._file.read(count)
        else:
            self._fill(count)
            data = bytes(self._ready[:count])
            del self._ready[:count]
        if len(data) < count:
            raise ArchiveUnsafeError("it ends too early")
        self.position += count
        return data

    def skip(self, count: int) -> None:
        """Pass over bytes without keeping them."""
        if self._is_packed:
            while count > 0:
                count -= len(self.take(min(count, _PIECE)))
            return
        if self.position + count > self._length:
            raise ArchiveUnsafeError("it ends too early")
        self.position += count
        self._file.seek(self.position)

    def finish(self) -> None:
        """Read what follows the last member, so that gzip's checksum is checked too."""
        while self._is_packed and self._fill(1):
            self._ready.clear()

    def _fill(self, count: int) -> bool:
        while len(self._ready) < count:
            piece = self._inflate()
            if not piece:
                return False
            self._ready += piece
        return True

    def _inflate(self) -> bytes:
        piece = b""
        while not piece:
            packed = self._packed()
            if not packed:
                return b""
            try:
                piece = self._decoder.decompress(packed, _PIECE)
            except zlib.error as error:
                raise ArchiveUnsafeError("its packed bytes are damaged") from error
            self._made += len(piece)
            self._check_growth()
        return piece

    def _packed(self) -> bytes:
        if not self._decoder.eof:
            packed = self._decoder.unconsumed_tail or self._file.read(_PACKED)
            if not packed:
                raise ArchiveUnsafeError("it ends too early")
            return packed
        packed = self._decoder.unused_data
        while len(packed) < len(_GZIP) and (more := self._file.read(_PACKED)):
            packed += more
        if not packed.startswith(_GZIP):
            return b""
        self._pieces += 1
        if self._pieces > _PIECES + self._made // _LEAST_PIECE:
            raise ArchiveUnsafeError("it is packed in more pieces than any honest one")
        self._decoder = zlib.decompressobj(zlib.MAX_WBITS | 16)
        return packed

    def _check_growth(self) -> None:
        self._check_total()
        if self._made > HEADROOM + self._limits.archive_ratio * self._file.tell():
            raise ArchiveUnsafeError(
                f"it grows more than {self._limits.archive_ratio} times when unpacked",
                hint="raise limits.archive_ratio if you trust it",
            )

    def _check_total(self) -> None:
        if self._made > self._limits.archive_bytes:
            raise ArchiveTooLargeError(
                f"it holds more than the {self._limits.archive_bytes} bytes allowed",
                hint="split it, or raise limits.archive_bytes",
            )


def members(stream: Stream, limits: Limits) -> Iterator[Member]:
    """Every entry in its turn; until the next one is asked for, its bytes may be taken from the stream.

    Raises:
        ArchiveUnsafeError: no tar, damaged, or cut off.
        ArchiveTooLargeError: more entries or bytes than allowed.
    """
    notes = _Notes()
    count = 0
    while True:
        info = _header(stream)
        if info is None:
            return stream.finish()
        count += 1
        if count > limits.archive_entries:
            raise ArchiveTooLargeError(
                f"it has more than the {limits.archive_entries} entries allowed",
                hint="split it, or raise limits.archive_entries",
            )
        if info.type in _NOTES:
            notes.read(stream, info)
            continue
        member = _member(info, notes)
        end = stream.position + _whole(member.size)
        yield member
        stream.skip(end - stream.position)
        notes = _Notes()


def _header(stream: Stream) -> tarfile.TarInfo | None:
    block = stream.take(_BLOCK)
    if not block.strip(b"\0"):
        return None
    try:
        return tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
    except (tarfile.HeaderError, ValueError, OverflowError) as error:
        raise ArchiveUnsafeError("it is no tar, or it is damaged") from error


def _member(info: tarfile.TarInfo, notes: "_Notes") -> Member:
    if info.type == tarfile.GNUTYPE_SPARSE:
        raise ArchiveUnsafeError("it holds a file with holes", hint="pack it again without --sparse")
    told = notes.kept.get(b"size", str(info.size))
    if not re.fullmatch("[0-9]{1,30}", told):
        raise ArchiveUnsafeError("a member's size is no number")
    name = notes.kept.get(b"path", info.name)
    if info.islnk() or info.issym():
        return Member(name, 0, 0, "link")
    if info.isdir() or info.isdev():
        return Member(name, 0, 0, "folder" if info.isdir() else "special")
    is_plain = info.type in _FILES and not notes.is_sparse
    return Member(name, int(told), int(info.mtime), "file" if is_plain else "special")


@dataclass(slots=True)
class _Notes:
    """What the headers before one member say of it: its name and size, if anything, and whether it has holes.

    `left` counts the bytes and `records` the records that these headers may still have together; nothing but
    what is needed is kept.
    """

    kept: dict[bytes, str] = field(default_factory=dict)
    is_sparse: bool = False
    left: int = _NOTE_BYTES
    records: int = _RECORDS

    def read(self, stream: Stream, info: tarfile.TarInfo) -> None:
        """Take one header's content from the stream."""
        if not 0 <= info.size <= self.left:
            raise ArchiveUnsafeError("a member's name or extended header is longer than any honest one")
        self.left -= info.size
        if info.type == tarfile.GNUTYPE_LONGNAME:
            data = stream.take(_whole(info.size))[: info.size]
            self.kept[b"path"] = data.rstrip(b"\0").decode(errors="surrogateescape")
        elif info.type in {tarfile.XHDTYPE, tarfile.SOLARIS_XHDTYPE}:
            self._parse(stream.take(_whole(info.size))[: info.size])
        else:
            # A global header speaks of names or sizes of nothing in particular, and links are not followed.
            stream.skip(_whole(info.size))

    def _parse(self, data: bytes) -> None:
        place, end = 0, len(data.rstrip(b"\0"))
        while place < end:
            self.records -= 1
            if self.records < 0:
                raise ArchiveUnsafeError("a member's extended header has more records than any honest one")
            start = _LENGTH.match(data, place)
            following = place + int(start[1]) if start else 0
            if not start or not start.end() < following <= len(data):
                raise ArchiveUnsafeError("a member's extended header is damaged")
            self._keep(data[start.end() : following])
            place = following

    def _keep(self, record: bytes) -> None:
        key, equals, value = record.removesuffix(b"\n").partition(b"=")
        if not equals:
            raise ArchiveUnsafeError("a member's extended header is damaged")
        if key in _KEPT:
            self.kept[key] = value.decode(errors="surrogateescape")
        self.is_sparse = self.is_sparse or key.startswith(b"GNU.sparse")


def _whole(size: int) -> int:
    return -(-size // _BLOCK) * _BLOCK
