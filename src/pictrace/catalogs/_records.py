"""Records as the catalog's columns hold them, and back; every piece carries its checksum."""

import json
import os
import zlib
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from pictrace import metadata
from pictrace.errors import IndexDamagedError, UsageError
from pictrace.recipe import EncoderStamp, SpaceState
from pictrace.results import PictureRecord
from pictrace.types import FEATURE_DTYPE, Key, Location, Space, Trace

MAX_KEY = (1 << 48) - 1
_SIGN = 1 << 63

PICTURE_COLUMNS = "id, sha256, pixel_hash, format, width, height, size, quality, metadata, added"
LOCATION_COLUMNS = "picture, uri, root, size, mtime_ns, device, inode"
_REPAIR = "run `pictrace verify`, then restore a backup or index the pictures into a new collection"


class Column(NamedTuple):
    """One encoder of the collection: its number in the catalog and its stamp."""

    number: int
    stamp: EncoderStamp

    @property
    def space(self) -> Space:
        """The space of its rows."""
        return self.stamp.space

    @property
    def is_active(self) -> bool:
        """Whether every picture has a row of it."""
        return self.stamp.state == SpaceState.ACTIVE


def damaged(file: object, what: str) -> IndexDamagedError:
    """The error for a file whose content cannot be right."""
    return IndexDamagedError(f"{file} is damaged: {what}", hint=_REPAIR)


def crc_of_data(number: int, data: object) -> int:
    """CRC-32 of a blob, begun with its row's number so that no blob passes under another's."""
    if not isinstance(data, bytes):
        return -1  # a damaged file turns blobs into anything
    return zlib.crc32(data, zlib.crc32(number.to_bytes(8, "little", signed=True)))


def crc_of_fields(fields: Sequence[Any]) -> int:
    """CRC-32 of a row's fields as text: blobs in hexadecimal, NULL as nothing, joined by U+001F."""
    texts = (part.hex() if isinstance(part, bytes) else "" if part is None else str(part) for part in fields)
    return zlib.crc32("\x1f".join(texts).encode())


def encoded_id(number: int, key: Key) -> int:
    """Where the row of encoder `number` for picture `key` is kept: one encoder's rows lie side by side."""
    return number << 48 | key


def sha_bytes(text: str) -> bytes:
    """The 32 bytes of a SHA-256 in hexadecimal.

    Raises:
        UsageError: it is none.
    """
    data = hash_bytes(text)
    if len(data) != 32:
        raise UsageError(f"{text[:80]!r} is no SHA-256 in hexadecimal")
    return data


def hash_bytes(text: str) -> bytes:
    """The bytes of a hash in hexadecimal.

    Raises:
        UsageError: it is none.
    """
    try:
        return bytes.fromhex(text)
    except ValueError as error:
        raise UsageError(f"{text[:80]!r} is no hash in hexadecimal") from error


def place_bytes(text: str) -> bytes:
    """A path as the file system's bytes.

    Raises:
        UsageError: it holds surrogates that stand for no byte.
    """
    try:
        return os.fsencode(text)
    except UnicodeEncodeError as error:
        raise UsageError(f"{text[:80]!r} cannot be the name of a file") from error


def picture_fields(key: Key, trace: Trace, added: str) -> tuple[Any, ...]:
    """The values of `PICTURE_COLUMNS`.

    Raises:
        UsageError: a hash or the metadata cannot be stored.
    """
    said = json.dumps(metadata.checked(dict(trace.metadata)))
    hashes = sha_bytes(trace.sha256), hash_bytes(trace.pixel_hash)
    sizes = trace.width, trace.height, trace.size, trace.quality
    fields = (key, *hashes, trace.format, *sizes, said, added)
    if not is_picture(fields):
        raise UsageError(f"no picture has the format, sizes, quality or metadata of {trace.sha256[:80]}")
    return fields


def is_picture(fields: Sequence[Any]) -> bool:
    """Whether a picture can have these `PICTURE_COLUMNS`, whatever their checksum says."""
    key, sha256, pixel_hash, kind, width, height, size, quality, said, added = fields
    numbers = (key, width, height, size, quality)
    if not all(type(number) is int for number in numbers) or not (isinstance(kind, str) and isinstance(added, str)):
        return False
    if not isinstance(sha256, bytes) or not isinstance(pixel_hash, bytes) or not isinstance(said, str):
        return False
    try:
        metadata.checked(json.loads(said))
    except (ValueError, RecursionError, UsageError):
        return False
    return bool(min(key, width, height) > 0 and size >= 0 and 0 <= quality <= 100)


def features_bytes(features: npt.NDArray[np.void]) -> bytes:
    """The local features as documented bytes.

    Raises:
        UsageError: they are no array `(n,)` of `FEATURE_DTYPE`.
    """
    if features.ndim != 1 or features.dtype != FEATURE_DTYPE:
        raise UsageError(f"features of type {features.dtype} and shape {features.shape} do not fit")
    return features.tobytes()


def location_fields(key: Key, place: Location) -> tuple[Any, ...]:
    """The values of `LOCATION_COLUMNS`; device and inode, unsigned 64 bits, as signed ones.

    Raises:
        UsageError: the place cannot be the name of a file.
    """
    identity = (None, None) if place.identity is None else map(_signed, place.identity)
    fields = (key, place_bytes(place.uri), place_bytes(place.root), place.size, place.mtime_ns, *identity)
    if not is_place(fields):
        raise UsageError(f"no file has the size, time or identity of {place.uri[:80]!r}")
    return fields


def is_place(fields: Sequence[Any]) -> bool:
    """Whether a place can have these `LOCATION_COLUMNS`, whatever their checksum says."""
    key, uri, root, size, mtime_ns, *identity = fields
    numbers = [key, size, mtime_ns] if identity == [None, None] else [key, size, mtime_ns, *identity]
    is_named = isinstance(uri, bytes) and isinstance(root, bytes)
    return is_named and all(type(number) is int for number in numbers) and key > 0 and size >= 0


def location_of(fields: Sequence[Any]) -> Location:
    """The place whose `LOCATION_COLUMNS` these are."""
    _, uri, root, size, mtime_ns, device, inode = fields
    identity = None if device is None else (device % (2 * _SIGN), inode % (2 * _SIGN))
    return Location(os.fsdecode(uri), os.fsdecode(root), size, mtime_ns, identity)


def record_of(fields: Sequence[Any], places: Sequence[Location]) -> PictureRecord:
    """The record whose `PICTURE_COLUMNS` these are."""
    key, sha256, _, kind, width, height, size, _, said, added = fields
    return PictureRecord(
        id=key,
        sha256=sha256.hex(),
        format=kind,
        width=width,
        height=height,
        size=size,
        added=added,
        locations=tuple(places),
        metadata=json.loads(said),
    )


def trace_of(fields: Sequence[Any], kept: Mapping[str, Any]) -> Trace:
    """The trace whose `PICTURE_COLUMNS` these are; `kept` holds its rows, features and proxy."""
    _, sha256, pixel_hash, kind, width, height, size, quality, said, _ = fields
    return Trace(
        sha256=sha256.hex(),
        pixel_hash=pixel_hash.hex(),
        format=kind,
        width=width,
        height=height,
        size=size,
        quality=quality,
        metadata=json.loads(said),
        **kept,
    )


def _signed(number: int) -> int:
    return (number + _SIGN) % (2 * _SIGN) - _SIGN
