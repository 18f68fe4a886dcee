"""What is searched with: texts are clean and short, weights are sane, and pictures are not taken for words."""

import pytest

from pictrace.blends import MOST_CHARACTERS, MOST_TERMS, Blend, Example, Words
from pictrace.errors import TextRefusedError, UsageError


def test_white_space_is_evened_out():
    """Line ends and tabs are no control characters that anybody meant."""
    assert Words("  red\n\tbicycle ").text == "red bicycle"


@pytest.mark.parametrize(
    "text",
    ["", " \n ", "\u200b", "red\0bicycle", "red \x1b[31m", "\ud800", "\u202egnp.der", "x" * (MOST_CHARACTERS + 1), 7],
    ids=["empty", "blank", "invisible", "nul", "escape", "surrogate", "override", "long", "number"],
)
def test_texts_that_are_none_are_refused(text):
    """Whatever would say nothing, steer a terminal or take long."""
    with pytest.raises(TextRefusedError) as raised:
        Words(text)

    assert raised.value.hint


@pytest.mark.parametrize("text", ["أحمر دراجة", "אופניים אדומים", "赤い自転車", "🚲🏳️‍🌈", "دوچرخه‌ی قرمز"])
def test_texts_of_all_languages_are_taken(text):
    """Also those that are written from right to left, and letters that are joined by invisible ones."""
    assert Words(text).text == text


@pytest.mark.parametrize("weight", [0, -1, 101, float("nan"), float("inf")])
@pytest.mark.parametrize("kind", [lambda weight: Words("red", weight), lambda weight: Example(1, weight)])
def test_weights_are_above_nothing_and_bounded(kind, weight):
    """What is to be taken off is in `minus`."""
    with pytest.raises(UsageError, match="a weight is"):
        kind(weight)


def test_a_blend_says_what_is_added_and_what_taken_off():
    """A str is a text among the words, and a path among the pictures."""
    blend = Blend(words="red", plus=("beach.jpg", Example(3, 2.0)), minus=(Words("snow"), 4))
    parts = [(getattr(one, "text", None) or one.image, one.weight, sign) for one, sign in blend.parts()]

    assert parts == [("red", 1.0, 1), ("beach.jpg", 1.0, 1), (3, 2.0, 1), ("snow", 1.0, -1), (4, 1.0, -1)]


@pytest.mark.parametrize("given", [{}, {"minus": (1,)}, {"plus": tuple(range(MOST_TERMS + 1))}])
def test_a_blend_of_nothing_or_very_much_is_refused(given):
    """Taking off alone points nowhere."""
    with pytest.raises(UsageError):
        Blend(**given)


@pytest.mark.parametrize("given", ["street.jpg", b"bytes of a picture", Words("red"), 7])
def test_what_stands_alone_is_one_part(given):
    """A str is a sequence of its letters, and a path is not meant as those."""
    assert [sign for _, sign in Blend("x", plus=given, minus=given).parts()] == [1, 1, -1]
