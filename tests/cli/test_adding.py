"""`pictrace models add` with an ONNX file: looked at, run, copied, and used by name."""

import errno
import json
import os
from pathlib import Path

import filelock
import pytest
from photographs import FOLDER, jpeg, photo
from small_models import WIDTH, small_onnx

from pictrace import probing, weights


@pytest.fixture
def models(monkeypatch, tmp_path) -> Path:
    """The user's folder of models, and a model of two megabytes of nothing else beside it."""
    monkeypatch.setenv("PICTRACE_MODELS", str(tmp_path / "models"))
    monkeypatch.setenv("PICTRACE_WORKERS", "1")
    (tmp_path / "small.onnx").write_bytes(small_onnx())
    return tmp_path / "models"


def test_a_model_of_ones_own_finds_pictures(pictrace, capsys, models, tmp_path):
    """Added, listed, sound, and an encoder of a collection."""
    (tmp_path / "photos").mkdir()
    for name in ("chelsea.png", "coffee.png"):
        (tmp_path / "photos" / f"{name}.jpg").write_bytes(jpeg(photo(name)))
    assert pictrace("models", "add", "small.onnx", "--name", "mine") == 0
    assert f"Added mine: {WIDTH} values of pictures of 64 pixels." in capsys.readouterr().out
    assert pictrace("models", "verify", "mine") == 0
    assert pictrace("index", "photos", "-c", "own.pictrace", "--encoder", "onnx:mine", "--encoder", "pdq") == 0
    assert pictrace("search", str(FOLDER / "chelsea.png"), "-c", "own.pictrace", "-f", "-n", "1") == 0
    assert capsys.readouterr().out.endswith("chelsea.png.jpg\n")


def test_a_model_is_added_as_its_owner_says(pictrace, capsys, models):
    """Options go onto the card; the file is copied and nothing else is left."""
    options = ["--mean", "0.5,0.5,0.5", "--std", "0.25,0.25,0.25", "--fit", "crop", "--crop-share", "0.875"]
    options += ["--resample", "bicubic", "--origin", "mine", "--licence", "MIT", "--json"]
    assert pictrace("models", "add", "small.onnx", *options) == 0
    told = json.loads(capsys.readouterr().out)
    card = weights.card("small", models)

    assert (told["name"], told["state"], told["width"], told["sha256"]) == ("small", "here", WIDTH, card.sha256)
    assert (card.preparation.fit, card.preparation.crop_share, card.preparation.resample) == ("crop", 0.875, "bicubic")
    assert (card.preparation.mean, card.origin, card.licence) == ((0.5, 0.5, 0.5), "mine", "MIT")
    assert sorted(one.name for one in models.iterdir()) == [".add.lock", "small.json", "small.onnx"]
    assert (models / "small.onnx").read_bytes() == small_onnx()


def test_what_a_killed_addition_left_goes_with_the_next(pictrace, models):
    """Not what another one may still be writing."""
    for name in (".adding-old", ".adding-new"):
        (models / name).mkdir(parents=True)
        (models / name / "big.onnx").write_bytes(b"x")
    os.utime(models / ".adding-old", (0, 0))

    assert pictrace("models", "add", "small.onnx") == 0
    assert sorted(one.name for one in models.iterdir()) == [".add.lock", ".adding-new", "small.json", "small.onnx"]


def test_a_card_that_came_with_pictrace_gets_its_bytes(pictrace, capsys, models, tmp_path):
    """What its makers publish in a form that is not loaded is added once it is ONNX."""
    (tmp_path / "made.onnx").write_bytes(small_onnx(side=320))
    assert pictrace("models", "add", "made.onnx", "--name", "sscd", "--json") == 0
    card = weights.card("sscd", models)

    assert card.is_pinned
    assert card.preparation == weights.card("sscd").preparation
    assert weights.content(card, models) == small_onnx(side=320)


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["nowhere.onnx"], 2, "nowhere.onnx cannot be read: No such file"),
        (["."], 2, ". is not added so"),
        (["model.pt"], 2, "model.pt is not added so"),
        (["card.json", "--name", "mine"], 2, "card.json is not added so"),
        (["small.onnx", "--name", "../mine"], 2, "'../mine' names no model"),
        (["small.onnx", "--name", "lite0"], 2, "there is a model called lite0 already"),
        (["small.onnx", "--name", "clip.text"], 2, "clip.text.onnx is a file of the model clip"),
        (["small.onnx", "--mean", "0.5"], 2, "--mean 0.5 are not three numbers"),
        (["small.onnx", "--std", "1,1,inf"], 2, "--std 1,1,inf are not three numbers"),
        (["small.onnx", "--std", "0,0,0"], 2, "--std 0,0,0 cannot be so"),
        (["small.onnx", "--mean", "300,1,1"], 2, "--mean 300,1,1 cannot be so"),
        (["small.onnx", "--licence", "a\x1b[31m"], 2, "--licence is no printable text"),
        (["small.onnx", "--side", "100"], 2, "takes pictures of 64 pixels and no others"),
        (["small.onnx", "--tensor", "other"], 2, "has no output other"),
        (["noise.onnx"], 5, "the model noise cannot be run here"),
        (["pickle.onnx"], 5, "is a pickle"),
        (["outside.onnx"], 5, "keeps tensors in other files"),
        (["pipe.onnx"], 2, "pipe.onnx cannot be read: it is no regular file"),
    ],
)
def test_what_cannot_be_added_is_told(pictrace, capsys, models, arguments, code, words):
    """In a sentence, and nothing is left of it."""
    tmp_path = models.parent
    (tmp_path / "noise.onnx").write_bytes(b"no model at all")
    (tmp_path / "pickle.onnx").write_bytes(b"\x80\x04\x95cposix\nsystem\n")
    location = b"\x0a\x08location\x12\x10../../etc/passwd"
    (tmp_path / "outside.onnx").write_bytes(b"\x08\x08\x3a\x20\x2a\x1e\x6a\x1c" + location)
    os.mkfifo(tmp_path / "pipe.onnx")

    assert pictrace("models", "add", *arguments) == code
    assert words in capsys.readouterr().err
    assert not models.exists() or list(models.iterdir()) == []


def test_a_model_is_not_added_twice(pictrace, capsys, models):
    """The one that is there stays."""
    assert pictrace("models", "add", "small.onnx") == 0
    assert pictrace("models", "add", "small.onnx", "--fit", "pad") == 2
    assert "models remove small" in capsys.readouterr().err
    assert weights.card("small", models).preparation.fit == "squash"
    assert pictrace("models", "remove", "small") == 0
    assert pictrace("models", "add", "small.onnx", "--fit", "pad") == 0


def test_a_name_that_somebody_took_meanwhile_is_theirs(pictrace, capsys, models, monkeypatch):
    """While the one was tried, which may take minutes, the other was added."""
    described = probing.described

    def slowly(*given, **more):
        card = described(*given, **more)
        monkeypatch.setattr(probing, "described", described)
        assert pictrace("models", "add", "small.onnx", "--fit", "pad") == 0
        return card

    monkeypatch.setattr(probing, "described", slowly)
    assert pictrace("models", "add", "small.onnx") == 2
    assert "there is a model called small already" in capsys.readouterr().err
    assert weights.card("small", models).preparation.fit == "pad"


def test_a_process_that_adds_without_end_is_not_waited_for(pictrace, capsys, models, monkeypatch):
    """It may have been stopped."""
    models.mkdir()
    monkeypatch.setattr("pictrace.cli._addition._LOCK_S", 0.1)

    with filelock.FileLock(models / ".add.lock"):
        assert pictrace("models", "add", "small.onnx") == 3
    assert "another process is adding a model" in capsys.readouterr().err
    assert [one.name for one in models.iterdir()] == [".add.lock"]


def test_a_full_disk_is_told_as_one(pictrace, capsys, models, monkeypatch):
    """Another folder of models would not help."""

    def no_room(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("shutil.copyfileobj", no_room)
    assert pictrace("models", "add", "small.onnx") == 4
    assert "the disk is full" in capsys.readouterr().err
    assert list(models.iterdir()) == []


def test_a_file_that_no_card_tells_of_is_not_replaced(pictrace, capsys, models):
    """It may be somebody's only copy."""
    models.mkdir()
    (models / "small.onnx").write_bytes(small_onnx(seed=2))

    assert pictrace("models", "add", "small.onnx") == 2
    assert "is another file, of which no card tells" in capsys.readouterr().err
    assert (models / "small.onnx").read_bytes() == small_onnx(seed=2)


def test_a_file_that_lay_in_the_folder_of_models_stays_where_its_card_cannot_be_written(pictrace, models):
    """It was not the addition that put it there."""
    (models / "small.json").mkdir(parents=True)
    (models / "small.onnx").write_bytes(small_onnx())

    assert pictrace("models", "add", str(models / "small.onnx")) == 6
    assert (models / "small.onnx").read_bytes() == small_onnx()


def test_a_link_is_copied(pictrace, models, tmp_path):
    """The model stays when what was linked to goes."""
    (tmp_path / "link.onnx").symlink_to(tmp_path / "small.onnx")
    assert pictrace("models", "add", "link.onnx") == 0
    assert not (models / "link.onnx").is_symlink()
