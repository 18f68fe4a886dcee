"""`pictrace models check`, and encoders that are somebody's own."""

import json
import sys
from pathlib import Path

import pytest
from photographs import FOLDER

SOURCE = """
import numpy as np
from pictrace.types import Metric, Space


class Encoder:
    @property
    def name(self):
        return "{module}" + (":" + self.model) * bool(self.model)

    space = Space(Metric.COSINE, 192)
    version = "1"

    def __init__(self, model="", *, runtime=None):
        self.model = model
        self.made = 0

    def prepare(self, picture):
        return picture.squashed(8)

    def encode_prepared(self, prepared):
        self.made += {step}
        rows = prepared.reshape(len(prepared), -1).astype(np.float32) + 1 + self.made
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)
"""


def made(folder: Path, monkeypatch, *, step: int = 0) -> str:
    """The name of a module in a folder that Python looks into, here and in worker processes."""
    package = f"own_{folder.name}".replace("-", "_")
    (folder / package).mkdir()
    (folder / package / "grid.py").write_text(SOURCE.format(module=f"{package}.grid", step=step))
    monkeypatch.setenv("PYTHONPATH", str(folder))
    monkeypatch.setattr(sys, "path", [str(folder), *sys.path])
    return f"{package}.grid"


def test_an_encoder_of_ones_own_is_tried(pictrace, tmp_path, monkeypatch, capsys):
    """Every promise is named, and all are kept."""
    assert pictrace("models", "check", made(tmp_path, monkeypatch), "--json") == 0

    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert len(told) == 7
    assert all(one["kept"] for one in told)


def test_a_broken_promise_is_named(pictrace, tmp_path, monkeypatch, capsys):
    """Rows that depend on what came before them are found out."""
    name = made(tmp_path, monkeypatch, step=200)

    assert pictrace("models", "check", name) == 1

    out = capsys.readouterr().out
    assert "BROKEN" in out
    assert f"{name} breaks" in out


def test_an_encoder_that_comes_with_it_is_tried_as_well(pictrace, capsys):
    """By its name."""
    assert pictrace("models", "check", "pdq") == 0
    assert "pdq keeps every promise." in capsys.readouterr().out


@pytest.mark.parametrize("name", ["nobodys.model", "json.decoder", "pdq:small", "no/name"])
def test_what_is_no_encoder_is_refused(pictrace, name, capsys):
    """With a code and a hint."""
    assert pictrace("models", "check", name) == 2
    assert "(unknown_name)" in capsys.readouterr().err


def test_a_collection_is_made_with_an_encoder_of_ones_own(pictrace, tmp_path, monkeypatch):
    """Who names its module wants it loaded, by worker processes too."""
    name, place = made(tmp_path, monkeypatch), str(tmp_path / "own.pictrace")

    done = pictrace("index", str(FOLDER / "coffee.png"), "-c", place, "--encoder", name, "--encoder", "pdq")

    assert done == 0


def test_a_collection_does_not_say_what_code_is_loaded(pictrace, tmp_path, monkeypatch, capsys):
    """It may be somebody else's: the module has to be named by whoever opens it."""
    name, place = made(tmp_path, monkeypatch), str(tmp_path / "own.pictrace")
    pictrace("index", str(FOLDER / "coffee.png"), "-c", place, "--encoder", name, "--encoder", "pdq")
    monkeypatch.delitem(sys.modules, name)
    query = str(FOLDER / "coffee.png")

    assert pictrace("search", query, "-c", place) == 2
    assert "is not loaded" in capsys.readouterr().err


def test_one_module_may_know_several_models(pictrace, tmp_path, monkeypatch, capsys):
    """What follows the colon is the model; the module is what is loaded, by worker processes too."""
    name, place = f"{made(tmp_path, monkeypatch)}:fine", str(tmp_path / "own.pictrace")
    picture, module = str(FOLDER / "coffee.png"), name.partition(":")[0]
    assert pictrace("models", "check", name) == 0
    assert pictrace("index", picture, "-c", place, "--encoder", name) == 0
    assert f"PICTRACE_PLUGINS={module} or" in capsys.readouterr().err
    monkeypatch.setenv("PICTRACE_PLUGINS", module)
    assert pictrace("search", picture, "-c", place, "--json") == 0
    assert pictrace("spaces", "add", f"{module}:coarse", "-c", place) == 0


def test_a_module_of_ones_own_needs_a_dot(pictrace, capsys):
    """And the hint says so, wherever encoders are named."""
    assert pictrace("models", "check", "mymodel") == 2
    assert "the name of a module of your own has a dot in it" in capsys.readouterr().err
    assert pictrace("index", str(FOLDER / "coffee.png"), "--encoder", "mymodel") == 2
    assert "the name of a module of your own has a dot in it" in capsys.readouterr().err
