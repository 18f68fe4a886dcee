"""Reading all of a kind in batches; no transaction outlives one, for a slow reader must not keep the log from reset."""

from collections.abc import Callable, Iterator

import apsw
import numpy as np
import numpy.typing as npt

from pictrace.catalogs import _reads, _records
from pictrace.catalogs._database import Database
from pictrace.catalogs._records import Column
from pictrace.recipe import SpacesChangedError
from pictrace.types import FEATURE_DTYPE, Key, Location, Rows


def rows(
    database: Database, column: Column, after: Key, now: Callable[[apsw.Connection], Column | None]
) -> Iterator[tuple[npt.NDArray[np.uint64], Rows]]:
    """Batches of keys `(n,)` above `after`, ascending, and the rows `(n, columns)` of one encoder.

    Raises:
        SpacesChangedError: where they are kept is not what it was; `now` tells.
    """
    while True:
        with database.reading() as connection:
            if (there := now(connection)) is None or there.number != column.number:
                raise SpacesChangedError
            found = _reads.encoded_after(connection, column, after)
        if not found:
            return
        keys = np.fromiter(found, np.uint64, len(found))
        yield keys, column.space.from_bytes(b"".join(found.values()))
        after = int(keys[-1])


def features(database: Database, after: Key) -> Iterator[tuple[Key, npt.NDArray[np.void]]]:
    """Keys above `after`, ascending, each with its picture's local features."""
    while True:
        with database.reading() as connection:
            found = _reads.features_after(connection, after)
        yield from ((key, np.frombuffer(blob, FEATURE_DTYPE)) for key, blob in found.items())
        if not found:
            return
        after = max(found)


def identities(database: Database, after: Key) -> Iterator[tuple[Key, bytes, bytes]]:
    """Keys above `after`, ascending, each with its picture's SHA-256 and the hash of its pixels."""
    while True:
        with database.reading() as connection:
            found = _reads.identities_after(connection, after)
        yield from found
        if not found:
            return
        after = found[-1][0]


def locations(database: Database, root: str) -> Iterator[tuple[Key, Location]]:
    """Every place found under one source, or below its folder under another, in the order of finding."""
    last, source = 0, _records.place_bytes(root)
    below = "(root = ? OR (uri > ? AND uri < ?)) AND id > ?"
    while True:
        with database.reading() as connection:
            found = _reads.places(connection, below, (source, source + b"/", source + b"0", last))
        yield from ((fields[0], _records.location_of(fields)) for _, fields in found)
        if not found:
            return
        last = found[-1][0]
