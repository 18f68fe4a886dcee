"""The one place that runs networks of Keras: the architectures of keras.applications, weights from HDF5."""

import contextlib
import importlib.util
import os
import tempfile
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from pictrace import weights
from pictrace.encoders._hdf5 import refers_outside
from pictrace.encoders._once import Once
from pictrace.encoders._preparation import numbers
from pictrace.encoders._rows import in_passes, rows_of
from pictrace.errors import MissingExtraError, ModelDamagedError, UnknownNameError
from pictrace.settings import EVERY_CORE, Runtime
from pictrace.types import Rows
from pictrace.weights import ModelCard, Preparation

BATCH = 16
"""Pictures per pass."""

_IMAGENET = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
_CAFFE = tuple(one / 255 for one in (123.68, 116.779, 103.939))
_PIXEL = (1 / 255, 1 / 255, 1 / 255)
_MODES: dict[str, dict[str, Any]] = {
    "caffe": {"mean": _CAFFE, "std": _PIXEL, "order": "bgr"},
    "tf": {"mean": (0.5, 0.5, 0.5), "std": (0.5, 0.5, 0.5)},
    "torch": {"mean": _IMAGENET[0], "std": _IMAGENET[1]},
    "raw": {"mean": (0.0, 0.0, 0.0), "std": _PIXEL},
}
"""What `preprocess_input` does, by the names that keras.applications has for it; `raw` are pixels as they are."""

_PREPROCESSED = {
    "ResNet50": "caffe",
    "ResNet101": "caffe",
    "ResNet152": "caffe",
    "VGG16": "caffe",
    "VGG19": "caffe",
    "DenseNet": "torch",
    "EfficientNet": "raw",
    "ConvNeXt": "raw",
    "MobileNetV3": "raw",
    "": "tf",
}
"""The mode of each family; a name with `V2` of a ResNet is `tf` as all others are."""

_SIDES = {"NASNetLarge": 331, "InceptionV3": 299, "InceptionResNetV2": 299, "Xception": 299, "EfficientNetB1": 240}
_SIDES |= {"EfficientNetB2": 260, "EfficientNetB3": 300, "EfficientNetB4": 380, "EfficientNetB5": 456}
_SIDES |= {"EfficientNetB6": 528, "EfficientNetB7": 600, "EfficientNetV2B1": 240, "EfficientNetV2B2": 260}
_SIDES |= {"EfficientNetV2B3": 300, "EfficientNetV2S": 384, "EfficientNetV2M": 480, "EfficientNetV2L": 480}
"""Pixels of the square that a network was trained with, where it is not 224: keras.applications' default sizes."""


class Model:
    """A network of keras.applications that turns pictures into rows as its card says; loaded with the first rows.

    Raises:
        MissingExtraError: Keras or TensorFlow is not installed.
    """

    provider = "cpu"

    def __init__(self, card: ModelCard, network: str, *, runtime: Runtime = EVERY_CORE) -> None:
        require()
        self.card = card
        self._name = network
        self._runtime = runtime

    def rows(self, pictures: npt.NDArray[np.uint8]) -> Rows:
        """Rows `(n, width)` float32 of length 1 of `(n, side, side, 3)` uint8 RGB pictures, any n.

        Raises:
            ModelMissingError: the file is not there.
            ModelDamagedError: the file is not the card's, or its tensors are not those of the network.
        """
        return in_passes(pictures, self.card, BATCH, self._pass)

    def _pass(self, pictures: npt.NDArray[np.uint8]) -> Rows:
        values = numbers(pictures, self.card.preparation)
        return rows_of(np.asarray(self._network(values, training=False)), self.card)

    def onnx(self) -> bytes:
        """The same network as an ONNX file: one input `(n, side, side, 3)` float32, rows before they are brought to
        length 1.

        Raises:
            MissingExtraError: what exports is not installed.
        """
        require("tf2onnx")
        side = self.card.side
        with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings(action="ignore"):
            path = Path(folder) / "model.onnx"
            self._network(np.zeros((1, side, side, 3), np.float32), training=False)  # one never run is not exported
            self._network.export(path, format="onnx", verbose=False)
            return path.read_bytes()

    @Once
    def _network(self) -> Any:
        _bound(self._runtime.threads)
        network = made(self._name, self.card.side)
        with tempfile.TemporaryDirectory() as folder:
            # Keras reads weights from a path only; a copy holds the very bytes that were checked.
            path = Path(folder) / self.card.file
            path.write_bytes(weights.content(self.card, self._runtime.models))
            try:
                elsewhere = refers_outside(path)
                if elsewhere:
                    raise ModelDamagedError(
                        f"the weights of {self.card.name} keep {elsewhere[:100]} elsewhere, which nothing has checked",
                        hint="use weights that are one file",
                    )
                network.load_weights(path)
            except (ValueError, OSError, KeyError, RuntimeError) as error:
                raise ModelDamagedError(
                    f"the weights of {self.card.name} are not those of the network: {str(error)[:200]}",
                    hint="weights and name belong together; is this the file of another network, or with its top?",
                ) from error
        return network


def require(*libraries: str) -> None:
    """Nothing, if Keras, TensorFlow and these libraries can be imported.

    Raises:
        MissingExtraError: one is not installed; the hint is the install line.
    """
    for name in ("keras", "tensorflow", *libraries):
        if importlib.util.find_spec(name) is None:
            extra = "tensorflow,onnx" if name == "tf2onnx" else "tensorflow"
            raise MissingExtraError(
                f"this needs {name}, which is not installed", hint=f'pip install "pictrace[{extra}]"'
            )


def made(name: str, side: int) -> Any:
    """A network of keras.applications without its top, averaged over all places, weights at random.

    Raises:
        UnknownNameError: there is none of that name.
    """
    applications = _keras().applications
    make = getattr(applications, name, None) if name[:1].isupper() else None
    if not callable(make):
        known = ", ".join(one for one in dir(applications) if one[:1].isupper())
        raise UnknownNameError(f"keras.applications has no {name!r}", hint=f"choose one of: {known}")
    return make(include_top=False, weights=None, pooling="avg", input_shape=(side, side, 3))


def facts(name: str) -> tuple[int, Preparation]:
    """Values of a row of a network, and how pictures are prepared for it: squashed, as Keras' examples do.

    Raises:
        UnknownNameError: there is none of that name.
    """
    side = _SIDES.get(name, 224)
    width = int(made(name, side).output_shape[-1])
    family = "" if name.endswith("V2") and name.startswith("ResNet") else name
    mode = next(mode for begin, mode in _PREPROCESSED.items() if family.startswith(begin))
    return width, Preparation(side, layout="nhwc-float32", **_MODES[mode])


def _bound(threads: int) -> None:
    """TensorFlow takes so many threads, if it has not begun yet: it can be told but once in a process."""
    _keras()
    import tensorflow as tf

    if threads:
        with contextlib.suppress(RuntimeError):
            tf.config.threading.set_intra_op_parallelism_threads(threads)


def _keras() -> Any:
    """Keras on TensorFlow, which would otherwise tell at length what it is made of."""
    require()
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # read when it is loaded
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    import keras

    return keras
