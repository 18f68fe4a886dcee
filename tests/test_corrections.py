"""A collection's own calibration: what it does to scores, and how it is kept."""

import json
import math
from dataclasses import asdict, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pictrace import corrections
from pictrace.catalogs import sole_writer
from pictrace.corrections import FILE, Correction, basis, log_odds_of
from pictrace.errors import IndexDamagedError, IndexLockedError
from pictrace.recipe import EncoderStamp
from pictrace.types import Relation, Verdict

ACTIVE = (EncoderStamp("one", "1", "cosine", 8), EncoderStamp("two", "1", "cosine", 8))
SOUND = Correction(0.9, -0.5, 5.0, 400, 1, "2026-11-01T12:00:00+00:00", basis(ACTIVE))
lines = st.builds(
    Correction,
    slope=st.floats(0.05, 4),
    intercept=st.floats(-5, 5),
    ceiling=st.floats(0, 9),
    pairs=st.just(400),
    wrong=st.just(1),
    fitted=st.just(SOUND.fitted),
    basis=st.just(SOUND.basis),
)


@given(lines, st.floats(-20, 20), st.floats(0.001, 20))
def test_order_stays(correction, said, more) -> None:
    """Who was surer before is not less sure after."""
    assert correction.log_odds(said + more) >= correction.log_odds(said)


@given(lines, st.floats(-20, 20))
def test_nothing_rises_beyond_what_the_data_support(correction, said) -> None:
    """Up to the ceiling, and what is above it already is never raised."""
    assert correction.log_odds(said) <= max(said, correction.ceiling) + 1e-9
    assert said < correction.ceiling or correction.log_odds(said) <= said


@given(st.floats(0, 1))
def test_a_line_that_changes_nothing_changes_nothing(score) -> None:
    """Slope 1 and intercept 0 give the score that was said, but for what double precision loses near 1."""
    verdict = replace(SOUND, slope=1.0, intercept=0.0).applied(Verdict(Relation.COPY, score))

    assert verdict.score == pytest.approx(score, abs=1e-9)


@pytest.mark.parametrize("relation", [one for one in Relation if one is not Relation.COPY])
def test_only_copies_are_corrected(relation) -> None:
    """Of other relations the trials know nothing."""
    assert SOUND.applied(Verdict(relation, 0.9)) == Verdict(relation, 0.9)


def test_a_correction_is_written_by_the_only_writer(tmp_path) -> None:
    """Like everything in a collection's folder; who comes second learns it before working for minutes."""
    with sole_writer(tmp_path):
        with pytest.raises(IndexLockedError):
            corrections.check_writable(tmp_path)
        with pytest.raises(IndexLockedError):
            corrections.write(tmp_path, SOUND)

    corrections.write(tmp_path, SOUND)
    assert corrections.read(tmp_path) == SOUND


def test_a_copy_stays_a_copy() -> None:
    """The score changes, and nothing else."""
    verdict = SOUND.applied(Verdict(Relation.COPY, 0.9, ("why",)))

    assert (verdict.relation, verdict.reasons) == (Relation.COPY, ("why",))
    assert verdict.score == pytest.approx(1 / (1 + math.exp(-(0.9 * math.log(9) - 0.5))))


def test_a_line_far_out_still_gives_a_score() -> None:
    """Whatever a file says that may be read, no search fails for it."""
    far = replace(SOUND, intercept=-1000)

    assert 0 <= far.applied(Verdict(Relation.COPY, 0.9)).score < 1e-9


def test_scores_have_finite_log_odds() -> None:
    """Certainty is a large number."""
    assert log_odds_of(1.0) == -log_odds_of(0.0) == 36.0
    assert log_odds_of(0.5) == 0.0


def test_what_is_written_is_read(tmp_path) -> None:
    """Whole, with nothing beside it, and anew as often as one likes."""
    for slope in (1.2, 0.8):
        corrections.write(tmp_path, replace(SOUND, slope=slope))

    assert corrections.read(tmp_path) == corrections.in_force(tmp_path, ACTIVE) == replace(SOUND, slope=0.8)
    assert {path.name for path in tmp_path.iterdir()} == {FILE, "writer.lock"}


def test_none_is_none(tmp_path) -> None:
    """A collection without one is not corrected."""
    assert corrections.read(tmp_path) is None
    assert corrections.stamp(tmp_path) == 0


def test_another_versions_is_not_in_force(tmp_path) -> None:
    """What was fitted on other scores says nothing of these."""
    corrections.write(tmp_path, replace(SOUND, basis="0" * 16))

    assert corrections.read(tmp_path) is not None
    assert corrections.in_force(tmp_path, ACTIVE) is None


def test_that_of_other_encoders_is_not_in_force(tmp_path) -> None:
    """Nor that of another version of one of them; their order is nothing to it."""
    corrections.write(tmp_path, SOUND)
    others = [ACTIVE[:1], (ACTIVE[0], replace(ACTIVE[1], version="2"))]

    assert [corrections.in_force(tmp_path, some) for some in others] == [None, None]
    assert corrections.in_force(tmp_path, ACTIVE[::-1]) == SOUND


@pytest.mark.parametrize(
    "change",
    [
        {"slope": 0.0},
        {"slope": "1"},
        {"slope": True},
        {"intercept": 1e9},
        {"ceiling": None},
        {"pairs": -1},
        {"wrong": 1.5},
        {"fitted": "yesterday"},
        {"basis": 7},
        {"format": 2},
        {"more": 1},
    ],
    ids=str,
)
def test_a_damaged_file_is_refused(tmp_path, change) -> None:
    """Whatever `write` cannot have written, each field."""
    (tmp_path / FILE).write_text(json.dumps({"format": 1, **asdict(SOUND), **change}))

    with pytest.raises(IndexDamagedError, match=r"calibration\.json is damaged") as refused:
        corrections.in_force(tmp_path, ACTIVE)
    assert "--calibrate" in refused.value.hint


def test_problems_are_told_in_a_sentence(tmp_path) -> None:
    """For `pictrace verify`, which names everything that is wrong."""
    assert corrections.problems(tmp_path) == []
    corrections.write(tmp_path, SOUND)
    assert corrections.problems(tmp_path) == []
    (tmp_path / FILE).write_text("{")

    assert [one.partition(";")[0] for one in corrections.problems(tmp_path)] == ["calibration.json is damaged"]


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"null", b"\xff", b"[" * 70_000, b'{"slope": NaN}'])
def test_what_is_no_json_object_is_refused(tmp_path, data) -> None:
    """Cut off, another kind of thing, too large."""
    (tmp_path / FILE).write_bytes(data)

    with pytest.raises(IndexDamagedError):
        corrections.read(tmp_path)


def test_a_link_is_not_followed(tmp_path) -> None:
    """What is in the folder is a file of its own."""
    corrections.write(tmp_path, SOUND)
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / FILE).symlink_to(tmp_path / FILE)

    with pytest.raises(IndexDamagedError, match="cannot be read"):
        corrections.read(tmp_path / "other")
