"""`pictrace models bench`: how long models take here."""

import json

import numpy as np
import pytest
from small_models import small_card, small_onnx


@pytest.fixture(autouse=True)
def _short(monkeypatch):
    monkeypatch.setattr("pictrace.cli.timing._SECONDS", 0.0)


def test_encoders_and_files_are_timed(pictrace, capsys, monkeypatch, tmp_path) -> None:
    """A line each, with what they ran on."""
    monkeypatch.setenv("PICTRACE_MODELS", str(tmp_path))
    small_card(tmp_path, small_onnx(), name="mine")

    file = str(tmp_path / "mine.onnx")
    assert pictrace("models", "bench", "onnx:mine", "--onnx", file, "--threads", "1", "--json") == 0

    first, second = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    assert (first["name"], second["name"]) == ("onnx:mine", "mine.onnx")
    assert (first["provider"], first["threads"]) == ("cpu", 1)
    assert list(first["ms"]) == ["1", "8", "32"]
    assert first["pictures_per_second"] > 0


def test_people_read_a_table(pictrace, capsys) -> None:
    """With a column for each size of batch."""
    assert pictrace("models", "bench", "lite0") == 0

    assert "ms / 32" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "no model is named"),
        (["lite1"], "no encoder is called 'lite1'"),
        (["lite0", "--provider", "cuda"], "not on cuda"),
        (["--onnx", "nobody.onnx"], "nobody.onnx cannot be read"),
    ],
)
def test_what_cannot_be_timed_is_refused(pictrace, capsys, arguments, said) -> None:
    """In one line."""
    assert pictrace("models", "bench", *arguments) > 0

    assert said in capsys.readouterr().err


def test_a_file_that_is_no_model_is_refused(pictrace, capsys, tmp_path) -> None:
    """As is one that takes no pictures of one size."""
    (tmp_path / "noise.onnx").write_bytes(b"no model")

    assert pictrace("models", "bench", "--onnx", str(tmp_path / "noise.onnx")) > 0

    assert "noise.onnx cannot be run here" in capsys.readouterr().err


@pytest.mark.parametrize("batch", [1, 4, 40])
def test_a_file_of_one_size_of_batch_is_timed_in_steps_of_it(pictrace, capsys, tmp_path, batch) -> None:
    """As its encoder would run it."""
    (tmp_path / "fixed.onnx").write_bytes(small_onnx(batch=batch))

    assert pictrace("models", "bench", "--onnx", str(tmp_path / "fixed.onnx"), "--json") == 0

    assert json.loads(capsys.readouterr().out)["pictures_per_second"] > 0


def test_a_file_that_leaves_its_sides_open_is_timed_at_the_side_that_is_named(pictrace, capsys, tmp_path) -> None:
    """It was made for squares of 64 pixels, and cannot be run on others."""
    (tmp_path / "open.onnx").write_bytes(small_onnx(is_open=True))

    assert pictrace("models", "bench", "--onnx", str(tmp_path / "open.onnx"), "--side", "64", "--json") == 0
    assert json.loads(capsys.readouterr().out)["pictures_per_second"] > 0
    assert pictrace("models", "bench", "--onnx", str(tmp_path / "open.onnx")) == 5


def test_what_the_runtime_says_while_it_is_timed_is_told_in_one_line(pictrace, capsys, tmp_path) -> None:
    """A file whose graph wants four pictures where its input takes any number is found out by running it."""
    any_number, four = (np.array([first, 3, 64], np.int64).tobytes() for first in (0, 4))
    (tmp_path / "broken.onnx").write_bytes(small_onnx(shape="tokens").replace(any_number, four))

    assert pictrace("models", "bench", "--onnx", str(tmp_path / "broken.onnx")) == 5

    assert "broken.onnx cannot be run here" in capsys.readouterr().err
