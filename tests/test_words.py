"""Results in words."""

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pictrace import words
from pictrace.results import Answer, Match
from pictrace.types import Alignment, Location, Relation


def answer(*relations: Relation, searched: int = 2000, exhaustive: bool = True, recall: float | None = None) -> Answer:
    matches = tuple(Match(1, "a.jpg", one, 0.5, {}, None, 1, 1, "") for one in relations)
    return Answer(matches, searched, exhaustive, recall, (), 1, {})


def alignment(turn: float = 0, scale: float = 1, *, mirrored: bool = False, shift: float = 0) -> Alignment:
    """A picture of 400 x 300 mirrored, turned clockwise on the screen, scaled and shifted, in that order."""
    cosine, sine = scale * math.cos(math.radians(turn)), scale * math.sin(math.radians(turn))
    sign, start = (-1, 400) if mirrored else (1, 0)
    matrix = ((sign * cosine, -sine, cosine * start + shift), (sign * sine, cosine, sine * start), (0.0, 0.0, 1.0))
    corners = ((0, 0), (400, 0), (400, 300), (0, 300))
    quad = tuple(
        (matrix[0][0] * x + matrix[0][1] * y + matrix[0][2], matrix[1][0] * x + matrix[1][1] * y + matrix[1][2])
        for x, y in corners
    )
    return Alignment(matrix, 1.0, 1.0, quad, mirrored=mirrored)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("holiday/søndag 1.jpg", "holiday/søndag 1.jpg"),
        ("a\x1b[31mb", "a\\x1b[31mb"),
        ("two\nlines", "two\\nlines"),
        ("caf\udce9", "caf\\xe9"),
        ("\u202egpj.exe", "\\u202egpj.exe"),
        ("10.00\u202fAM", "10.00\u202fAM"),
        ("\ud800", "\\ud800"),
    ],
)
def test_shown_escapes_what_could_steer_a_terminal(text, expected):
    """Names are shown, never obeyed."""
    assert expected == words.shown(text)


@given(st.text(st.characters(exclude_categories=[])))
def test_shown_is_always_one_printable_line(text):
    """Whatever a file is called, it takes one line and can be encoded."""
    assert words.shown(text).encode("utf-8").decode().replace("\u3000", " ").splitlines() in (
        [],
        [words.shown(text).replace("\u3000", " ")],
    )


@pytest.mark.parametrize(
    ("share", "expected"),
    [(1, "100 %"), (0.99999, "99.9 %"), (0.9949, "99.4 %"), (0.501, "50 %"), (0.0004, "< 0.1 %"), (0, "0 %")],
)
def test_percent_never_rounds_up_to_certainty(share, expected):
    """Only what is certain is 100 %."""
    assert expected == words.percent(share)


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ((), "Nothing related was found among 2,000 pictures."),
        ((Relation.EXACT,), "Found the same picture among 2,000 pictures."),
        ((Relation.COPY,) * 2, "Found 2 copies among 2,000 pictures."),
        (
            (Relation.EXACT, Relation.COPY, Relation.SCENE, Relation.SIMILAR),
            (
                "Found the same picture, 1 copy, 1 other photograph of the same scene and 1 look-alike "
                "among 2,000 pictures."
            ),
        ),
    ],
)
def test_found_says_what_and_among_how_many(found, expected):
    """One sentence, whatever was found."""
    assert expected == words.found(answer(*found))


@pytest.mark.parametrize(
    ("exhaustive", "recall", "expected"),
    [
        (True, None, "every picture was compared"),
        (False, 0.998, "the index finds 99.8 % of the true neighbours, measured"),
        (False, None, "the nearest candidates were compared"),
    ],
)
def test_searched_is_honest_about_thoroughness(exhaustive, recall, expected):
    """Approximate searches say so."""
    assert expected == words.searched(answer(exhaustive=exhaustive, recall=recall))


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (alignment(), "in place"),
        (alignment(shift=40), "shifted"),
        (alignment(turn=25), "turned 25° clockwise"),
        (alignment(turn=-90), "turned 90° counter-clockwise"),
        (alignment(scale=2), "scaled 2.00 times"),
        (alignment(mirrored=True), "mirrored"),
        (alignment(turn=15, scale=0.5, mirrored=True), "mirrored, turned 15° clockwise, scaled 0.50 times"),
    ],
)
def test_transform_names_what_was_done(given, expected):
    """A matrix is read as a person would do it by hand."""
    assert expected == words.transform(given)


def test_transform_tells_perspective():
    """A picture that lies slanted is seen at an angle."""
    tilted = replace(alignment(), quad=((0.0, 0.0), (400.0, 60.0), (400.0, 240.0), (0.0, 300.0)))

    assert "seen at an angle" in words.transform(tilted)


@pytest.mark.parametrize(
    ("query", "match", "expected"),
    [
        (1, 1, "both show all of each other"),
        (1, 0.25, "all of the query is inside the match, on 25 % of it"),
        (0.25, 1, "all of the match is inside the query, on 25 % of it"),
        (0.6, 0.5, "they overlap on 60 % of the query and 50 % of the match"),
    ],
)
def test_overlap_says_which_is_inside_which(query, match, expected):
    """A crop and a frame are different things."""
    assert expected == words.overlap(replace(alignment(), query_overlap=query, match_overlap=match))


def seen(*paths: str, vanished: tuple[str, ...] = ()) -> Match:
    """A match that was seen at these places, the first of them its path."""
    match = answer(Relation.COPY)[0]
    return replace(match, path=paths[0], locations=tuple(Location(one, "", 1, 0) for one in paths), vanished=vanished)


@pytest.mark.parametrize(
    ("match", "expected"),
    [
        (seen("a"), ["a"]),
        (seen("a", "b", vanished=("b",)), ["a", "b (vanished)"]),
        (seen("a", "b", vanished=("a", "b")), ["a (vanished)", "b (vanished)"]),
        (replace(answer(Relation.COPY)[0], path=None), []),
        (seen(*"abcdefghijkl"), [*"abcdefghij", "and 2 more places"]),
    ],
)
def test_places_are_all_named_up_to_ten(match, expected):
    """Beyond that they are counted."""
    assert expected == words.places(match)


@pytest.mark.parametrize("relation", Relation)
def test_every_relation_has_a_sentence(relation):
    """No relation is left without words."""
    assert words.related(answer(relation)[0]).endswith(".")
