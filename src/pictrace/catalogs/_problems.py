"""Everything that can be wrong inside a catalog file, found by reading all of it."""
# ruff: noqa: S608  # what is spliced into SQL are this package's own constants, never values

from collections.abc import Iterable, Iterator, Mapping

import apsw

from pictrace.catalogs import _records, _spaces
from pictrace.catalogs._decisions import COLUMNS
from pictrace.catalogs._records import Column
from pictrace.errors import UsageError
from pictrace.types import FEATURE_DTYPE, Metric

_NAMED = 5
_MASK = (_records.MAX_KEY,)


def find(connection: apsw.Connection, columns: Mapping[str, Column]) -> Iterator[str]:
    """One sentence for each kind of fault; none for a sound catalog."""
    for (line,) in connection.execute("PRAGMA integrity_check"):
        if line != "ok":
            yield f"SQLite: {line}"
    orphans = connection.execute("PRAGMA foreign_key_check").fetchall()
    yield from _report("belong to no picture", [f"{table} {number}" for table, number, *_ in orphans])
    yield from _report("do not match their checksum", _broken(connection))
    for table in ("feature", "proxy"):
        yield from _report(f"have no {table}", _lacking(connection, table, 0))
    width = FEATURE_DTYPE.itemsize
    odd = connection.execute("SELECT id FROM feature WHERE length(data) % ?", (width,))
    yield from _report("have another length than their features need", [f"feature {key}" for (key,) in odd])
    # Of a space that was dropped rows may be left for a while, also of pictures that are gone.
    ours = "id >> 48 IN (SELECT number FROM encoder)"
    query = f"SELECT id FROM encoded WHERE id & ? NOT IN (SELECT id FROM picture) AND {ours}"
    strange = connection.execute(query, _MASK)
    yield from _report("belong to no picture", [_row_name(number) for (number,) in strange])
    strange = connection.execute("SELECT DISTINCT id >> 48 FROM encoded")
    last = _spaces.last_number(connection)
    yield from _report("own rows and are unknown", [f"encoder {n}" for (n,) in strange if not 0 < n <= last])
    for name, column in columns.items():
        yield from _encoder(connection, name, column)


def _encoder(connection: apsw.Connection, name: str, column: Column) -> Iterator[str]:
    if column.is_active:
        yield from _report(f"have no row of {name}", _lacking(connection, "encoded", column.number))
    width = column.space.columns * column.space.stored_dtype.itemsize
    query = "SELECT id FROM encoded WHERE id >> 48 = ? AND length(data) != ?"
    odd = [_row_name(number) for (number,) in connection.execute(query, (column.number, width))]
    yield from _report(f"have another length than {name} makes", odd)
    yield from _report("hold numbers that cannot be compared", _incomparable(connection, column, width))


def _incomparable(connection: apsw.Connection, column: Column, width: int) -> Iterator[str]:
    """Rows with a checksum that fits, and values that no encoder may make."""
    if column.space.metric is not Metric.COSINE:
        return
    query = "SELECT id, data FROM encoded WHERE id >> 48 = ? AND typeof(data) = 'blob' AND length(data) = ?"
    for number, data in connection.execute(query, (column.number, width)):
        try:
            column.space.check(column.space.from_bytes(data))
        except UsageError:
            yield _row_name(number)


def _lacking(connection: apsw.Connection, table: str, number: int) -> list[str]:
    query = f"SELECT id FROM picture WHERE (id | (? << 48)) NOT IN (SELECT id FROM {table})"
    return [f"picture {key}" for (key,) in connection.execute(query, (number,))]


def _broken(connection: apsw.Connection) -> Iterator[str]:
    for table in ("encoded", "feature", "proxy"):
        for number, data, crc in connection.execute(f"SELECT id, data, crc FROM {table}"):
            if crc != _records.crc_of_data(number, data):
                yield f"{table} {number}"
    fields_of = {"picture": _records.PICTURE_COLUMNS, "location": _records.LOCATION_COLUMNS, "decision": COLUMNS}
    for table, columns in fields_of.items():
        for number, crc, *fields in connection.execute(f"SELECT id, crc, {columns} FROM {table}"):
            if crc != _records.crc_of_fields(fields):
                yield f"{table} {number}"


def _row_name(number: int) -> str:
    return f"row {number & _records.MAX_KEY} of encoder {number >> 48}"


def _report(claim: str, names: Iterable[str]) -> Iterator[str]:
    kept = list(names)
    if kept:
        rest = f" and {len(kept) - _NAMED} more" if len(kept) > _NAMED else ""
        yield f"{', '.join(kept[:_NAMED])}{rest} {claim}"
