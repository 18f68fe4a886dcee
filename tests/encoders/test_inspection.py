"""encoders.described: what an ONNX file takes and gives, and what has to be said of it."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from small_models import WIDTH, small_onnx

from pictrace import weights
from pictrace.encoders import Wishes, described, load
from pictrace.encoders._inspection import _with_input, _with_output
from pictrace.errors import ModelDamagedError, UsageError
from pictrace.settings import Runtime

ONE = Runtime(threads=1)


@dataclasses.dataclass
class Port:
    """An input or output as the runtime tells of it."""

    name: str
    shape: list
    type: str = "tensor(float)"


@pytest.fixture
def add(tmp_path):
    """The card of a file of these bytes."""

    def add(data: bytes, *, like=None, **said) -> weights.ModelCard:
        (tmp_path / "mine.onnx").write_bytes(data)
        return described(tmp_path, "mine", Wishes(**said), like=like, runtime=ONE)

    return add


def test_a_card_follows_from_the_file(add, tmp_path):
    """It says what an encoder needs, and the encoder gives the rows that are on it."""
    data = small_onnx()
    card = add(
        data, mean=(0.5, 0.5, 0.5), std=(0.25, 0.25, 0.25), fit="crop", crop_share=0.875, origin="me", licence="MIT"
    )
    weights.keep(card, tmp_path)
    encoder = load("onnx:mine", Runtime(threads=1, models=str(tmp_path)))
    rows = encoder.encode_prepared(weights.reference_pictures(card.side))

    assert (card.side, card.width, card.tensor, card.preparation.layout) == (64, WIDTH, "rows", "nchw-float32")
    assert (card.size, card.preparation.fit, card.origin, card.licence) == (len(data), "crop", "me", "MIT")
    np.testing.assert_allclose(card.reference.array(WIDTH), rows, atol=2e-3)
    assert "onnxruntime" in card.reference.made_with


def test_imagenets_numbers_are_taken_if_none_are_said(add):
    """Most models that take real numbers were trained with them."""
    assert add(small_onnx()).preparation.mean == (0.485, 0.456, 0.406)


@pytest.mark.parametrize("batch", ["n", 1, 4])
def test_a_batch_may_be_of_one_size(add, batch):
    """Rows are the same."""
    card = add(small_onnx(batch=batch))

    assert card.reference.array(WIDTH).shape == (3, WIDTH)


def test_a_row_for_each_place_has_to_be_pooled(add):
    """Nobody guesses how."""
    with pytest.raises(UsageError, match="a row for each place") as caught:
        add(small_onnx(shape="tokens"))

    assert "--pooling" in caught.value.hint
    assert add(small_onnx(shape="tokens"), pooling="mean").width == WIDTH


def test_a_card_that_lacks_only_the_bytes_is_filled(add):
    """Its preparation holds, and what is wished for goes before it."""
    like = dataclasses.replace(
        weights.card("sscd"), preparation=dataclasses.replace(weights.card("sscd").preparation, side=64, fit="pad")
    )
    card = add(small_onnx(), like=like, resample="area")

    assert (card.origin, card.preparation.fit, card.preparation.resample) == (like.origin, "pad", "area")
    assert card.is_pinned


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"no model", "cannot be run here"),
        (small_onnx()[:-50], "cannot be run here"),
        (b"\x80\x04pickle", "a pickle"),
        (b"<html>", "HTML"),
        (b"\x08\x08\x3a\x16\x2a\x14\x6a\x12\x0a\x08location\x12\x06secret", "tensors in other files"),
    ],
    ids=range(5),
)
def test_what_is_no_model_is_refused(add, data, words):
    """Before it is opened, where it could read other files."""
    with pytest.raises(ModelDamagedError, match=words):
        add(data)


def test_a_model_whose_rows_depend_on_what_else_goes_in_is_refused(add):
    """What was indexed in batches would not be found by a picture alone."""
    with pytest.raises(UsageError, match="another row where other pictures go in with it"):
        add(small_onnx(apart=False))


def test_a_model_that_sees_nothing_is_refused(add):
    """One row for all pictures finds nothing."""
    data = small_onnx()
    mixing = np.random.default_rng(1).normal(size=(192, WIDTH)).astype(np.float32).tobytes()
    assert mixing in data
    with pytest.raises(UsageError, match="the same row for different pictures"):
        add(data.replace(mixing, bytes(len(mixing))))


@pytest.mark.parametrize("said", [{"std": (0.0, 1.0, 1.0)}, {"mean": (1e9, 0.0, 0.0)}, {"origin": "\x1b[31m"}])
def test_wishes_have_bounds(add, said):
    """Those of cards."""
    with pytest.raises(ModelDamagedError, match=r"the card mine\.json is damaged"):
        add(small_onnx(), **said)


def taking(*inputs: Port, **said) -> weights.Preparation:
    blank = dataclasses.replace(weights.card("sscd"), name="mine", file="mine.onnx")
    return _with_input(blank, inputs, Wishes(**said), is_blank=True).preparation


@pytest.mark.parametrize(
    ("port", "said", "layout", "side"),
    [
        (Port("x", ["n", 3, 224, 224]), {}, "nchw-float32", 224),
        (Port("x", ["n", 3, "h", "w"]), {"side": 112}, "nchw-float32", 112),
        (Port("x", ["n", "c", "h", "w"]), {"side": 112}, "nchw-float32", 112),
        (Port("x", [None, None, None, None]), {"side": 112}, "nchw-float32", 112),
        (Port("x", ["n", 3, 96, "w"], "tensor(float16)"), {}, "nchw-float32", 96),
        (Port("x", ["n", 160, 160, 3]), {}, "nhwc-float32", 160),
        (Port("x", ["n", 224, 224, 3], "tensor(uint8)"), {}, "nhwc-uint8", 224),
    ],
)
def test_inputs_that_fit(port, said, layout, side):
    """Channels first or last, sides written or named."""
    found = taking(port, **said)

    assert (found.layout, found.side) == (layout, side)


@pytest.mark.parametrize(
    ("ports", "said", "words"),
    [
        ([Port("x", ["n", 3, 224, 224]), Port("y", ["n", 77])], {}, r"takes 2 inputs \(x, y\)"),
        ([], {}, "takes 0 inputs"),
        ([Port("x", ["n", 77], "tensor(int64)")], {}, "four-dimensional"),
        ([Port("x", ["n", 3, 224, 224], "tensor(double)")], {}, "four-dimensional"),
        ([Port("x", None)], {}, "four-dimensional"),
        ([Port("x", ["n", 1, 224, 224])], {}, "three channels"),
        ([Port("x", ["n", 4, 224, "c"])], {}, "three channels"),
        ([Port("x", ["n", 3, 224, 224], "tensor(uint8)")], {}, "the last axis of pixels has three channels"),
        ([Port("x", ["n", 3, 224, 336])], {}, "where a square goes in"),
        ([Port("x", ["n", 3, "h", "w"])], {}, "does not say how large pictures are"),
        ([Port("x", ["n", 3, 224, 224])], {"side": 112}, "of 224 pixels and no others, not 112"),
        ([Port("x", ["n", 224, 224, 3], "tensor(uint8)")], {"mean": (0.5, 0.5, 0.5)}, "takes pixels as they are"),
    ],
)
def test_inputs_that_do_not_fit(ports, said, words):
    """The message says what there is and what is wanted."""
    with pytest.raises(UsageError, match=words):
        taking(*ports, **said)


def giving(*outputs: Port, layout: str = "nchw-float32", **said) -> weights.ModelCard:
    plain = weights.card("sscd")
    card = dataclasses.replace(
        plain, file="mine.onnx", preparation=dataclasses.replace(plain.preparation, layout=layout)
    )
    return _with_output(card, outputs, Wishes(**said))


@pytest.mark.parametrize(
    ("port", "said", "width"),
    [
        (Port("y", ["n", 512]), {}, 512),
        (Port("y", ["n", "places", 384]), {"pooling": "first"}, 384),
        (Port("y", ["n", 1, 384]), {}, 384),
        (Port("y", ["n", 2048, 7, 7]), {"pooling": "mean"}, 2048),
        (Port("y", ["n", 2048, 1, 1]), {}, 2048),
        (Port("y", ["n", 7, 7, 2048]), {"pooling": "mean", "layout": "nhwc-float32"}, 2048),
    ],
)
def test_outputs_that_fit(port, said, width):
    """A row, or a row for each place and how it is pooled."""
    assert giving(port, **said).width == width


@pytest.mark.parametrize(
    ("ports", "said", "words"),
    [
        ([Port("a", ["n", 5]), Port("b", ["n", 6])], {}, "gives 2 outputs: there are a, b"),
        ([Port("a", ["n", 5])], {"tensor": "c"}, "has no output c: there are a"),
        ([Port("a", ["n", 5], "tensor(int64)")], {}, "a row of real numbers"),
        ([Port("a", ["n"])], {}, "a row of real numbers"),
        ([Port("a", None)], {}, "a row of real numbers"),
        ([Port("a", ["n", 2048, 7, 7])], {}, "a row for each place"),
        ([Port("a", ["n", "values"])], {}, "does not say how many values"),
        ([Port("a", ["n", 100_000])], {}, "does not say how many values"),
    ],
)
def test_outputs_that_do_not_fit(ports, said, words):
    """The message says what there is and what is wanted."""
    with pytest.raises(UsageError, match=words):
        giving(*ports, **said)


def test_one_of_several_outputs_is_named():
    """By the owner, or by a card that says so."""
    assert giving(Port("a", ["n", 5]), Port("b", ["n", 6]), tensor="b").width == 6


def test_nothing_is_left_in_the_folder(add, tmp_path: Path):
    """Looking writes nothing."""
    add(small_onnx())

    assert [one.name for one in tmp_path.iterdir()] == ["mine.onnx"]
