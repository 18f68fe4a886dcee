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
from typing import Any, Literal, get_args

import numpy as np
import numpy.typing as npt

from pictrace import folding, keypoints, tracing
from pictrace._generations import discard, names
from pictrace._stock import kept_stamps_of
from pictrace.catalogs import Catalog
from pictrace.encoders import Encoder
from pictrace.errors import NotFoundError, PictraceError, UnknownNameError, UsageError
from pictrace.ingest import BATCH, Progress
from pictrace.picture import Picture
from pictrace.recipe import EncoderStamp, Recipe, SpaceState
from pictrace.results import SpaceRecord
from pictrace.settings import Runtime, Settings
from pictrace.types import Key
from pictrace.workers import Workers

Action = Literal["add", "replace", "renew", "drop"]
ACTIONS: tuple[Action, ...] = get_args(Action)

_NICENESS = 10
"""Of the workers: searches and whatever else is done with the collection go first."""

_CHUNK = 8
_LISTED = 1000
"""Keys of pictures without a row that are asked for at a time."""

Item = tuple[Key, bytes]
"""A picture's key and its proxy."""


@dataclass(frozen=True)
class Change:
    """What is to become of the space of the encoder `name`; `new` is the one that replaces it.

    Raises:
        UsageError: there is no such action, or it names too many encoders or too few.
    """

    action: Action
    name: str
    new: str = ""

    def __post_init__(self) -> None:
        if self.action not in ACTIONS:
            raise UsageError(f"{self.action!r} is nothing that is done to a space", hint=f"one of {', '.join(ACTIONS)}")
        if (self.action == "replace") != bool(self.new):
            raise UsageError("one encoder is replaced by another", hint="name both to replace, and one to do the rest")

    @property
    def made(self) -> str:
        """The encoder whose rows are to be made; empty if none are."""
        return "" if self.action == "drop" else self.new or self.name

    def is_done(self, there: Sequence[SpaceRecord]) -> bool:
        """Whether a collection with these spaces is as it would be afterwards."""
        searched = {one.name for one in there if one.state == SpaceState.ACTIVE and not one.problem}
        if self.action == "drop":
            return self.name not in {one.name for one in there}
        return self.made in searched and (self.action != "replace" or self.name not in searched)

    def check(self, recipe: Recipe, encoder: Encoder | None) -> None:
        """Nothing, if it can be done to a collection; `encoder` is the one whose rows are made.

        Raises:
            UsageError: the encoder is there already, is retired, is the last one, or is the same as the other.
            UnknownNameError: the collection has none of that name, or the encoder is called otherwise.
            RecipeMismatchError: the encoder is searched by already, in another version.
        """
        there = recipe.stamp(self.name)
        if self.action != "add" and there is None:
            known = ", ".join(stamp.name for stamp in recipe.encoders)
            raise UnknownNameError(f"the collection has no rows of an encoder {self.name!r}", hint=f"it has: {known}")
        if self.action == "renew" and there is not None and there.state == SpaceState.RETIRED:
            raise UsageError(
                f"{self.name} is retired, and what is renewed is searched by",
                hint=f"`pictrace spaces add {self.name}` makes the rows that it lacks and brings it back into searches",
            )
        if encoder is not None:
            self._check_made(recipe, encoder)
        if self.action == "replace" and there is not None and there not in recipe.active and not self._is_done(recipe):
            raise UsageError(f"the collection is not searched by {self.name}", hint=f"add {self.new} instead")
        if self.action == "drop" and {stamp.name for stamp in recipe.active} == {self.name}:
            raise UsageError(
                f"{self.name} is the last encoder that the collection is searched by", hint="add another one first"
            )

    def _check_made(self, recipe: Recipe, encoder: Encoder) -> None:
        if encoder.name != self.made:
            raise UnknownNameError(
                f"the encoder {self.made!r} calls itself {encoder.name!r}", hint="ask for it by its own name"
            )
        found = recipe.stamp(self.made)
        if found is None or found not in recipe.active:
            return
        is_fitting = found == stamp_of(encoder, SpaceState.ACTIVE)
        if self.action == "replace" and self.new != self.name:
            tracing.check_version(found, encoder)
        elif self.action == "renew" and not is_fitting:
            return
        else:
            raise UsageError(
                f"the collection is searched by {self.made} already, in its version {found.version}",
                hint=f"`pictrace spaces renew {self.made}` makes rows anew once there is another version",
            )

    def _is_done(self, recipe: Recipe) -> bool:
        """Whether the new encoder has taken the old one's place before, and all that is left is to say so."""
        return any(stamp.name == self.new for stamp in recipe.active)


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


def stamp_of(encoder: Encoder, state: SpaceState) -> EncoderStamp:
    """The stamp of an encoder's rows in some state."""
    space = encoder.space
    return EncoderStamp(encoder.name, encoder.version, str(space.metric), space.width, state.value)


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
    own = (name,) if "." in name.partition(":")[0] else ()
    return Workers(
        prepared,
        workers=settings.workers or settings.cores,
        limits=settings.limits,
        initializer=start,
        initargs=(name, replace(settings.runtime, threads=1, plugins=own)),
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
