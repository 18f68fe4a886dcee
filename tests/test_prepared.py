"""What crosses from a worker is believed if it is all that was asked for, and nothing else."""

import numpy as np
import pytest
from photographs import jpeg, noise

from pictrace import tracing
from pictrace.errors import PictureError
from pictrace.picture import Picture
from pictrace.prepared import Prepared
from pictrace.settings import Runtime
from pictrace.types import FEATURE_DTYPE

ENCODERS = tracing.load_encoders(("lite0", "pdq"), Runtime(threads=1))
KINDS = tracing.kinds_of(ENCODERS)
PLAIN = tracing.prepare(Picture.open(jpeg(noise(1))), ENCODERS).plain()


def test_what_was_prepared_comes_back() -> None:
    """And can be finished."""
    (trace,) = tracing.finish([Prepared.of(PLAIN, KINDS)], ENCODERS)

    assert (PLAIN["facts"]["sha256"], {"lite0", "pdq"}) == (trace.sha256, set(trace.rows))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("sha256", "0" * 63),
        ("pixel_hash", "Z" * 64),
        ("format", "<script>"),
        ("width", "9"),
        ("width", True),
        ("height", 0),
        ("size", 1 << 60),
        ("quality", 101),
        ("features", np.zeros(3)),
        ("features", np.zeros((2, 2), FEATURE_DTYPE)),
        ("features", np.zeros(1001, FEATURE_DTYPE)),
        ("proxy", b"<svg>"),
        ("proxy", b"\xff\xd8\xff\xe0"),
        ("proxy", jpeg(noise(1, (600, 16)))),
        ("proxy", None),
        ("more", 1),
    ],
)
def test_facts_that_cannot_be_are_refused(name: str, value) -> None:
    """Each is looked at."""
    with pytest.raises(PictureError, match="asked for"):
        Prepared.of({**PLAIN, "facts": PLAIN["facts"] | {name: value}}, KINDS)


@pytest.mark.parametrize(
    "inputs",
    [
        {},
        {"lite0": PLAIN["inputs"]["lite0"]},
        PLAIN["inputs"] | {"other": np.zeros(3, np.uint8)},
        PLAIN["inputs"] | {"lite0": PLAIN["inputs"]["lite0"][:5]},
        PLAIN["inputs"] | {"pdq": PLAIN["inputs"]["pdq"].astype(np.float32)},
        PLAIN["inputs"] | {"pdq": b"0" * 32},
    ],
)
def test_inputs_of_other_encoders_or_shapes_are_refused(inputs) -> None:
    """A model is never fed what its encoder did not prepare."""
    with pytest.raises(PictureError, match="asked for"):
        Prepared.of({**PLAIN, "inputs": inputs}, KINDS)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_inputs_that_are_no_numbers_are_refused(value: float) -> None:
    """One would spoil every row of its batch."""
    kinds = {"model": (np.dtype("f4"), (3,))}
    plain = {**PLAIN, "inputs": {"model": np.array([0, value, 1], np.float32)}}

    with pytest.raises(PictureError, match="asked for"):
        Prepared.of(plain, kinds)
