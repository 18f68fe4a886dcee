"""What is read of a catalog in one SQLite file; each call is one transaction, and sees whole batches only."""

import json
import math
from collections.abc import Iterator, Sequence
from typing import Any, Self

import apsw
import numpy as np
import numpy.typing as npt

from pictrace.catalogs import _decisions, _listing, _problems, _reads, _records, _spaces, _sweeps, _writes
from pictrace.catalogs._database import Database
from pictrace.catalogs._query import count, within
from pictrace.catalogs._records import Column
from pictrace.decisions import Decision
from pictrace.errors import IndexDamagedError, NotFoundError
from pictrace.filters import Filter
from pictrace.orders import Order, Position
from pictrace.recipe import Recipe, SpacesChangedError
from pictrace.results import PictureRecord
from pictrace.types import Key, Location, Rows, Trace


class Reader:
    """An open catalog file, as far as it is read; safe to share between threads."""

    def __init__(self, database: Database, held: Recipe | None = None) -> None:
        self._database = database
        self._held = held
        self._known: tuple[_spaces.Written, Recipe, dict[str, Column]] | None = None
        with database.reading() as connection:
            self._spaces(connection)

    def steady(self) -> Self:
        """The same catalog for reading, with the recipe of now; closing it closes both.

        Once other encoders are those that the collection is searched by, its `traces` and `rows` are a
        `SpacesChangedError`: nobody reads some of one set and some of another.
        """
        return type(self)(self._database, self.recipe)

    @property
    def recipe(self) -> Recipe:
        """How the collection's data were made."""
        if self._held is not None:
            return self._held
        with self._database.reading() as connection:
            return self._spaces(connection)[0]

    def _spaces(self, connection: apsw.Connection) -> tuple[Recipe, dict[str, Column]]:
        """The recipe and the columns of all encoders, parsed once for as long as they stay."""
        written, known = _spaces.written(connection), self._known
        if known is None or known[0] != written:
            self._known = known = (written, *_spaces.parsed(connection, written))
        return known[1], known[2]

    def _columns(self, connection: apsw.Connection) -> dict[str, Column]:
        """Where each encoder keeps rows.

        Raises:
            SpacesChangedError: this is a steady one, and the collection is searched by others by now.
        """
        recipe, columns = self._spaces(connection)
        if self._held is not None and set(recipe.active) != set(self._held.active):
            raise SpacesChangedError
        return columns

    @property
    def watermark(self) -> Key:
        """The highest key ever given out, 0 if none was."""
        with self._database.reading() as connection:
            return _writes.watermark(connection)

    @property
    def changes(self) -> int:
        """A count that grows with every write, deletions included; equal counts mean nothing has changed."""
        with self._database.reading() as connection:
            return count(connection, "SELECT value FROM meta WHERE key = 'changes'")

    def __len__(self) -> int:
        return int(self._column("SELECT count(*) FROM picture")[0])

    def by_sha(self, sha256: str) -> Key | None:
        """The picture whose bytes have this SHA-256.

        Raises:
            UsageError: it is no SHA-256 in hexadecimal.
        """
        found = self._column("SELECT id FROM picture WHERE sha256 = ?", _records.sha_bytes(sha256))
        return found[0] if found else None

    def by_pixel_hash(self, pixel_hash: str) -> list[Key]:
        """The pictures whose decoded pixels have this hash, oldest first."""
        query = "SELECT id FROM picture WHERE pixel_hash = ? ORDER BY id"
        return self._column(query, _records.hash_bytes(pixel_hash))

    def shas_of_size(self, size: int) -> dict[str, Key]:
        """SHA-256 and key of every picture whose file has this many bytes."""
        with self._database.reading() as connection:
            found = connection.execute("SELECT sha256, id FROM picture WHERE size = ?", (size,))
            return {sha256.hex(): key for sha256, key in found}

    def by_id(self, key: Key) -> PictureRecord:
        """One picture.

        Raises:
            NotFoundError: no picture has this key.
        """
        found = self.records(key - 1, 1) if 0 < key <= _records.MAX_KEY else []
        if not found or found[0].id != key:
            raise NotFoundError(f"no picture has the id {key}")
        return found[0]

    def records_of(self, keys: Sequence[Key]) -> dict[Key, PictureRecord]:
        """Those of the pictures that exist, by key."""
        with self._database.reading() as connection:
            return _reads.records_of(connection, keys)

    def present(self, keys: Sequence[Key]) -> set[Key]:
        """Those of the keys that are pictures' keys."""
        query = "SELECT id FROM picture WHERE id IN (SELECT value FROM json_each(?))"
        return set(self._column(query, json.dumps(list(keys))))

    def records(self, after: Key = 0, limit: int = 1000) -> list[PictureRecord]:
        """At most `limit` pictures with keys above `after`, ascending."""
        return self.page(after=Position(after, after), limit=limit)

    def page(
        self,
        order: Order = "oldest",
        where: Filter | None = None,
        *,
        after: Position | None = None,
        limit: int = 1000,
        seconds: float = math.inf,
    ) -> list[PictureRecord]:
        """At most `limit` pictures that meet a filter, in an order, behind a place in it.

        Raises:
            UnknownNameError: there is no such order.
            FilterTooSlowError: the filter takes longer than `seconds`.
        """
        with self._database.reading() as connection, within(connection, where, seconds):
            return _listing.page(connection, order, where, after, limit)

    def keys(
        self, order: Order = "oldest", where: Filter | None = None, *, seconds: float = math.inf
    ) -> npt.NDArray[np.uint64]:
        """The keys `(n,)` of all pictures that meet a filter, in an order.

        Raises:
            UnknownNameError: there is no such order.
            FilterTooSlowError: the filter takes longer than `seconds`.
        """
        with self._database.reading() as connection, within(connection, where, seconds):
            return _listing.keys(connection, order, where)

    def count(self, where: Filter | None = None, *, seconds: float = math.inf) -> int:
        """How many pictures meet a filter.

        Raises:
            FilterTooSlowError: the filter takes longer than `seconds`.
        """
        with self._database.reading() as connection, within(connection, where, seconds):
            return _listing.count(connection, where)

    def shapes(self, keys: npt.NDArray[np.uint64]) -> npt.NDArray[np.int32]:
        """Widths and heights `(n, 2)` in the order of `keys`; 0 and 0 for those there are not."""
        with self._database.reading() as connection:
            return _listing.shapes(connection, keys)

    def traces(self, keys: Sequence[Key]) -> dict[Key, Trace]:
        """What pictures are compared by, in the order of `keys`, with rows of the active encoders; those no longer
        there are left out.
        """
        with self._database.reading() as connection:
            columns = self._columns(connection)
            searched = {name: column for name, column in columns.items() if column.is_active}
            return _reads.traces(connection, keys, searched)

    def proxy(self, key: Key) -> bytes:
        """The small JPEG of one picture.

        Raises:
            NotFoundError: no picture has this key.
        """
        with self._database.reading() as connection:
            found = _reads.data(connection, "proxy", [key])
        if key not in found:
            raise NotFoundError(f"no picture has the id {key}")
        return found[key]

    def rows(self, encoder: str, after: Key = 0) -> Iterator[tuple[npt.NDArray[np.uint64], Rows]]:
        """Batches of keys `(n,)` above `after`, ascending, and the rows `(n, columns)` of one encoder.

        Raises:
            UnknownNameError: the collection has no such encoder.
            SpacesChangedError: it is another one by now.
        """
        with self._database.reading() as connection:
            column = _spaces.known(self._columns(connection), encoder)
        return _sweeps.rows(self._database, column, after, lambda connection: self._columns(connection).get(encoder))

    def lacking(self, encoder: str, after: Key = 0, limit: int = 1000) -> list[Key]:
        """At most `limit` keys above `after`, ascending, of the pictures that have no row of one encoder.

        Raises:
            UnknownNameError: the collection has no such encoder.
        """
        with self._database.reading() as connection:
            return _spaces.lacking(connection, _spaces.known(self._columns(connection), encoder), after, limit)

    def lacking_count(self, encoder: str) -> int:
        """How many pictures have no row of one encoder.

        Raises:
            UnknownNameError: the collection has no such encoder.
        """
        with self._database.reading() as connection:
            column = _spaces.known(self._columns(connection), encoder)
            return 0 if column.is_active else _spaces.lacking_count(connection, column)

    def features(self, after: Key = 0) -> Iterator[tuple[Key, npt.NDArray[np.void]]]:
        """Keys above `after`, ascending, each with its picture's local features."""
        return _sweeps.features(self._database, after)

    def locations(self, root: str) -> Iterator[tuple[Key, Location]]:
        """Every place found under one source, or below its folder under another, in the order of finding."""
        return _sweeps.locations(self._database, root)

    def location(self, uri: str) -> tuple[Key, Location] | None:
        """One place, with the key of its picture."""
        with self._database.reading() as connection:
            found = _reads.places(connection, "uri = ?", (_records.place_bytes(uri),))
        return next(((fields[0], _records.location_of(fields)) for _, fields in found), None)

    def problems(self) -> list[str]:
        """Everything that is wrong with the file, one sentence each, after reading all of it."""
        try:
            with self._database.reading() as connection:
                return list(_problems.find(connection, self._columns(connection)))
        except IndexDamagedError as error:
            return [str(error)]

    def identities(self, after: Key = 0) -> Iterator[tuple[Key, bytes, bytes]]:
        """Keys above `after`, ascending, each with its picture's SHA-256 and the hash of its pixels, 32 bytes each."""
        return _sweeps.identities(self._database, after)

    def decisions(self) -> list[Decision]:
        """What was decided of pairs of pictures, be they here or not, in the order of their hashes."""
        with self._database.reading() as connection:
            return _decisions.read(connection)

    def _column(self, query: str, *bindings: bytes | int | str) -> list[Any]:
        with self._database.reading() as connection:
            return [row[0] for row in connection.execute(query, bindings)]
