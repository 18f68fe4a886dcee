"""JSON from outside is read strictly, or not at all."""

import json

import pytest

from pictrace._json import line, strict


def test_what_is_sound_is_read():
    """Characters of any kind, and the same name in two objects."""
    plain = {"a": [{"é": 1.5}, {"é": None}], "b": "\udc80"}

    assert strict(json.dumps(plain).encode()) == plain


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b'{"a": {"b": 1, "b": 1}}', "'b' is said twice in one object"),
        (b"[NaN]", "NaN is no number"),
        (b"[-Infinity]", "-Infinity is no number"),
        (b'"\xff"', "invalid start byte"),
        (b"[1,]", "line 1"),
    ],
)
def test_what_is_not_is_refused_with_the_reason(data, why):
    """Whoever wrote it by hand can mend it."""
    with pytest.raises(ValueError, match=why):
        strict(data)


@pytest.mark.parametrize("data", [b"", b'{"a": 1', b"\xff\n", b"[" * 100_000, b"9" * 5000])
def test_a_torn_line_says_nothing(data):
    """The lines around it do."""
    assert line(data) is None
    assert line(b'{"a": 1}\n') == {"a": 1}
