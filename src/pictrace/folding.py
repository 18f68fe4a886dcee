"""Indexes brought up to date with the catalog: added to, or made anew, and put to use as a whole."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pictrace import registry
from pictrace._generations import (
    Manifest,
    free_path,
    open_index,
    read_manifest,
    ready_folder,
    sha256,
    sound_path,
    stem_of,
    unfit,
    write_manifest,
)
from pictrace._recall import measured_recall
from pictrace._stock import batches, index_of, is_local, pictures_in, stamps_of
from pictrace.catalogs import Catalog
from pictrace.errors import IndexDamagedError
from pictrace.recipe import EncoderStamp
from pictrace.types import Key

FOLD_ROWS = 4096
FOLD_SHARE = 0.1
"""A tail this long is worth building: 4,096 rows of 512 are compared in 0.1 ms, 100,000 in 7 ms."""

FOLD_PICTURES = 256
FOLD_PICTURES_SHARE = 0.01
"""The same of local features: those of 256 pictures are sorted in 0.3 s, whenever a collection is first searched by
them."""

DEAD_SHARE = 0.2
"""With more rows than this of deleted pictures, the index is made anew: they cost time in every search."""

Progress = Callable[[int, int], None]

logger = logging.getLogger(__name__)


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
    stem_of(stamp.name)  # no name of another folder's files
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
