"""Which files of a collection are duplicates: exact ones by their hashes, others by neighbours that were judged."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from pictrace import _version, corrections
from pictrace.candidates import Engine
from pictrace.decisions import Rulings
from pictrace.duplicates.clustering import Apart, Cluster, Clustering, Judge, Sought
from pictrace.duplicates.groups import Group, Link, Member, strongest_first, weakest_of
from pictrace.duplicates.judging import Judgement, Judges, Manner, Measure
from pictrace.duplicates.memory import Memory
from pictrace.duplicates.neighbours import neighbourhood, wider
from pictrace.duplicates.shots import Shots
from pictrace.errors import UsageError
from pictrace.filters import Filter
from pictrace.folders import are_above, named
from pictrace.results import PictureRecord
from pictrace.sources.reading import may_be_there
from pictrace.types import Key, Location, Relation

FOLDER = "dedupe"
"""Where a collection keeps what was judged."""

_AT_ONCE = 1000
YOU_SAID_SO = "you decided that they are duplicates"


@dataclass(frozen=True)
class Wanted:
    """Which duplicates are looked for.

    `relation` is the weakest that counts: `exact` for the same bytes or pixels, `copy` for edited copies too, `scene`
    for other photographs of the same thing, `similar` for look-alikes. Only pictures that meet `where` are looked at;
    files below `references` are compared against and never acted upon.

    Raises:
        UsageError: a relation or score that makes no sense.
    """

    relation: Relation = Relation.COPY
    min_score: float = 0.0
    where: Filter | None = None
    references: Sequence[str] = ()

    def __post_init__(self) -> None:
        if self.relation is Relation.DIFFERENT or not 0.0 <= self.min_score <= 1.0:
            raise UsageError(
                f"duplicates cannot be looked for by {self.relation} and {self.min_score}",
                hint="the relation is exact, copy, scene or similar, and the score 0 to 1",
            )
        object.__setattr__(self, "references", named(self.references))

    def is_reference(self, place: Location) -> bool:
        """Whether a file is below one of the folders that are only compared against."""
        return are_above(self.references, place.uri)


@dataclass(frozen=True)
class Heard:
    """Who is told how far the work is, `stage`, done and total, and the groups that are known so far.

    These are only made where `is_due` says so: there may be many, and they are made anew each time.
    """

    progress: Callable[[str, int, int], None] = lambda *_: None
    groups: Callable[[Sequence[Group]], None] | None = None
    is_due: Callable[[], bool] = lambda: True


@dataclass(frozen=True, eq=False)
class Folder:
    """A collection to be searched for duplicates: its folder, its open engine, and how many processes may work.

    `polite` ones let others compute first, as beside a service.
    """

    path: Path
    engine: Engine
    workers: int = 1
    polite: bool = False

    @property
    def measure(self) -> Measure:
        """What its pairs are judged by."""
        engine = self.engine
        return Measure(engine.catalog.recipe.active, engine.correction, engine.strangers)

    def manner(self, least: Relation) -> Manner:
        """How its pairs are judged, where a relation is the weakest of interest."""
        return Manner(self.workers, least, self.polite)


@dataclass
class Classes:
    """Pictures of the same pixels stand for each other: `twins` has them all by the id of the first."""

    hashes: dict[Key, tuple[bytes, bytes]]
    twins: dict[Key, list[Key]] = field(default_factory=dict)

    @classmethod
    def of(cls, engine: Engine, where: Filter | None) -> "Classes":
        """Those of a catalog that meet a filter."""
        allowed = None if where is None else set(engine.catalog.keys(where=where).tolist())
        hashes: dict[Key, tuple[bytes, bytes]] = {}
        by_pixels: defaultdict[bytes, list[Key]] = defaultdict(list)
        for key, sha, pixels in engine.catalog.identities():
            if allowed is None or key in allowed:
                hashes[key] = (sha, pixels)
                by_pixels[pixels].append(key)
        return cls(hashes, {keys[0]: keys for keys in by_pixels.values()})

    @property
    def leaders(self) -> np.ndarray:
        """One id of each class, `(n,)` uint64 ascending."""
        return np.array(sorted(self.twins), np.uint64)


def find(folder: Folder, wanted: Wanted | None = None, *, heard: Heard | None = None) -> list[Group]:
    """Groups of duplicates, the surest first; each file is in one group at most.

    What was judged before is not judged again. What was decided of pairs is honoured.

    Raises:
        SpacesChangedError: other encoders took over meanwhile; what was judged until then is known the next time only
            where these come back.
    """
    asked, listener = wanted or Wanted(), heard or Heard()
    engine = folder.engine
    classes = Classes.of(engine, asked.where)
    rulings = Rulings(engine.catalog.decisions())
    clusters: Iterable[Cluster]
    if asked.relation is Relation.EXACT:
        clusters = [Cluster(key) for key in classes.twins]
    else:
        clusters = _clustered(folder, asked, classes, rulings, listener)
    return _groups(engine, asked, classes, rulings, clusters)


def _clustered(folder: Folder, asked: Wanted, classes: Classes, rulings: Rulings, heard: Heard) -> Iterable[Cluster]:
    """Clusters of one picture of each class; every one is in a cluster, if alone."""
    engine, keys = folder.engine, classes.leaders
    total = len(keys)
    near = neighbourhood(engine, keys, seen=lambda done: heard.progress("neighbours", done, total))
    shas = {key: sha for key, (sha, _) in classes.hashes.items()}
    memory = Memory(folder.path / FOLDER / str(asked.relation), _basis(engine, asked.relation), shas)
    with Judges(folder.path, folder.measure, folder.manner(asked.relation)) as judges:
        clustering = Clustering(
            near,
            Sought(asked.relation, asked.min_score),
            judge=_ruled(memory.asking(judges.run), classes, rulings),
            apart=_apart(engine, asked, classes, rulings),
            wider=lambda some, nearest: wider(engine, some, nearest),
        )
        for _ in clustering.rounds():
            heard.progress("judged", clustering.settled, total)
            if heard.groups is not None and heard.is_due():
                heard.groups(_groups(engine, asked, classes, rulings, list(clustering.clusters.values())))
        clustering.link()
        for one, other in _joined(classes, rulings):
            clustering.force(one, Judgement(other, Relation.COPY, 1.0, (YOU_SAID_SO,)))
    return clustering.clusters.values()


def _joined(classes: Classes, rulings: Rulings) -> Iterable[tuple[Key, Key]]:
    """Pairs of pictures, by the first of their class, of which somebody decided that they are duplicates."""
    if not len(rulings):
        return
    places = {name: keys[0] for keys in classes.twins.values() for name in classes.hashes[keys[0]]}
    places |= {classes.hashes[key][0]: keys[0] for keys in classes.twins.values() for key in keys}
    for one, other in rulings.joined():
        if (first := places.get(one)) is not None and (second := places.get(other)) not in {None, first}:
            yield first, second


def _basis(engine: Engine, least: Relation) -> str:
    """All that a judgement depends on but the pictures."""
    recipe = engine.catalog.recipe
    own = "" if engine.correction is None else repr(engine.correction)
    made = " ".join((*recipe.signals, *(f"{stamp.name} {stamp.version}" for stamp in recipe.active), recipe.features))
    strangers = " ".join(f"{name} {one}" for name, one in sorted(engine.strangers.items()))
    return f"{_version.__version__} {corrections.bundled()} {own} {made} {strangers} {least}"


def _ruled(judge: Judge, classes: Classes, rulings: Rulings) -> Judge:
    """The same judge, overruled where something was decided."""
    if not len(rulings):
        return judge

    def ruled(wanted: Mapping[Key, Sequence[Key]]) -> Iterable[tuple[Key, list[Judgement]]]:
        for one, found in judge(wanted):
            decided = [rulings.of(classes.hashes[one], classes.hashes[each.other]) for each in found]
            yield (
                one,
                [
                    each if ruling is None else _overruled(each, joins=ruling.joins)
                    for each, ruling in zip(found, decided, strict=True)
                ],
            )

    return ruled


def _overruled(judgement: Judgement, *, joins: bool) -> Judgement:
    if not joins:
        return Judgement(judgement.other, Relation.DIFFERENT, 1.0)
    relation = max(judgement.relation, Relation.COPY)
    return Judgement(judgement.other, relation, 1.0, (YOU_SAID_SO,))


def _apart(engine: Engine, asked: Wanted, classes: Classes, rulings: Rulings) -> Apart:
    """Pictures of which somebody decided so, companions, and frames of a burst, which are scenes and no copies."""
    shots = Shots(engine.catalog)

    def apart(one: Key, other: Key) -> bool:
        decision = rulings.of(classes.hashes[one], classes.hashes[other]) if len(rulings) else None
        if decision is not None:
            return not decision.joins
        return shots.are_companions(one, other) or (asked.relation is Relation.COPY and shots.are_frames(one, other))

    return apart


def _groups(
    engine: Engine, asked: Wanted, classes: Classes, rulings: Rulings, clusters: Iterable[Cluster]
) -> list[Group]:
    """The clusters with all their files, the surest first; those of one file are none."""
    found = list(clusters)
    keys = [twin for cluster in found for key in cluster.keys for twin in classes.twins[key]]
    records: dict[Key, PictureRecord] = {}
    for start in range(0, len(keys), _AT_ONCE):
        records |= engine.catalog.records_of(keys[start : start + _AT_ONCE])
    groups = [_group(cluster, asked, classes, rulings, records) for cluster in found]
    return strongest_first([group for group in groups if group.is_worth_telling])


def grouped(
    folder: Folder, other: Folder, asked: Wanted, classes: tuple[Classes, Classes], clusters: Iterable[Cluster]
) -> list[Group]:
    """Clusters whose medoids are of another collection as groups; the files of that one are marked as references."""
    made = []
    for cluster in clusters:
        records = folder.engine.catalog.records_of([twin for key in cluster.members for twin in classes[0].twins[key]])
        theirs = other.engine.catalog.records_of(classes[1].twins[cluster.medoid])
        members: list[Member] = []
        for record in theirs.values():
            whole = Judgement(record.id, Relation.EXACT, 1.0)
            members += [
                replace(one, reference=True, collection=str(other.path))
                for one in _files(record, classes[1], whole, asked)
            ]
        for key, judgement in cluster.members.items():
            for twin in classes[0].twins[key]:
                members += _files(records[twin], classes[0], judgement, asked) if twin in records else []
        made.append(Group(cluster.medoid, tuple(members), _weakest(cluster)))
    return strongest_first([group for group in made if group.is_worth_telling])


def _weakest(cluster: Cluster) -> Link | None:
    return weakest_of(Link(cluster.medoid, key, one.relation, one.score) for key, one in cluster.members.items())


def _group(
    cluster: Cluster, asked: Wanted, classes: Classes, rulings: Rulings, records: Mapping[Key, PictureRecord]
) -> Group:
    members: list[Member] = []
    for key in cluster.keys:
        judgement = cluster.members.get(key, Judgement(key, Relation.EXACT, 1.0))
        for twin in _together(classes, rulings, key):
            if twin in records:
                members += _files(records[twin], classes, judgement, asked)
    return Group(cluster.medoid, tuple(members), _weakest(cluster), tuple(cluster.loose))


def _together(classes: Classes, rulings: Rulings, key: Key) -> list[Key]:
    """The pictures of the same pixels that nobody decided to keep apart from the first of them."""
    if not len(rulings):
        return classes.twins[key]
    first = classes.hashes[key]
    decided = {twin: rulings.of(first, classes.hashes[twin]) for twin in classes.twins[key]}
    return [twin for twin, decision in decided.items() if twin == key or decision is None or decision.joins]


def _files(record: PictureRecord, classes: Classes, judgement: Judgement, asked: Wanted) -> list[Member]:
    judged = (judgement.relation, judgement.score, judgement.reasons)
    pixels = classes.hashes[record.id][1].hex()
    return [
        Member.of(record, place, judged, pixels=pixels, is_reference=asked.is_reference(place))
        for place in record.locations
        if may_be_there(place)
    ]
