"""Groups made up for tests, of pictures that are not there."""

from collections.abc import Sequence

from pictrace.decisions import Decision, Ruling, Rulings, now
from pictrace.duplicates.groups import Group, Link, Member
from pictrace.types import Location, Relation


def member(key: int, path: str = "", *, pixels: int = 0, score: float = 0.999, **facts: object) -> Member:
    """A file of picture `key`; of the same `pixels` as others that say so."""
    place = Location(path or f"/p/{key}.jpg", "/p", size=100 * key, mtime_ns=1, identity=(1, key))
    given = {"relation": Relation.COPY, **facts}
    return Member(
        key, place, f"{key:02x}" * 32, f"{pixels or key:02x}" * 32, "JPEG", 40, 30, "2026", score=score, **given
    )


def group(*members: Member, loose: Sequence[Link] = ()) -> Group:
    """A group around the first of them."""
    first = members[0]
    links = [Link(first.id, one.id, one.relation, one.score) for one in members if one.pixel_hash != first.pixel_hash]
    weakest = min(links, key=lambda link: (link.relation.rank, link.score), default=None)
    return Group(first.id, members, weakest, tuple(loose))


def ruled(one: Member, other: Member, ruling: Ruling) -> Rulings:
    """That on two pictures, and nothing else."""
    hashes = (one.sha256, other.sha256, one.pixel_hash, other.pixel_hash)
    return Rulings([Decision(*hashes, ruling, now())])


def ids(groups: Sequence[Group]) -> list[list[int]]:
    return [[one.id for one in found] for found in groups]
