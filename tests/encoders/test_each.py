"""encoders._rows.of_each: what a model gives is an array of numbers with a part for each that was asked for."""

import numpy as np
import pytest

from pictrace import weights
from pictrace.encoders._rows import of_each
from pictrace.errors import ModelDamagedError

CARD = weights.card("lite0")


@pytest.mark.parametrize(
    ("output", "said"),
    [
        ([np.zeros((2, 3))], "no array of numbers"),
        (np.float32(1), "no array of numbers"),
        (np.array(1.0), "no array of numbers"),
        (np.array([["1"], ["2"]], object), "no array of numbers"),
        (np.zeros((1, 3)), "gives 1 rows where 2 are wanted"),
        (np.zeros((4, 3)), "gives 4 rows where 2 are wanted"),
    ],
    ids=range(6),
)
def test_what_is_no_row_for_each_is_refused(output, said) -> None:
    """Lists, single values, texts, averages of a batch, and each row twice."""
    with pytest.raises(ModelDamagedError, match=said):
        of_each(output, 2, CARD)


def test_a_row_for_each_is_taken_as_it_is() -> None:
    """Unchanged."""
    rows = np.zeros((2, 3), np.float16)

    assert of_each(rows, 2, CARD) is rows
