"""One encoder's rows made searchable: a mapped index up to a watermark, later rows compared one by one.

The catalog is the truth and the index its accelerator: without one, or with one made by another version, a
`Lookup` gives the same answers and only takes longer. `fold` brings the index up to date, `verify` checks it.
"""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np

from pictrace import registry
from pictrace._generations import (
    HINT,
    Manifest,
    check_name,
    free_path,
    open_index,
    read_manifest,
    ready_folder,
    sha256,
    sound_path,
    unfit,
    write_manifest,
)
from pictrace._recall import measured_recall, merged
from pictrace._stock import batches, index_of, is_local, pictures_in, stamps_of, tail_of
from pictrace.catalogs import Catalog
from pictrace.errors import IndexDamagedError
from pictrace.recipe import EncoderStamp
from pictrace.types import Hits, Key, Rows
from pictrace.words import LEFT_OUT

FOLD_ROWS = 4096
FOLD_SHARE = 0.1
"""A tail this long is worth building: 4,096 rows of 512 are compared in 0.1 ms, 100,000 in 7 ms."""

FOLD_PICTURES = 256
FOLD_PICTURES_SHARE = 0.01
LONGEST_TAIL = 2000
"""Local features of pictures: those of 256 are sorted into a tail in 0.3 s, whenever a collection is opened. More than
2,000, as where there is no index yet, are left out until there is one, and searches say so."""

DEAD_SHARE = 0.2
"""With more rows than this of deleted pictures, the index is made anew: they cost time in every search."""

Progress = Callable[[int, int], None]

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Parts:
    """What a search looks at, replaced as a whole: the mapped index, if there is one, and the tail."""

    manifest: Manifest | None
    index: Any
    tail: Any


class Lookup:
    """The rows of one encoder; safe to search from several threads, also while one of them refreshes."""

    def __init__(self, folder: Path, stamp: EncoderStamp, index_name: str, catalog: Catalog, *, threads: int) -> None:
        check_name(stamp.name)
        self._reason, self._left_out = "", 0
        self._folder = folder
        self._stamp = stamp
        self._index_name = index_name
        self._catalog = catalog
        self._threads = threads
        self._refreshing = threading.Lock()
        self._seen: Key = 0
        self._parts = self._opened(self._manifest())

    @classmethod
    def open(cls, folder: Path, stamp: EncoderStamp, index_name: str, catalog: Catalog, *, threads: int = 0) -> Self:
        """The rows of `stamp` in the catalog, with the index that lies in `folder`, if it is of use.

        An index of another version of the encoder or of another kind is passed over and named in `warnings`.

        Raises:
            IndexDamagedError: the index's file or manifest is damaged.
        """
        return cls(folder, stamp, index_name, catalog, threads=threads)

    @property
    def warnings(self) -> tuple[str, ...]:
        """What is not as it should be, one sentence each."""
        left_out = LEFT_OUT.format(f"{self._left_out:,}") if self._left_out else ""
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
        return len(self._parts.tail) + self._left_out

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
        return [merged(pair, limit) for pair in zip(indexed, found, strict=True)]

    def refresh(self) -> None:
        """Take in rows added since the last look, and a newer generation of the index.

        Raises:
            IndexDamagedError: the newer generation is damaged.
        """
        with self._refreshing:
            manifest = self._manifest()
            if manifest != self._parts.manifest:
                self._parts = self._opened(manifest)
            else:
                self._catch_up(self._parts.tail)

    def _manifest(self) -> Manifest | None:
        manifest = read_manifest(self._folder, self._stamp.name)
        self._reason = unfit(manifest, self._stamp, self._index_name, self._catalog) if manifest else ""
        return None if self._reason else manifest

    def _opened(self, manifest: Manifest | None) -> _Parts:
        """The index of a manifest and the tail after it; looks again if a newer one took its place."""
        index = None
        while manifest is not None:
            try:
                index = open_index(self._folder, manifest, self._stamp, threads=self._threads)
                break
            except FileNotFoundError as error:
                newer = self._manifest()
                if newer == manifest:
                    raise IndexDamagedError(f"{manifest.file} is missing", hint=HINT) from error
                manifest = newer
        tail = registry.load("indexes", tail_of(self._stamp))(self._stamp.space, threads=self._threads)
        self._seen = 0 if manifest is None else manifest.watermark
        self._catch_up(tail)
        return _Parts(manifest, index, tail)

    def _catch_up(self, tail: Any) -> None:
        newest = self._catalog.watermark
        self._left_out = self._too_many(newest)
        if newest > self._seen and not self._left_out:
            for keys, rows in batches(self._catalog, self._stamp, self._seen):
                tail.add(keys, rows)
                self._seen = int(keys[-1])
            self._seen = max(newest, self._seen)

    def _too_many(self, newest: Key) -> int:
        """How many pictures' features are more than a tail may hold; 0 if there is room for all."""
        if not is_local(self._stamp) or newest - self._seen <= LONGEST_TAIL:
            return 0
        count = int(np.count_nonzero(self._catalog.keys() > self._seen))
        return count if count > LONGEST_TAIL else 0


def open_all(folder: Path, catalog: Catalog, *, threads: int = 0) -> dict[str, Lookup]:
    """The rows of every encoder of a catalog, by the encoder's name; `folder` holds the indexes.

    Local features, unless they were put off, are under the name `local`.

    Raises:
        IndexDamagedError: an index's file or manifest is damaged.
    """
    recipe = catalog.recipe
    return {
        stamp.name: Lookup.open(folder, stamp, index_of(stamp, recipe), catalog, threads=threads)
        for stamp in stamps_of(recipe)
    }


@dataclass(frozen=True)
class Place:
    """Where one encoder's index lives, and what it is made from."""

    folder: Path
    stamp: EncoderStamp
    index_name: str
    catalog: Catalog
    threads: int = 0


def places(folder: Path, catalog: Catalog, *, threads: int = 0) -> list[Place]:
    """A place for everything of a catalog that has an index in a folder."""
    recipe = catalog.recipe
    return [Place(folder, stamp, index_of(stamp, recipe), catalog, threads) for stamp in stamps_of(recipe)]


def fold(place: Place, *, progress: Progress | None = None, force: bool = False) -> bool:
    """Whether the index was behind, and then it no longer is; only the catalog's writer may call this.

    Rows are added once the tail is long enough; with `force`, or if the index there is damaged, unfit or full of
    deleted pictures, it is made anew. Of one that stays as it is only the size is looked at. `progress` hears how many
    of how many rows are done. A crash at any point leaves the generation before in use.

    Raises:
        InsufficientStorageError: the disk is full.
        IndexDamagedError: the folder is a link.
    """
    stamp, catalog = place.stamp, place.catalog
    check_name(stamp.name)
    ready_folder(place.folder)
    manifest, broken = (None, False) if force else _base(place)
    count, after = (manifest.count, manifest.watermark) if manifest else (0, 0)
    fresh = sum(pictures_in(keys) for keys, _ in batches(catalog, stamp, after))
    anew = force or broken or count - (len(catalog) - fresh) > DEAD_SHARE * count
    least, share = (FOLD_PICTURES, FOLD_PICTURES_SHARE) if is_local(stamp) else (FOLD_ROWS, FOLD_SHARE)
    if not anew and fresh < max(least, share * count):
        return False
    index = None if manifest is None or anew else _extensible(place, manifest)
    if index is None:
        after, fresh = 0, len(catalog)
        index = registry.load("indexes", place.index_name)(stamp.space, threads=place.threads)
    done = 0
    for keys, rows in batches(catalog, stamp, after):
        index.add(keys, rows)
        after, done = int(keys[-1]), done + pictures_in(keys)
        if progress:
            progress(done, fresh)
    _publish(place, index, watermark=after)
    return True


def _publish(place: Place, index: Any, *, watermark: Key) -> None:
    """Write the index and then, when all else is done, the manifest that puts it to use."""
    recall = None if index.exhaustive or is_local(place.stamp) else measured_recall(index, place.stamp, place.catalog)
    path = free_path(place.folder, place.stamp, watermark, place.index_name)
    index.save(path)
    manifest = Manifest(
        file=path.name,
        watermark=watermark,
        count=len(index),
        size=path.stat().st_size,
        sha256=sha256(path),
        encoder=place.stamp.version,
        index=place.index_name,
        index_version=index.version,
        recall=recall,
    )
    write_manifest(place.folder, place.stamp.name, manifest)


def _base(place: Place) -> tuple[Manifest | None, bool]:
    """The generation to build upon, if any, and whether there is one to be replaced that is damaged at first sight."""
    try:
        manifest = read_manifest(place.folder, place.stamp.name)
        if manifest is None or unfit(manifest, place.stamp, place.index_name, place.catalog):
            return None, False
        sound_path(place.folder, manifest)
    except (IndexDamagedError, FileNotFoundError) as error:
        logger.warning("the index of %s is made anew: %s", place.stamp.name, error)
        return None, True
    return manifest, False


def _extensible(place: Place, manifest: Manifest) -> Any:
    """The index of a generation, in memory, after all of it was read and checked; `None` if it is damaged."""
    try:
        return open_index(place.folder, manifest, place.stamp, writable=True, threads=place.threads)
    except (IndexDamagedError, FileNotFoundError) as error:
        logger.warning("the index of %s is made anew: %s", place.stamp.name, error)
        return None
