"""What a collection says of its duplicates: which files are, and what people decided of them."""

import os
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path

from pictrace import listing
from pictrace._writing import Writing
from pictrace.candidates import Engine
from pictrace.catalogs import Catalog
from pictrace.decisions import Decision, Ruling, now, ruling_of
from pictrace.duplicates.against import find_against
from pictrace.duplicates.finding import Folder, Heard, Wanted, find
from pictrace.duplicates.groups import Group
from pictrace.errors import UsageError
from pictrace.settings import Settings
from pictrace.types import Key, Relation


class Duplicates(ABC):
    """The part of a collection that finds duplicates and remembers what was decided."""

    path: Path
    settings: Settings
    _writing: Writing

    @abstractmethod
    def engine(self) -> Engine:
        """What searches work with."""

    @abstractmethod
    def _reader(self) -> Catalog:
        """The catalog for reading."""

    def duplicates(
        self,
        relation: Relation | str = Relation.COPY,
        *,
        min_score: float = 0.0,
        where: listing.Where | None = None,
        references: Sequence[str] = (),
        against: "Duplicates | None" = None,
        heard: Heard | None = None,
    ) -> list[Group]:
        """Groups of files that show the same picture, the surest first; nothing is done to any of them.

        `relation` is the weakest that counts: `exact`, `copy`, `scene` or `similar`. Every file of a group was held
        against one of them. What is below one of the `references`, folders, is compared against only. A run that was
        killed goes on where it was, and what was judged once is not judged again. With `against`, another collection,
        groups are of one of its pictures, a reference, and the files here that show it too.

        Raises:
            UsageError: a relation, score or filter that makes no sense.
            NotFoundError: there is no such collection.
            RecipeMismatchError: the other collection was made with other encoders.
            SpacesChangedError: other encoders took over meanwhile; the same call is answered by these.
        """
        wanted = Wanted(_relation(relation), min_score, listing.filter_of(where), references)
        workers = self.settings.workers or self.settings.cores
        folder = Folder(self.path, self.engine(), workers, polite=self._writing.is_held)
        if against is None:
            return find(folder, wanted, heard=heard)
        return find_against(folder, Folder(against.path, against.engine(), workers), wanted, heard=heard)

    def forget_places(self, paths: Sequence[str]) -> None:
        """Where files were that a plan put aside nothing is listed any more; nor pictures that were nowhere else.

        Paths at which something is are passed over.

        Raises:
            NotFoundError: there is no such collection.
            IndexLockedError: another process is writing.
        """
        gone = [path for path in paths if not os.path.lexists(path)]
        if not gone:
            return
        with self._writing(create=False) as catalog, self._writing.turn:
            catalog.forget_locations(gone)
            catalog.drop_unplaced()

    def decide(self, one: Key, other: Key, verdict: Ruling | str, *, note: str = "") -> Decision:
        """What two pictures are to each other from now on: `duplicate`, `different`, `alternate` or `both`.

        It is kept by the hashes of their contents, and so outlives moves, models and the pictures themselves.

        Raises:
            NotFoundError: one of the ids does not exist.
            UsageError: there is no such verdict.
        """
        traces = self._reader().traces([one, other])
        for key in (one, other):
            if key not in traces:
                self._reader().by_id(key)
        first, second = traces[one], traces[other]
        decision = Decision(
            first.sha256, second.sha256, first.pixel_hash, second.pixel_hash, ruling_of(verdict), now(), note
        )
        self.take_decisions([decision])
        return decision

    def decisions(self) -> list[Decision]:
        """Everything that was decided."""
        return self._reader().decisions()

    def take_decisions(self, decisions: Sequence[Decision]) -> None:
        """Decisions made elsewhere, all of them or none; each takes the place of the one before on its pair."""
        with self._writing(create=False) as catalog, self._writing.turn:
            catalog.decide(decisions)

    def undecide(self, decisions: Sequence[Decision]) -> None:
        """Decisions taken back; those that are not there are passed over."""
        with self._writing(create=False) as catalog, self._writing.turn:
            catalog.undecide(decisions)


def _relation(name: Relation | str) -> Relation:
    try:
        return Relation(name)
    except ValueError as error:
        known = ", ".join(str(one) for one in Relation if one is not Relation.DIFFERENT)
        raise UsageError(f"{name!r} is no relation", hint=f"choose among: {known}") from error
