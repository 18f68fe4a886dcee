"""encoders.timm and encoders.resnet50 run by PyTorch: the rows of the networks themselves, and what is refused."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from photographs import photo
from PIL import Image
from seeded import apart, lively, needs_onnx, needs_torch, put, safetensors_of, settle, spread

from pictrace import weights
from pictrace.encoders import _torch, can_be_exported, load
from pictrace.encoders import timm as encoder_of_timm
from pictrace.encoders._preparation import numbers, square
from pictrace.errors import ModelDamagedError, ModelMissingError, UnknownNameError, UsageError
from pictrace.picture import Picture
from pictrace.settings import Runtime
from pictrace.testing import check_encoder

pytestmark = [needs_torch, pytest.mark.filterwarnings("ignore")]
PHOTOS = ("chelsea.png", "astronaut.png", "rocket.jpg", "coffee.png")


def small(name: str) -> Image.Image:
    image = photo(name)
    image.thumbnail((500, 500))
    return Image.fromarray(np.asarray(image))


@pytest.fixture(scope="module")
def runtime(tmp_path_factory):
    """A folder of models with a seeded `timm:resnet18`, small pictures of 64 pixels."""
    import torch

    torch.manual_seed(1)
    folder = tmp_path_factory.mktemp("models")
    network = _torch.timm_network("resnet18")[0]
    card = encoder_of_timm.card_of("resnet18", sha256="0" * 64, size=1)
    card = dataclasses.replace(card, preparation=dataclasses.replace(card.preparation, side=96))
    settle(network, numbers(lively(16, 96), card.preparation))
    put(folder, card, safetensors_of(network))
    return Runtime(threads=1, models=str(folder), provider="cpu")


def test_a_network_of_timm_keeps_every_promise(runtime) -> None:
    """As every encoder does."""
    check_encoder(encoder_of_timm.Encoder, "resnet18", runtime=runtime)


def test_rows_are_those_of_the_network_itself(runtime) -> None:
    """Made by timm from the same file, with its own transforms."""
    import timm
    import torch
    from safetensors.torch import load_file

    encoder = load("timm:resnet18", runtime)
    images = [small(name) for name in PHOTOS]
    network = timm.create_model("resnet18", num_classes=0).eval()
    network.load_state_dict(load_file(f"{runtime.models}/timm-resnet18.safetensors"))
    config = timm.data.resolve_model_data_config(network) | {"input_size": (3, 96, 96)}
    transform = timm.data.create_transform(**config, is_training=False)
    with torch.no_grad():
        expected = torch.nn.functional.normalize(network(torch.stack([transform(one) for one in images]))).numpy()

    rows = encoder.encode_prepared(np.stack([encoder.prepare(Picture.open(one)) for one in images]))

    assert spread(expected) > 0.01
    assert apart(rows, expected) < 1e-4


@pytest.mark.parametrize("name", ["mobilenetv3_small_050", "resnet10t", "vit_tiny_patch16_224"])
def test_the_width_is_that_of_what_comes_out(name) -> None:
    """Between pool and classifier some networks have a layer of another width."""
    import torch

    width, preparation, _ = _torch.timm_facts(name)
    network = _torch.timm_network(name)[0].eval()

    with torch.inference_mode():
        assert network(torch.zeros(1, 3, preparation.side, preparation.side)).shape == (1, width)


@needs_onnx
def test_an_exported_network_runs_without_torch_and_is_the_same_encoder(runtime, tmp_path) -> None:
    """Its rows, its version and its name."""
    encoder = load("timm:resnet18", runtime)
    assert can_be_exported(encoder)

    card, data = encoder.exported()
    (tmp_path / "timm-resnet18.json").write_bytes((Path(runtime.models) / "timm-resnet18.json").read_bytes())
    put(tmp_path, card, data)
    again = load("timm:resnet18", Runtime(threads=1, models=str(tmp_path), provider="cpu"))

    pictures = lively(8, 96)
    rows = encoder.encode_prepared(pictures)
    assert card.name == "timm-resnet18-onnx"
    assert spread(rows) > 0.01
    assert apart(again.encode_prepared(pictures), rows) < 1e-5
    assert (again.version, again.name) == (encoder.version, encoder.name)


@needs_onnx
@pytest.mark.parametrize(("precision", "share"), [("fp16", 0.55), ("int8", 0.3)])
def test_smaller_numbers_make_smaller_files_and_near_rows(runtime, tmp_path, precision, share) -> None:
    """Each has a card and so an encoder of its own."""
    encoder = load("timm:resnet18", runtime)
    samples = [Picture.open(one) for one in lively(16, 96)]

    card, data = encoder.exported(precision=precision, samples=samples)
    put(tmp_path, card, data)
    found = load(f"onnx:{card.name}", Runtime(threads=1, models=str(tmp_path), provider="cpu"))

    pictures = lively(8, 96, seed=6)
    assert len(data) < share * (Path(runtime.models) / "timm-resnet18.safetensors").stat().st_size
    assert apart(found.encode_prepared(pictures), encoder.encode_prepared(pictures)) < card.reference.tolerance


def test_eight_bits_are_not_fitted_on_nothing(runtime) -> None:
    """Pictures are needed, and the hint says where from."""
    with pytest.raises(UsageError, match="too few") as caught:
        load("timm:resnet18", runtime).exported(precision="int8")

    assert "--pictures" in caught.value.hint


def test_weights_of_another_network_are_refused(runtime, tmp_path) -> None:
    """With a tensor that is missing or has no place."""
    card = encoder_of_timm.card_of("resnet34", sha256="0" * 64, size=1)
    put(tmp_path, card, (Path(runtime.models) / "timm-resnet18.safetensors").read_bytes())

    with pytest.raises(ModelDamagedError, match=r"not those of the network: lacks layer"):
        load("timm:resnet34", Runtime(models=str(tmp_path))).encode_prepared(lively(1, 224))


def test_what_is_no_safetensors_file_is_refused(runtime, tmp_path) -> None:
    """Whatever its hash."""
    card = encoder_of_timm.card_of("resnet18", sha256="0" * 64, size=1)
    put(tmp_path, card, b'\x08\0\0\0\0\0\0\0{"a": 1}')

    with pytest.raises(ModelDamagedError, match="not those of the network"):
        load("timm:resnet18", Runtime(models=str(tmp_path))).encode_prepared(lively(1, 224))


def test_missing_weights_are_missed_before_anything_is_made_with_them(tmp_path) -> None:
    """The hint says where they are to be had."""
    with pytest.raises(ModelMissingError) as caught:
        load("resnet50", Runtime(models=str(tmp_path)))

    assert "pictrace models pull resnet50" in caught.value.hint


def test_a_network_that_timm_does_not_know_is_refused() -> None:
    """With those that are called nearly so."""
    with pytest.raises(UnknownNameError, match="timm knows no 'resnet19x'") as caught:
        encoder_of_timm.card_of("resnet19x", sha256="0" * 64, size=1)

    assert "near are: " in caught.value.hint or "list_models" in caught.value.hint


@pytest.mark.parametrize(
    "name", ["resnet18.a1_in1k", "vit_tiny_patch16_224.augreg_in21k_ft_in1k", "tf_efficientnet_lite0.in1k"]
)
@pytest.mark.parametrize("picture", PHOTOS)
def test_squares_are_those_of_timms_transforms(name, picture) -> None:
    """Nearly exactly; of larger pictures, which come from frames, within 2.5 levels of 255 in the mean."""
    import timm

    config = timm.data.resolve_data_config(timm.get_pretrained_cfg(name).to_dict())
    transform = timm.data.create_transform(**config, is_training=False)
    preparation = _torch.timm_facts(name)[1]

    for image, most in ((small(picture), 0.05), (Image.fromarray(np.asarray(photo(picture))), 2.5)):
        found = numbers(square(Picture.open(image), preparation)[None], preparation)[0]
        levels = np.abs(found - transform(image).numpy()) * np.array(preparation.std)[:, None, None] * 255
        assert levels.mean() < most


@pytest.mark.parametrize("picture", PHOTOS)
def test_squares_of_resnet50_are_those_of_torchvision(picture) -> None:
    """The published transforms of the weights of its card."""
    import torchvision

    transform = torchvision.models.ResNet50_Weights.IMAGENET1K_V1.transforms()
    preparation = weights.card("resnet50").preparation

    for image, most in ((small(picture), 0.05), (Image.fromarray(np.asarray(photo(picture))), 2.5)):
        found = numbers(square(Picture.open(image), preparation)[None], preparation)[0]
        levels = np.abs(found - transform(image).numpy()) * np.array(preparation.std)[:, None, None] * 255
        assert levels.mean() < most


@pytest.mark.parametrize("picture", PHOTOS)
@pytest.mark.parametrize(("card", "mode"), [("clip", "shortest"), ("siglip2", "squash")])
def test_squares_are_those_of_open_clip(card, mode, picture) -> None:
    """Of the towers that both know."""
    open_clip = pytest.importorskip("open_clip")

    preparation = weights.card(card).preparation
    transform = open_clip.image_transform(
        preparation.side,
        is_train=False,
        mean=preparation.mean,
        std=preparation.std,
        resize_mode=mode,
        interpolation=preparation.resample,
    )

    for image, most in ((small(picture), 0.05), (Image.fromarray(np.asarray(photo(picture))), 2.5)):
        found = numbers(square(Picture.open(image), preparation)[None], preparation)[0]
        levels = np.abs(found - transform(image).numpy()) * np.array(preparation.std)[:, None, None] * 255
        assert levels.mean() < most
