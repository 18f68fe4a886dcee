"""What a service knows of a collection's duplicates: the groups found last or so far, and what was chosen in them."""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from pictrace.collection import Collection
from pictrace.dedupe import found
from pictrace.dedupe.certainty import Certainty, Tally, certainty_of, tallies
from pictrace.dedupe.decisions import Rulings, now
from pictrace.dedupe.finding import FOLDER, Heard
from pictrace.dedupe.found import Asked
from pictrace.dedupe.groups import Group, Member
from pictrace.dedupe.picks import Choices, Pick, Picks
from pictrace.dedupe.revising import revised
from pictrace.errors import InsufficientStorageError, NotFoundError
from pictrace.types import Key, Relation

_PACE_S = 2.0
"""Between two looks at the groups so far: each costs a look at all of them."""


@dataclass(frozen=True)
class Snapshot:
    """Groups as decisions leave them, the surest first; `job` is the one that still looks for more, if any."""

    asked: Asked | None = None
    groups: Sequence[Group] = ()
    job: str = ""


@dataclass(frozen=True)
class Which:
    """Groups that are asked for: of a class or relation, settled or not, behind a place in the order."""

    certainty: Certainty | None = None
    relation: Relation | None = None
    settled: bool | None = None
    after: tuple[int, float, Key] | None = None
    limit: int = 50


@dataclass(frozen=True)
class Shown:
    """A page of groups, how many there are on all pages, and whether there is another one."""

    groups: Sequence[Group]
    count: int
    has_more: bool


def place_of(group: Group) -> tuple[int, float, Key]:
    """Where a group stands in the order."""
    return -group.relation.rank, -group.score, group.medoid


@dataclass(eq=False)
class Review:
    """The review of one collection; safe to use from several threads."""

    collection: Collection
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _partial: Snapshot | None = None
    _cached: tuple[int, Snapshot] | None = None

    def __post_init__(self) -> None:
        self.folder = self.collection.path / FOLDER
        self.picks = Picks(self.folder)

    def find(
        self,
        asked: Asked,
        *,
        job: str,
        progress: Callable[[str, int, int], None],
        tell: Callable[[Mapping[str, Any]], None],
    ) -> Sequence[Group]:
        """Looks for duplicates, and keeps what it finds; `tell` hears of what is found so far.

        What `progress` raises ends it, and what was found before stays as it was.
        """
        told = time.monotonic()

        def is_due() -> bool:
            return time.monotonic() - told >= _PACE_S

        def heard(groups: Sequence[Group]) -> None:
            nonlocal told
            with self._lock:
                self._partial = Snapshot(asked, list(groups), job)
            tell({"id": job, **self.summary()})
            told = time.monotonic()

        try:
            groups = self.collection.duplicates(
                asked.relation,
                min_score=asked.min_score,
                where=asked.filter or None,
                references=asked.references,
                heard=Heard(progress, heard, is_due),
            )
            found.keep(self.folder, replace(asked, at=now()), groups)
        finally:
            with self._lock:
                self._partial = self._cached = None
        tell({"id": job, **self.summary()})
        return groups

    def forget(self) -> None:
        """The groups are looked at anew, for files came or went."""
        with self._lock:
            self._cached = None

    def snapshot(self) -> Snapshot:
        """The groups so far while they are looked for, else those found last."""
        with self._lock:
            if self._partial is not None:
                return self._partial
            version = self.collection.changes
            if self._cached is None or self._cached[0] != version:
                self._cached = (version, self._read())
            return self._cached[1]

    def _read(self) -> Snapshot:
        catalog = self.collection.engine().catalog
        known = found.kept(self.folder, catalog)
        if known is None:
            return Snapshot()
        return Snapshot(known[0], revised(known[1], Rulings(catalog.decisions())))

    def summary(self) -> dict[str, Any]:
        """What was looked for, and how much there is of each class."""
        known = self.snapshot()
        asked = None if known.asked is None else known.asked.to_dict()
        return {"found": asked, "job": known.job or None, "classes": [one.to_dict() for one in self._tallies(known)]}

    def _tallies(self, known: Snapshot) -> list[Tally]:
        return tallies(known.groups, [self.picks.is_settled(group) for group in known.groups])

    def page(self, which: Which) -> Shown:
        """A page of the groups."""
        fits = [group for group in self.snapshot().groups if self._fits(group, which)]
        left = fits if which.after is None else [group for group in fits if place_of(group) > which.after]
        return Shown(left[: which.limit], len(fits), len(left) > which.limit)

    def _fits(self, group: Group, which: Which) -> bool:
        return (
            which.certainty in {None, certainty_of(group)}
            and which.relation in {None, group.relation}
            and which.settled in {None, self.picks.is_settled(group)}
        )

    def choose(self, choices: Mapping[tuple[Key, str], Pick | None]) -> None:
        """What is to become of files, given by the ids of their pictures and their paths; all of them or none.

        Raises:
            NotFoundError: one is no file of the collection.
            InsufficientStorageError: the disk is full.
        """
        records = self.collection.engine().catalog.records_of([key for key, _ in choices])
        places = {(key, place.uri): record.sha256 for key, record in records.items() for place in record.locations}
        missing = [place for place in choices if place not in places]
        if missing:
            raise NotFoundError(
                f"picture {missing[0][0]} is not at that path", hint="take `id` and `path` of a member of a group"
            )
        self.put({(path, places[key, path]): pick for (key, path), pick in choices.items()})

    def put(self, choices: Choices) -> None:
        """Picks by path and SHA-256.

        Raises:
            InsufficientStorageError: they cannot be written.
        """
        try:
            self.picks.put(choices)
        except OSError as error:
            raise InsufficientStorageError("what was chosen could not be written") from error

    def pick_of(self, member: Member) -> str | None:
        """What was chosen for a file, if anything."""
        pick = self.picks.of(member)
        return None if pick is None else str(pick)
