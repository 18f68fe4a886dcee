"""What changes a catalog, as steps inside one transaction."""
# ruff: noqa: S608  # what is spliced into SQL are this package's own constants, never values

import itertools
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import apsw
import numpy as np
import numpy.typing as npt

from pictrace.catalogs import Entry, _records
from pictrace.catalogs._query import fetch
from pictrace.catalogs._records import Column
from pictrace.errors import NotFoundError, UsageError
from pictrace.recipe import Recipe, SpaceState
from pictrace.types import Key, Rows, Space, Trace

_ADD_PICTURE = f"INSERT INTO picture ({_records.PICTURE_COLUMNS}, placeless, crc) VALUES ({'?, ' * 11}?)"
_ADD_PLACE = f"""
INSERT INTO location ({_records.LOCATION_COLUMNS}, crc) VALUES ({"?, " * 7}?)
ON CONFLICT (uri) DO UPDATE SET picture = excluded.picture, root = excluded.root, size = excluded.size,
mtime_ns = excluded.mtime_ns, device = excluded.device, inode = excluded.inode, crc = excluded.crc
"""
_UNPLACED = """
SELECT id FROM picture
WHERE NOT placeless AND NOT EXISTS (SELECT 1 FROM location WHERE location.picture = picture.id)
"""


def fill(connection: apsw.Connection, recipe: Recipe) -> None:
    """Everything that a new catalog holds before its first picture."""
    text = recipe.to_json()
    now = datetime.now(UTC).isoformat(timespec="seconds")
    meta = {
        "recipe": text,
        "recipe_crc": _records.crc_of_fields([text]),
        "created": now,
        "changes": 0,
        "writer": 0,
    }
    connection.executemany("INSERT INTO meta VALUES (?, ?)", meta.items())
    numbered = enumerate((stamp.name for stamp in recipe.encoders), start=1)
    connection.executemany("INSERT INTO encoder (number, name) VALUES (?, ?)", numbered)


def put(connection: apsw.Connection, batch: Sequence[Entry], columns: Mapping[str, Column]) -> list[Key]:
    """Keys of the pictures that the batch's entries added or named."""
    known = _add_new(connection, batch, columns)
    keys: list[Key] = []
    for entry in batch:
        key = _named(connection, entry) if entry.trace is None else known[entry.trace.sha256.lower()]
        if entry.location is None:
            connection.execute("UPDATE picture SET placeless = 1 WHERE id = ?", (key,))
        else:
            fields = _records.location_fields(key, entry.location)
            connection.execute(_ADD_PLACE, (*fields, _records.crc_of_fields(fields)))
        keys.append(key)
    return keys


def forget(connection: apsw.Connection, keys: Iterable[Key], columns: Mapping[str, Column]) -> None:
    """Pictures and everything of theirs are gone; unknown keys are gone already."""
    gone = [key for key in keys if 0 < key <= _records.MAX_KEY]
    rows = [_records.encoded_id(column.number, key) for column in columns.values() for key in gone]
    connection.execute("DELETE FROM encoded WHERE id IN (SELECT value FROM json_each(?))", (json.dumps(rows),))
    # Locations, features and proxy go with the picture by their foreign keys.
    connection.execute("DELETE FROM picture WHERE id IN (SELECT value FROM json_each(?))", (json.dumps(gone),))


def forget_places(connection: apsw.Connection, uris: Iterable[str]) -> None:
    """Places are gone; their pictures are not."""
    connection.executemany("DELETE FROM location WHERE uri = ?", ((_records.place_bytes(uri),) for uri in uris))


def unplaced(connection: apsw.Connection) -> list[Key]:
    """The pictures that have no place and were never put without one."""
    return [key for (key,) in fetch(connection, _UNPLACED)]


def put_features(connection: apsw.Connection, batch: Mapping[Key, npt.NDArray[np.void]]) -> None:
    """Local features of known pictures take the place of those they had; unknown keys are passed over."""
    rows = [(_records.features_bytes(features), key) for key, features in batch.items()]
    query = "UPDATE feature SET data = ?, crc = ? WHERE id = ?"
    connection.executemany(query, ((data, _records.crc_of_data(key, data), key) for data, key in rows))


def adopt(connection: apsw.Connection, recipe: Recipe) -> None:
    """The recipe is another one from now on."""
    text = recipe.to_json()
    fields = [(text, "recipe"), (_records.crc_of_fields([text]), "recipe_crc")]
    connection.executemany("UPDATE meta SET value = ? WHERE key = ?", fields)


def watermark(connection: apsw.Connection) -> Key:
    """The highest key ever given out."""
    found = fetch(connection, "SELECT seq FROM sqlite_sequence WHERE name = 'picture'")
    if found and type(found[0][0]) is not int:
        raise _records.damaged(connection.db_filename("main"), "its highest key is no number")
    return int(found[0][0]) if found else 0


def _add_new(connection: apsw.Connection, batch: Sequence[Entry], columns: Mapping[str, Column]) -> dict[str, Key]:
    known: dict[str, Key] = {}
    fresh: dict[Key, Trace] = {}
    keys = itertools.count(watermark(connection) + 1)
    for entry in batch:
        if (entry.trace is None) == (entry.key is None) or (entry.trace is None and entry.location is None):
            raise UsageError("an entry needs a trace, or a location and the key of a known picture")
        if entry.trace is None or entry.trace.sha256.lower() in known:
            continue
        sha256 = entry.trace.sha256.lower()
        query = "SELECT id FROM picture WHERE sha256 = ?"
        found = fetch(connection, query, (_records.sha_bytes(sha256),))
        known[sha256] = found[0][0] if found else next(keys)
        if not found:
            fresh[known[sha256]] = entry.trace
    if fresh:
        _insert(connection, fresh, columns)
    return known


def _insert(connection: apsw.Connection, fresh: Mapping[Key, Trace], columns: Mapping[str, Column]) -> None:
    now = datetime.now(UTC).isoformat(timespec="seconds")
    pictures = [_records.picture_fields(key, trace, now) for key, trace in fresh.items()]
    connection.executemany(_ADD_PICTURE, [(*row, 0, _records.crc_of_fields(row)) for row in pictures])
    filling = {name: column for name, column in columns.items() if column.stamp.state != SpaceState.RETIRED}
    for name, column in filling.items():
        # One whose rows are being made gets those that are at hand; the others are made with the rest.
        given = {key: trace for key, trace in fresh.items() if column.is_active or name in trace.rows}
        rows = _stored(name, column.space, list(given.values())) if given else []
        numbers = [_records.encoded_id(column.number, key) for key in given]
        _add_data(connection, "encoded", zip(numbers, rows, strict=True))
    _add_data(
        connection,
        "feature",
        [(key, _records.features_bytes(trace.features)) for key, trace in fresh.items()],
    )
    _add_data(connection, "proxy", [(key, bytes(trace.proxy)) for key, trace in fresh.items()])
    for trace in fresh.values():
        if strangers := trace.rows.keys() - filling.keys():
            raise UsageError(f"rows of {min(strangers)!r}, of which this collection takes none")


def _add_data(connection: apsw.Connection, table: str, rows: Iterable[tuple[int, bytes]]) -> None:
    query = f"INSERT INTO {table} VALUES (?, ?, ?)"
    connection.executemany(query, ((number, data, _records.crc_of_data(number, data)) for number, data in rows))


def _stored(name: str, space: Space, traces: Sequence[Trace]) -> list[bytes]:
    shape = (1, space.columns)
    if any(name not in trace.rows or trace.rows[name].shape != shape for trace in traces):
        raise UsageError(f"a stored picture needs a row {shape} of the encoder {name!r}")
    return stored(space, np.concatenate([trace.rows[name] for trace in traces]))


def stored(space: Space, rows: Rows) -> list[bytes]:
    """Each of the rows `(n, columns)` as it is kept.

    Raises:
        UsageError: one does not fit the space, or would not once it is kept.
    """
    space.check(rows)
    with np.errstate(over="ignore"):
        data = space.to_bytes(rows)
    # What is kept must hold as well: numbers too small or large for float16 leave zeros or infinities.
    space.check(space.from_bytes(data))
    width = len(data) // len(rows)
    return [data[start : start + width] for start in range(0, len(data), width)]


def _named(connection: apsw.Connection, entry: Entry) -> Key:
    key: Any = entry.key
    is_key = 0 < key <= _records.MAX_KEY
    if not is_key or not fetch(connection, "SELECT 1 FROM picture WHERE id = ?", (key,)):
        raise NotFoundError(f"no picture has the id {key}")
    return int(key)
