"""What a catalog answers, inside one transaction; nothing whose checksum differs gets out."""
# ruff: noqa: S608  # what is spliced into SQL are this package's own constants, never values

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import apsw
import numpy as np

from pictrace.catalogs import _records
from pictrace.catalogs._records import MAX_KEY, Column, damaged
from pictrace.results import PictureRecord
from pictrace.types import FEATURE_DTYPE, Key, Trace

BATCH = 4096
_AMONG = "id IN (SELECT value FROM json_each(?))"


def records_of(connection: apsw.Connection, keys: Sequence[Key]) -> dict[Key, PictureRecord]:
    """Those of the pictures that exist, with their places."""
    pictures = _pictures(connection, _AMONG, (json.dumps(list(keys)),))
    return {record.id: record for record in _with_places(connection, pictures)}


def _with_places(connection: apsw.Connection, pictures: Mapping[Key, tuple[Any, ...]]) -> list[PictureRecord]:
    keys = json.dumps(list(pictures))
    found: dict[Key, list[Any]] = {key: [] for key in pictures}
    for _, fields in places(connection, "picture IN (SELECT value FROM json_each(?))", (keys,), limit=-1):
        found[fields[0]].append(_records.location_of(fields))
    return [_records.record_of(fields, found[key]) for key, fields in pictures.items()]


def places(
    connection: apsw.Connection, condition: str, bindings: Sequence[Any], *, limit: int = BATCH
) -> list[tuple[int, tuple[Any, ...]]]:
    """Number and `LOCATION_COLUMNS` of the places that meet a condition, in the order of their numbers."""
    what = f"id, crc, {_records.LOCATION_COLUMNS}"
    query = f"SELECT {what} FROM location WHERE {condition} ORDER BY id LIMIT {limit}"
    found = []
    for number, crc, *fields in connection.execute(query, bindings):
        if crc != _records.crc_of_fields(fields):
            raise damaged(connection.db_filename("main"), f"location {number} does not match its checksum")
        if not _records.is_place(fields):
            raise damaged(connection.db_filename("main"), f"location {number} holds what no place has")
        found.append((number, tuple(fields)))
    return found


def traces(connection: apsw.Connection, keys: Sequence[Key], columns: Mapping[str, Column]) -> dict[Key, Trace]:
    """What the pictures are compared by, in the order of `keys`; those that are gone are left out."""
    asked = json.dumps([key for key in keys if 0 < key <= MAX_KEY])
    pictures = _pictures(connection, _AMONG, (asked,))
    features, proxies = (data(connection, table, list(pictures)) for table in ("feature", "proxy"))
    ids = [_records.encoded_id(column.number, key) for column in columns.values() for key in pictures]
    encoded = data(connection, "encoded", ids)
    found = {}
    for key in keys:
        if key in pictures and key not in found:
            try:
                rows = {name: _row(encoded, column, key) for name, column in columns.items()}
                features_of = np.frombuffer(features[key], FEATURE_DTYPE)
                kept = {"rows": rows, "features": features_of, "proxy": proxies[key]}
            except (KeyError, ValueError) as error:
                raise damaged(connection.db_filename("main"), f"picture {key} is not whole") from error
            found[key] = _records.trace_of(pictures[key], kept)
    return found


def data(connection: apsw.Connection, table: str, ids: Sequence[int]) -> dict[int, bytes]:
    """The blobs of one table by number."""
    query = f"SELECT id, data, crc FROM {table} WHERE {_AMONG}"
    return dict(_checked(connection, table, connection.execute(query, (json.dumps(ids),))))


def encoded_after(connection: apsw.Connection, column: Column, after: Key) -> dict[Key, bytes]:
    """At most `BATCH` stored rows of one encoder by key, with keys above `after`, ascending."""
    bounds = [_records.encoded_id(column.number, key) for key in (min(max(after, 0), MAX_KEY), MAX_KEY)]
    query = f"SELECT id, data, crc FROM encoded WHERE id > ? AND id <= ? ORDER BY id LIMIT {BATCH}"
    found = _checked(connection, "encoded", connection.execute(query, bounds))
    rows = {number & MAX_KEY: blob for number, blob in found}
    width = column.space.columns * column.space.stored_dtype.itemsize
    if any(len(blob) != width for blob in rows.values()):
        raise damaged(connection.db_filename("main"), "rows of one encoder differ in length")
    return rows


def identities_after(connection: apsw.Connection, after: Key) -> list[tuple[Key, bytes, bytes]]:
    """Key, SHA-256 and hash of the pixels of at most `BATCH` pictures with keys above `after`, ascending."""
    found = _pictures(connection, f"id > ? ORDER BY id LIMIT {BATCH}", (after,))
    return [(key, sha, pixels) for key, sha, pixels, *_ in found.values()]


def features_after(connection: apsw.Connection, after: Key) -> dict[Key, bytes]:
    """The local features of at most `BATCH` pictures with keys above `after`, ascending."""
    query = f"SELECT id, data, crc FROM feature WHERE id > ? ORDER BY id LIMIT {BATCH // 8}"
    return dict(_checked(connection, "feature", connection.execute(query, (after,))))


def _pictures(connection: apsw.Connection, condition: str, bindings: Sequence[Any]) -> dict[Key, tuple[Any, ...]]:
    query = f"SELECT crc, {_records.PICTURE_COLUMNS} FROM picture WHERE {condition}"
    found = {}
    for crc, *fields in connection.execute(query, bindings):
        if crc != _records.crc_of_fields(fields):
            raise damaged(connection.db_filename("main"), f"picture {fields[0]} does not match its checksum")
        if not _records.is_picture(fields):
            raise damaged(connection.db_filename("main"), f"picture {fields[0]} holds what no picture has")
        found[fields[0]] = tuple(fields)
    return found


def _checked(connection: apsw.Connection, table: str, rows: Iterable[Any]) -> Iterator[tuple[int, bytes]]:
    for number, blob, crc in rows:
        if crc != _records.crc_of_data(number, blob):
            raise damaged(connection.db_filename("main"), f"{table} {number & MAX_KEY} does not match its checksum")
        yield number, blob


def _row(encoded: Mapping[int, bytes], column: Column, key: Key) -> Any:
    stored = encoded[_records.encoded_id(column.number, key)]
    row = column.space.from_bytes(stored).reshape(1, column.space.columns)
    row.setflags(write=False)
    return row
