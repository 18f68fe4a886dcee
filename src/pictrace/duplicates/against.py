"""Which files of one collection are there in another one too; the other's are compared against and never touched."""

from collections import defaultdict
from collections.abc import Mapping

import numpy as np

from pictrace.candidates import Engine
from pictrace.duplicates.clustering import Cluster, Sought
from pictrace.duplicates.finding import Classes, Folder, Heard, Wanted, grouped
from pictrace.duplicates.groups import Group
from pictrace.duplicates.judging import Judgement, Judges
from pictrace.duplicates.neighbours import nearest_in
from pictrace.errors import RecipeMismatchError
from pictrace.types import Key, Relation

NEAREST = 5
"""Pictures of the other collection that each one is held against."""

Found = Mapping[Key, tuple[Key, Judgement]]
"""For pictures of the one collection the nearest of the other, and how near it is."""


def find_against(
    folder: Folder, other: Folder, wanted: Wanted | None = None, *, heard: Heard | None = None
) -> list[Group]:
    """Groups of one picture of `other`, the medoid, and the files of `folder` that show it too, the surest first.

    Raises:
        RecipeMismatchError: the collections were made with other encoders, and their rows cannot be compared.
        SpacesChangedError: other encoders took over in one of them meanwhile.
    """
    asked, listener = wanted or Wanted(), heard or Heard()
    mine, theirs = Classes.of(folder.engine, asked.where), Classes.of(other.engine, None)
    found = dict(_exact(mine, theirs))
    if asked.relation is not Relation.EXACT:
        _refuse_others(folder.engine, other.engine)
        left = np.array([key for key in mine.leaders.tolist() if key not in found], np.uint64)
        near = nearest_in(
            folder.engine,
            other.engine,
            left,
            NEAREST,
            seen=lambda done: listener.progress("neighbours", done, len(left)),
        )
        found |= _judged(folder, other, near, asked, listener)
    clusters: dict[Key, Cluster] = {}
    for key, (medoid, judgement) in found.items():
        clusters.setdefault(medoid, Cluster(medoid)).members[key] = judgement
    return grouped(folder, other, asked, (mine, theirs), clusters.values())


def _exact(mine: Classes, theirs: Classes) -> Found:
    """Pictures of the same pixels: no judging is needed."""
    by_pixels = {theirs.hashes[key][1]: key for key in theirs.twins}
    return {
        key: (by_pixels[mine.hashes[key][1]], Judgement(key, Relation.EXACT, 1.0))
        for key in mine.twins
        if mine.hashes[key][1] in by_pixels
    }


def _refuse_others(one: Engine, other: Engine) -> None:
    # In whatever order they were named when the collections were made.
    if set(other.catalog.recipe.active) != set(one.catalog.recipe.active):
        raise RecipeMismatchError(
            "the two collections were made with other encoders",
            hint="index one of them again, with the encoders of the other",
        )


def _judged(folder: Folder, other: Folder, near: Mapping[Key, list[Key]], asked: Wanted, heard: Heard) -> Found:
    """The surest of what each picture was held against, if that is enough."""
    wanted: defaultdict[Key, list[Key]] = defaultdict(list)
    for key, candidates in near.items():
        for candidate in candidates:
            wanted[candidate].append(key)
    sought, done = Sought(asked.relation, asked.min_score), 0
    found: dict[Key, tuple[Key, Judgement]] = {}
    with Judges(folder.path, folder.measure, folder.manner(asked.relation), against=other.path) as judges:
        for medoid, judgements in judges.run(wanted):
            for one in filter(sought.admits, judgements):
                known = found.get(one.other)
                if known is None or (known[1].relation.rank, known[1].score) < (one.relation.rank, one.score):
                    found[one.other] = (medoid, one)
            done += 1
            heard.progress("judged", done, len(wanted))
    return found
