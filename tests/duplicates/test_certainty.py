"""Classes of groups, and what they hold."""

import pytest
from made_groups import group, member

from pictrace.duplicates.certainty import SURE, Certainty, Graded, certainty_of, tallies
from pictrace.types import Relation


@pytest.mark.parametrize(
    ("relation", "score", "certainty"),
    [
        (Relation.EXACT, 1.0, Certainty.EXACT),
        (Relation.COPY, SURE, Certainty.SURE),
        (Relation.COPY, SURE - 0.001, Certainty.COPY),
        (Relation.SCENE, 1.0, Certainty.SCENE),
        (Relation.SIMILAR, 1.0, Certainty.SCENE),
    ],
)
def test_a_group_is_as_sure_as_its_weakest_link(relation, score, certainty):
    """However sure the others are."""
    found = group(member(1, relation=Relation.EXACT), member(2), member(3, relation=relation, score=score))
    pair = group(member(1, relation=Relation.EXACT), member(2, relation=relation, score=score))

    assert certainty_of(pair) is certainty
    assert certainty is Certainty.EXACT or certainty_of(found) is certainty


def test_what_a_class_frees_is_all_but_the_largest():
    """And what is only compared against frees nothing."""
    plain = group(member(1), member(2), member(3))
    against = group(member(4, reference=True), member(5))
    exact, sure, *_ = tallies([Graded.of(plain), Graded.of(against)], [True, False])

    assert (exact.groups, sure.groups, sure.settled, sure.files) == (0, 2, 1, 5)
    assert (sure.spare_files, sure.spare_bytes) == (3, 100 + 200 + 500)
