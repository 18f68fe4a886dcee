"""From a source to a collection: scan, read, decode and prepare in worker processes, encode, commit."""

import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any

from pictrace import keypoints, tracing
from pictrace._look import Job, understood
from pictrace.catalogs import Catalog, Entry
from pictrace.encoders import Encoder
from pictrace.errors import NotFoundError, PictureError, RootMissingError, SourceError, SourceUnreadableError
from pictrace.prepared import Kinds, Prepared
from pictrace.recipe import Recipe
from pictrace.results import Failure
from pictrace.sources import Item, Source
from pictrace.sources.reading import may_be_there
from pictrace.types import UNKNOWN_SIZE, Key, Location
from pictrace.words import counted
from pictrace.workers import Workers

BATCH = 32
"""Pictures a transaction: what a kill can cost, and enough for the encoder to work at full speed."""

_CHUNK = 8
"""Items a worker is given at once; four chunks a worker are under way while the model has the last batch."""


class Progress:
    """What long work tells whoever waits; override what you want to hear."""

    def seen(self, done: int, place: str) -> None:
        """So many pictures of the source are done; `place` is the latest."""

    def reported(self, report: "Report") -> None:
        """What became of this source so far; the same report grows until the next source has its own."""

    def made(self, encoder: str, done: int, total: int) -> None:
        """So many of the rows of an encoder that were lacking are made."""

    def folded(self, encoder: str, done: int, total: int) -> None:
        """So many of so many rows of an encoder are in its index."""


@dataclass
class Report:
    """What became of a source: counts, failures, and the keys of the pictures that were added.

    `replaced` counts places that hold another picture than before, `moved` those whose picture was found
    elsewhere, `vanished` those where it is gone for good. Only `pruned` pictures leave the collection, and those
    replaced at their only place, if no source of the run has them elsewhere. `skipped` are links, hidden files
    and what is no picture.
    """

    added: int = 0
    known: int = 0
    unchanged: int = 0
    replaced: int = 0
    moved: int = 0
    pruned: int = 0
    skipped: int = 0
    vanished: list[str] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    ids: list[Key] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def done(self) -> int:
        """Items that the source listed, whatever became of them."""
        return self.added + self.known + self.unchanged + len(self.failures)

    def include(self, other: "Report") -> None:
        """Adds up two sources."""
        for name in self.__dataclass_fields__:
            setattr(self, name, getattr(self, name) + getattr(other, name))

    def to_dict(self) -> dict[str, Any]:
        """The report as JSON output carries it."""
        return {
            "added": self.added,
            "known": self.known,
            "unchanged": self.unchanged,
            "replaced": self.replaced,
            "moved": self.moved,
            "pruned": self.pruned,
            "skipped": self.skipped,
            "vanished": self.vanished,
            "failures": [failure.to_dict() for failure in self.failures],
            "seconds": round(self.seconds, 3),
        }


@dataclass(eq=False)
class Ingest:
    """One run over some sources into one catalog, whose writer the caller is.

    Pictures that lost their last place are the caller's to drop. `turn` is taken for each step that writes, for others
    of the same process may write in between. `makers` are the encoders of a recipe that is another one by then.
    """

    catalog: Catalog
    encoders: Sequence[Encoder]
    workers: Workers[Job, Any]
    progress: Progress = field(default_factory=Progress)
    turn: AbstractContextManager[object] = field(default_factory=nullcontext)
    makers: Callable[[Recipe], Sequence[Encoder]] | None = None
    _kinds: Kinds = field(default_factory=dict)
    _members: dict[str, set[str]] = field(default_factory=dict)
    _broken: SourceError | None = None

    def run(self, sources: Sequence[Source], *, prune: bool = False) -> Report:
        """Everything new in the sources is in the catalog; each batch is committed whole or not at all.

        What is gone is told once all of them are through, for what left one may be in another.

        Raises:
            SourceError: a source as a whole cannot be used; nothing is pruned.
            RootMissingError: pruning was asked for, and everything that was known there is gone.
        """
        started = time.monotonic()
        self._kinds = tracing.kinds_of(self.encoders)
        self._members = {source.root: set() for source in sources}
        reports = [self._take_in(source) for source in sources]
        unread = {failure.path for report in reports for failure in report.failures}
        total = Report()
        for source, report in zip(sources, reports, strict=True):
            self._settle(source, report, unread, prune=prune)
            total.include(report)
        total.seconds = time.monotonic() - started
        return total

    def _take_in(self, source: Source) -> Report:
        report = Report()
        self._broken = None
        looked_at = self.workers.run(self._jobs(source, report), chunk=_CHUNK)
        fresh = ((job.spent(), answer) for job, answer in looked_at)
        while batch := list(islice(fresh, BATCH)):
            self._commit(batch, report)
            self.progress.reported(report)
            self.progress.seen(report.done, batch[-1][0].item.location.uri)
        self.progress.reported(report)
        if self._broken is not None:
            raise self._broken
        report.skipped = source.skipped
        return report

    def _jobs(self, source: Source, report: Report) -> Iterator[Job]:
        for item in self._listed(source):
            if isinstance(item, Failure):
                report.failures.append(item)
            elif self._is_unchanged(item, source.root):
                report.unchanged += 1
                self.progress.seen(report.done, item.location.uri)
            else:
                yield Job(item, frozenset(self.catalog.shas_of_size(item.location.size)))

    def _is_unchanged(self, item: Item, root: str) -> bool:
        if item.location.identity is not None:
            return is_known(self.catalog, item.location)
        self._members[root].add(item.location.uri)
        return item.data is None  # whoever listed it has asked

    def _listed(self, source: Source) -> Iterator[Item | Failure]:
        """The source's items up to where it breaks; the error waits until those before it are safe."""
        try:
            yield from source.items()
        except SourceError as error:
            self._broken = error

    def _commit(self, batch: Sequence[tuple[Job, Any]], report: Report) -> None:
        """One transaction for all of a batch that can be used; whoever else writes waits for that alone."""
        known: list[tuple[Location, str]] = []
        new: list[tuple[Item, Prepared]] = []
        for job, answer in batch:
            place, result = job.item.location, understood(job, answer, self._kinds)
            if isinstance(result, PictureError):
                report.failures.append(Failure(place.uri, result.code, str(result)))
            elif isinstance(result, str):
                known.append((place, result))
            else:
                new.append((job.item, result))
        traces = tracing.finish([prepared for _, prepared in new], self.encoders)
        with self.turn:
            fitting = self.encoders if self.makers is None else self.makers(self.catalog.recipe)
            fresh = [
                Entry(item.location, replace(tracing.fitted(trace, fitting), metadata=item.metadata))
                for (item, _), trace in zip(new, traces, strict=True)
            ]
            report.replaced += sum(self.catalog.location(item.location.uri) is not None for item, _ in new)
            entries = [*self._placed(known, report), *fresh]
            before = self.catalog.watermark
            added = {key for key in self.catalog.put(entries) if key > before} if entries else set()
        report.ids += sorted(added)
        report.added += len(added)
        report.known += len(entries) - len(added)

    def _placed(self, known: Sequence[tuple[Location, str]], report: Report) -> Iterator[Entry]:
        """New places of pictures that the collection has, unless somebody has deleted one meanwhile."""
        for place, sha256 in known:
            key = self.catalog.by_sha(sha256)
            if key is None:
                said = "it was deleted from the collection while it was looked at; index it again"
                report.failures.append(Failure(place.uri, SourceUnreadableError.code, said))
            else:
                yield Entry(place, key=key)

    def _settle(self, source: Source, report: Report, unread: set[str], *, prune: bool) -> None:
        """Places of the source that are no longer there: moved if the picture is elsewhere, else vanished.

        What could not be looked at, such as a folder without permission, counts as still there.
        """
        if any(path.startswith(f"{source.root}:") for path in unread):
            return  # a line of a list that may name any of its pictures
        gone: list[tuple[Key, str]] = []
        handed_over: list[Entry] = []
        for key, place in self.catalog.locations(source.root):
            if heir := self._heir(place):
                handed_over.append(Entry(replace(place, root=heir), key=key))
            elif not self._is_there(place) and unread.isdisjoint(_upwards(place.uri)):
                gone.append((key, place.uri))
        with self.turn:
            self.catalog.put(handed_over)
        if not gone:
            return
        elsewhere = [uri for key, uri in gone if self._has_other_place(key)]
        vanished = sorted({uri for _, uri in gone} - set(elsewhere))
        found = report.done - len(report.failures)
        if prune and vanished and (found == 0 or not os.path.lexists(source.root)):
            raise RootMissingError(
                f"nothing is left of {counted(len(vanished), 'picture')} known under {source.root}",
                hint="is it mounted? Nothing was pruned; delete pictures by id if they are meant to go",
            )
        with self.turn:
            self.catalog.forget_locations(elsewhere)
        report.moved = len(elsewhere)
        report.vanished = vanished
        if prune:
            with self.turn:
                self.catalog.forget_locations(vanished)
            report.pruned = len(vanished)

    def _heir(self, place: Location) -> str:
        """The source of this run that names a URL which the list it is from no longer does, if there is one."""
        if place.identity is not None or place.uri in self._members.get(place.root, ()):
            return ""
        return next((root for root, uris in self._members.items() if place.uri in uris), "")

    def _has_other_place(self, key: Key) -> bool:
        places = self.catalog.by_id(key).locations
        return any(self._is_there(place) for place in places if not place.is_given)

    def _is_there(self, place: Location) -> bool:
        """Whether a file is there, or a member was listed by this run (or its archive is another one)."""
        if place.identity is not None or place.is_given:
            return may_be_there(place)
        is_listed = any(place.uri in uris for uris in self._members.values())
        return is_listed or (place.root not in self._members and may_be_there(place))


def _upwards(uri: str) -> Iterator[str]:
    """A place, the folder it is in, the folder that is in, and so on."""
    while uri and uri != "/":
        yield uri
        uri = uri.rpartition("/")[0]


def is_known(catalog: Catalog, location: Location) -> bool:
    """Whether a place is in the catalog with just this size and time of change.

    A place whose size only reading would tell is known if it is there at all.
    """
    found = catalog.location(location.uri)
    if location.size == UNKNOWN_SIZE:
        return found is not None
    return found is not None and (found[1].size, found[1].mtime_ns) == (location.size, location.mtime_ns)


def fill_features(catalog: Catalog, progress: Progress) -> None:
    """Local features that were put off, made from the proxies; a kill costs one batch."""
    keypoints.use_one_thread()
    missing = (key for key, features in catalog.features() if not len(features))
    done = 0
    while batch := list(islice(missing, BATCH)):
        made = {}
        for key in batch:
            with suppress(NotFoundError):  # deleted meanwhile
                made[key] = tracing.features_of(catalog.proxy(key))
        catalog.put_features(made)
        done += len(batch)
        progress.folded("features", done, len(catalog))
    catalog.adopt(tracing.complete(catalog.recipe))
