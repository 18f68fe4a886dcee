"""The suite of edits: named, repeatable, and each still showing the picture."""

import random

import numpy as np
import pytest
from photographs import noise, photo

from pictrace.edits import EDITS, FAMILIES, SUITE, chosen
from pictrace.errors import UnknownNameError, UsageError

POOL = [noise(seed, (200, 150)) for seed in (1, 2, 3, 4)]


@pytest.fixture(scope="module")
def small():
    image = photo("chelsea.png")
    return image.resize((image.width // 2, image.height // 2))


@pytest.mark.parametrize("edit", SUITE.values(), ids=SUITE)
def test_an_edit_is_the_same_every_time(edit, small) -> None:
    """The same picture, chance and pool give the same RGB picture, which is not the one given, and that one stays."""
    before = small.tobytes()
    first, second = (edit(small, random.Random(5), POOL) for _ in range(2))

    assert first.mode == "RGB"
    assert np.array_equal(np.asarray(first), np.asarray(second))
    assert (first.size, first.tobytes()) != (small.size, before)
    assert small.tobytes() == before


@pytest.mark.parametrize("edit", SUITE.values(), ids=SUITE)
@pytest.mark.parametrize("size", [(300, 90), (70, 280), (64, 64)])
def test_an_edit_takes_any_shape(edit, size) -> None:
    """Wide, high and small pictures are edited too."""
    edited = edit(noise(7, size), random.Random(1), POOL)

    assert min(edited.size) >= 1


@pytest.mark.parametrize("edit", [one for one in SUITE.values() if one.needs_others], ids=lambda edit: edit.name)
def test_an_edit_that_needs_others_says_so(edit, small) -> None:
    """Without other pictures it is refused, not made of nothing."""
    with pytest.raises(UsageError, match="among others"):
        edit(small, random.Random(1))


@pytest.mark.parametrize("edit", [one for one in SUITE.values() if not one.needs_others], ids=lambda edit: edit.name)
def test_other_edits_need_nobody(edit, small) -> None:
    """They take a picture and chance alone."""
    assert edit(small, random.Random(1)).mode == "RGB"


def test_names_and_families_are_told_apart() -> None:
    """A word on the command line means one thing."""
    assert len(SUITE) >= 50
    assert set(SUITE) & set(FAMILIES) == set()
    assert all(edit.says and edit.name == name for name, edit in SUITE.items())


def test_edits_are_chosen_by_name_or_family() -> None:
    """In the order of the suite, each once, and all of them for no name."""
    assert [edit.name for edit in chosen(["mirror", "jpeg-30", "size"])] == [
        *("jpeg-30", "half", "quarter", "eighth", "double", "mirror"),
    ]
    assert chosen([]) == list(SUITE.values())


def test_unknown_edits_are_refused() -> None:
    """The message names what is not there, the hint what is spelt most alike, the families, and how to see all."""
    with pytest.raises(UnknownNameError, match="'crob-50'") as refused:
        chosen(["crob-50"])

    assert "'crop-50'" in refused.value.hint
    assert "--list-edits" in refused.value.hint
    assert len([name for name in SUITE if f"'{name}'" in refused.value.hint]) <= 3


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS)
def test_edits_of_the_demonstration_take_a_picture_alone(edit, small) -> None:
    """They are plain functions."""
    assert edit(small).mode == "RGB"
