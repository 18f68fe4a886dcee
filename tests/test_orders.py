"""Orders of pictures and places in them."""

import pytest

from pictrace.errors import UnknownNameError
from pictrace.orders import ORDERS, Position, checked
from pictrace.results import PictureRecord

RECORD = PictureRecord(7, "ab" * 32, "PNG", 30, 20, 500, "2026-11-03T10:00:00+00:00", ())


@pytest.mark.parametrize(("order", "value"), list(zip(ORDERS, [7, 7, 600, 600, 500, 500], strict=True)))
def test_a_position_is_what_is_sorted_by_and_the_key(order, value):
    """Together they tell any two pictures apart."""
    assert Position.of(RECORD, order) == (value, 7)


def test_an_unknown_order_is_refused_with_those_there_are():
    """Nothing falls through to a default."""
    with pytest.raises(UnknownNameError, match="no order 'random'") as caught:
        checked("random")

    assert "heaviest" in caught.value.hint
