"""ZIP directories, checked as a whole before a byte is inflated, and members, read as streams.

The format is APPNOTE 6.3.10: https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT. The reader of the
standard library is not used because it gives up on a whole archive for one badly spelled name, cuts names at
NUL, and in older patch releases inflates overlapping members (CVE-2024-0450).
"""

import stat
import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import BinaryIO

from pictrace.errors import ArchiveTooLargeError, ArchiveUnsafeError, ImageCorruptError
from pictrace.settings import Limits
from pictrace.sources._zip_directory import Record, exactly, find_end, records, unsafe

_LOCAL = struct.Struct("<4s5H3L2H")
_MAX32 = 0xFFFFFFFF

_ENCRYPTED = 0x0001 | 0x0040 | 0x2000  # password, strong encryption, masked directory
_SIZES_FOLLOW = 0x0008
_PATCH = 0x0020
_UTF8 = 0x0800
_STORED, _DEFLATED = 0, 8
_METHODS = {
    1: "shrink",
    6: "implode",
    9: "deflate64",
    12: "bzip2",
    14: "lzma",
    93: "zstd",
    95: "xz",
    98: "ppmd",
}
_PIECE = 1 << 16

HEADROOM = 8 << 20
"""Bytes that anything may inflate to: a flat full-HD bitmap honestly shrinks a thousandfold."""


class SurplusError(ArchiveUnsafeError):
    """One member holds more than it declares: by damage or to harm, and either way the rest can be read."""


@dataclass(frozen=True, slots=True)
class Member:
    """One file of an archive; `start` is where its `packed` bytes begin, `size` what they inflate to."""

    name: str
    size: int
    packed: int
    crc: int
    is_deflated: bool
    start: int


def members(file: BinaryIO, limits: Limits) -> Sequence[Member]:
    """The files of a ZIP in the order of its directory, folders left out.

    Raises:
        ArchiveTooLargeError: more entries than allowed.
        ArchiveUnsafeError: no ZIP, damaged, ambiguous, encrypted, packed in an unknown way, or holding
            links, devices, members that overlap or two of one name.
    """
    end = find_end(file)
    if end.count > limits.archive_entries:
        raise ArchiveTooLargeError(
            f"it has {end.count} entries, more than the {limits.archive_entries} allowed",
            hint="split it, or raise limits.archive_entries",
        )
    if end.length > (1 << 20) + 512 * limits.archive_entries:
        raise ArchiveTooLargeError("its list of members is longer than the allowed entries can need")
    found: list[Member] = []
    names: set[str] = set()
    spans: list[tuple[int, int]] = []
    for record in records(file, end):
        name = _text(record)
        _check(record, name)
        if record.header + end.shift >= end.start:
            unsafe(f"member {name!r} lies outside of it")
        start = _data_start(file, record, end.shift)
        spans.append((record.header + end.shift, start + record.packed))
        if name.endswith("/"):
            continue
        if name in names:
            unsafe(f"two members are called {name!r}")
        names.add(name)
        found.append(
            Member(name, record.size, record.packed, record.crc, record.method == _DEFLATED, start),
        )
    _check_spans(spans, end.start)
    return found


def check_sizes(pictures: Sequence[Member], limits: Limits) -> None:
    """Pass only members that may be inflated: each one's ratio, all together's, and their sum.

    Members above `limits.file_bytes` are refused one by one later and do not count towards the sum.

    Raises:
        ArchiveUnsafeError: a ratio above `limits.archive_ratio` beyond the `HEADROOM`.
        ArchiveTooLargeError: more bytes than `limits.archive_bytes`.
    """
    for member in pictures:
        _check_ratio(f"member {member.name!r}", member.size, member.packed, limits)
    readable = [member for member in pictures if member.size <= limits.file_bytes]
    total = sum(member.size for member in readable)
    _check_ratio("it", total, sum(member.packed for member in readable), limits)
    if total > limits.archive_bytes:
        raise ArchiveTooLargeError(
            f"its pictures have {total} bytes, more than the {limits.archive_bytes} allowed",
            hint="split it, or raise limits.archive_bytes",
        )


def inflate(file: BinaryIO, member: Member) -> bytes:
    """The bytes of one member, never more than it declared.

    Raises:
        SurplusError: it holds more than it declared.
        ArchiveUnsafeError: the file ends within it.
        ImageCorruptError: it holds less, is damaged, or its CRC-32 is another.
    """
    file.seek(member.start)
    data = _deflated(file, member) if member.is_deflated else exactly(file, member.packed)
    if len(data) > member.size:
        raise SurplusError(f"the member holds more than the {member.size} bytes it declares")
    if len(data) < member.size:
        raise ImageCorruptError(f"only {len(data)} of {member.size} bytes are there")
    if zlib.crc32(data) != member.crc:
        raise ImageCorruptError("the bytes do not match their checksum")
    return data


def _deflated(file: BinaryIO, member: Member) -> bytes:
    decoder = zlib.decompressobj(-zlib.MAX_WBITS)
    data = bytearray()
    left = member.packed
    try:
        while left and not decoder.eof and len(data) <= member.size:
            piece = exactly(file, min(left, _PIECE))
            left -= len(piece)
            data += decoder.decompress(piece, member.size + 1 - len(data))
    except zlib.error as error:
        raise ImageCorruptError("the packed bytes are damaged") from error
    if not decoder.eof and len(data) <= member.size:
        raise ImageCorruptError("the packed bytes end too early")
    return bytes(data)


def _text(record: Record) -> str:
    # Many programs write UTF-8 without saying so, and other text is hardly ever valid UTF-8 by chance.
    try:
        return record.raw.decode()
    except UnicodeDecodeError:
        if record.flags & _UTF8:
            return record.raw.decode(errors="surrogateescape")
        return record.raw.decode("cp437")


def _check(record: Record, name: str) -> None:
    if record.flags & _ENCRYPTED:
        unsafe(f"member {name!r} is encrypted", hint="unpack it with its password and index the folder")
    if record.flags & _PATCH:
        unsafe(f"member {name!r} is a patch of another file")
    if record.method not in {_STORED, _DEFLATED}:
        called = _METHODS.get(record.method, "unknown")
        unsafe(
            f"member {name!r} is packed by method {record.method} ({called})",
            hint="only stored and deflated members are read; pack it again as an ordinary ZIP",
        )
    if record.method == _STORED and record.packed != record.size:
        unsafe(f"member {name!r} declares {record.size} bytes but stores {record.packed}")
    if stat.S_IFMT(record.mode) not in {0, stat.S_IFREG, stat.S_IFDIR}:
        unsafe(f"member {name!r} is a link or a device", hint="pack it again without links")


def _data_start(file: BinaryIO, record: Record, shift: int) -> int:
    file.seek(record.header + shift)
    header = file.read(_LOCAL.size)
    if len(header) < _LOCAL.size or header[:4] != b"PK\x03\x04":
        unsafe("a member is not where the list says")
    _, _, flags, method, _, _, _, packed, size, name, extra = _LOCAL.unpack(header)
    if file.read(name) != record.raw or method != record.method or (flags ^ record.flags) & _ENCRYPTED:
        unsafe("a member is another one than the list says")
    sizes = ((packed, record.packed), (size, record.size))
    if not flags & _SIZES_FOLLOW and any(here not in {there, _MAX32} for here, there in sizes):
        unsafe("a member has another size than the list says")
    start: int = record.header + shift + _LOCAL.size + name + extra
    return start


def _check_spans(spans: list[tuple[int, int]], limit: int) -> None:
    free = 0
    for start, stop in sorted(spans):
        if start < free:
            unsafe("members overlap, as in an archive bomb")
        free = stop
    if free > limit:
        unsafe("members overlap the list of members")


def _check_ratio(what: str, size: int, packed: int, limits: Limits) -> None:
    if size > HEADROOM + limits.archive_ratio * packed:
        unsafe(
            f"{what} would grow from {packed} to {size} bytes, more than {limits.archive_ratio} times",
            hint="raise limits.archive_ratio if you trust it; honest files stay below 1032",
        )
