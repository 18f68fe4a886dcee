"""The encoders of a living collection: another's rows are made beside those that are searched, then take over at once.

Rows are made from the stored proxies, for the pictures themselves may be elsewhere by now. Whatever ends this on its
way, the same call goes on where it was.
"""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from pictrace import folding, keypoints, soundness, tracing
from pictrace._change import Change, stamp_of
from pictrace._generations import discard, names
from pictrace._stock import kept_stamps_of
from pictrace.catalogs import Catalog
from pictrace.encoders import Encoder
from pictrace.errors import NotFoundError, PictraceError
from pictrace.ingest import BATCH, Progress
from pictrace.picture import Picture
from pictrace.recipe import SpaceState
from pictrace.results import SpaceRecord
from pictrace.settings import Runtime, Settings, modules_of
from pictrace.types import Key
from pictrace.workers import Workers

_NICENESS = 10
"""Of the workers: searches and whatever else is done with the collection go first."""

_CHUNK = 8
_LISTED = 1000
"""Keys of pictures without a row that are asked for at a time."""

Item = tuple[Key, bytes]
"""A picture's key and its proxy."""


@dataclass(frozen=True, eq=False)
class Site:
    """Where a change is made: a catalog, whose writer the caller is, and the folder of its indexes.

    `turn` is taken for each step that writes, for others of the same process may write in between, as they may while
    rows are swept, which takes long; `threads` build the index.
    """

    catalog: Catalog
    folder: Path
    settings: Settings
    threads: int = 0
    progress: Progress = field(default_factory=Progress)
    turn: AbstractContextManager[object] = field(default_factory=nullcontext)


def change(site: Site, wanted: Change, encoder: Encoder | None) -> None:
    """The change, all of it; `encoder` is the one whose rows are made.

    Raises:
        UsageError: see `Change.check`.
        IndexDamagedError: rows that were there before hold numbers that cannot be compared.
        InsufficientStorageError: the disk is full; what was made stays.
    """
    catalog = site.catalog
    wanted.check(catalog.recipe, encoder)
    tidy(site)
    if encoder is None:
        _drop(site, wanted.name)
        return
    active = {stamp.name for stamp in catalog.recipe.active}
    if encoder.name not in active or wanted.action == "renew":
        with site.turn:
            _begin(site, encoder)
        catalog.sweep()
        _make(site, encoder, {wanted.name: SpaceState.RETIRED} if wanted.new else {})
    elif wanted.name in active:
        with site.turn:
            catalog.switch({wanted.name: SpaceState.RETIRED})


def tidy(site: Site) -> None:
    """What an earlier change left because it was killed is gone: rows of dropped spaces, and their indexes."""
    site.catalog.sweep()
    with site.turn:
        kept = {stamp.name for stamp in kept_stamps_of(site.catalog.recipe)}
        for name in set(names(site.folder)) - kept:
            discard(site.folder, name)


def listed(catalog: Catalog, load: Callable[[str], Encoder]) -> list[SpaceRecord]:
    """Every space of a collection, and whether this PicTrace could make rows for it, with encoders by their names."""
    recipe, pictures = catalog.recipe, len(catalog)
    found = []
    for stamp in recipe.encoders:
        problem = ""
        try:
            encoder = load(stamp.name)
            tracing.check_version(stamp, encoder)
        except PictraceError as error:
            problem = str(error)
        rows = pictures - catalog.lacking_count(stamp.name)
        found.append(
            SpaceRecord(stamp.name, stamp.version, stamp.metric, stamp.width, stamp.state, rows, pictures, problem)
        )
    return found


def _begin(site: Site, encoder: Encoder) -> None:
    """The encoder's space is being made: it goes on, comes back from retirement, or begins without any row."""
    catalog, stamp = site.catalog, stamp_of(encoder, SpaceState.BUILDING)
    there = catalog.recipe.stamp(encoder.name)
    if there is None:
        catalog.add_space(stamp)
    elif replace(there, state=stamp.state) != stamp:
        # First the index, for it is one of rows that will be gone.
        discard(site.folder, stamp.name)
        catalog.add_space(stamp, renew=True)
    elif there != stamp:
        catalog.switch({stamp.name: SpaceState.BUILDING})


def _make(site: Site, encoder: Encoder, others: Mapping[str, SpaceState]) -> None:
    """All rows and the index of a space; then it is searched, and the others are what they are to be."""
    catalog, name = site.catalog, encoder.name
    stamp = stamp_of(encoder, SpaceState.BUILDING)
    place = folding.Place(site.folder, stamp, catalog.recipe.index, catalog, site.threads)
    is_again = False
    while True:
        with _crew(site, name) as workers:
            _fill(site, encoder, workers)
        soundness.check_rows(catalog, stamp)
        # Before the switch, so that the first search after it finds an index; anew where rows came that it is past.
        folding.fold(place, progress=partial(site.progress.folded, name), force=is_again)
        with site.turn:
            is_again = bool(catalog.lacking(name, limit=1))  # somebody who could not make its row has added a picture
            if not is_again:
                catalog.switch({name: SpaceState.ACTIVE, **others})
                return


def _fill(site: Site, encoder: Encoder, workers: Workers[Item, Any]) -> None:
    """Rows of all pictures that lack one, in the order of their keys; a kill costs the batch at hand."""
    kind = tracing.kinds_of([encoder])[encoder.name]
    done, total = 0, site.catalog.lacking_count(encoder.name)
    looked_at = workers.run(_proxies(site.catalog, encoder.name), chunk=_CHUNK)
    while batch := list(islice(looked_at, BATCH)):
        inputs = np.stack([_understood(item, answer, encoder, kind) for item, answer in batch])
        rows = encoder.encode_prepared(inputs)
        keys = [key for (key, _), _ in batch]
        with site.turn:
            site.catalog.put_rows(encoder.name, {key: rows[at : at + 1] for at, key in enumerate(keys)})
        done += len(batch)
        site.progress.made(encoder.name, done, max(total, done))


def _proxies(catalog: Catalog, name: str) -> Iterator[Item]:
    last = 0
    while keys := catalog.lacking(name, last, _LISTED):
        for key in keys:
            try:
                yield key, catalog.proxy(key)
            except NotFoundError:
                continue  # deleted meanwhile
        last = keys[-1]


def _understood(item: Item, answer: Any, encoder: Encoder, kind: tuple[Any, ...]) -> npt.NDArray[Any]:
    """What a worker prepared; where it could not, as where it was killed for its memory, it is done here."""
    if isinstance(answer, np.ndarray) and (answer.dtype, answer.shape) == kind:
        return answer
    return encoder.prepare(Picture.of_proxy(item[1]))


def _drop(site: Site, name: str) -> None:
    """A space is retired first, so that nobody searches it while its index goes, and then its rows."""
    with site.turn:
        if site.catalog.recipe.stamp(name) in site.catalog.recipe.active:
            site.catalog.switch({name: SpaceState.RETIRED})
        discard(site.folder, name)
        site.catalog.drop_space(name)
    site.catalog.sweep()


class Bench:
    """What one worker process keeps between proxies; made in it by `start`."""

    encoders: Sequence[Encoder] = ()


def _crew(site: Site, name: str) -> Workers[Item, Any]:
    settings = site.settings
    return Workers(
        prepared,
        workers=settings.workers or settings.cores,
        limits=settings.limits,
        initializer=start,
        initargs=(name, replace(settings.runtime, threads=1, plugins=modules_of([name]))),
        weight=lambda item: len(item[1]),
    )


def start(name: str, runtime: Runtime) -> None:
    """Prepares a worker process for `prepared`."""
    if hasattr(os, "nice"):
        os.nice(_NICENESS)
    keypoints.use_one_thread()
    Bench.encoders = tracing.load_encoders([name], runtime)


def prepared(item: Item) -> npt.NDArray[Any]:
    """What the encoder makes of a proxy before its model.

    Raises:
        PictureError: the proxy cannot be decoded.
    """
    return Bench.encoders[0].prepare(Picture.of_proxy(item[1]))
