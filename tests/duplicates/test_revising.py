"""Groups as decisions leave them, without a new run."""

import pytest
from made_groups import group, ids, member, ruled

from pictrace.decisions import Ruling, Rulings
from pictrace.duplicates.finding import YOU_SAID_SO
from pictrace.duplicates.groups import Link
from pictrace.duplicates.revising import revised
from pictrace.types import Relation

APART = [ruling for ruling in Ruling if ruling is not Ruling.DUPLICATE]


def test_nothing_was_decided():
    """The groups are as they were found."""
    found = [group(member(1), member(2))]

    assert revised(found, Rulings([])) == found


@pytest.mark.parametrize("ruling", APART)
def test_what_is_apart_leaves(ruling):
    """A picture that is not to be with the medoid goes, and the weakest link is that of those who stay."""
    one, two, three = member(1), member(2, score=0.95), member(3, score=0.97)
    (left,) = revised([group(one, two, three)], ruled(one, two, ruling))

    assert ids([left]) == [[1, 3]]
    assert left.weakest == Link(1, 3, Relation.COPY, 0.97)


def test_a_pair_that_is_apart_is_no_group():
    """Nothing is left of it."""
    one, two = member(1), member(2)

    assert revised([group(one, two)], ruled(one, two, Ruling.BOTH)) == []


def test_two_members_are_apart():
    """The one that comes later goes, whoever leads."""
    one, two, three = member(1), member(2), member(3)

    assert ids(revised([group(one, two, three)], ruled(two, three, Ruling.DIFFERENT))) == [[1, 2]]


def test_what_left_together_is_a_group_of_equals():
    """Two files of a picture that is not to be with the others are still the same."""
    one, two, again = member(1), member(2, "/p/b.jpg"), member(2, "/p/c.jpg")
    (left,) = revised([group(one, two, again)], ruled(one, two, Ruling.DIFFERENT))

    assert ids([left]) == [[2, 2]]
    assert (left.relation, left.weakest) == (Relation.EXACT, None)


def test_what_belongs_together_is_one_group():
    """Both groups under the surer one's medoid; a link between them is no longer loose."""
    one, two, three, four = (member(key) for key in (1, 2, 3, 4))
    link = Link(2, 4, Relation.COPY, 0.98)
    found = [group(one, two, loose=[link]), group(three, four, loose=[link])]
    (joined,) = revised(found, ruled(two, four, Ruling.DUPLICATE))

    assert ids([joined]) == [[1, 2, 3, 4]]
    assert (joined.loose, joined.members[3].reasons) == ((), (YOU_SAID_SO,))


def test_references_alone_are_no_group():
    """Nothing may be done to any of them."""
    one, two, three = member(1, reference=True), member(2), member(3, reference=True)

    assert revised([group(one, two, three)], ruled(one, two, Ruling.DIFFERENT)) == []
