"""encoders._onnx: rows as cards say, what is refused, and that nothing is loaded before it must be."""

import base64
import dataclasses
import hashlib
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from small_models import WIDTH, endless_onnx, small_card, small_onnx

from pictrace import weights
from pictrace.encoders import _onnx, _patience
from pictrace.encoders._onnx import BATCH, Model
from pictrace.errors import MissingExtraError, ModelDamagedError, ModelMissingError
from pictrace.settings import Runtime
from pictrace.weights import ModelCard, Preparation, Reference

ONE = Runtime(threads=1)
CARD = weights.card("lite0")
PICTURES = weights.reference_pictures(CARD.side)


def card_of(folder: Path, data: bytes) -> ModelCard:
    """A card for a file of these bytes, which are put into the folder."""
    (folder / "other.onnx").write_bytes(data)
    digest = hashlib.sha256(data).hexdigest()
    return dataclasses.replace(CARD, name="other", file="other.onnx", sha256=digest, size=len(data))


@pytest.mark.parametrize("size", [0, 1, BATCH - 1, BATCH, BATCH + 1, 3 * BATCH])
def test_a_batch_of_any_size_gives_as_many_rows(size: int) -> None:
    """Rows keep the order of the pictures across the passes."""
    model = Model(CARD, runtime=ONE)
    places = np.arange(size) % len(PICTURES)

    rows = model.rows(PICTURES[places])

    expected = model.rows(PICTURES)[places]
    assert (rows.shape, rows.dtype) == ((size, CARD.width), np.float32)
    np.testing.assert_allclose(expected, rows, atol=1e-5)


@pytest.mark.parametrize("threads", [1, 2, 8])
def test_the_number_of_threads_does_not_change_rows(threads: int) -> None:
    """One, two and eight give the rows on the card, and the same among each other to a hundred-thousandth."""
    rows = Model(CARD, runtime=Runtime(threads=threads, provider="cpu")).rows(PICTURES)

    np.testing.assert_allclose(rows, Model(CARD, runtime=ONE).rows(PICTURES), atol=1e-5)
    golden = CARD.reference.array(CARD.width)
    assert (1 - (rows * golden).sum(axis=1)).max() <= CARD.reference.tolerance


@pytest.mark.parametrize(("shape", "pooling"), [("rows", "none"), ("tokens", "first"), ("tokens", "mean")])
def test_rows_of_a_float_model_are_pooled_and_of_length_one(tmp_path: Path, shape: str, pooling: str) -> None:
    """Computed here by hand from the weights of the file."""
    card = small_card(tmp_path, small_onnx(shape=shape), pooling=pooling)
    pixels = np.random.default_rng(2).integers(0, 256, (5, 64, 64, 3), dtype=np.uint8)

    rows = Model(card, runtime=Runtime(models=str(tmp_path))).rows(pixels)

    values = ((pixels / 255 - 0.5) / 0.25).transpose(0, 3, 1, 2).reshape(5, 3, 8, 8, 8, 8).mean(axis=(3, 5))
    mixing = np.random.default_rng(1).normal(size=(192 if shape == "rows" else 3, WIDTH))
    given = values.reshape(5, -1) if shape == "rows" else values.reshape(5, 3, 64).transpose(0, 2, 1)
    expected = given @ mixing
    if shape == "tokens":
        expected = expected[:, 0] if pooling == "first" else expected.mean(axis=1)
    np.testing.assert_allclose(rows, expected / np.linalg.norm(expected, axis=1, keepdims=True), atol=1e-5)


def test_a_model_of_a_fixed_batch_takes_any_number(tmp_path: Path) -> None:
    """What is missing in the last batch is filled up, and left out of the rows."""
    fixed = small_card(tmp_path, small_onnx(batch=4), name="fixed")
    free = small_card(tmp_path, small_onnx(), name="free")
    pixels = np.random.default_rng(2).integers(0, 256, (6, 64, 64, 3), dtype=np.uint8)

    rows, expected = (Model(one, runtime=Runtime(models=str(tmp_path))).rows(pixels) for one in (fixed, free))

    np.testing.assert_allclose(rows, expected, atol=1e-6)


@pytest.mark.parametrize("facts", [{"pooling": "none"}, {"pooling": "first", "width": 25}], ids=["tokens", "width"])
def test_an_output_that_the_card_does_not_fit_is_refused(tmp_path: Path, facts: dict) -> None:
    """It is said what came out."""
    card = small_card(tmp_path, small_onnx(shape="tokens"), **facts)

    with pytest.raises(ModelDamagedError, match="where its card says") as caught:
        Model(card, runtime=Runtime(models=str(tmp_path))).rows(np.zeros((1, 64, 64, 3), np.uint8))

    assert "pooling" in caught.value.hint


def test_an_output_that_is_not_there_is_refused(tmp_path: Path) -> None:
    """The card's `tensor` is one of the model's."""
    card = small_card(tmp_path, small_onnx(), tensor="image_embeds")

    with pytest.raises(ModelDamagedError, match="gives rows, which its card does not fit"):
        Model(card, runtime=Runtime(models=str(tmp_path))).rows(np.zeros((1, 64, 64, 3), np.uint8))


def test_another_size_of_picture_is_refused(tmp_path: Path) -> None:
    """The runtime's own exception never comes through."""
    card = small_card(tmp_path, small_onnx(), preparation=Preparation(32))

    with pytest.raises(ModelDamagedError, match="cannot be run here"):
        Model(card, runtime=Runtime(models=str(tmp_path))).rows(np.zeros((1, 32, 32, 3), np.uint8))


def test_a_batch_of_more_pictures_than_fit_is_refused(tmp_path: Path) -> None:
    """One picture would be filled up to that many."""
    card = small_card(tmp_path, small_onnx(batch=65))

    with pytest.raises(ModelDamagedError, match="takes 65 pictures at a time"):
        Model(card, runtime=Runtime(models=str(tmp_path))).rows(np.zeros((1, 64, 64, 3), np.uint8))


def test_a_provider_that_is_not_there_is_refused_with_its_install_line() -> None:
    """Whoever asks for a graphics card wants to know that none is used."""
    with pytest.raises(MissingExtraError, match="not on cuda") as caught:
        Model(CARD, runtime=Runtime(provider="cuda")).rows(PICTURES)

    assert "onnxruntime-gpu" in caught.value.hint


def test_a_provider_whose_rows_are_others_is_not_used(monkeypatch, caplog) -> None:
    """The card's own rows are what a provider is held against; the log says what happened."""
    wrong = Reference(base64.b64encode(np.ones((3, CARD.width), "<f2").tobytes()).decode(), "nothing", 0.01)
    monkeypatch.setattr(_onnx, "available", lambda: ["CUDAExecutionProvider", "CPUExecutionProvider"])
    monkeypatch.setattr(_onnx, "CPU", "nowhere")
    model = Model(dataclasses.replace(CARD, reference=wrong), runtime=ONE)

    assert model.provider == "cpu"
    assert "away from its own; using the CPU" in caplog.text


def test_a_provider_that_gives_the_same_rows_is_used(monkeypatch) -> None:
    """Here its place is taken by the CPU, through the buffers that are bound for other processors."""
    monkeypatch.setattr(_onnx, "available", lambda: ["CUDAExecutionProvider", "CPUExecutionProvider"])
    monkeypatch.setattr(_onnx, "CPU", "nowhere")
    model = Model(CARD, runtime=ONE)

    assert model.provider == "cuda"
    np.testing.assert_allclose(
        model.rows(PICTURES), Model(CARD, runtime=Runtime(provider="cpu")).rows(PICTURES), atol=1e-5
    )


def test_a_provider_that_cannot_be_loaded_is_not_used(monkeypatch, caplog) -> None:
    """The runtime itself falls back on the CPU where libraries are missing, which is noticed and said."""
    monkeypatch.setattr(_onnx, "available", lambda: ["CUDAExecutionProvider", "CPUExecutionProvider"])
    model = Model(CARD, runtime=ONE)

    assert model.provider == "cpu"
    assert "cannot be loaded" in caplog.text


def test_a_model_in_several_files_is_refused(tmp_path: Path) -> None:
    """Tensors outside the checked file could be anybody's."""
    # A second half of the graph, with one tensor: protocol buffers put the halves together.
    tensor_elsewhere = b"\x3a\x1c\x2a\x1a\x6a\x18\x0a\x08location\x12\x0cweights.data"
    card = card_of(tmp_path, weights.content(CARD) + tensor_elsewhere)

    with pytest.raises(ModelDamagedError, match="other files") as caught:
        Model(card, runtime=Runtime(models=str(tmp_path))).rows(PICTURES)

    assert caught.value.hint == "use a model that is one file"


def test_the_runtime_finds_no_file_should_a_tensor_elsewhere_be_missed(tmp_path: Path, monkeypatch) -> None:
    """Not where the program was started, whose files are as good as read once a model has their bytes."""
    data = small_onnx()
    values = np.random.default_rng(1).normal(size=(192, WIDTH)).astype(np.float32).tobytes()
    begin, end = data.index(values) - 4, data.index(values) + len(values)  # with its field and a length of three bytes
    (tmp_path / "there").write_bytes(values)
    elsewhere = b"\x6a\x11\x0a\x08location\x12\x05there\x70\x01"
    left = end - begin - len(elsewhere) - 4  # taken by a text that is for people
    text = b"\x62" + bytes([left & 0x7F | 0x80, left >> 7 & 0x7F | 0x80, left >> 14]) + b"." * left
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(_onnx, "refers_outside", lambda _: False)

    with pytest.raises(ModelDamagedError, match="cannot be run here"):
        _onnx.session_of(data[:begin] + elsewhere + text + data[end:], "mine", ONE)


@pytest.mark.parametrize("data", [b"no model at all", b""], ids=["noise", "empty"])
def test_a_file_that_is_no_model_is_refused(tmp_path: Path, data: bytes) -> None:
    """The runtime's own exceptions never come through."""
    card = card_of(tmp_path, data)

    with pytest.raises(ModelDamagedError, match="cannot be run here") as caught:
        Model(card, runtime=Runtime(models=str(tmp_path))).rows(PICTURES)

    assert "onnxruntime" in caught.value.hint


def test_a_pass_that_does_not_end_is_ended(tmp_path: Path, capfd) -> None:
    """A model may wait for a picture that nobody tried it on; nothing of its log reaches the terminal."""
    card = small_card(tmp_path, endless_onnx())
    model = Model(card, runtime=Runtime(threads=1, models=str(tmp_path), provider="cpu", model_seconds=0.1))

    with pytest.raises(ModelDamagedError, match=r"small took longer than 0\.1 seconds") as said:
        model.rows(weights.reference_pictures(card.side))

    assert "limits.model_seconds" in said.value.hint
    assert capfd.readouterr() == ("", "")


def test_a_pass_that_ends_in_time_is_let_alone(tmp_path: Path) -> None:
    """Nobody watches any longer than it takes."""
    card = small_card(tmp_path, small_onnx())
    model = Model(card, runtime=Runtime(threads=1, models=str(tmp_path), provider="cpu", model_seconds=60))

    assert len(model.rows(weights.reference_pictures(card.side))) == 3
    assert not _patience._running


@pytest.mark.parametrize("name", [b"pixels", b"rows", b"axis", b"MatMul"])
def test_a_name_that_is_no_text_is_refused(name: bytes) -> None:
    """Of an input, of an output, of an axis, and one that an error of the runtime names."""
    with pytest.raises(ModelDamagedError, match="small cannot be run here"):
        _onnx.session_of(small_onnx(batch="axis").replace(name, b"\xff" * len(name)), "small", ONE)


def test_a_missing_model_is_noticed_with_the_first_rows(tmp_path: Path) -> None:
    """Making the model reads no file; asking it does."""
    model = Model(dataclasses.replace(CARD, file="absent.onnx"), runtime=Runtime(models=str(tmp_path)))

    with pytest.raises(ModelMissingError):
        model.rows(PICTURES)


def test_preparing_loads_no_runtime() -> None:
    """A worker process that only prepares pictures never imports onnxruntime."""
    program = (
        "import sys, numpy; "
        "from pictrace.encoders.lite0 import Encoder; from pictrace.picture import Picture; "
        "Encoder().prepare(Picture.open(numpy.zeros((32, 32, 3), numpy.uint8))); "
        "print('onnxruntime' in sys.modules)"
    )

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "False"


def test_the_runtime_tells_nobody_and_keeps_no_notes(tmp_path: Path) -> None:
    """No file of it appears in the home of whoever runs a model."""
    code = "from pictrace.encoders.lite0 import Encoder; import numpy as np\n"
    code += "Encoder().encode_prepared(np.zeros((1, 224, 224, 3), np.uint8))"
    quiet = {name: value for name, value in os.environ.items() if not name.startswith(("ORT_", "XDG_"))}

    subprocess.run([sys.executable, "-c", code], check=True, env=quiet | {"HOME": str(tmp_path)})

    assert list(tmp_path.rglob("*")) == []
