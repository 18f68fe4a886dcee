"""One encoder's rows made searchable: a mapped index up to a watermark, later rows compared one by one.

The catalog is the truth and the index its accelerator: without one, or with one made by another version, a
`Lookup` gives the same answers and only takes longer. `folding` brings indexes up to date, `soundness` checks them.
"""

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Self

import numpy as np

from pictrace import registry
from pictrace._generations import (
    HINT,
    Manifest,
    open_index,
    read_manifest,
    stem_of,
    unfit,
)
from pictrace._stock import batches, index_of, is_local, stamps_of, tail_of
from pictrace.catalogs import Catalog
from pictrace.errors import IndexDamagedError
from pictrace.recipe import EncoderStamp
from pictrace.types import Hits, Key, Rows
from pictrace.words import LEFT_OUT, counted

LONGEST_TAIL = 2000
"""Pictures whose local features a tail may hold: sorting them takes 2.5 s. More, as where there is no index yet, are
left out until there is one, and searches say so."""


SAMPLED = 2000
"""Rows that stand for all of them where it is asked how usual a distance is: a share of 0.01 comes out as 0.008 to
0.012."""

_BLOCKS = 8
"""Places of the collection from which they are taken: neighbours there are often of one series."""


@dataclass(frozen=True)
class _Parts:
    """What a search looks at, replaced as a whole: the mapped index, if there is one, and the tail."""

    manifest: Manifest | None
    index: Any
    tail: Any


class Lookup:
    """The rows of one encoder; safe to search from several threads, also while one of them refreshes.

    Attributes:
        stamp: of the encoder whose rows they are.
        left_out: pictures whose local features are not searched, being in no index and too many for a tail.
    """

    def __init__(self, folder: Path, stamp: EncoderStamp, index_name: str, catalog: Catalog, *, threads: int) -> None:
        stem_of(stamp.name)  # no name of another folder's files
        self._reason, self.left_out = "", 0
        self._folder = folder
        self.stamp = stamp
        self._index_name = index_name
        self._catalog = catalog
        self._threads = threads
        self._refreshing = threading.RLock()
        self._seen: Key = 0
        self._sampled: tuple[Key, Rows | None] = (0, None)
        self._held: _Parts | None = None
        self.refresh()
        if not is_local(stamp):
            self.prepare()

    @classmethod
    def open(cls, folder: Path, stamp: EncoderStamp, index_name: str, catalog: Catalog, *, threads: int = 0) -> Self:
        """The rows of `stamp` in the catalog, with the index that lies in `folder`, if it is of use.

        An index of another version of the encoder or of another kind is passed over and named in `warnings`. That of
        local features is opened when it is first searched.

        Raises:
            IndexDamagedError: the index's file or manifest is damaged.
        """
        return cls(folder, stamp, index_name, catalog, threads=threads)

    def follow(self, catalog: Catalog) -> None:
        """Take in what is new from another reader of the same rows from now on.

        Raises:
            IndexDamagedError: a newer generation of the index is damaged.
        """
        with self._refreshing:
            self._catalog = catalog
            self.refresh()

    def prepare(self) -> None:
        """Open what is searched: a large index of local features takes a second, which few searches need.

        Raises:
            IndexDamagedError: the index's file is damaged.
        """
        with self._refreshing:
            if self._held is None:
                self._held = self._opened(self._manifest())

    @property
    def _parts(self) -> _Parts:
        while self._held is None:
            self.prepare()
        return self._held

    @property
    def warnings(self) -> tuple[str, ...]:
        """What is not as it should be, one sentence each."""
        left_out = LEFT_OUT.format(counted(self.left_out, "picture")) if self.left_out else ""
        return tuple(filter(None, (self._reason, left_out)))

    @property
    def exhaustive(self) -> bool:
        """Whether every row is compared."""
        return self._parts.index is None or bool(self._parts.index.exhaustive)

    @property
    def recall(self) -> float | None:
        """Measured share of the ten nearest that the index finds; `None` if exhaustive or not measured."""
        manifest = self._parts.manifest
        return None if manifest is None or self.exhaustive else manifest.recall

    @property
    def searched(self) -> int:
        """How many rows a search considers."""
        parts = self._parts
        return len(parts.tail) + (0 if parts.index is None else len(parts.index))

    @property
    def behind(self) -> int:
        """How many rows the index does not have yet; all of them, if there is none."""
        return len(self._parts.tail) + self.left_out

    def search(self, rows: Rows, limit: int) -> list[Hits]:
        """The nearest `limit` rows of each query `(q, columns)`; rows of deleted pictures may be among them.

        Raises:
            UsageError: rows that do not fit the space, or a limit below one.
        """
        parts = self._parts
        found: list[Hits] = parts.tail.search(rows, limit)
        if parts.index is None:
            return found
        indexed = parts.index.search(rows, limit)
        return [Hits.nearest_of(pair, limit) for pair in zip(indexed, found, strict=True)]

    def sample(self) -> Rows:
        """At most `SAMPLED` rows from all over the collection, the same until a tenth more pictures are there."""
        newest = self._catalog.watermark
        known, rows = self._sampled
        if rows is None or newest > known + known // 10:
            starts = range(0, newest, -(-newest // _BLOCKS)) if newest > SAMPLED else (0,)
            blocks = [next(self._catalog.rows(self.stamp.name, start), None) for start in starts]
            found = [block[1][: SAMPLED // len(starts)] for block in blocks if block is not None]
            rows = np.concatenate([np.empty((0, self.stamp.space.columns), self.stamp.space.dtype), *found])
            self._sampled = newest, rows
        return rows

    def refresh(self) -> None:
        """Take in rows added since the last look, and a newer generation of the index.

        Raises:
            IndexDamagedError: the newer generation is damaged.
        """
        with self._refreshing:
            manifest = self._manifest()
            if self._held is None:
                self.left_out = self._too_many(0 if manifest is None else manifest.watermark)
            elif manifest != self._held.manifest:
                self._held = self._opened(manifest)
            else:
                self._catch_up(self._held.tail)

    def _manifest(self) -> Manifest | None:
        manifest = read_manifest(self._folder, self.stamp.name)
        self._reason = unfit(manifest, self.stamp, self._index_name, self._catalog) if manifest else ""
        return None if self._reason else manifest

    def _opened(self, manifest: Manifest | None) -> _Parts:
        """The index of a manifest and the tail after it; looks again if a newer one took its place."""
        index = None
        while manifest is not None:
            try:
                index = open_index(self._folder, manifest, self.stamp, threads=self._threads)
                break
            except FileNotFoundError as error:
                newer = self._manifest()
                if newer == manifest:
                    raise IndexDamagedError(f"{manifest.file} is missing", hint=HINT) from error
                manifest = newer
        tail = registry.load("indexes", tail_of(self.stamp))(self.stamp.space, threads=self._threads)
        self._seen = 0 if manifest is None else manifest.watermark
        self._catch_up(tail)
        return _Parts(manifest, index, tail)

    def _catch_up(self, tail: Any) -> None:
        newest = self._catalog.watermark
        self.left_out = self._too_many(self._seen)
        if newest > self._seen and not self.left_out:
            for keys, rows in batches(self._catalog, self.stamp, self._seen):
                tail.add(keys, rows)
                self._seen = int(keys[-1])
            self._seen = max(newest, self._seen)

    def _too_many(self, after: Key) -> int:
        """How many pictures after this one have more features than a tail may hold; 0 if there is room for all."""
        if not is_local(self.stamp) or self._catalog.watermark - after <= LONGEST_TAIL:
            return 0
        count = int(np.count_nonzero(self._catalog.keys() > after))
        return count if count > LONGEST_TAIL else 0


def open_all(
    folder: Path, catalog: Catalog, *, threads: int = 0, known: Mapping[str, Lookup] = MappingProxyType({})
) -> dict[str, Lookup]:
    """The rows of every active encoder of a catalog, by the encoder's name; `folder` holds the indexes.

    Local features, unless they were put off, are under the name `local`. Those of the `known` that are of the same rows
    are used further.

    Raises:
        IndexDamagedError: an index's file or manifest is damaged.
    """
    recipe = catalog.recipe
    found = {}
    for stamp in stamps_of(recipe):
        there = known.get(stamp.name)
        if there is not None and there.stamp == stamp:
            there.follow(catalog)
            found[stamp.name] = there
        else:
            found[stamp.name] = Lookup.open(folder, stamp, index_of(stamp, recipe), catalog, threads=threads)
    return found
