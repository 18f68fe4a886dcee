"""Results in words."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pictrace import tracing, words
from pictrace.results import Answer, Match
from pictrace.types import Alignment, Evidence, Location, Relation, Silence

ALIGNMENT = Alignment(((1, 0, 0), (0, 1, 0), (0, 0, 1)), 1.0, 1.0, ((0, 0), (9, 0), (9, 9), (0, 9)))


def answer(*relations: Relation, searched: int = 2000, exhaustive: bool = True, recall: float | None = None) -> Answer:
    matches = tuple(Match(1, "a.jpg", one, 0.5, {}, None, 1, 1, "") for one in relations)
    return Answer(matches, searched, exhaustive, recall, (), 1, {})


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


def test_found_in_nothing_says_so():
    """That there is nothing to search is no finding about the picture."""
    assert words.found(answer(searched=0)) == "Nothing was found: the collection is empty."


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


def evidence(signal: str, log_odds: float | None, reason: str = "", **measures: float) -> Evidence:
    """Evidence of a signal; geometry that has an opinion knows where the pictures overlap."""
    where = ALIGNMENT if signal == "geometry" and log_odds is not None else None
    return Evidence(signal, signal, Relation.COPY, log_odds, measures, reason, where)


GEOMETRY = evidence("geometry", 9.0, inliers=164, matches=180)
AGREE = "164 of 180 local features agree on one way to lay the pictures over each other"
PLAIN = evidence("structure", None, Silence.PLAIN_OVERLAP)


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ([evidence("identity", 40.0, same_bytes=1)], "the files are the same byte for byte"),
        ([evidence("identity", 40.0, same_bytes=0)], words._SAME_PIXELS),
        ([evidence("pdq", 5.0, pdq_distance=0)], "the perceptual hashes are the same"),
        ([evidence("pdq", 5.0, pdq_distance=12)], "the perceptual hashes differ in 12 of 256 bits"),
        ([evidence("embedding", 5.0, cosine=0.999)], "to the model they look alike (cosine 0.99)"),
        ([GEOMETRY], AGREE),
        ([evidence("geometry", 9.0)], "0 of 0 local features agree on one way to lay the pictures over each other"),
        ([evidence("structure", 9.0)], "laid over each other as a whole, the structure is the same"),
        ([GEOMETRY, PLAIN], f"{AGREE}; what overlaps is too small or too flat to be compared"),
        ([evidence("gait", 2.0, steps=3)], "gait speaks for it (steps 3)"),
    ],
)
def test_every_opinion_is_a_clause(found, expected):
    """Numbers are in `signals`; here is what they mean."""
    assert (expected,) == words.why(found[:1], found)


def test_what_refutes_says_what_agrees():
    """Once for both members of the family, and not that it is too little to go by."""
    structure = Evidence("structure", "geometry", Relation.COPY, -2.0, {"aligned_ssim": 0.2}, refutes=True)

    assert words.why_not([GEOMETRY, structure]) == (f"{AGREE}, but {words._FRAMED}",)


@pytest.mark.parametrize(
    ("log_odds", "ssim", "expected"),
    [
        (9.0, 0.979, "the same (SSIM 0.97)"),
        (9.0, 0.75, "nearly the same (SSIM 0.75)"),
        (9.0, 0.5, "the same in part (SSIM 0.50)"),
        (-9.0, 0.95, "alike but not the same (SSIM 0.95)"),
        (-9.0, 0.3, "not the same (SSIM 0.30)"),
    ],
)
def test_structure_is_told_with_what_it_builds_upon(log_odds, ssim, expected):
    """One clause for both members of the family, whichever of them supports the relation."""
    both = [GEOMETRY, evidence("structure", log_odds, aligned_ssim=ssim)]

    assert words.why(both, both) == (f"{AGREE}; where they overlap, the structure is {expected}",)


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (evidence("embedding", -5.0, cosine=0.0), "to the model they look unlike (cosine 0.00)"),
        (evidence("embedding", 0.5, cosine=0.3), "to the model they look alike (cosine 0.30), which is too little"),
        (
            evidence("pdq", None, Silence.HASHES_DIFFER, pdq_distance=99),
            f"{words.WHY_NOT[Silence.HASHES_DIFFER]} (99 of 256)",
        ),
        (evidence("own", None, "it rained"), "it rained"),
    ],
)
def test_a_different_pair_is_told_why(found, expected):
    """An empty hand is an answer that needs reasons."""
    (said,) = words.why_not([found])

    assert said.startswith(expected)


def test_a_featureless_query_is_told_as_a_featureless_picture_is():
    """One wording, whoever is meant."""
    assert words.FEATURELESS_QUERY.removeprefix("the ") == words.WHY_NOT[Silence.FEATURELESS].removeprefix("a ")


def test_a_featureless_picture_is_the_first_reason_of_all():
    """It explains the others; that there is no overlap explains nothing."""
    found = [evidence("geometry", None, Silence.FEW_FEATURES), evidence("structure", None, Silence.NO_OVERLAP)]

    said = words.why_not([*found, evidence("embedding", None, Silence.FEATURELESS)])

    assert said == (words.WHY_NOT[Silence.FEATURELESS], words.WHY_NOT[Silence.FEW_FEATURES])


@pytest.mark.parametrize("silence", [silence for silence in Silence if silence != Silence.NO_OVERLAP])
def test_every_silence_has_words(silence):
    """A code alone tells people nothing; that there is no overlap is said by whoever looked for one."""
    (said,) = words.why_not([evidence("own", None, silence)])

    assert said == words.WHY_NOT[silence]
    assert len(said.split()) > 5


def test_only_silences_that_are_told_have_words():
    """Words that nobody reads are none."""
    assert set(words.WHY_NOT) == set(Silence) - {Silence.NO_OVERLAP}


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


def test_a_closer_look_is_told_as_the_first_one_is() -> None:
    """By how many features agree, where it laid the pictures over each other and the first look did not."""
    first = Evidence("geometry", "alignment", Relation.SCENE, None, {"inliers": 4.0}, Silence.NO_HOMOGRAPHY)
    closer = Evidence("closer", "alignment", Relation.SCENE, 5.0, {"inliers": 40.0, "matches": 50.0}, "", ALIGNMENT)

    (said,) = words.why([closer], [first, closer])
    assert said == "40 of 50 local features agree on one way to lay the pictures over each other"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (1, "1"),
        (0, "0"),
        (0.99996, "0.9999"),
        (0.29, "0.29"),
        (0.03456789, "0.03456"),
        (-1.23456, "-1.234"),
        (248, "248"),
    ],
)
def test_measures_are_cut_and_never_rounded_up(value, expected):
    """The sentence that says 0.93 and the table that says 0.9372 begin alike."""
    assert expected == words.measured(value)


def test_every_signal_is_explained():
    """In one sentence each."""
    assert set(words.SIGNALS) == {*tracing.SIGNALS, "closer", words.TEXT}
