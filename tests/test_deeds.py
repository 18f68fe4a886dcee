"""Changes and thresholds in words."""

import math
from dataclasses import replace

import pytest

from pictrace.deeds import briefly, decided, hue, overlap, pose, spoken, told
from pictrace.results import Change, ChangeKind
from pictrace.types import Alignment, Level, Relation


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


BOX = (10.0, 20.0, 300.0, 200.0)
KINDS = [
    (Change(ChangeKind.RECOMPRESSED, "query", numbers={"quality": 30, "before": 90}),
     "the query was saved with more loss, at about JPEG quality 30 (the match at 90)"),
    (Change(ChangeKind.RECOMPRESSED, "match", numbers={"bytes": 0.4}),
     "the match was saved with more loss, in 40 % of the bytes of the query"),
    (Change(ChangeKind.RESIZED, numbers={"factor": 0.5}), "the query is scaled 0.50 times"),
    (Change(ChangeKind.STRETCHED, numbers={"ratio": 1.15}), "the query is stretched 1.15 times in one direction"),
    (Change(ChangeKind.CROPPED, "match", numbers={"share": 0.64}, query_box=BOX),
     "the match is cut out of the query, 64 % of it (300 × 200 at 10, 20 of the query)"),
    (Change(ChangeKind.TURNED, numbers={"degrees": -90.0}), "the query is turned 90° counter-clockwise"),
    (Change(ChangeKind.MIRRORED, how="left to right"), "the query is mirrored left to right"),
    (Change(ChangeKind.PERSPECTIVE, numbers={"slant": 0.2}), "the query is seen at an angle"),
    (Change(ChangeKind.RECOLOURED, how="darker", numbers={"levels": -31.2}),
     "the query is darker, by 31 of 255 levels"),
    (Change(ChangeKind.RECOLOURED, how="more contrast", numbers={"factor": 1.4}),
     "the query has more contrast (1.40 times)"),
    (Change(ChangeKind.RECOLOURED, "match", "grey"), "the match is grey"),
    (Change(ChangeKind.RECOLOURED, how="negative"), "the query is a negative of the other"),
    (Change(ChangeKind.RECOLOURED, how="paler", numbers={"factor": 0.5}),
     "the query is paler (0.50 times the colour)"),
    (Change(ChangeKind.RECOLOURED, how="tinted", numbers={"red": 9.0, "blue": -8.0}), "the query is tinted red"),
    (Change(ChangeKind.BLURRED, "match"), "the match is blurred"),
    (Change(ChangeKind.SHARPENED, "query"), "the query was sharpened"),
    (Change(ChangeKind.OVERLAID, numbers={"share": 0.07}, query_box=BOX, match_box=BOX),
     "something covers 7 % of what both show (300 × 200 at 10, 20 of the query)"),
    (Change(ChangeKind.OVERLAID, "match", numbers={"share": 0.07}, query_box=(1, 2, 3, 4), match_box=BOX),
     "something in the match covers 7 % of what both show (300 × 200 at 10, 20 of the match)"),
    (Change(ChangeKind.BORDERED, "query", numbers={"share": 0.7}),
     "the query has a border around the match, which fills 70 % of it"),
    (Change(ChangeKind.PASTED, "query", numbers={"share": 0.3}),
     "the query shows the match, or a part of it, within something else, on 30 % of it"),
    (Change(ChangeKind.PART_OF, "query", numbers={"share": 0.34}, match_box=BOX),
     "the query shows a part of the match, 34 % of it (300 × 200 at 10, 20 of the match)"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "said"), KINDS)
def test_every_change_is_a_clause(change: Change, said: str) -> None:
    """With who shows it, how much, and where."""
    assert told(change) == said


def test_every_kind_can_be_said() -> None:
    """None is forgotten."""
    assert {change.kind for change, _ in KINDS} == set(ChangeKind)


@pytest.mark.parametrize(
    ("red", "blue", "name"), [(0, 9, "blue"), (0, -9, "yellow"), (-9, 1, "cyan"), (8, 7, "magenta")]
)
def test_a_shift_has_the_name_of_a_colour(red: float, blue: float, name: str) -> None:
    """The nearest of six."""
    assert hue(red, blue) == name


def level(relation: Relation, probability: float, speaks_for: str = "", speaks_against: str = "") -> Level:
    return Level(relation, probability, 0.5, speaks_for, speaks_against)


@pytest.mark.parametrize(
    ("levels", "said"),
    [
        ([level(Relation.EXACT, 1.0, "identity")],
         "Exact is decided by identity: 100 % where 50 % are needed."),
        ([level(Relation.EXACT, 0.5), level(Relation.COPY, 0.98, "pdq")],
         "Copy is decided by pdq: 98 % where 50 % are needed; for exact nothing speaks for it."),
        ([level(Relation.COPY, 0.2, "pdq", "pdq"), level(Relation.SCENE, 0.9, "geometry")],
         "Scene is decided by geometry: 90 % where 50 % are needed; for copy 20 % of 50 %, and pdq speaks against it."),
        ([level(Relation.COPY, 0.01), level(Relation.SIMILAR, 0.3, "embedding")],
         "No threshold is met; the nearest is similar, with 30 % where 50 % are needed."),
        ([level(Relation.COPY, 0.01), level(Relation.SIMILAR, 0.3)],
         "Nothing speaks for any relation."),
    ],
)  # fmt: skip
def test_the_threshold_that_decided_is_named(levels: list[Level], said: str) -> None:
    """And what was missing for more."""
    assert decided(levels) == said


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (alignment(), "in place"),
        (alignment(shift=40), "shifted"),
        (alignment(turn=25), "turned 25° counter-clockwise"),
        (alignment(turn=-90), "turned 90° clockwise"),
        (alignment(scale=2), "scaled 0.50 times"),
        (alignment(mirrored=True), "mirrored left to right"),
        (alignment(turn=180, mirrored=True), "mirrored top to bottom"),
        (
            alignment(turn=15, scale=0.5, mirrored=True),
            "turned 15° counter-clockwise, mirrored left to right, scaled 2.00 times",
        ),
    ],
)
def test_a_pose_is_told_as_if_the_query_was_made_of_the_match(given, expected):
    """In the direction of the changes, so that a half-sized copy is half-sized in both."""
    assert expected == pose(given)


def test_a_pose_tells_perspective():
    """A picture that lies slanted is seen at an angle."""
    tilted = replace(alignment(), quad=((0.0, 0.0), (400.0, 60.0), (400.0, 240.0), (0.0, 300.0)))

    assert "seen at an angle" in pose(tilted)


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
    assert expected == overlap(replace(alignment(), query_overlap=query, match_overlap=match))


def test_changes_have_a_short_form_that_says_whose_they_are() -> None:
    """One line beside a match."""
    changes = [
        Change(ChangeKind.RECOMPRESSED, "query", numbers={"quality": 30, "before": 90}),
        Change(ChangeKind.CROPPED, "match", numbers={"share": 0.64}, query_box=BOX),
        Change(ChangeKind.RESIZED, numbers={"factor": 0.5}),
        Change(ChangeKind.RECOLOURED, how="more contrast", numbers={"factor": 1.4}),
    ]

    assert briefly(changes) == (
        "query recompressed to quality 30, scaled 0.50 times, with more contrast; match cropped to 64 %"
    )
    assert briefly([]) == ""


@pytest.mark.parametrize("change", [change for change, _ in KINDS], ids=lambda change: f"{change.kind} {change.how}")
def test_every_change_has_a_short_form(change: Change) -> None:
    """A few words, whoever shows it."""
    assert 0 < len(briefly([change]).removeprefix("query ").removeprefix("match ")) < 40


def test_signals_that_speak_are_explained_once() -> None:
    """In the order in which they are named; one of somebody's own is left as it is."""
    levels = [Level(Relation.COPY, 0.9, 0.5, "structure", "mine"), Level(Relation.SCENE, 0.9, 0.5, "structure", "pdq")]

    assert [line.partition(":")[0] for line in spoken(levels)] == ["structure", "pdq"]
