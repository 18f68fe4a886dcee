"""Clusters: every member held against the leader, whatever the pictures are."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pictrace.duplicates.clustering import Clustering, Sought
from pictrace.duplicates.judging import Judgement
from pictrace.duplicates.neighbours import Neighbourhood
from pictrace.types import Relation

COPY, SCENE = Relation.COPY, Relation.SCENE


def neighbourhood(edges, count):
    """Everyone's neighbours by likeness; `edges` are `(one, other): likeness` between keys 1 to `count`."""
    near = np.full((count, 8), -1, np.int64)
    alike = np.zeros((count, 8), np.float32)
    for key in range(1, count + 1):
        mine = [(value, *({*pair} - {key})) for pair, value in edges.items() if key in pair]
        for place, (value, other) in enumerate(sorted(mine, reverse=True)[:8]):
            near[key - 1, place], alike[key - 1, place] = other - 1, value
    return Neighbourhood(np.arange(1, count + 1, dtype=np.uint64), near, alike)


def clustered(edges, count, copies, *, apart=frozenset(), sought=None, forced=()):
    """Clusters by medoid, and the pairs that were judged; pairs of `copies` are copies, all others scenes."""
    asked = []

    def judge(wanted):
        for one, others in wanted.items():
            asked.extend(frozenset({one, other}) for other in others)
            yield one, [Judgement(o, COPY if frozenset({one, o}) in copies else SCENE, 0.9) for o in others]

    clustering = Clustering(
        neighbourhood(edges, count),
        sought or Sought(),
        judge=judge,
        apart=lambda one, other: frozenset({one, other}) in apart,
        wider=lambda keys, nearest: {key: [other for other in range(1, count + 1) if other != key] for key in keys},
    )
    for _ in clustering.rounds():
        pass
    clustering.link()
    for one, other in forced:
        clustering.force(one, Judgement(other, COPY, 1.0))
    return clustering.clusters, asked


def test_a_crowd_is_one_cluster():
    """Where each has more copies than neighbours, one leader asks for more and the others give way."""
    edges = {(one, other): 0.9 - (other - one) / 100 for one in range(1, 31) for other in range(one + 1, 31)}
    clusters, _ = clustered(edges, 30, pairs(*edges))

    assert members(clusters) == [list(range(1, 31))]


def pairs(*given_):
    return {frozenset(pair) for pair in given_}


def members(clusters):
    return sorted(sorted(cluster.keys) for cluster in clusters.values() if cluster.members)


def test_a_star_is_one_cluster():
    """Copies of one picture are found through it, and not held against each other."""
    edges = {(1, 2): 0.9, (1, 3): 0.9, (1, 4): 0.9}
    clusters, asked = clustered(edges, 4, pairs((1, 2), (1, 3), (1, 4)))

    assert (members(clusters), clusters[1].medoid) == ([[1, 2, 3, 4]], 1)
    assert len(asked) == 3


def test_a_chain_is_no_cluster():
    """1 is a copy of 2 and 2 of 3 and 3 of 4: whoever leads, nobody joins who was not held against it."""
    edges = {(1, 2): 0.9, (2, 3): 0.95, (3, 4): 0.9}
    clusters, _ = clustered(edges, 4, pairs((1, 2), (2, 3), (3, 4)))

    for cluster in clusters.values():
        assert all(frozenset({cluster.medoid, key}) in pairs((1, 2), (2, 3), (3, 4)) for key in cluster.members)
    assert sum(len(cluster.keys) for cluster in clusters.values()) == 4


def test_a_link_to_a_member_is_told():
    """What is a copy of a member and not of the leader stays outside, with the link named on both sides."""
    edges = {(1, 2): 0.9, (1, 3): 0.9, (3, 4): 0.8}
    clusters, _ = clustered(edges, 4, pairs((1, 2), (1, 3), (3, 4)))

    assert members(clusters) == [[1, 2, 3]]
    assert [link.to_dict()["ids"] for link in clusters[1].loose] == [[4, 3]]


def test_a_better_medoid_joins_two_clusters():
    """Where a member is near to everybody it leads them all."""
    edges = {(1, 2): 0.9, (1, 3): 0.95, (3, 4): 0.9, (3, 2): 0.6, (1, 5): 0.9}
    clusters, _ = clustered(edges, 5, pairs((1, 2), (1, 3), (3, 4), (3, 2)))

    assert members(clusters) == [[1, 2, 3, 4]]
    assert clusters[3].medoid == 3


def test_what_is_to_stay_apart_does():
    """Two copies of one picture of which somebody said that they are different are in two clusters."""
    edges = {(1, 2): 0.9, (1, 3): 0.9, (2, 3): 0.8}
    copies = pairs((1, 2), (1, 3), (2, 3))
    clusters, _ = clustered(edges, 3, copies, apart=pairs((2, 3)))

    assert members(clusters) == [[1, 2]]


def test_what_belongs_together_is_joined():
    """Two clusters with one decided pair are one, and what was not near is in it too."""
    edges = {(1, 2): 0.9, (3, 4): 0.9}
    clusters, _ = clustered(edges, 5, pairs((1, 2), (3, 4)), forced=[(2, 4), (5, 1)])

    assert members(clusters) == [[1, 2, 3, 4, 5]]


@pytest.mark.parametrize(("sought", "count"), [(Sought(SCENE), 1), (Sought(COPY, 0.95), 0)], ids=["scene", "score"])
def test_what_is_enough_is_asked_for(sought, count):
    """A weaker relation joins more, a higher score less."""
    clusters, _ = clustered({(1, 2): 0.9}, 2, pairs((1, 2)) if count == 0 else set(), sought=sought)

    assert len(members(clusters)) == count


EDGES = st.dictionaries(
    st.tuples(st.integers(1, 9), st.integers(1, 9)).filter(lambda pair: pair[0] < pair[1]),
    st.sampled_from([0.65, 0.8, 0.9, 0.99]),
    max_size=20,
)


@given(edges=EDGES, data=st.data())
def test_everyone_is_in_one_cluster_and_was_held_against_its_medoid(edges, data):
    """Whatever is near to what and a copy of what, no picture is lost, doubled, or joined unseen."""
    copies = pairs(*data.draw(st.sets(st.sampled_from(sorted(edges)))) if edges else ())
    clusters, _ = clustered(edges, 9, copies)
    everyone = [key for cluster in clusters.values() for key in cluster.keys]

    assert len(everyone) == len(set(everyone))
    assert sorted(everyone) == list(range(1, 10))
    for cluster in clusters.values():
        assert all(frozenset({cluster.medoid, key}) in copies for key in cluster.members)
