"""encoders by name: cards in the folder of models, and what is said where something is missing."""

import pytest
from seconds import greys
from small_models import WIDTH, small_card, small_onnx

from pictrace import weights
from pictrace.encoders import load
from pictrace.errors import MissingExtraError, ModelMissingError, UnknownNameError
from pictrace.settings import Runtime
from pictrace.testing import check_encoder


@pytest.mark.parametrize("shape", ["rows", "tokens"])
def test_an_onnx_model_of_ones_own_keeps_every_promise(tmp_path, shape) -> None:
    """A card and a file are all that it takes."""
    small_card(tmp_path, small_onnx(shape=shape), name="my-model", pooling="mean" if shape == "tokens" else "none")
    runtime = Runtime(models=str(tmp_path), provider="cpu")
    encoder = load("onnx:my-model", runtime)

    assert (encoder.name, encoder.space.width) == ("onnx:my-model", WIDTH)
    check_encoder(type(encoder), "my-model", runtime=runtime)


def test_sscd_runs_what_the_user_has_exported(tmp_path) -> None:
    """Its card came without a file; the user's says which one it is."""
    small_card(tmp_path, small_onnx(320), name="sscd", preparation=weights.card("sscd").preparation)
    runtime = Runtime(models=str(tmp_path), provider="cpu")

    check_encoder(type(load("sscd", runtime)), runtime=runtime)


@pytest.mark.parametrize("name", ["dinov2", "sscd"])
def test_a_model_that_is_not_here_is_missed_with_its_first_rows(tmp_path, name) -> None:
    """Space and preparation are on the card."""
    encoder = load(name, Runtime(models=str(tmp_path)))

    with pytest.raises(ModelMissingError, match=name):
        encoder.encode_prepared(weights.reference_pictures(weights.card(name).side))


def test_other_weights_are_another_version(tmp_path) -> None:
    """The same name does not make the same rows."""
    small_card(tmp_path, small_onnx(seed=1), name="mine")
    before = load("onnx:mine", Runtime(models=str(tmp_path))).version

    small_card(tmp_path, small_onnx(seed=2), name="mine")

    assert load("onnx:mine", Runtime(models=str(tmp_path))).version != before


@pytest.mark.parametrize(
    "facts",
    [
        {"preparation": weights.Preparation(64, "crop", mean=(0.5, 0.5, 0.5), std=(0.25, 0.25, 0.25))},
        {"preparation": weights.Preparation(64)},
        {"tensor": "rows"},
        {"pooling": "mean"},
        {"width": 12},
    ],
    ids=["fit", "mean", "tensor", "pooling", "width"],
)
def test_the_same_file_used_otherwise_is_another_version(tmp_path, facts) -> None:
    """What was removed and added again with other options gives other rows."""
    small_card(tmp_path, small_onnx(), name="mine")
    before = load("onnx:mine", Runtime(models=str(tmp_path))).version

    small_card(tmp_path, small_onnx(), name="mine", **facts)

    assert load("onnx:mine", Runtime(models=str(tmp_path))).version != before


def test_words_about_a_model_are_no_part_of_its_version(tmp_path) -> None:
    """Rows do not change with them."""
    small_card(tmp_path, small_onnx(), name="mine")
    before = load("onnx:mine", Runtime(models=str(tmp_path))).version

    small_card(tmp_path, small_onnx(), name="mine", origin="elsewhere", purpose="another", licence="MIT")

    assert load("onnx:mine", Runtime(models=str(tmp_path))).version == before


@pytest.mark.parametrize("name", ["lite0", "clip", "siglip2", "dinov2"])
def test_the_version_of_a_model_that_came_with_pictrace_ends_with_its_files(tmp_path, name) -> None:
    """Its revision is raised whenever its rows change."""
    version = load(name, Runtime(models=str(tmp_path))).version

    assert (version.count("-"), len(version.partition("-")[2])) == (1, 12)


@pytest.mark.parametrize("name", ["onnx", "timm", "keras"])
def test_an_encoder_of_many_models_wants_one_named(name) -> None:
    """The hint shows how."""
    with pytest.raises(UnknownNameError, match="none is named") as caught:
        load(name, Runtime())

    assert f"{name}:" in caught.value.hint


@pytest.mark.parametrize("name", ["lite0:b", "dinov2:large", "sscd:x", "resnet50:v2"])
def test_an_encoder_of_one_model_has_no_others(name) -> None:
    """What follows the colon would otherwise be forgotten."""
    with pytest.raises(UnknownNameError, match="is one model"):
        load(name, Runtime())


@pytest.mark.parametrize("name", ["pictrace.encoders", "pictrace.tracing", "pictrace.encoders.pdq"])
def test_parts_of_pictrace_have_no_other_names(name) -> None:
    """Rows would be kept under a name that was not asked for, or nothing would make any."""
    with pytest.raises(UnknownNameError, match="is a part of PicTrace"):
        load(name, Runtime(plugins=(name,)))


def test_a_module_whose_encoder_is_only_a_promise_is_refused(tmp_path, monkeypatch) -> None:
    """It imports the Protocol, and makes no rows."""
    (tmp_path / "own_promise").mkdir()
    (tmp_path / "own_promise" / "none.py").write_text("from pictrace.encoders import Encoder")
    monkeypatch.syspath_prepend(tmp_path)

    with pytest.raises(UnknownNameError, match="calls Encoder is none"):
        load("own_promise.none", Runtime(plugins=("own_promise.none",)))


def test_an_encoder_that_calls_itself_otherwise_is_refused() -> None:
    """Its rows would be kept under a name that was not asked for."""
    with pytest.raises(UnknownNameError, match="calls itself"):
        load(f"{greys.__name__}:other", Runtime())


@pytest.mark.parametrize(
    ("name", "said", "hint"),
    [
        ("onnx:nobody", "no model is called", "lite0"),
        ("timm:nobody", "no weights of timm:nobody", "models add-weights timm:nobody FILE"),
        ("keras:Nobody", "no weights of keras:Nobody", "models add-weights keras:Nobody FILE"),
    ],
)
def test_an_unknown_model_is_refused(tmp_path, name, said, hint) -> None:
    """There is no card of it."""
    with pytest.raises(UnknownNameError, match=said) as caught:
        load(name, Runtime(models=str(tmp_path)))

    assert hint in caught.value.hint


def test_weights_of_a_network_are_no_onnx_model(tmp_path) -> None:
    """The hint says how one is made."""
    with pytest.raises(UnknownNameError, match="no ONNX file") as caught:
        load("onnx:resnet50", Runtime(models=str(tmp_path)))

    assert "export" in caught.value.hint


def test_a_network_without_its_library_names_the_extra(tmp_path, monkeypatch) -> None:
    """Whoever has weights and no PyTorch is told what to install."""
    card = weights.card("resnet50")
    with (tmp_path / card.file).open("wb") as file:
        file.truncate(card.size)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)

    with pytest.raises(MissingExtraError, match="torch") as caught:
        load("resnet50", Runtime(models=str(tmp_path)))

    assert caught.value.hint == 'pip install "pictrace[torch]"'
