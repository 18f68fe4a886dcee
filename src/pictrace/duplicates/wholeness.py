"""Which copies of a group lack something of the picture, or have something laid over or around it."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace

from pictrace.duplicates.groups import Group
from pictrace.results import ChangeKind, Match
from pictrace.types import Key, Relation

LESS = frozenset({ChangeKind.CROPPED, ChangeKind.OVERLAID, ChangeKind.BORDERED, ChangeKind.PASTED, ChangeKind.PART_OF})
"""Changes after which a copy is less than the whole, however many pixels it has."""

_LESS = frozenset(str(kind) for kind in LESS)

Compare = Callable[[Key, Key], Match]


def told_apart(groups: Iterable[Group], compare: Compare, *, before: Iterable[Group] = ()) -> Iterator[Group]:
    """The groups with the changes of each picture among its reasons, by comparing copies with the medoid once more.

    What `compare` says of a pair is of its first picture as the query; groups of equal files are as they were. Those
    of the same contents that were told apart `before` are not compared again.
    """
    known = {_contents(group): {one.sha256: set(one.reasons) & _LESS for one in group} for group in before}
    for group in groups:
        if (said := known.get(_contents(group))) is not None:
            yield _with_reasons(group, {one.id: said[one.sha256] for one in group})
            continue
        done: dict[Key, set[str]] = {}
        for member in {one.id: one for one in group if one.relation is Relation.COPY and not one.collection}.values():
            if group.members[0].collection or member.id == group.medoid:
                continue
            for change in compare(group.medoid, member.id).changes:
                if change.kind in LESS and change.side is not None:
                    key = group.medoid if change.side == "query" else member.id
                    done.setdefault(key, set()).add(str(change.kind))
        yield _with_reasons(group, done)


def _contents(group: Group) -> tuple[str, str]:
    return group.id, group.members[0].sha256


def _with_reasons(group: Group, done: Mapping[Key, set[str]]) -> Group:
    members = tuple(
        replace(one, reasons=tuple(dict.fromkeys((*one.reasons, *sorted(done[one.id]))))) if done.get(one.id) else one
        for one in group
    )
    return replace(group, members=members)
