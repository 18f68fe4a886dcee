"""Which copies of a group lack something of the picture, or have something laid over or around it."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from pictrace.dedupe.groups import Group
from pictrace.results import ChangeKind, Match
from pictrace.types import Key, Relation

LESS = frozenset({ChangeKind.CROPPED, ChangeKind.OVERLAID, ChangeKind.BORDERED, ChangeKind.PASTED, ChangeKind.PART_OF})
"""Changes after which a copy is less than the whole, however many pixels it has."""

Compare = Callable[[Key, Key], Match]


def told_apart(groups: Iterable[Group], compare: Compare) -> Iterator[Group]:
    """The groups with the changes of each picture among its reasons, by comparing copies with the medoid once more.

    What `compare` says of a pair is of its first picture as the query; groups of equal files are as they were.
    """
    for group in groups:
        done: dict[Key, set[str]] = {}
        for member in {one.id: one for one in group if one.relation is Relation.COPY and not one.collection}.values():
            if group.members[0].collection or member.id == group.medoid:
                continue
            for change in compare(group.medoid, member.id).changes:
                if change.kind in LESS and change.side is not None:
                    key = group.medoid if change.side == "query" else member.id
                    done.setdefault(key, set()).add(str(change.kind))
        members = tuple(
            replace(one, reasons=(*one.reasons, *sorted(done[one.id]))) if one.id in done else one for one in group
        )
        yield replace(group, members=members)
