"""What comes back from worker processes is taken for no more than it is."""

import pytest

from pictrace._look import Job, understood
from pictrace.errors import PictureError
from pictrace.sources import Item
from pictrace.types import Location

JOB = Job(Item(Location("/x.jpg", "/", 1, 0)), frozenset({"1" * 64}))


@pytest.mark.parametrize("answer", ["0" * 64, None, 3, [], {}, {"facts": {}, "inputs": {}}])
def test_a_worker_that_answers_something_else_costs_the_item(answer) -> None:
    """What comes from where foreign bytes were read is believed only as far as it was asked for."""
    assert isinstance(understood(JOB, answer, {}), PictureError)


def test_a_worker_may_say_that_a_picture_is_known() -> None:
    """If the collection has one of that size and hash."""
    assert understood(JOB, "1" * 64, {}) == "1" * 64
