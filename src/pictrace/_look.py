"""What a worker process does with one item, read, hash, decode and prepare it, and what its answer means."""

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from pictrace import keypoints, tracing
from pictrace.encoders import Encoder
from pictrace.errors import PictureError
from pictrace.picture import Picture
from pictrace.prepared import Kinds, Prepared
from pictrace.recipe import DEFERRED, Recipe
from pictrace.settings import Limits, Runtime, Settings, modules_of
from pictrace.sources import Item
from pictrace.sources.reading import read
from pictrace.workers import Workers

_NICENESS = 10
"""Of workers beside a service: half the computing time of a search that wants it at once, or less."""


@dataclass(frozen=True, eq=False)
class Job:
    """What a worker is given: where, the bytes if they are at hand, and hashes that need no decoding."""

    item: Item
    known: frozenset[str]

    def spent(self) -> "Job":
        """The same without its bytes, once they have been looked at."""
        return replace(self, item=replace(self.item, data=None))


def weight(job: Job) -> int:
    """Bytes at hand, which are held until the job is done."""
    return len(job.item.data or b"")


Looked = Prepared | str | PictureError
"""What a job ends in: a prepared trace, the SHA-256 of a known picture, or why there is neither."""


class Bench:
    """What one worker process keeps between jobs; made in it by `start`."""

    encoders: Sequence[Encoder] = ()
    limits = Limits()
    features = True


def pool_of(names: Sequence[str], recipe: Recipe, settings: Settings, *, polite: bool) -> "Workers[Job, Any]":
    """Workers that look at pictures for these encoders of a collection; `polite` ones let others compute first."""
    # Modules of somebody's own that this program has loaded are loaded by its workers too.
    runtime = replace(settings.runtime, threads=1, plugins=modules_of(names))
    return Workers(
        look,
        workers=settings.workers or settings.cores,
        limits=settings.limits,
        initializer=start,
        initargs=(names, runtime, settings.limits, recipe.features != DEFERRED, _NICENESS if polite else 0),
        weight=weight,
    )


class Lookers:
    """The workers of one collection: started when they are needed, and anew where they are to do something else."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._task: tuple[object, ...] = ()
        self._workers: Workers[Job, Any] | None = None

    def of(self, encoders: Sequence[Encoder], recipe: Recipe, *, polite: bool) -> "Workers[Job, Any]":
        """Those that look at pictures for these encoders."""
        names = tuple(encoder.name for encoder in encoders)
        task = (names, recipe.features == DEFERRED, polite)
        if task != self._task:
            self.close()
        if self._workers is None:
            self._workers, self._task = pool_of(names, recipe, self._settings, polite=polite), task
        return self._workers

    def close(self) -> None:
        """They end."""
        if self._workers is not None:
            self._workers.close()
            self._workers = None


def start(
    names: Sequence[str],
    runtime: Runtime,
    limits: Limits,
    features: bool,  # noqa: FBT001
    niceness: int = 0,
) -> None:
    """Prepares a worker process for `look`."""
    if niceness and hasattr(os, "nice"):
        os.nice(niceness)
    keypoints.use_one_thread()
    Bench.encoders = tracing.load_encoders(names, runtime)
    Bench.limits = limits
    Bench.features = features


def look(job: Job) -> dict[str, Any] | str:
    """The prepared trace of one item, plain, or just its SHA-256 if the collection has that picture already.

    Raises:
        PictureError: the item cannot be used.
    """
    data = read(job.item, Bench.limits.file_bytes)
    if job.known and (digest := hashlib.sha256(data).hexdigest()) in job.known:
        return digest
    picture = Picture.open(data, limits=Bench.limits, target=tracing.TARGET)
    return tracing.prepare(picture, Bench.encoders, features=Bench.features).plain()


def understood(job: Job, answer: Any, kinds: Kinds) -> Looked:
    """What a worker's answer means; one that means nothing is its item's error."""
    if isinstance(answer, PictureError) or (isinstance(answer, str) and answer in job.known):
        return answer
    try:
        return Prepared.of(answer, kinds)
    except PictureError as error:
        return error
