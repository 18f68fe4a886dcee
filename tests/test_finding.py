"""What becomes of a picture in a search is said in a sentence."""

import pytest

from pictrace.finding import Found
from pictrace.types import Relation


@pytest.mark.parametrize(
    ("place", "candidate", "verified", "relation", "said"),
    [
        (3, 5, True, Relation.COPY, "as match 3"),
        (None, None, False, Relation.COPY, "does not look at it"),
        (None, 4, True, Relation.DIFFERENT, "not enough"),
        (None, 70, False, Relation.COPY, "are not verified"),
    ],
)
def test_each_end_has_its_sentence(place, candidate, verified, relation, said) -> None:
    """Found, not looked at, looked at in vain, or too far down."""
    assert said in Found(place, candidate, verified, ()).says(relation)
