"""evaluate: every edit of every drawn picture is searched for, and the figures say what came of it."""

import json

import pytest

from pictrace.edits import SUITE
from pictrace.errors import NotFoundError, UnknownNameError, UsageError
from pictrace.evaluation import BARS, Plan, evaluate
from pictrace.types import Relation

from .conftest import EDITS, PICTURES, STRANGERS


def test_every_edit_is_tried_on_everybody(evaluated) -> None:
    """Each picture and stranger once with each edit."""
    tried = {(trial.picture, trial.edit) for trial in evaluated.trials}

    assert len(tried) == len(evaluated.trials) == len(EDITS) * (PICTURES + STRANGERS)
    assert {edit for _, edit in tried} == set(EDITS)


def test_recompressed_pictures_are_found_as_copies(evaluated) -> None:
    """What is easy is found, by the hash alone too, and quickly enough to have a time."""
    easy = evaluated.figures.edits[0]

    assert (easy.name, easy.counts.first, easy.counts.copy, easy.counts.certain) == ("jpeg-50", 1.0, 1.0, 1.0)
    assert easy.signals["pdq"] == 1.0
    assert easy.ranks["pdq"] == (1.0, 1.0)
    assert easy.is_met
    assert easy.median_ms > 0


def test_strangers_are_never_right(evaluated) -> None:
    """They are not among what is searched, so whatever is named for them is wrong."""
    strange = [trial for trial in evaluated.trials if trial.stranger]

    assert len(strange) == len(EDITS) * STRANGERS
    assert not any(claim.right or claim.key == trial.picture for trial in strange for claim in trial.claims)
    assert not any(trial.ranks for trial in strange)
    assert evaluated.figures.overall.false_alarms == sum(trial.wrong_copies for trial in strange)


def test_what_was_searched_is_told(evaluated, collection) -> None:
    """Strangers are left out, and everybody's file was there to be read."""
    figures = evaluated.figures

    assert (figures.pictures, figures.searched) == (len(collection), len(collection) - STRANGERS)
    assert (figures.drawn, figures.strangers, figures.from_proxies) == (PICTURES, STRANGERS, 0)


def test_an_index_that_compares_everything_finds_everything(evaluated) -> None:
    """Recall is measured even where it cannot be other than 1."""
    assert {(one.encoder, one.recall_at_10, one.exhaustive) for one in evaluated.figures.neighbours} == {
        ("lite0", 1.0, True),
        ("pdq", 1.0, True),
    }


def test_runs_repeat(evaluated, collection) -> None:
    """Times aside, the same collection gives the same trials."""
    again = evaluate(collection, Plan(PICTURES, STRANGERS, EDITS))

    assert [(one.picture, one.edit, one.claims, one.pairs) for one in again.trials] == [
        (one.picture, one.edit, one.claims, one.pairs) for one in evaluated.trials
    ]


def test_nothing_is_written(evaluated, collection) -> None:
    """A collection is as it was."""
    before = collection.changes
    evaluate(collection, Plan(1, STRANGERS, ["mirror"]))

    assert collection.changes == before


def test_records_are_ready_for_json(evaluated) -> None:
    """Figures and trials go to JSON and back unharmed."""
    figures, trials = evaluated.figures.to_dict(), [trial.to_dict() for trial in evaluated.trials]

    assert json.loads(json.dumps(figures, allow_nan=False))["edits"][0]["name"] == "jpeg-50"
    assert json.loads(json.dumps(trials, allow_nan=False))[0]["claims"][0]["relation"] == "copy"


def test_progress_counts_to_the_end(collection) -> None:
    """Whoever waits hears of every search, and of how many there are."""
    heard = []
    evaluate(collection, Plan(1, STRANGERS, ["mirror"]), progress=lambda *one: heard.append(one))

    assert heard == [(place, 5, "mirror") for place in range(1, 6)]


def test_every_edit_has_its_example(evaluated) -> None:
    """A small JPEG each, for a page."""
    assert list(evaluated.examples) == list(EDITS)
    assert all(data[:2] == b"\xff\xd8" and max(size) <= 192 for data, size in evaluated.examples.values())


def test_right_pairs_are_looked_at_whether_found_or_not(evaluated) -> None:
    """One right pair for each picture that was to be found, first, with what each signal says."""
    known = [trial for trial in evaluated.trials if not trial.stranger]

    assert all([pair.right for pair in trial.pairs].count(True) == 1 and trial.pairs[0].right for trial in known)
    assert all(set(trial.pairs[0].voices) >= {"pdq", "embedding", "geometry"} for trial in known)


def test_claims_agree_with_what_is_counted(evaluated) -> None:
    """Shares are of the single trials."""
    crops = [one for one in evaluated.trials if one.edit == "crop-50" and not one.stranger]
    figures = next(edit for edit in evaluated.figures.edits if edit.name == "crop-50")

    assert figures.counts.first == sum(one.rank == 1 for one in crops) / PICTURES
    assert figures.counts.copy == sum(one.found.relation >= Relation.COPY for one in crops if one.found) / PICTURES


def test_every_edit_has_a_bar_or_none() -> None:
    """What is aimed at is said of every edit of the suite."""
    assert set(BARS) == set(SUITE)
    assert BARS["jpeg-30"] == 0.99
    assert BARS["crop-30"] == BARS["collage"] == 0.95
    assert BARS["eighth"] == 0.85


@pytest.mark.parametrize(
    ("plan", "error"),
    [
        (Plan(edits=["crob"]), UnknownNameError),
        (Plan(0, 6), UsageError),
        (Plan(5, 3), UsageError),
        (Plan(1, 15), UsageError),
    ],
)
def test_what_cannot_be_evaluated_is_refused(collection, plan, error) -> None:
    """Unknown edits, nobody to find, too few strangers for a collage, or nobody left."""
    with pytest.raises(error):
        evaluate(collection, plan)


def test_a_collection_that_is_too_small_is_refused(tiny) -> None:
    """With three pictures there are no strangers."""
    with pytest.raises(UsageError, match="too few to evaluate"):
        evaluate(tiny, Plan(1, 4))


def test_a_collection_that_is_not_there_is_refused(tmp_path) -> None:
    """Evaluating makes none."""
    from pictrace.collection import Collection

    with pytest.raises(NotFoundError):
        evaluate(Collection(tmp_path / "none.pictrace"))
