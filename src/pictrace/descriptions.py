"""What a picture's file, and a sidecar beside it, say about the picture: rating, time taken, how many fields."""

import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pictrace._regular import open_regular

_MOST_BYTES = 128 << 20
_MOST_SIDECAR = 1 << 20
_MOST_ENTRIES = 4096
_MOST_VALUE = 1024
"""Bytes of one value; those that are asked for are shorter, and many may claim the same megabytes."""

_BEGINNING = 1 << 18
"""Bytes; Exif is in the first 64 KB of a JPEG."""

_TIFF = (b"II*\0", b"MM\0*")
_EXIF = ((b"Exif\0\0", 6), (b"eXIf", 4), (b"EXIF", 8))
"""What EXIF follows in JPEG and HEIF, PNG, and WebP, and how many bytes after the beginning of that."""

_MOST_TRIES = 1000
"""How often such letters may be in a file by chance; one may repeat them for all of its length."""

_XMP = (b"<x:xmpmeta", b"</x:xmpmeta>")
_XMP_FIELD = re.compile(rb"[\s<]((?!xmlns|rdf:|x:)[A-Za-z][\w-]*:[A-Za-z][\w-]*)\s*[=>/]")
_XMP_RATING = re.compile(rb"\bxmp:Rating\s*(?:=\s*[\"']|>)\s*(-?\d+(?:\.\d+)?)")
_XMP_DATE = re.compile(
    rb"\b(?:exif:DateTimeOriginal|photoshop:DateCreated|xmp:CreateDate)\s*(?:=\s*[\"']|>)\s*([\dT:.+Z-]{10,40})"
)
_IPTC = re.compile(rb"\x1c\x02[\x05-\xff]")

_SUB_EXIF, _SUB_GPS, _RATING, _CHANGED, _TAKEN, _OFFSET = 0x8769, 0x8825, 0x4746, 0x0132, 0x9003, 0x9011
_MODEL, _FRACTION = 0x0110, 0x9291
"""Exif 2.32, tables 4 to 18; the rating is Microsoft's."""

_WIDTHS = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8}

FAVOURITE = 5
"""The rating that being a favourite counts as."""


@dataclass(frozen=True)
class Description:
    """What is said of a picture; `taken` is in seconds since 1970, `rating` 0 to 5 or -1 for one that was rejected.

    `shot` is the camera and the moment at which it was released, as the file has them, or nothing: edited copies keep
    it, and the frames of a burst differ in it.
    """

    fields: int = 0
    has_place: bool = False
    taken: float | None = None
    rating: int = 0
    shot: str = ""


def described(path: str, sidecars: Sequence[str] = (), metadata: Mapping[str, Any] | None = None) -> Description:
    """All that is said of a picture in its file, in its sidecars and in the collection; of ratings the highest.

    A file that cannot be read says nothing.
    """
    said = [_of_bytes(_read(path, _MOST_BYTES))]
    said += [_of_sidecar(_read(one, _MOST_SIDECAR)) for one in sidecars]
    said.append(_of_metadata(metadata or {}))
    ratings = [one.rating for one in said if one.rating]
    return Description(
        sum(one.fields for one in said),
        any(one.has_place for one in said),
        next((one.taken for one in said if one.taken is not None), None),
        max(ratings, default=0),
        next((one.shot for one in said if one.shot), ""),
    )


def shot_of(path: str) -> str:
    """The camera and the moment at which it was released, if the beginning of the file tells both, or nothing."""
    try:
        with open_regular(path) as file:
            return _of_bytes(file.read(_BEGINNING)).shot
    except (OSError, ValueError):
        return ""


def _read(path: str, most: int) -> bytes:
    try:
        with open_regular(path) as file:
            size = os.fstat(file.fileno()).st_size
            return file.read(size) if size <= most else b""
    except (OSError, ValueError):
        return b""


def _of_bytes(data: bytes) -> Description:
    start = _exif_start(data)
    exif = _of_exif(memoryview(data)[start:]) if data.startswith(_TIFF, start) else Description()
    xmp = _of_xmp(data)
    iptc = len(set(_IPTC.findall(data[: 1 << 20]))) if b"Photoshop 3.0" in data[: 1 << 20] else 0
    taken = exif.taken if exif.taken is not None else xmp.taken
    rating = max((one for one in (exif.rating, xmp.rating) if one), default=0)
    return Description(exif.fields + xmp.fields + iptc, exif.has_place or xmp.has_place, taken, rating, exif.shot)


def _exif_start(data: bytes) -> int:
    """Where EXIF begins in a file; 0 where it is the file itself, as in TIFF, or nowhere."""
    for prefix, length in _EXIF:
        place = data.find(prefix)
        for _ in range(_MOST_TRIES):
            if place < 0:
                break
            if data.startswith(_TIFF, place + length):
                return place + length
            place = data.find(prefix, place + 1)
    return 0


def _of_xmp(data: bytes) -> Description:
    start = data.find(_XMP[0])
    end = data.find(_XMP[1], start)
    if start < 0 or end < 0:
        return Description()
    text = data[start : min(end, start + _MOST_SIDECAR)]
    fields = set(_XMP_FIELD.findall(text))
    rating, date = _XMP_RATING.search(text), _XMP_DATE.search(text)
    return Description(
        len(fields),
        any(field.startswith(b"exif:GPSL") for field in fields),
        _seconds(date[1].decode("ascii")) if date else None,
        _rating(float(rating[1])) if rating else 0,
    )


def _of_sidecar(data: bytes) -> Description:
    if not data.lstrip().startswith(b"{"):
        return _of_xmp(data)
    try:
        plain = json.loads(data)
    except (ValueError, RecursionError):
        return Description()
    return _of_metadata(plain if isinstance(plain, dict) else {})


def _of_metadata(said: Mapping[str, Any]) -> Description:
    """Metadata of a collection, or of Google Takeout."""
    rating = next((said[name] for name in ("rating", "stars") if type(said.get(name)) in {int, float}), 0)
    is_favourite = any(said.get(name) is True for name in ("favourite", "favorite", "favorited"))
    place = said.get("geoData")
    has_place = isinstance(place, dict) and bool(place.get("latitude") or place.get("longitude"))
    taken = said.get("photoTakenTime")
    stamp = str(taken.get("timestamp", "")) if isinstance(taken, dict) else ""
    return Description(
        len(said),
        has_place,
        float(stamp) if stamp.isascii() and stamp.isdigit() and len(stamp) < 12 else None,
        FAVOURITE if is_favourite else _rating(rating),
    )


def _rating(given: float) -> int:
    return int(max(-1, min(FAVOURITE, given))) if given == given else 0  # noqa: PLR0124 - NaN is no rating


def _of_exif(data: memoryview) -> Description:
    order = "<" if bytes(data[:2]) == b"II" else ">"
    entries = list(_entries(data, _number(data, 4, 4, order), order))
    top = dict(entries)
    places = {tag: _number(top[tag], 0, 4, order) for tag in (_SUB_EXIF, _SUB_GPS) if tag in top}
    subs = {tag: list(_entries(data, place, order)) for tag, place in places.items()}
    taken = dict(subs.get(_SUB_EXIF, ()))
    date = taken.get(_TAKEN) or top.get(_CHANGED) or b""
    offset = taken.get(_OFFSET, b"")
    return Description(
        len(entries) + sum(map(len, subs.values())),
        len(subs.get(_SUB_GPS, ())) > 1,
        _seconds(_ascii(date).replace(":", "-", 2).replace(" ", "T") + _ascii(offset)),
        _rating(_number(top.get(_RATING, b"\0\0"), 0, 2, order)),
        _shot(_ascii(top.get(_MODEL, b"")), _ascii(taken.get(_TAKEN, b"")), _ascii(taken.get(_FRACTION, b""))),
    )


def _shot(model: str, date: str, fraction: str) -> str:
    # Cameras without a clock write blanks or zeros.
    return f"{model} {date}.{fraction}" if re.search("[1-9]", date) else ""


def _entries(data: memoryview, place: int, order: str) -> Iterator[tuple[int, bytes]]:
    """Tags of one directory with the beginnings of their raw values; what leads out of the data is passed over."""
    count = min(_number(data, place, 2, order), _MOST_ENTRIES) if 8 <= place < len(data) else 0
    for at in range(place + 2, place + 2 + 12 * count, 12):
        if at + 12 > len(data):
            return
        tag, kind = _number(data, at, 2, order), _number(data, at + 2, 2, order)
        size = _WIDTHS.get(kind, 0) * _number(data, at + 4, 4, order)
        start = at + 8 if size <= 4 else _number(data, at + 8, 4, order)
        if 0 < size <= len(data) and start + size <= len(data):
            yield tag, bytes(data[start : start + min(size, _MOST_VALUE)])


def _number(data: bytes | memoryview, place: int, size: int, order: str) -> int:
    return int.from_bytes(data[place : place + size], "little" if order == "<" else "big")


def _ascii(data: bytes) -> str:
    return data.split(b"\0")[0].decode("ascii", "replace").strip()


def _seconds(text: str) -> float | None:
    """A time as seconds since 1970; one that does not say its zone is taken for UTC."""
    try:
        found = datetime.fromisoformat(text)
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None
