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
    names,
    open_index,
    read_manifest,
    ready_folder,
    sha256,
    sound_path,
    unfit,
    write_manifest,
)
from pictrace._recall import measured_recall, merged
from pictrace.catalogs import Catalog
from pictrace.errors import IndexDamagedError, UnknownNameError
from pictrace.recipe import EncoderStamp
from pictrace.types import Hits, Key, Rows

FOLD_ROWS = 4096
FOLD_SHARE = 0.1
"""A tail this long is worth building: 4,096 rows of 512 are compared in 0.1 ms, 100,000 in 7 ms."""

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
        self.warnings: tuple[str, ...] = ()
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
        return len(self._parts.tail)

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
        reason = manifest and unfit(manifest, self._stamp, self._index_name, self._catalog)
        self.warnings = (reason,) if reason else ()
        return None if reason else manifest

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
        tail = registry.load("indexes", "exact")(self._stamp.space, threads=self._threads)
        self._seen = 0 if manifest is None else manifest.watermark
        self._catch_up(tail)
        return _Parts(manifest, index, tail)

    def _catch_up(self, tail: Any) -> None:
        newest = self._catalog.watermark
        if newest > self._seen:
            for keys, rows in self._catalog.rows(self._stamp.name, self._seen):
                tail.add(keys, rows)
                self._seen = int(keys[-1])
            self._seen = max(newest, self._seen)


def open_all(folder: Path, catalog: Catalog, *, threads: int = 0) -> dict[str, Lookup]:
    """The rows of every encoder of a catalog, by the encoder's name; `folder` holds the indexes.

    Raises:
        IndexDamagedError: an index's file or manifest is damaged.
    """
    recipe = catalog.recipe
    return {stamp.name: Lookup.open(folder, stamp, recipe.index, catalog, threads=threads) for stamp in recipe.encoders}


@dataclass(frozen=True)
class Place:
    """Where one encoder's index lives, and what it is made from."""

    folder: Path
    stamp: EncoderStamp
    index_name: str
    catalog: Catalog
    threads: int = 0


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
    fresh = sum(len(keys) for keys, _ in catalog.rows(stamp.name, after))
    anew = force or broken or count - (len(catalog) - fresh) > DEAD_SHARE * count
    if not anew and fresh < max(FOLD_ROWS, FOLD_SHARE * count):
        return False
    index = None if manifest is None or anew else _extensible(place, manifest)
    if index is None:
        after, fresh = 0, len(catalog)
        index = registry.load("indexes", place.index_name)(stamp.space, threads=place.threads)
    done = 0
    for keys, rows in catalog.rows(stamp.name, after):
        index.add(keys, rows)
        after, done = int(keys[-1]), done + len(keys)
        if progress:
            progress(done, fresh)
    _publish(place, index, watermark=after)
    return True


def verify(folder: Path, catalog: Catalog) -> list[str]:
    """What is wrong with the indexes in a folder, one sentence each, after reading every byte of them.

    Keys that the catalog no longer has are no problem: searches pass over them until the next fold.
    """
    stamps = {stamp.name: stamp for stamp in catalog.recipe.encoders}
    problems = []
    try:
        found = names(folder)
    except IndexDamagedError as error:
        return [str(error)]
    for name in found:
        try:
            manifest = read_manifest(folder, name)
            if name not in stamps or manifest is None:
                problems.append(f"{name}.json belongs to no encoder of this collection")
            else:
                problems += _problems(folder, manifest, stamps[name], catalog)
        except FileNotFoundError as error:
            problems.append(f"{Path(error.filename).name} is missing")
        except (IndexDamagedError, UnknownNameError) as error:
            problems.append(str(error))
    return problems


def _problems(folder: Path, manifest: Manifest, stamp: EncoderStamp, catalog: Catalog) -> list[str]:
    if sha256(sound_path(folder, manifest)) != manifest.sha256:
        return [f"{manifest.file} is damaged: its SHA-256 is not the one in {stamp.name}.json"]
    reason = unfit(manifest, stamp, manifest.index, catalog)
    if reason:
        return [reason]
    keys = open_index(folder, manifest, stamp, threads=1).keys()
    known = [np.empty(0, np.uint64), *(some for some, _ in catalog.rows(stamp.name))]
    missing = np.setdiff1d(np.concatenate(known), keys)
    absent = int((missing <= manifest.watermark).sum())
    problems = [f"{manifest.file} lacks {absent} rows of the catalog"] if absent else []
    if len(keys) != manifest.count or (len(keys) and int(keys.max()) > manifest.watermark):
        problems.append(f"{manifest.file} does not hold what {stamp.name}.json says")
    return problems


def _publish(place: Place, index: Any, *, watermark: Key) -> None:
    """Write the index and then, when all else is done, the manifest that puts it to use."""
    recall = None if index.exhaustive else measured_recall(index, place.stamp, place.catalog)
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
