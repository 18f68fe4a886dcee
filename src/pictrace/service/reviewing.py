"""What a service knows of a collection's duplicates: the groups found last or so far, and what was chosen in them."""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from pictrace.collection import Collection
from pictrace.decisions import Rulings, now
from pictrace.dedupe.picks import Choices, Pick, Picks
from pictrace.duplicates import found
from pictrace.duplicates.certainty import Certainty, Graded, Tally, tallies
from pictrace.duplicates.finding import FOLDER, Heard
from pictrace.duplicates.found import Asked
from pictrace.duplicates.groups import Group, Member
from pictrace.duplicates.revising import revised
from pictrace.duplicates.wholeness import told_apart
from pictrace.errors import InsufficientStorageError, NotFoundError
from pictrace.types import Key, Relation

_PACE_S = 2.0
"""Between two looks at the groups so far: each costs a look at all of them."""


@dataclass(frozen=True, eq=False)
class Snapshot:
    """Groups as decisions leave them, the surest first; `job` is the one that still looks for more, if any."""

    asked: Asked | None = None
    groups: Sequence[Group] = ()
    job: str = ""

    @cached_property
    def graded(self) -> Sequence[Graded]:
        """The same groups with their classes."""
        return [Graded.of(group) for group in self.groups]


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
    _read: tuple[int, Snapshot] | None = None
    _revised: Snapshot | None = None
    _settled: tuple[Snapshot, int, Sequence[bool]] | None = None

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

        At last each copy is compared with its medoid, so that plans know which of them lack something.
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
            told_of = self._told_apart(replace(asked, at=now()), groups, progress)
        finally:
            with self._lock:
                self._partial = self._read = self._revised = None
        tell({"id": job, **self.summary()})
        return told_of

    def _told_apart(
        self, asked: Asked, groups: Sequence[Group], progress: Callable[[str, int, int], None]
    ) -> Sequence[Group]:
        """The groups, kept, with what was done to each copy, which plans choose by."""
        before = found.told(self.folder, self.collection.engine().catalog)
        # What was found is not lost if the rest is called off.
        found.keep(self.folder, asked, groups)
        told = []
        for group in told_apart(groups, self.collection.compare, before=before):
            told.append(group)
            progress("told", len(told), len(groups))
        found.keep(self.folder, asked, told, are_told_apart=True)
        return told

    def forget(self) -> None:
        """The groups are looked at anew, for files came or went."""
        with self._lock:
            self._read = self._revised = None

    def decide(self, act: Callable[[], None]) -> None:
        """Writes decisions; if nothing else was written meanwhile, only these are looked at anew, and no file."""
        before = self.collection.changes
        act()
        after = self.collection.changes
        with self._lock:
            self._revised = None
            if self._read is not None and self._read[0] == before and after == before + 1:
                self._read = (after, self._read[1])

    def snapshot(self) -> Snapshot:
        """The groups so far while they are looked for, else those found last."""
        with self._lock:
            if self._partial is not None:
                return self._partial
            version = self.collection.changes
            if self._read is None or self._read[0] != version:
                self._read, self._revised = (version, self._kept()), None
            if self._revised is None:
                known, decided = self._read[1], self.collection.decisions()
                self._revised = replace(known, groups=revised(known.groups, Rulings(decided))) if decided else known
            return self._revised

    def _kept(self) -> Snapshot:
        known = found.kept(self.folder, self.collection.engine().catalog)
        return Snapshot() if known is None else Snapshot(*known)

    def summary(self) -> dict[str, Any]:
        """What was looked for, and how much there is of each class."""
        known = self.snapshot()
        asked = None if known.asked is None else known.asked.to_dict()
        return {"found": asked, "job": known.job or None, "classes": [one.to_dict() for one in self._tallies(known)]}

    def _tallies(self, known: Snapshot) -> list[Tally]:
        return tallies(known.graded, self._are_settled(known))

    def _are_settled(self, known: Snapshot) -> Sequence[bool]:
        """Of each group whether it is settled."""
        cached, version = self._settled, self.picks.version
        if cached is None or cached[0] is not known or cached[1] != version:
            cached = (known, version, [self.picks.is_settled(group) for group in known.groups])
            self._settled = cached
        return cached[2]

    def page(self, which: Which) -> Shown:
        """A page of the groups."""
        known = self.snapshot()
        fits = [
            one.group
            for one, is_settled in zip(known.graded, self._are_settled(known), strict=True)
            if which.certainty in {None, one.certainty}
            and which.settled in {None, is_settled}
            and (which.relation is None or which.relation is one.group.relation)
        ]
        left = fits if which.after is None else [group for group in fits if place_of(group) > which.after]
        return Shown(left[: which.limit], len(fits), len(left) > which.limit)

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
