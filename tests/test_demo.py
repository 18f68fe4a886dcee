"""The demonstration: real photographs, found again."""

from pathlib import Path

import pytest
from photographs import photo

from pictrace import demo
from pictrace.errors import UsageError


@pytest.fixture(scope="module")
def outcome(tmp_path_factory) -> demo.Outcome:
    """The whole demonstration with one edited photograph."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(demo, "EDITED", ("coffee.png", "chelsea.png"))
        patch.setattr(demo, "TRIED", {name: demo.TRIED[name] for name in ("JPEG quality 30", "turned 25°", "mirrored")})
        patch.setenv("PICTRACE_WORKERS", "1")
        return demo.run(str(tmp_path_factory.mktemp("demo")))


def test_every_edit_is_found_first(outcome):
    """What the demonstration is there to show."""
    assert len(outcome.trials) == 6
    assert all(trial.right for trial in outcome.trials)


def test_a_stranger_is_not_found(outcome):
    """A picture of something else has no match."""
    strangers = [trial for trial in outcome.others if "not in the collection" in trial.edit]

    assert [trial.match for trial in strangers] == [None, None]


def test_everything_is_left_to_play_with(outcome):
    """The page, the edits and the collection are where the summary says."""
    assert "<article" in outcome.page.read_text("utf-8")
    assert outcome.example.is_file()
    assert outcome.collection.is_dir()
    assert "6 of 6 edited copies found first" in demo.summary(outcome)


def test_a_folder_of_something_else_is_left_alone(tmp_path: Path):
    """Nobody's files are mixed with ours."""
    (tmp_path / "thesis.txt").write_text("do not touch")

    with pytest.raises(UsageError, match="something else"):
        demo.run(str(tmp_path))
    assert [one.name for one in tmp_path.iterdir()] == ["thesis.txt"]


def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path):
    """A file is in the way."""
    (tmp_path / "file").write_text("")

    with pytest.raises(UsageError, match="cannot be written"):
        demo.run(str(tmp_path / "file" / "demo"))


def test_photographed_shows_the_whole_picture_smaller():
    """The size stays, the corners become table."""
    image = photo("coffee.png")
    edited = demo.photographed(image)

    assert image.size == edited.size
    assert edited.getpixel((2, 2)) != image.getpixel((2, 2))


def test_the_command_tells_all_of_it(outcome, capsys, monkeypatch):
    """A table by edit, the strangers, a summary and where the page is."""
    from pictrace.cli.demo import demo as command

    monkeypatch.setattr(demo, "run", lambda out, tell: outcome)
    command(out=None, browse=False)
    out = capsys.readouterr().out

    assert "turned 25°" in out
    assert "2 of 2" in out
    assert "no match" in out
    assert str(outcome.page) in out
