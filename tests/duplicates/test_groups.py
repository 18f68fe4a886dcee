"""Groups put together from what was written, and told of as numbers."""

import pytest
from copied_files import copies, group, member, saved

from pictrace.duplicates.groups import Group, Link, judged_from
from pictrace.types import Relation


def test_files_around_a_medoid_are_as_sure_as_the_weakest_of_them(tmp_path):
    """Files of the same pixels need no link, whatever their bytes."""
    twins = copies(tmp_path, "a.jpg", "ab.jpg").members
    far = member(saved(tmp_path / "c.jpg", 32, 24), id=2, relation=Relation.COPY, score=0.75)

    assert Group.around(twins[0].id, [*twins, far]) == group(*twins, far)
    assert Group.around(twins[0].id, twins).weakest is None


def test_a_link_that_was_written_is_read():
    """Its values, as JSON has them."""
    link = Link(1, 2, Relation.COPY, 0.5)

    assert Link.read(*link.to_dict()["ids"], "copy", 0.5) == link


@pytest.mark.parametrize(("relation", "score"), [("copied", 0.5), ("copy", "x"), ("copy", 1.5), ("copy", float("nan"))])
def test_what_no_judgement_says_is_refused(relation, score):
    """Scores are shares, and relations those there are."""
    with pytest.raises(ValueError, match=r"."):
        judged_from(relation, score)
