"""encoders._onnx: what the one runner of models refuses, and that it loads nothing before it must."""

import dataclasses
import hashlib
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from pictrace import weights
from pictrace.encoders._onnx import BATCH, Model
from pictrace.errors import ModelDamagedError, ModelMissingError
from pictrace.weights import ModelCard

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
    model = Model(CARD, threads=1)
    places = np.arange(size) % len(PICTURES)

    rows = model.rows(PICTURES[places])

    expected = model.rows(PICTURES)[places]
    assert (rows.shape, rows.dtype) == ((size, CARD.width), np.float32)
    np.testing.assert_allclose(expected, rows, atol=1e-5)


def test_the_number_of_threads_does_not_change_rows() -> None:
    """One thread and two give the same to a hundred-thousandth."""
    single, double = Model(CARD, threads=1).rows(PICTURES), Model(CARD, threads=2).rows(PICTURES)

    np.testing.assert_allclose(single, double, atol=1e-5)


def test_a_model_in_several_files_is_refused(tmp_path: Path) -> None:
    """Tensors outside the checked file could be anybody's."""
    tensor_elsewhere = b"\x0a\x08location\x12\x0cweights.data"
    card = card_of(tmp_path, weights.content(CARD) + tensor_elsewhere)

    with pytest.raises(ModelDamagedError, match="other files") as caught:
        Model(card, folder=tmp_path).rows(PICTURES)

    assert caught.value.hint == "use a model that is one file"


@pytest.mark.parametrize("data", [b"no model at all", b""], ids=["noise", "empty"])
def test_a_file_that_is_no_model_is_refused(tmp_path: Path, data: bytes) -> None:
    """The runtime's own exceptions never come through."""
    card = card_of(tmp_path, data)

    with pytest.raises(ModelDamagedError, match="cannot be run here") as caught:
        Model(card, folder=tmp_path).rows(PICTURES)

    assert "onnxruntime" in caught.value.hint


def test_a_missing_model_is_noticed_with_the_first_rows(tmp_path: Path) -> None:
    """Making the model reads no file; asking it does."""
    model = Model(dataclasses.replace(CARD, file="absent.onnx"), folder=tmp_path)

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
