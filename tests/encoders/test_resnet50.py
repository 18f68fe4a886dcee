"""encoders.resnet50: which weights it takes, and that PyTorch, Keras and ONNX give the same rows of the same."""

import dataclasses

import numpy as np
import pytest
from seeded import apart, lively, needs_keras, needs_onnx, needs_torch, put, safetensors_of, settle, spread
from small_models import WIDTH, small_card, small_onnx

from pictrace import weights
from pictrace.encoders import _keras, _onnx, _torch, check_export, load
from pictrace.encoders._preparation import numbers
from pictrace.errors import MissingExtraError, ModelMissingError, UsageError
from pictrace.settings import Runtime

CARD, KERAS = weights.card("resnet50"), weights.card("keras-resnet50")
VERSION = f"{CARD.revision}-{CARD.sha256[:12]}"
EPSILON = 1.001e-5
"""Of the batch norms of Keras' ResNet-50; torch's are 1e-5."""


def test_an_exported_file_is_taken_before_everything_else(tmp_path) -> None:
    """Neither PyTorch nor TensorFlow is asked for, and the version is that of the weights."""
    facts = {"preparation": CARD.preparation, "width": CARD.width}
    small_card(tmp_path, small_onnx(224), name="resnet50-onnx", revision=VERSION, **facts)
    _as_large_as(tmp_path, KERAS)

    encoder = load("resnet50", Runtime(models=str(tmp_path), provider="cpu"))

    assert (encoder.name, encoder.version, encoder.space.width) == ("resnet50", VERSION, CARD.width)


def test_an_export_of_keras_weights_needs_them_no_more(tmp_path) -> None:
    """It is found by its own name, where neither the weights nor an export of torchvision's are there."""
    version = f"{KERAS.revision}-{KERAS.sha256[:12]}"
    facts = {"preparation": KERAS.preparation, "width": KERAS.width, "revision": version}
    small_card(tmp_path, small_onnx(224), name="keras-resnet50-onnx", **facts)

    encoder = load("resnet50", Runtime(models=str(tmp_path), provider="cpu"))

    assert (encoder.name, encoder.version, encoder.card.name) == ("resnet50", version, "keras-resnet50-onnx")


def test_an_export_that_prepares_pictures_otherwise_is_another_version(tmp_path) -> None:
    """Its rows are others, whatever its revision says; its own SHA-256 is in the version."""
    card = small_card(tmp_path, small_onnx(), name="resnet50-onnx", revision=VERSION)

    encoder = load("resnet50", Runtime(models=str(tmp_path), provider="cpu"))

    assert encoder.version.startswith(f"{VERSION}-{card.sha256[:12]}")
    assert encoder.encode_prepared(np.zeros((2, 64, 64, 3), np.uint8)).shape == (2, WIDTH)


def test_what_is_called_an_export_and_names_other_weights_is_left_alone(tmp_path, monkeypatch, caplog) -> None:
    """A name alone makes nothing a network's place; the log says what was not used."""
    small_card(tmp_path, small_onnx(), name="resnet50-onnx", revision="1-000000000000")
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)

    with pytest.raises(ModelMissingError, match="no weights of resnet50"):
        load("resnet50", Runtime(models=str(tmp_path)))

    assert "resnet50-onnx is no export of the weights of resnet50" in caplog.text


def test_weights_do_not_come_beside_an_export_of_others(tmp_path) -> None:
    """Which would otherwise lie there and never be used."""
    small_card(tmp_path, small_onnx(), name="resnet50-onnx", revision="1-000000000000")

    with pytest.raises(UsageError, match="export of other weights") as caught:
        check_export(CARD, Runtime(models=str(tmp_path)))

    assert caught.value.hint == "pictrace models remove resnet50-onnx"


@pytest.mark.parametrize(
    ("here", "asked"),
    [((CARD,), "torch"), ((CARD, KERAS), "torch"), ((KERAS,), "keras")],
    ids=["torch", "both", "keras"],
)
def test_torchs_weights_are_taken_before_those_of_keras(tmp_path, monkeypatch, here, asked) -> None:
    """And those of Keras where they alone are here; what runs them is asked for."""
    for card in here:
        _as_large_as(tmp_path, card)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)

    with pytest.raises(MissingExtraError, match=f"this needs {asked}"):
        load("resnet50", Runtime(models=str(tmp_path)))


@needs_torch
@needs_keras
@needs_onnx
@pytest.mark.filterwarnings("ignore")
def test_torch_keras_and_onnx_give_the_same_rows_of_the_same_weights(tmp_path) -> None:
    """The weights of Keras' ResNet-50 carried into torch's, with the strides, biases and epsilons that it has."""
    network = _as_in_keras()
    settle(network, np.ascontiguousarray(numbers(lively(8, 224), KERAS.preparation).transpose(0, 3, 1, 2)))
    tensors = put(tmp_path, dataclasses.replace(CARD, name="a", file="a.safetensors"), safetensors_of(network))
    tensors = dataclasses.replace(tensors, preparation=dataclasses.replace(KERAS.preparation, layout="nchw-float32"))
    layers = put(tmp_path, dataclasses.replace(KERAS, name="b", file="b.h5"), _hdf5(tmp_path, network))
    runtime = Runtime(threads=2, models=str(tmp_path), provider="cpu")
    keras = _keras.Model(layers, "ResNet50", runtime=runtime)
    torch = _torch.Model(tensors, lambda: (_as_in_keras(), ()), runtime=runtime)
    pictures = lively(6, 224, seed=6)

    rows = keras.rows(pictures)

    assert spread(rows) > 0.01
    assert apart(rows, torch.rows(pictures)) < 1e-3
    assert apart(rows, _exported(tmp_path, layers, keras.onnx()).rows(pictures)) < 1e-3
    assert apart(rows, _exported(tmp_path, tensors, torch.onnx()).rows(pictures)) < 1e-3


def _exported(folder, card, data):
    name = f"{card.name}-onnx"
    made = dataclasses.replace(card, name=name, file=f"{name}.onnx", runtime="onnx")
    return _onnx.Model(put(folder, made, data), runtime=Runtime(threads=2, models=str(folder), provider="cpu"))


def _as_large_as(folder, card) -> None:
    """A file that is there as far as its size tells."""
    with (folder / card.file).open("wb") as file:
        file.truncate(card.size)


def _as_in_keras():
    """Torchvision's ResNet-50 with the first stride of each stage in its first convolution, biases and epsilon."""
    import torch

    torch.manual_seed(4)
    network = _torch.resnet50()[0]
    for stage in (network.layer2, network.layer3, network.layer4):
        stage[0].conv1.stride, stage[0].conv2.stride = (2, 2), (1, 1)
    for layer in network.modules():
        if isinstance(layer, torch.nn.Conv2d):
            layer.bias = torch.nn.Parameter(torch.randn(layer.out_channels) * 0.1)
        if isinstance(layer, torch.nn.BatchNorm2d):
            layer.eps = EPSILON
    return network


def _named(network):
    """Each convolution and batch norm of torch by the name that Keras has for it, in Keras' order."""
    yield "conv1", network.conv1, network.bn1
    for stage, blocks in enumerate((network.layer1, network.layer2, network.layer3, network.layer4), start=2):
        for number, block in enumerate(blocks, start=1):
            if block.downsample is not None:
                yield f"conv{stage}_block{number}_0", *block.downsample
            for place in (1, 2, 3):
                pair = getattr(block, f"conv{place}"), getattr(block, f"bn{place}")
                yield f"conv{stage}_block{number}_{place}", *pair


def _hdf5(folder, network) -> bytes:
    """The file of weights, in the older format in which keras.applications publishes them."""
    import h5py

    held = {}
    for name, conv, norm in _named(network):
        held[f"{name}_conv"] = {"kernel:0": conv.weight.permute(2, 3, 1, 0), "bias:0": conv.bias}
        held[f"{name}_bn"] = {
            "gamma:0": norm.weight,
            "beta:0": norm.bias,
            "moving_mean:0": norm.running_mean,
            "moving_variance:0": norm.running_var,
        }
    order = [layer.name for layer in _keras.made("ResNet50", 224).layers]
    path = folder / "made.h5"
    with h5py.File(path, "w") as file:
        file.attrs["layer_names"] = [name.encode() for name in order]
        file.attrs["backend"], file.attrs["keras_version"] = b"tensorflow", b"2.1.6"
        for name in order:
            group, values = file.create_group(name), held.get(name, {})
            group.attrs["weight_names"] = [f"{name}/{one}".encode() for one in values]
            for one, value in values.items():
                group.create_dataset(f"{name}/{one}", data=value.detach().numpy())
    return path.read_bytes()
