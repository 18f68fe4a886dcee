"""The list of members at the end of a ZIP, byte by byte (APPNOTE 6.3.10, sections 4.3.12 to 4.3.16)."""

import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, NoReturn

from pictrace.errors import ArchiveUnsafeError

_END = struct.Struct("<4s4H2LH")
_WIDE_END = struct.Struct("<4sQ2H2L4Q")
_WIDE_PLACE = struct.Struct("<4sLQL")
_CENTRAL = struct.Struct("<4s6H3L5H2L")
_MAX16, _MAX32 = 0xFFFF, 0xFFFFFFFF


@dataclass(frozen=True, slots=True)
class Record:
    """What the directory says of one member; `header` is where its local header should be."""

    raw: bytes
    flags: int
    method: int
    crc: int
    packed: int
    size: int
    mode: int
    header: int


@dataclass(frozen=True, slots=True)
class End:
    """Where the directory lies; `shift` is how much stands before the archive itself."""

    count: int
    length: int
    start: int
    shift: int


def find_end(file: BinaryIO) -> End:
    """Where the one list of members lies; two possible ends would mean two readers see two archives."""
    size = file.seek(0, os.SEEK_END)
    begin = max(0, size - _END.size - _MAX16)
    file.seek(begin)
    tail = file.read(_END.size + _MAX16)
    places = [place for place in _places(tail, b"PK\x05\x06") if _ends_at(tail, place) == len(tail)]
    if not places:
        _refuse_without_end(file)
    if len(places) > 1:
        unsafe("it ends twice, so it has two lists of members")
    _, disk, first_disk, here, count, length, start, _ = _END.unpack_from(tail, places[0])
    if not {disk, first_disk} <= {0, _MAX16} or here != count:
        unsafe("it is one part of several")
    place = begin + places[0]
    wide = _wide_end(file, place)
    if wide:
        for narrow, value, most in zip((count, length, start), wide, (_MAX16, _MAX32, _MAX32), strict=False):
            if narrow not in {value, most}:
                unsafe("its two ends contradict each other")
        count, length, start, place = wide
    shift = place - length - start
    if shift < 0:
        unsafe("its list of members lies outside of it")
    return End(count, length, start + shift, shift)


def _wide_end(file: BinaryIO, place: int) -> tuple[int, int, int, int] | None:
    """What ZIP64 says, if it is there: count, length and start of the list, and where that record lies."""
    spot = place - _WIDE_PLACE.size - _WIDE_END.size
    if spot < 0:
        return None
    file.seek(spot)
    block = exactly(file, _WIDE_END.size + _WIDE_PLACE.size)
    mark, disk, told, disks = _WIDE_PLACE.unpack_from(block, _WIDE_END.size)
    if mark != b"PK\x06\x07":
        return None
    mark, length, _, _, this_disk, first_disk, here, count, size, start = _WIDE_END.unpack_from(block)
    if mark != b"PK\x06\x06" or length != _WIDE_END.size - 12:
        unsafe("its ZIP64 end is missing")
    if disk or disks > 1 or this_disk or first_disk or here != count:
        unsafe("it is one part of several")
    if told - start != size:
        unsafe("its two ends contradict each other")
    return count, size, start, spot


def records(file: BinaryIO, end: End) -> Iterator[Record]:
    """Each member as the list describes it."""
    file.seek(end.start)
    data = exactly(file, end.length)
    cursor = 0
    for _ in range(end.count):
        if cursor + _CENTRAL.size > len(data):
            unsafe("its list of members is shorter than it says")
        fields = _CENTRAL.unpack_from(data, cursor)
        mark, _, _, flags, method, _, _, crc, packed, size, name, extra, comment, disk, _, mode, header = fields
        cursor += _CENTRAL.size
        if mark != b"PK\x01\x02" or cursor + name + extra + comment > len(data):
            unsafe("its list of members is damaged")
        raw = data[cursor : cursor + name]
        blob = data[cursor + name : cursor + name + extra]
        cursor += name + extra + comment
        size, packed, header = _widened(blob, (size, packed, header))
        if disk not in {0, _MAX16}:
            unsafe("it is one part of several")
        yield Record(raw, flags, method, crc, packed, size, mode >> 16, header)
    if cursor != len(data):
        unsafe("its list of members is longer than it says")


def _widened(extra: bytes, values: tuple[int, int, int]) -> tuple[int, int, int]:
    wide = b""
    cursor = 0
    while cursor + 4 <= len(extra):
        kind, length = struct.unpack_from("<2H", extra, cursor)
        if kind == 1:
            wide = extra[cursor + 4 : cursor + 4 + length]
        cursor += 4 + length
    numbers = iter(struct.unpack_from(f"<{len(wide) // 8}Q", wide))
    size, packed, header = (next(numbers, _MAX32) if value == _MAX32 else value for value in values)
    return size, packed, header


def _places(data: bytes, mark: bytes) -> Iterator[int]:
    place = data.find(mark)
    while place >= 0:
        yield place
        place = data.find(mark, place + 1)


def _refuse_without_end(file: BinaryIO) -> NoReturn:
    file.seek(0)
    if file.read(4) == b"PK\x03\x04":
        unsafe("it is damaged: its end is missing", hint="download or pack it again")
    unsafe("it is no ZIP")


def _ends_at(tail: bytes, place: int) -> int:
    if place + _END.size > len(tail):
        return -1
    return place + _END.size + int.from_bytes(tail[place + 20 : place + 22], "little")


def exactly(file: BinaryIO, count: int) -> bytes:
    """The next bytes of a file that must have them."""
    data = file.read(count)
    if len(data) < count:
        unsafe("it ends too early")
    return data


def unsafe(what: str, *, hint: str = "") -> NoReturn:
    """Refuse the archive."""
    raise ArchiveUnsafeError(what, hint=hint)
