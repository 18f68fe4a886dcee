"""What may be said of a picture: all that JSON can hold, within bounds, and nothing else."""

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pictrace import metadata
from pictrace.errors import UsageError
from pictrace.metadata import checked

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
NUMBERS = st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False)
PLAIN = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)


def nested(levels):
    """An object with so many levels, itself the first."""
    value = []
    for _ in range(levels - 2):
        value = [value]
    return {"a": value}


@given(st.dictionaries(TEXTS, st.lists(PLAIN, max_size=2), max_size=3))
def test_plain_json_passes_as_it_is_or_is_too_deep(plain):
    """Whatever values of whatever kinds."""
    try:
        passed = checked(plain)
    except UsageError as error:
        assert "levels" in str(error)  # noqa: PT017 - either outcome is right
    else:
        assert json.loads(json.dumps(passed)) == plain


@pytest.mark.parametrize(
    ("value", "why"),
    [
        (math.inf, "neither infinity nor NaN"),
        (math.nan, "neither infinity nor NaN"),
        (2**63, "at most 64 bits"),
        (-(2**63) - 1, "at most 64 bits"),
        (10**5000, "at most 64 bits"),
        ("\ud800", "half a surrogate pair is no text"),
        ({"\udcff": 1}, "half a surrogate pair is no text"),
        ({1: 2}, "names that are text"),
        ({1, 2}, "not set"),
        (b"a", "not bytes"),
    ],
    ids=lambda value: type(value).__name__,
)
@pytest.mark.parametrize("wrap", [lambda value: value, lambda value: [0, {"b": value}]], ids=["flat", "inside"])
def test_what_json_cannot_hold_is_refused(value, why, wrap):
    """Wherever it stands."""
    with pytest.raises(UsageError, match=why):
        checked({"a": wrap(value)})


@pytest.mark.parametrize("given_", [None, [], "a", 1])
def test_metadata_are_an_object(given_):
    """Values without names say nothing."""
    with pytest.raises(UsageError, match="must be a JSON object"):
        checked(given_)


@pytest.mark.parametrize(("levels", "fits"), [(7, True), (8, True), (9, False), (900, False), (100_000, False)])
def test_levels_are_limited(levels, fits):
    """Deeper ones are not even gone into."""
    value = nested(levels)
    if fits:
        assert checked(value) == value
    else:
        with pytest.raises(UsageError, match="at most 8 levels"):
            checked(value)


@pytest.mark.parametrize(("count", "fits"), [(-1, True), (0, True), (1, False)])
@pytest.mark.parametrize("letter", ["a", "ä"])
def test_bytes_are_limited(count, fits, letter):
    """Counted as JSON in UTF-8."""
    room = metadata.MOST_BYTES - len('{"a": ""}')
    value = {"a": letter * (room // len(letter.encode())) + "." * (room % len(letter.encode()) + count)}
    value = value if count >= 0 else {"a": value["a"][:-1]}
    if fits:
        assert checked(value) == value
    else:
        with pytest.raises(UsageError, match=r"have 16,385 bytes as JSON, more than the 16,384 allowed"):
            checked(value)
