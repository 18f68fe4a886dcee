"""Archives for the tests of sources: honest ones, and those built to harm."""

import gzip
import io
import stat
import struct
import tarfile
import zipfile
from collections.abc import Iterable
from pathlib import Path

from pictrace.results import Failure
from pictrace.settings import Limits
from pictrace.sources import Item
from pictrace.sources.archive import Archive

PICTURE = b"\xff\xd8\xff\xe0 a picture \xff\xd9"

Entries = Iterable[tuple[str, bytes]]


def zip_of(entries: Entries, method: int = zipfile.ZIP_DEFLATED, *, extra: bytes = b"") -> bytes:
    """An ordinary ZIP."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, data in entries:
            info = zipfile.ZipInfo(name)
            info.extra = extra
            archive.writestr(info, data, method)
    return buffer.getvalue()


def streamed_zip(entries: Entries) -> bytes:
    """A ZIP written to a pipe: sizes stand behind the members, not before them."""

    class Pipe(io.BytesIO):
        def seekable(self) -> bool:
            return False

        def tell(self) -> int:
            raise io.UnsupportedOperation

    buffer = Pipe()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in entries:
            archive.writestr(name, data)
    return buffer.getvalue()


def renamed(archive: bytes, old: bytes, new: bytes, flags: int = 0) -> bytes:
    """The archive with a member's name replaced by one just as long, and its flags set."""
    data = bytearray(archive.replace(old, new))
    place = data.find(b"PK\x01\x02")
    data[6:8] = data[place + 8 : place + 10] = struct.pack("<H", flags)
    return bytes(data)


def patched(archive: bytes, local: int, central: int, value: bytes) -> bytes:
    """The archive with bytes set in both headers of its last member."""
    data = bytearray(archive)
    for header, place in ((b"PK\x03\x04", local), (b"PK\x01\x02", central)):
        start = data.rfind(header) + place
        data[start : start + len(value)] = value
    return bytes(data)


def lying(real: int, said: int, *, before: Entries = ()) -> bytes:
    """A last member that declares another size than it has."""
    return patched(zip_of([*before, ("a.jpg", b"\0" * real)]), 22, 24, struct.pack("<I", said))


def repacked(more: int) -> bytes:
    """One member that declares more or fewer packed bytes than it has."""
    base = zip_of([("a.jpg", PICTURE)])
    return patched(base, 18, 20, struct.pack("<I", int.from_bytes(base[18:22], "little") + more))


def packed_by(method: int) -> bytes:
    """One member that says it is packed by some method."""
    return patched(zip_of([("a.jpg", PICTURE)]), 8, 10, struct.pack("<H", method))


def flagged(flags: int) -> bytes:
    """One member with general purpose flags."""
    return patched(zip_of([("a.jpg", PICTURE)]), 6, 8, struct.pack("<H", flags))


def moded(mode: int) -> bytes:
    """One member with the mode of a Unix file."""
    info = zipfile.ZipInfo("link.jpg")
    info.create_system = 3
    info.external_attr = mode << 16
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(info, "/etc/passwd")
    return buffer.getvalue()


SPECIAL_MODES = [stat.S_IFLNK | 0o777, stat.S_IFIFO | 0o644, stat.S_IFCHR | 0o644, stat.S_IFBLK | 0o644]


def overlapping(count: int, size: int) -> bytes:
    """Many entries for one member: a few kilobytes that old readers turn into `count * size` bytes."""
    base = zip_of([("a.jpg", b"\0" * size)])
    place = base.find(b"PK\x01\x02")
    record = base[place : base.find(b"PK\x05\x06")]
    renamed_records = b"".join(record.replace(b"a.jpg", b"%05d" % number) for number in range(count))
    return base[:place] + renamed_records + end_record(count, len(renamed_records), place)


def aliased(count: int) -> bytes:
    """As `overlapping`, with entries of one name, as the member itself has it."""
    base = zip_of([("a.jpg", PICTURE)])
    place = base.find(b"PK\x01\x02")
    record = base[place : base.find(b"PK\x05\x06")]
    return base[:place] + record * count + end_record(count, len(record) * count, place)


def quoted(size: int) -> bytes:
    """Two members, one of which lies inside the other's bytes."""
    inner = zip_of([("b.jpg", b"\0" * size)])
    inner_local = inner[: inner.find(b"PK\x01\x02")]
    inner_record = bytearray(inner[inner.find(b"PK\x01\x02") : inner.find(b"PK\x05\x06")])
    outer = zip_of([("a.jpg", inner_local)], zipfile.ZIP_STORED)
    place = outer.find(b"PK\x01\x02", outer.find(b"a.jpg"))
    record = outer[place : outer.rfind(b"PK\x05\x06")]
    inner_record[42:46] = struct.pack("<I", outer.find(inner_local))
    directory = record + bytes(inner_record)
    return outer[:place] + directory + end_record(2, len(directory), place)


def end_record(count: int, length: int, start: int, comment: bytes = b"") -> bytes:
    """The end of a ZIP's directory."""
    return struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, count, count, length, start, len(comment)) + comment


def wide_zip(*, said: int = 1, told: int = 0, parts: int = 1) -> bytes:
    """A ZIP whose end is a ZIP64 one; `said` is the count there, `told` a displacement of its place."""
    base = zip_of([("a.jpg", PICTURE)])
    start = base.find(b"PK\x01\x02")
    end = base.find(b"PK\x05\x06")
    wide = struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, said, said, end - start, start)
    locator = struct.pack("<4sLQL", b"PK\x06\x07", 0, end + told, parts)
    return base[:end] + wide + locator + end_record(1, end - start, start)


def huge_member(size: int) -> bytes:
    """One member whose size only ZIP64 can tell."""
    base = zip_of([("a.jpg", PICTURE)])
    place, end = base.find(b"PK\x01\x02"), base.find(b"PK\x05\x06")
    record = bytearray(base[place:end])
    extra = struct.pack("<2HQ", 1, 8, size)
    record[24:28] = b"\xff" * 4
    record[30:32] = struct.pack("<H", len(extra))
    local = bytearray(base[:place])
    local[22:26] = b"\xff" * 4
    directory = bytes(record) + extra
    return bytes(local) + directory + end_record(1, len(directory), place)


def empty_entries(count: int) -> bytes:
    """A ZIP of many empty members, none of them a picture."""
    local = struct.pack("<4s5H3L2H", b"PK\x03\x04", 20, 0, 0, 0, 33, 0, 0, 0, 6, 0)
    members = b"".join(local + b"%06d" % number for number in range(count))
    directory = b"".join(
        struct.pack("<4s6H3L5H2L", b"PK\x01\x02", 20, 20, 0, 0, 0, 33, 0, 0, 0, 6, 0, 0, 0, 0, 0, number * 36)
        + b"%06d" % number
        for number in range(count)
    )
    end = len(members) + len(directory)
    wide = struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, count, count, len(directory), len(members))
    locator = struct.pack("<4sLQL", b"PK\x06\x07", 0, end, 1)
    return members + directory + wide + locator + end_record(0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF)


def tar_of(entries: Entries, *, form: int = tarfile.PAX_FORMAT) -> bytes:
    """An ordinary tar."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=form, errors="surrogateescape") as archive:
        for name, data in entries:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


def tar_with(kind: bytes) -> bytes:
    """A tar of one picture and one entry of another kind."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        info = tarfile.TarInfo("strange.jpg")
        info.type = kind
        info.linkname = "/etc/passwd"
        archive.addfile(info)
        picture = tarfile.TarInfo("a.jpg")
        picture.size = len(PICTURE)
        archive.addfile(picture, io.BytesIO(PICTURE))
    return buffer.getvalue()


def tar_block(name: str, size: int, kind: bytes = tarfile.REGTYPE) -> bytes:
    """One header, whatever it says."""
    info = tarfile.TarInfo(name)
    info.size = size
    info.type = kind
    return info.tobuf(tarfile.GNU_FORMAT)


def negative_size() -> bytes:
    """A header whose size is below zero, as base-256 numbers allow."""
    block = bytearray(tar_block("n", 0, tarfile.GNUTYPE_LONGNAME))
    block[124:136] = b"\xff" * 12
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block)


def gzipped(data: bytes) -> bytes:
    """The bytes, packed by gzip."""
    return gzip.compress(data, mtime=0)


def written(folder: Path, data: bytes, name: str = "pictures.zip") -> Path:
    """The archive as a file."""
    path = folder / name
    path.write_bytes(data)
    return path


def listed(path: Path, **limits: int) -> list[Item | Failure]:
    """What an archive yields."""
    return list(Archive(path, Limits(**limits)).items())


def contents(path: Path, **limits: int) -> dict[str, bytes | str]:
    """Each member's bytes, or the code of its failure."""
    found = {}
    for item in listed(path, **limits):
        uri, value = (item.path, item.code) if isinstance(item, Failure) else (item.location.uri, item.data)
        found[uri.removeprefix(f"{path.resolve()}!/")] = value
    return found
