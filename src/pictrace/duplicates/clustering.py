"""Clusters without chains: pictures in the middle of others lead, and only what is held against a leader joins it."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from pictrace.duplicates.groups import Link
from pictrace.duplicates.judging import Judgement
from pictrace.duplicates.neighbours import Neighbourhood
from pictrace.types import Key, Relation

LEADERS = 256
"""Leaders of one round: what is found is told after each, and one killed run loses no more than that."""

_WIDEN = 4
_MOST = 4096
"""Neighbours that are asked for at most, where all of fewer are copies of one picture."""

_STILL = 0.8
"""Share of a leader's candidates that joined it from which there may be more than were asked for."""

_LINKED = 0.75
"""Likeness from which a leader is held against members of other clusters."""

_ELSEWHERE = 3
"""Members of other clusters that a leader is held against at the end, one of each."""

Judge = Callable[[Mapping[Key, Sequence[Key]]], Iterable[tuple[Key, list[Judgement]]]]
"""What is found of each picture's candidates."""

Apart = Callable[[Key, Key], bool]
"""Whether two pictures may not be in one cluster, whatever they look like."""

Wider = Callable[[Sequence[Key], int], Mapping[Key, Sequence[Key]]]
"""More neighbours of a few pictures than the table has."""


@dataclass
class Cluster:
    """A leader by its id, and what joined it; `loose` are links between a member and what could not join."""

    medoid: Key
    members: dict[Key, Judgement] = field(default_factory=dict)
    loose: list[Link] = field(default_factory=list)

    @property
    def keys(self) -> list[Key]:
        """All pictures in it, the medoid first."""
        return [self.medoid, *self.members]


@dataclass(frozen=True)
class Sought:
    """What joins a cluster: what is at least so related to its leader, and so surely."""

    least: Relation = Relation.COPY
    min_score: float = 0.0

    def admits(self, judgement: Judgement) -> bool:
        """Whether that is enough."""
        return judgement.relation >= self.least and judgement.score >= self.min_score


class Clustering:
    """Clusters of a neighbourhood's pictures, made in rounds.

    In every round the most central pictures that are free and not near to each other lead. Each is held against its
    neighbours that are free, and those that are related enough join it, unless they may not be `apart` from a member.
    """

    def __init__(self, near: Neighbourhood, sought: Sought, *, judge: Judge, apart: Apart, wider: Wider) -> None:
        self.clusters: dict[Key, Cluster] = {}
        self._near, self._sought = near, sought
        self._judge, self._apart, self._wider = judge, apart, wider
        self._free = np.ones(len(near), np.bool_)
        self._order = np.argsort(-near.centrality, kind="stable")
        self._refused: set[tuple[Key, Key]] = set()
        self._home: dict[Key, Key] = {}
        self._lost: list[tuple[Key, Judgement]] = []

    @property
    def settled(self) -> int:
        """How many pictures have their place."""
        return int(np.count_nonzero(~self._free))

    def rounds(self) -> Iterator[list[Cluster]]:
        """The clusters of two and more that each round makes."""
        while True:
            wanted = self._leaders()
            if not wanted:
                return
            yield self._settle(wanted, self._judged(wanted))

    def _leaders(self) -> dict[Key, list[Key]]:
        """Who leads in this round, each with its free neighbours; those without any are settled at once."""
        taken = np.zeros(len(self._near), np.bool_)
        leads = np.zeros(len(self._near), np.bool_)
        wanted: dict[Key, list[Key]] = {}
        for place in self._order[self._free[self._order]].tolist():
            row = self._near.near[place]
            around = row[row >= 0]
            around = around[self._free[around]]
            if taken[place] or leads[around].any():
                continue
            key = int(self._near.keys[place])
            others = [int(one) for one in self._near.keys[around]]
            others = [one for one in others if (min(key, one), max(key, one)) not in self._refused]
            if not others:
                self._free[place] = False
                self._keep(Cluster(key))
                continue
            leads[place] = taken[place] = True
            taken[around] = True
            wanted[key] = others
            if len(wanted) == LEADERS:
                break
        self._order = self._order[self._free[self._order]]
        return wanted

    def _judged(self, wanted: Mapping[Key, Sequence[Key]]) -> dict[Key, list[Judgement]]:
        """Whom of its candidates each leader admits, the surest first, and of ever more where nearly all are."""
        found: dict[Key, list[Judgement]] = {key: [] for key in wanted}
        asked: dict[Key, set[Key]] = {key: set(others) for key, others in wanted.items()}
        open_: Mapping[Key, Sequence[Key]] = wanted
        nearest = self._near.near.shape[1]
        while open_:
            for key, judgements in self._judge(open_):
                found[key] += [one for one in judgements if self._sought.admits(one)]
                self._refused |= {(min(key, one.other), max(key, one.other)) for one in judgements}
            nearest *= _WIDEN
            open_ = self._more(found, asked, list(open_), nearest)
        for admitted in found.values():
            admitted.sort(key=lambda one: (-one.relation.rank, -one.score, one.other))
        return found

    def _more(
        self, found: Mapping[Key, list[Judgement]], asked: Mapping[Key, set[Key]], leaders: Sequence[Key], nearest: int
    ) -> dict[Key, list[Key]]:
        """What else may join those leaders whom nearly all candidates joined."""
        if nearest > _MOST:
            return {}
        least = self._near.near.shape[1] // 2
        growing = [key for key in leaders if len(found[key]) >= max(least, _STILL * len(asked[key]))]
        more: dict[Key, list[Key]] = {}
        for key, others in (self._wider(growing, nearest) if growing else {}).items():
            fresh = [one for one in others if one not in asked[key] and self._is_free(one)]
            if fresh:
                more[key] = fresh
                asked[key].update(fresh)
        return more

    def _settle(self, wanted: Iterable[Key], found: Mapping[Key, list[Judgement]]) -> list[Cluster]:
        """The clusters of a round: what several leaders admit joins the one it is nearest to.

        A leader that a more central one admits is no leader, and waits for its place like anybody else.
        """
        leaders: list[Key] = []
        for key in wanted:
            if not any(one.other == key for leader in leaders for one in found[leader]):
                leaders.append(key)
        best: dict[Key, tuple[int, float, int]] = {}
        for number, key in enumerate(leaders):
            self._take(key)
            for one in found[key]:
                rank = (one.relation.rank, one.score, -number)
                best[one.other] = max(best.get(one.other, rank), rank)
        return [
            cluster
            for number, key in enumerate(leaders)
            if (cluster := self._filled(key, found[key], best, -number)).members
        ]

    def _filled(
        self, key: Key, admitted: Sequence[Judgement], best: Mapping[Key, tuple[int, float, int]], number: int
    ) -> Cluster:
        """A leader's cluster; what is nearer to another leader is remembered."""
        cluster = Cluster(key)
        for one in admitted:
            if self._is_apart(cluster, one.other):
                continue
            if best[one.other] == (one.relation.rank, one.score, number) and self._is_free(one.other):
                cluster.members[one.other] = one
                self._take(one.other)
            else:
                self._lost.append((key, one))
        self._keep(cluster)
        return cluster

    def _is_apart(self, cluster: Cluster, key: Key) -> bool:
        return any(self._apart(key, member) for member in cluster.keys)

    def _place(self, key: Key) -> int:
        place = int(np.searchsorted(self._near.keys, key))
        return place if place < len(self._near) and int(self._near.keys[place]) == key else -1

    def _is_free(self, key: Key) -> bool:
        place = self._place(key)
        return place >= 0 and bool(self._free[place])

    def _take(self, key: Key) -> None:
        self._free[self._place(key)] = False

    def _keep(self, cluster: Cluster) -> None:
        self.clusters[cluster.medoid] = cluster
        self._home |= dict.fromkeys(cluster.keys, cluster.medoid)

    def link(self) -> None:
        """Leaders held against members of other clusters; where one of these is near to all, it leads them together.

        What is a copy of a copy and not of the leader has come too late for its cluster, or belongs to two.
        """
        wanted = {key: others for key in list(self.clusters) if (others := self._elsewhere(key))}
        lost = [(key, [one]) for key, one in self._lost if one.other in self._home]
        for key, judgements in (*lost, *self._judge(wanted)):
            for one in judgements:
                if self._sought.admits(one) and self._home[key] != self._home[one.other]:
                    self._join(key, one)

    def _elsewhere(self, key: Key) -> list[Key]:
        """The nearest members of other clusters, one of each, that the leader of this one was not held against."""
        place = self._place(key)
        row = self._near.near[place]
        near = [int(one) for one in self._near.keys[row[(row >= 0) & (self._near.alike[place] >= _LINKED)]]]
        chosen: dict[Key, Key] = {}
        for one in near:
            home = self._home.get(one, key)
            if home != key and (min(key, one), max(key, one)) not in self._refused:
                chosen.setdefault(home, one)
        return [one for one in chosen.values() if len(self.clusters[self._home[one]].members)][:_ELSEWHERE]

    def _join(self, key: Key, found: Judgement) -> None:
        """Both clusters under the member that links them, if it is near enough to all; or the link, told of both."""
        one, other = self.clusters[self._home[key]], self.clusters[self._home[found.other]]
        everyone = [member for member in (*one.keys, *other.keys) if member != found.other]
        admitted: dict[Key, Judgement] = {}
        for _, judgements in self._judge({found.other: everyone}):
            admitted |= {each.other: each for each in judgements if self._sought.admits(each)}
        if len(admitted) == len(everyone) and not self._are_apart(one, other):
            del self.clusters[one.medoid], self.clusters[other.medoid]
            self._keep(Cluster(found.other, admitted, [*one.loose, *other.loose]))
            return
        link = Link(key, found.other, found.relation, found.score)
        one.loose.append(link)
        other.loose.append(link)

    def force(self, one: Key, found: Judgement) -> None:
        """Two pictures in one cluster, and all that is with them, because somebody says so."""
        home, other = self._home_of(one), self._home_of(found.other)
        if home.medoid == other.medoid:
            return
        del self.clusters[other.medoid]
        home.members |= other.members | {other.medoid: replace(found, other=other.medoid)}
        home.loose += other.loose
        self._keep(home)

    def _home_of(self, key: Key) -> Cluster:
        if key not in self._home:
            self._keep(Cluster(key))
        return self.clusters[self._home[key]]

    def _are_apart(self, one: Cluster, other: Cluster) -> bool:
        return any(self._is_apart(one, key) for key in other.keys)
