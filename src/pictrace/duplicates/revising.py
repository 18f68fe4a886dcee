"""Groups that were found before somebody decided: without what is to be apart, and with what belongs together."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from pictrace.decisions import Rulings
from pictrace.duplicates.finding import YOU_SAID_SO
from pictrace.duplicates.groups import Group, Member, strongest_first
from pictrace.types import Key, Relation


def revised(groups: Sequence[Group], rulings: Rulings) -> list[Group]:
    """The groups as decisions leave them, the surest first; nothing is judged anew.

    What left a group is one of its own where its files have the same pixels; what else it is a copy of, the next run
    finds.
    """
    if not len(rulings):
        return list(groups)
    named = rulings.hashes
    parted = [
        part for group in groups for part in (_parted(group, rulings) if _is_concerned(group, named) else [group])
    ]
    return strongest_first([group for group in _joined(parted, rulings) if group.is_worth_telling])


def _parted(group: Group, rulings: Rulings) -> Iterator[Group]:
    """A group without the pictures that are to be apart from one before them, and groups of equals among those."""
    hashes = {member.id: _hashes(member) for member in group}
    stays: list[Key] = []
    leaves: list[Key] = []
    for key in group.keys:
        decided = [rulings.of(hashes[key], hashes[other]) for other in stays]
        is_apart = any(one is not None and not one.joins for one in decided)
        (leaves if is_apart else stays).append(key)
    if not leaves:
        yield group
        return
    loose = tuple(link for link in group.loose if {link.one, link.other} & set(stays))
    yield Group.around(group.medoid, [member for member in group if member.id in stays], loose)
    by_pixels: dict[str, list[Member]] = {}
    for member in group:
        if member.id in leaves:
            by_pixels.setdefault(member.pixel_hash, []).append(member)
    for members in by_pixels.values():
        alike = [replace(member, relation=Relation.EXACT, score=1.0, reasons=()) for member in members]
        yield Group.around(alike[0].id, alike, ())


def _joined(groups: Sequence[Group], rulings: Rulings) -> Iterable[Group]:
    """The groups, those that hold two pictures which belong together as one."""
    pairs = list(rulings.joined())
    if not pairs:
        return groups
    home = {member.sha256: place for place, group in enumerate(groups) for member in group}
    whole: dict[int, Group] = dict(enumerate(groups))
    for one, other in pairs:
        first, second = home.get(one.hex()), home.get(other.hex())
        if first is None or second is None or first == second:
            continue
        kept, lost = min(first, second), max(first, second)
        whole[kept] = _with(whole[kept], whole.pop(lost))
        home.update({sha: kept for sha, place in home.items() if place == lost})
    return whole.values()


def _with(group: Group, other: Group) -> Group:
    """Both as one, because somebody says so."""
    moved = [replace(member, relation=Relation.COPY, score=1.0, reasons=(YOU_SAID_SO,)) for member in other]
    keys = {*group.keys, *other.keys}
    loose = [link for link in (*group.loose, *other.loose) if not {link.one, link.other} <= keys]
    return Group.around(group.medoid, [*group.members, *moved], tuple(dict.fromkeys(loose)))


def _is_concerned(group: Group, named: frozenset[str]) -> bool:
    return any(member.sha256 in named or member.pixel_hash in named for member in group)


def _hashes(member: Member) -> tuple[bytes, bytes]:
    return bytes.fromhex(member.sha256), bytes.fromhex(member.pixel_hash)
