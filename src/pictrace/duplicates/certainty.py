"""How sure a group is, in four classes: what may be accepted unseen, and what wants a look."""

import enum
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from pictrace.duplicates.groups import Group
from pictrace.types import Relation

SURE = 0.99
"""Score of the weakest link from which copies are sure: of a hundred such links one may be wrong, as calibrated."""


class Certainty(enum.StrEnum):
    """Classes of groups, the surest first: the same bytes or pixels, copies that are sure, copies, all others."""

    EXACT = "exact"
    SURE = "sure"
    COPY = "copy"
    SCENE = "scene"


def certainty_of(group: Group) -> Certainty:
    """The class of a group, by its weakest link."""
    if group.relation is Relation.EXACT:
        return Certainty.EXACT
    if group.relation is Relation.COPY:
        return Certainty.SURE if group.score >= SURE else Certainty.COPY
    return Certainty.SCENE


@dataclass(frozen=True)
class Tally:
    """What a class holds: groups, how many of them are `settled`, all files, and what one file each would free."""

    certainty: Certainty
    groups: int = 0
    settled: int = 0
    files: int = 0
    spare_files: int = 0
    spare_bytes: int = 0

    def to_dict(self) -> dict[str, Any]:
        """The tally as JSON output carries it."""
        return {**asdict(self), "certainty": str(self.certainty)}


@dataclass(frozen=True)
class Graded:
    """A group with its class, and what of it is to spare: looked at once, for there may be tens of thousands."""

    group: Group
    certainty: Certainty
    spare_files: int
    spare_bytes: int

    @classmethod
    def of(cls, group: Group) -> "Graded":
        """The grade of a group; what is to spare goes if the largest file stays, or those only compared against."""
        sizes = sorted(member.place.size for member in group if not member.reference)
        spare = sizes if len(sizes) < len(group) else sizes[:-1]
        return cls(group, certainty_of(group), len(spare), sum(spare))


def tallies(groups: Sequence[Graded], settled: Sequence[bool]) -> list[Tally]:
    """One for each class; `settled` says of each group whether nothing is left to choose."""
    found = []
    for certainty in Certainty:
        mine = [(one, is_over) for one, is_over in zip(groups, settled, strict=True) if one.certainty is certainty]
        found.append(
            Tally(
                certainty,
                len(mine),
                sum(is_over for _, is_over in mine),
                sum(len(one.group) for one, _ in mine),
                sum(one.spare_files for one, _ in mine),
                sum(one.spare_bytes for one, _ in mine),
            )
        )
    return found
