"""encoders.keras: networks of keras.applications, their preparation and their weights from HDF5."""

import dataclasses

import numpy as np
import pytest
from seeded import apart, lively, needs_keras, needs_onnx, put, spread

from pictrace import weights
from pictrace.encoders import _keras, load
from pictrace.encoders import keras as encoder_of_keras
from pictrace.encoders._preparation import numbers
from pictrace.errors import ModelDamagedError, UnknownNameError
from pictrace.settings import Runtime
from pictrace.testing import check_encoder

pytestmark = [needs_keras, pytest.mark.filterwarnings("ignore")]
SIDE = 96


@pytest.fixture(scope="module")
def runtime(tmp_path_factory):
    """A folder of models with a seeded `keras:MobileNet` of small pictures."""
    import keras

    keras.utils.set_random_seed(1)
    folder = tmp_path_factory.mktemp("models")
    card = encoder_of_keras.card_of("MobileNet", sha256="0" * 64, size=1)
    preparation = dataclasses.replace(card.preparation, side=SIDE)
    card = dataclasses.replace(card, file="keras-mobilenet.weights.h5", preparation=preparation)
    network = _keras.made("MobileNet", SIDE)
    for layer in network.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.momentum = 0.0
    network(numbers(lively(16, SIDE), preparation), training=True)
    network.save_weights(folder / card.file)
    put(folder, card, (folder / card.file).read_bytes())
    return Runtime(threads=1, models=str(folder), provider="cpu")


def test_a_network_of_keras_keeps_every_promise(runtime) -> None:
    """As every encoder does."""
    check_encoder(encoder_of_keras.Encoder, "MobileNet", runtime=runtime)


def test_rows_are_those_of_the_network_itself(runtime) -> None:
    """Prepared by Keras and run by it."""
    import keras

    network = keras.applications.MobileNet(include_top=False, weights=None, pooling="avg", input_shape=(SIDE, SIDE, 3))
    network.load_weights(f"{runtime.models}/keras-mobilenet.weights.h5")
    pictures = lively(6, SIDE, seed=6)
    expected = network.predict(keras.applications.mobilenet.preprocess_input(pictures.astype("float32")), verbose=0)
    expected /= np.linalg.norm(expected, axis=1, keepdims=True)

    rows = load("keras:MobileNet", runtime).encode_prepared(pictures)

    assert spread(rows) > 1e-3
    assert apart(rows, expected) < 1e-5


@needs_onnx
def test_an_exported_network_is_the_same_encoder(runtime, tmp_path) -> None:
    """Run by ONNX Runtime, with the version of the weights."""
    encoder = load("keras:MobileNet", runtime)

    card, data = encoder.exported()
    put(tmp_path, card, data)
    (tmp_path / "keras-mobilenet.json").write_text(weights.spelled(encoder.card))
    again = load("keras:MobileNet", Runtime(threads=1, models=str(tmp_path), provider="cpu"))

    pictures = lively(6, SIDE, seed=6)
    assert card.name == "keras-mobilenet-onnx"
    assert apart(again.encode_prepared(pictures), encoder.encode_prepared(pictures)) < 1e-5
    assert again.version == encoder.version


@pytest.mark.parametrize("name", ["ResNet50", "ResNet50V2", "MobileNetV2", "DenseNet121", "EfficientNetB0", "VGG16"])
def test_numbers_are_those_of_preprocess_input(name) -> None:
    """The mode of every family."""
    import keras

    families = {"ResNet50V2": "resnet_v2", "MobileNetV2": "mobilenet_v2", "EfficientNetB0": "efficientnet"}
    family = families.get(name, name.lower().rstrip("0123456789"))
    module = getattr(keras.applications, {"resnet": "resnet", "vgg": "vgg16"}.get(family, family))
    pictures = lively(2, 64)

    found = numbers(pictures, dataclasses.replace(_keras.facts(name)[1], side=64))

    np.testing.assert_allclose(found, module.preprocess_input(pictures.astype("float32")), atol=2e-4)


def test_a_network_that_keras_does_not_have_is_refused() -> None:
    """With those that it has."""
    with pytest.raises(UnknownNameError, match="has no 'Resnet51'") as caught:
        encoder_of_keras.card_of("Resnet51", sha256="0" * 64, size=1)

    assert "MobileNetV2" in caught.value.hint


def test_weights_of_another_network_are_refused(runtime, tmp_path) -> None:
    """Layers that do not fit."""
    from pathlib import Path

    card = encoder_of_keras.card_of("MobileNetV2", sha256="0" * 64, size=1)
    card = dataclasses.replace(card, file="keras-mobilenetv2.weights.h5")
    put(tmp_path, card, (Path(runtime.models) / "keras-mobilenet.weights.h5").read_bytes())

    with pytest.raises(ModelDamagedError, match="not those of the network"):
        load("keras:MobileNetV2", Runtime(models=str(tmp_path))).encode_prepared(lively(1, 224))


def test_weights_that_are_elsewhere_are_refused(runtime, tmp_path) -> None:
    """Before Keras opens them."""
    import h5py

    card = encoder_of_keras.card_of("MobileNet", sha256="0" * 64, size=1)
    with h5py.File(tmp_path / "made.h5", "w") as file:
        file["layer"] = h5py.ExternalLink(str(tmp_path / "other.h5"), "/")
    put(tmp_path, card, (tmp_path / "made.h5").read_bytes())

    with pytest.raises(ModelDamagedError, match="keep /layer elsewhere"):
        load("keras:MobileNet", Runtime(models=str(tmp_path))).encode_prepared(lively(1, 224))


def test_the_bundled_card_is_what_keras_does_for_resnet50() -> None:
    """As it would be made of a file today."""
    assert _keras.facts("ResNet50") == (2048, weights.card("keras-resnet50").preparation)
