"""`pictrace eval`."""

import json
from pathlib import Path

import pytest
from photographs import jpeg, noise

from pictrace import corrections, evaluation
from pictrace.collection import Collection
from pictrace.edits import SUITE
from pictrace.settings import Settings


@pytest.fixture(scope="module")
def noises(tmp_path_factory) -> str:
    """A collection of eight pictures like no others, in files."""
    folder = tmp_path_factory.mktemp("noises")
    (folder / "files").mkdir()
    for seed in range(8):
        (folder / "files" / f"{seed}.jpg").write_bytes(jpeg(noise(seed, (320, 240))))
    with Collection(folder / "noises.pictrace", settings=Settings(workers=1, threads=1)) as fresh:
        fresh.add(folder / "files")
    return str(folder / "noises.pictrace")


SMALL = ("--pictures", "2", "--strangers", "4")


def test_eval_tells_of_every_edit(pictrace, noises, capsys):
    """A line each, and what all of it comes to."""
    assert pictrace("eval", "-c", noises, *SMALL, "--edits", "jpeg-30, half", "--edits", "mirror") == 0
    told = capsys.readouterr().out

    assert [line.split()[0] for line in told.splitlines()[2:5]] == ["jpeg-30", "half", "mirror"]
    for said in ("Of 6 searches", "0 false alarms in 12 searches", "Micro-average precision", "recall@10 1.000", "p95"):
        assert said in told


def test_eval_lists_what_edits_there_are(pictrace, capsys):
    """Without any collection; in JSON one a line."""
    assert pictrace("eval", "--list-edits") == 0
    table = capsys.readouterr().out
    assert pictrace("eval", "--list-edits", "--json") == 0
    listed = [json.loads(line) for line in capsys.readouterr().out.splitlines()]

    assert [one["name"] for one in listed] == list(SUITE)
    assert all(one["name"] in table and one["family"] in table for one in listed)


def test_eval_gives_one_object_of_json(pictrace, noises, capsys):
    """Figures for programs, and nothing on stderr."""
    assert pictrace("eval", "-c", noises, *SMALL, "--edits", "jpeg-90", "--json") == 0
    out, err = capsys.readouterr()

    figures = json.loads(out)
    assert (figures["drawn"], figures["strangers"], figures["overall"]["first"]) == (2, 4, 1.0)
    assert figures["edits"][0]["name"] == "jpeg-90"
    assert err == ""


def test_eval_writes_a_page_and_every_trial(pictrace, noises, tmp_path, capsys):
    """Both whole, and both may be written again."""
    files = ("--html", "page.html", "--trials", "trials.jsonl")
    for _ in range(2):
        assert pictrace("eval", "-c", noises, *SMALL, "--edits", "half", *files) == 0

    lines = (tmp_path / "trials.jsonl").read_text().splitlines()
    assert [json.loads(line)["stranger"] for line in lines] == [False] * 2 + [True] * 4
    assert "noises" in (tmp_path / "page.html").read_text()


def test_eval_tells_whose_files_are_gone(pictrace, shelf, capsys, tmp_path):
    """Pictures whose originals cannot be read are stood in for, and that is said."""
    with Collection(tmp_path / "gone.pictrace", settings=Settings(workers=1, threads=1)) as fresh:
        for seed in range(6):
            fresh.add_image(jpeg(noise(seed, (320, 240))))

    assert pictrace("eval", "-c", "gone.pictrace", *SMALL, "--edits", "half") == 0
    assert "note: 6 pictures could not be read" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--edits", "crob"], "unknown_name"),
        (["--strangers", "3"], "invalid_parameter"),
        (["--pictures", "0"], "invalid_parameter"),
        (["--html", "mine.txt"], "not one of ours"),
        (["--trials", "mine.txt"], "not one of ours"),
        (["--html", "nowhere/page.html"], "cannot be written"),
        (["--html", "one", "--trials", "one"], "cannot be one file"),
    ],
)
def test_eval_refuses_in_a_sentence(pictrace, noises, capsys, tmp_path, options, said):
    """Unknown edits, too few strangers, and files that are somebody's."""
    (tmp_path / "mine.txt").write_text("my diary")

    assert pictrace("eval", "-c", noises, "--edits", "half", *options) == 2
    assert said in capsys.readouterr().err
    assert (tmp_path / "mine.txt").read_text() == "my diary"


def test_eval_does_not_take_no_name_for_all(pictrace, noises, capsys):
    """An unset variable of a script is no wish for half an hour of work."""
    assert pictrace("eval", "-c", noises, "--edits", "") == 2
    assert "names none" in capsys.readouterr().err


def test_eval_needs_enough_pictures(pictrace, shelf, capsys):
    """Three pictures have no strangers among them."""
    assert pictrace("eval", "-c", shelf.collection) == 2
    assert "too few to evaluate it" in capsys.readouterr().err


@pytest.mark.parametrize("options", [[], ["--json"]])
def test_eval_refuses_to_calibrate_on_few_claims(pictrace, noises, capsys, options):
    """The figures are told, and nothing is stored."""
    assert pictrace("eval", "-c", noises, *SMALL, "--edits", "half", "--calibrate", *options) == 2
    out, err = capsys.readouterr()

    assert "half" in out
    assert "too few to correct scores by" in err


@pytest.mark.parametrize(("after", "said"), [(0.05, "calibrated on"), (0.1, "it would not help")])
def test_eval_stores_what_helps(pictrace, noises, capsys, monkeypatch, after, said):
    """A correction that scores other pictures no better is told of, and not stored."""
    with Collection(noises) as own:
        basis = corrections.basis(own.recipe.active)
    line = corrections.Correction(1.0, 0.1, 5.0, 400, 0, "2026-11-01T12:00:00+00:00", basis)
    monkeypatch.setattr(evaluation, "fitted", lambda _: evaluation.Fit(line, 0.1, after))

    assert pictrace("eval", "-c", noises, *SMALL, "--edits", "half", "--calibrate") == 0
    assert said in capsys.readouterr().err
    assert (Path(noises) / corrections.FILE).exists() is (after < 0.1)
    (Path(noises) / corrections.FILE).unlink(missing_ok=True)


def test_search_says_that_scores_are_corrected(pictrace, noises, capsys):
    """Whoever reads a score knows what it rests on."""
    with Collection(noises) as own:
        basis = corrections.basis(own.recipe.active)
    line = corrections.Correction(1.0, 0.1, 5.0, 400, 0, "2026-11-01T12:00:00+00:00", basis)
    corrections.write(Path(noises), line)
    assert pictrace("search", "id:1", "-c", noises) == 0
    (Path(noises) / corrections.FILE).unlink()

    assert "scores of copies are corrected on this collection's own pictures" in capsys.readouterr().out
