"""Which pictures meet a filter, in which order; nothing here reads more than the columns that it needs."""
# ruff: noqa: S608  # what is spliced into SQL are this package's own constants, never values

import json
from collections.abc import Mapping, Sequence
from itertools import chain

import apsw
import numpy as np
import numpy.typing as npt

from pictrace.catalogs import _reads
from pictrace.catalogs._filter import Binding, condition
from pictrace.catalogs._query import fetch
from pictrace.catalogs._records import MAX_KEY, damaged
from pictrace.filters import Filter
from pictrace.orders import Order, Position, checked
from pictrace.results import PictureRecord

_SHAPES_AT_ONCE = 2000
_MAX_VALUE = (1 << 63) - 1
_VALUES: Mapping[Order, str] = {
    "oldest": "picture.id",
    "newest": "picture.id",
    "smallest": "picture.width * picture.height",
    "largest": "picture.width * picture.height",
    "lightest": "picture.size",
    "heaviest": "picture.size",
}
_BACKWARD = {"newest", "largest", "heaviest"}


def keys(connection: apsw.Connection, order: Order, where: Filter | None) -> npt.NDArray[np.uint64]:
    """The keys `(n,)` of all pictures that meet a filter, in an order."""
    met = condition(where)
    query = f"SELECT picture.id FROM {_pictures(where)} WHERE {met.sql} ORDER BY {_by(order)}"
    return _array(connection, query, met.bindings, 1)[:, 0].astype(np.uint64)


def page(
    connection: apsw.Connection, order: Order, where: Filter | None, after: Position | None, limit: int
) -> list[PictureRecord]:
    """At most `limit` pictures that meet a filter, in an order, behind a place in it."""
    met = condition(where)
    sql, bindings = met.sql, met.bindings
    if after is not None:
        direction = "<" if order in _BACKWARD else ">"
        sql = f"({sql}) AND ({_VALUES[checked(order)]}, picture.id) {direction} (?, ?)"
        bindings = (*bindings, *(max(min(one, _MAX_VALUE), -1) for one in after))
    query = f"SELECT picture.id FROM {_pictures(where)} WHERE {sql} ORDER BY {_by(order)} LIMIT ?"
    found = [key for (key,) in connection.execute(query, (*bindings, max(min(limit, MAX_KEY), 0)))]
    records = _reads.records_of(connection, found)
    return [records[key] for key in found]


def count(connection: apsw.Connection, where: Filter | None) -> int:
    """How many pictures meet a filter."""
    met = condition(where)
    return int(fetch(connection, f"SELECT count(*) FROM {_pictures(where)} WHERE {met.sql}", met.bindings)[0][0])


def shapes(connection: apsw.Connection, wanted: npt.NDArray[np.uint64]) -> npt.NDArray[np.int32]:
    """Widths and heights `(n, 2)` of pictures, in the order of their keys; 0 and 0 for those there are not."""
    query, bindings = "SELECT id, width, height FROM picture", tuple[str, ...]()
    if len(wanted) < _SHAPES_AT_ONCE:
        query, bindings = f"{query} WHERE id IN (SELECT value FROM json_each(?))", (json.dumps(wanted.tolist()),)
    known = _array(connection, f"{query} ORDER BY id", bindings, 3)
    found = np.zeros((len(wanted), 2), np.int32)
    if len(known):
        places = np.minimum(np.searchsorted(known[:, 0].astype(np.uint64), wanted), len(known) - 1)
        is_known = known[places, 0].astype(np.uint64) == wanted
        found[is_known] = np.minimum(known[places[is_known], 1:], np.iinfo(np.int32).max)
    return found


def _pictures(where: Filter | None) -> str:
    # A filter reads each picture: in one sweep, not by following an index to one here and one there.
    return "picture" if where is None else "picture NOT INDEXED"


def _by(order: Order) -> str:
    direction = " DESC" if order in _BACKWARD else ""
    return f"{_VALUES[checked(order)]}{direction}, picture.id{direction}"


def _array(connection: apsw.Connection, query: str, bindings: Sequence[Binding], columns: int) -> npt.NDArray[np.int64]:
    rows = connection.execute(query, bindings)
    try:
        return np.fromiter(chain.from_iterable(rows), np.int64).reshape(-1, columns)
    except (TypeError, ValueError, OverflowError) as error:
        raise damaged(connection.db_filename("main"), "a number of a picture is none") from error
