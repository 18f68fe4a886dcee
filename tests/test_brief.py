"""Texts stay short, whatever they name."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pictrace._brief import MOST_CHARACTERS, shortened

WORDS = st.lists(st.text(st.sampled_from("ab' \"\n"), max_size=200), max_size=12).map(" ".join)


@given(WORDS)
@example("'" * 1000)
@example("a " * 1000)
def test_nothing_is_longer_than_allowed(text):
    """And what was not too long stays as it is."""
    short = shortened(text)

    assert len(short) <= MOST_CHARACTERS
    assert short == text or (len(text) > MOST_CHARACTERS and "…" in short)


@pytest.mark.parametrize(
    "name",
    ["/" + "x" * 5000 + ".zip", "'" + "with spaces " * 999 + ".zip'", '"' + "it's " * 999 + '.zip"'],
    ids=["path", "quoted", "double quoted"],
)
def test_a_long_name_is_cut_in_its_middle(name):
    """Both of its ends stay, and the whole sentence around it."""
    short = shortened(f"archive {name} is refused: it ends too early; nothing of it was read")

    assert short.startswith(f"archive {name[:20]}")
    assert short.endswith(f"{name[-20:]} is refused: it ends too early; nothing of it was read")
    assert (len(short), short.count("…")) == (MOST_CHARACTERS, 1)


def test_two_long_names_are_both_told():
    """The longer one is cut first."""
    short = shortened(f"{'a' * 9000} is not {'b' * 8000}, and stays")

    assert len(short) <= MOST_CHARACTERS
    assert "a…a" in short
    assert short.endswith("bbb, and stays")
