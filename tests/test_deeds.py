"""Changes and thresholds in words."""

import pytest

from pictrace.deeds import decided, hue, told
from pictrace.results import Change, ChangeKind
from pictrace.types import Level, Relation

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
