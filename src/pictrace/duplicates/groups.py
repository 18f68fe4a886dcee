"""What finding duplicates gives: groups of files, each held against one of them, and the weakest link named."""

import hashlib
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

from pictrace.results import PictureRecord
from pictrace.types import Key, Location, Relation

Judged = tuple[Relation, float, tuple[str, ...]]
"""How a picture is related to a medoid, how sure that is, and why."""


@dataclass(frozen=True)
class Member:
    """One file of a group, and how its picture is related to that of the group's medoid.

    Two files of the same bytes have the same `id`. `reference` says that it was found under a folder that is only
    compared against, so that nothing may ever be done to it.
    """

    id: Key
    place: Location
    sha256: str
    pixel_hash: str
    format: str
    width: int
    height: int
    added: str
    relation: Relation
    score: float
    reasons: tuple[str, ...] = ()
    metadata: Mapping[str, Any] = field(default_factory=dict)
    reference: bool = False
    collection: str = ""

    @classmethod
    def of(cls, record: PictureRecord, place: Location, judged: Judged, *, pixels: str, is_reference: bool) -> Self:
        """The member at one of a picture's places; `pixels` is the hash of these, hexadecimal."""
        facts = (record.format, record.width, record.height, record.added)
        return cls(record.id, place, record.sha256, pixels, *facts, *judged, record.metadata, is_reference)

    @property
    def path(self) -> str:
        """Where the file is."""
        return self.place.uri

    def to_dict(self) -> dict[str, Any]:
        """The member as JSON output carries it."""
        return {
            "id": self.id,
            "path": self.path,
            "relation": str(self.relation),
            "score": round(self.score, 6),
            "sha256": self.sha256,
            "format": self.format,
            "width": self.width,
            "height": self.height,
            "size": self.place.size,
            "reference": self.reference,
            "collection": self.collection or None,
            "reasons": self.reasons,
        }


@dataclass(frozen=True)
class Link:
    """Two pictures by their ids, how they are related, and how sure that is."""

    one: Key
    other: Key
    relation: Relation
    score: float

    @classmethod
    def read(cls, one: Any, other: Any, relation: Any, score: Any) -> Self:
        """The link that was written as these four values.

        Raises:
            TypeError: one of them is of another kind.
            ValueError: one of them is none that a link has.
        """
        return cls(int(one), int(other), *judged_from(relation, score)[:2])

    def to_dict(self) -> dict[str, Any]:
        """The link as JSON output carries it."""
        return {"ids": [self.one, self.other], "relation": str(self.relation), "score": round(self.score, 6)}


@dataclass(frozen=True)
class Group:
    """Files that show the same picture: every one was held against that of the `medoid`, so that nothing chains.

    `members` begin with the medoid's files; `weakest` is the least sure of the links to it, `None` where all files
    are of one picture. `loose` are links to pictures outside that are as near to a member, but not to the medoid.
    """

    medoid: Key
    members: tuple[Member, ...]
    weakest: Link | None = None
    loose: tuple[Link, ...] = ()

    @classmethod
    def around(cls, medoid: Key, members: Sequence[Member], loose: tuple[Link, ...] = ()) -> Self:
        """Files as one group; the medoid's are among them, and those of the same pixels need no link to them."""
        pixels = next(member.pixel_hash for member in members if member.id == medoid)
        links = [Link(medoid, one.id, one.relation, one.score) for one in members if one.pixel_hash != pixels]
        return cls(medoid, tuple(members), weakest_of(links), loose)

    @property
    def id(self) -> str:
        """The same for the same files' contents, whoever finds them and wherever they are: 16 hexadecimal digits."""
        shas = sorted(member.sha256 for member in self.members)
        return hashlib.sha256("\n".join(shas).encode()).hexdigest()[:16]

    @property
    def relation(self) -> Relation:
        """The weakest relation of any member to the medoid."""
        return min((member.relation for member in self.members), default=Relation.EXACT)

    @property
    def score(self) -> float:
        """How sure the weakest link is."""
        return 1.0 if self.weakest is None else self.weakest.score

    @property
    def spare(self) -> int:
        """How many files there are beside one that could stay: all but one, references never."""
        return min(len(self.members) - 1, sum(not member.reference for member in self.members))

    @property
    def spare_bytes(self) -> int:
        """What could be freed if the largest file stays: names of one file count once, references never."""
        sizes = {one.place.identity or one.path: one.place.size for one in self.members if not one.reference}
        stays = 0 if len(self.members) > sum(not one.reference for one in self.members) else max(sizes.values())
        return sum(sizes.values()) - stays

    @property
    def is_worth_telling(self) -> bool:
        """Whether there is anything to decide: several files, not all of them only compared against."""
        return len(self.members) > 1 and not all(member.reference for member in self.members)

    def is_led_by(self, member: Member) -> bool:
        """Whether a file is one of those that the others were held against."""
        return member.id == self.medoid and member.collection == self.members[0].collection

    @property
    def keys(self) -> tuple[Key, ...]:
        """The pictures in it, each once."""
        return tuple(dict.fromkeys(member.id for member in self.members))

    def __len__(self) -> int:
        return len(self.members)

    def __iter__(self) -> Iterator[Member]:
        return iter(self.members)

    def to_dict(self) -> dict[str, Any]:
        """The group as JSON output carries it."""
        return {
            "id": self.id,
            "relation": str(self.relation),
            "score": round(self.score, 6),
            "medoid": self.medoid,
            "members": [member.to_dict() for member in self.members],
            "weakest": None if self.weakest is None else self.weakest.to_dict(),
            "loose": [link.to_dict() for link in self.loose],
        }


def judged_from(relation: Any, score: Any, reasons: Iterable[Any] = ()) -> Judged:
    """What was written of how a picture is related to a medoid.

    Raises:
        TypeError: a value is of another kind.
        ValueError: there is no such relation, or the score is no number from 0 to 1.
    """
    share = float(score)
    if not (math.isfinite(share) and 0 <= share <= 1):
        raise ValueError(score)
    return Relation(relation), share, tuple(map(str, reasons))


def weakest_of(links: Iterable[Link]) -> Link | None:
    """The least sure of the links to a medoid; `None` if there is none."""
    return min(links, key=lambda link: (link.relation.rank, link.score), default=None)


def strongest_first(groups: Sequence[Group]) -> list[Group]:
    """Groups by how sure they are: those of equal bytes and pixels, then copies by their weakest link."""
    return sorted(groups, key=lambda group: (-group.relation.rank, -group.score, group.medoid))
