"""`pictrace models add-weights` and `export`: networks of PyTorch and Keras."""

import json

import pytest
from seeded import lively, needs_onnx, needs_torch, safetensors_of, settle

from pictrace import weights
from pictrace.encoders import _torch, load
from pictrace.encoders._preparation import numbers
from pictrace.settings import Runtime


@pytest.fixture
def models(monkeypatch, tmp_path):
    """The user's folder of models, empty."""
    monkeypatch.setenv("PICTRACE_MODELS", str(tmp_path / "models"))
    return tmp_path / "models"


@pytest.mark.parametrize("name", ["resnet18", "onnx:mine", "timm:"])
def test_weights_are_those_of_a_network_of_timm_or_keras(pictrace, capsys, models, tmp_path, name) -> None:
    """Anything else is refused, and the hint shows how names look."""
    (tmp_path / "a.safetensors").write_bytes(b"1")

    assert pictrace("models", "add-weights", name, str(tmp_path / "a.safetensors")) == 2

    assert "timm:resnet18" in capsys.readouterr().err


def test_weights_that_are_not_there_are_missed(pictrace, capsys, models, tmp_path) -> None:
    """Before anything is imported."""
    assert pictrace("models", "add-weights", "timm:resnet18", str(tmp_path / "nobody.safetensors")) > 0

    assert "nobody.safetensors cannot be read" in capsys.readouterr().err


def test_only_networks_are_exported(pictrace, capsys, models) -> None:
    """The bundled model runs without any library as it is."""
    assert pictrace("models", "export", "lite0") == 2

    assert "lite0 is no network" in capsys.readouterr().err


def test_exporting_without_weights_says_how_to_have_them(pictrace, capsys, models) -> None:
    """Nothing is written."""
    assert pictrace("models", "export", "resnet50") == 5

    assert "pictrace models pull resnet50" in capsys.readouterr().err
    assert not models.exists()


def test_exporting_without_the_library_names_the_extra(pictrace, capsys, models, monkeypatch) -> None:
    """The weights alone are of no use."""
    card = weights.card("resnet50")
    models.mkdir()
    with (models / card.file).open("wb") as file:
        file.truncate(card.size)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)

    assert pictrace("models", "export", "resnet50") == 2

    assert 'pip install "pictrace[torch]"' in capsys.readouterr().err


@needs_torch
@needs_onnx
@pytest.mark.filterwarnings("ignore")
def test_weights_are_added_and_exported_and_run_without_torch(pictrace, capsys, models, tmp_path) -> None:
    """The whole way, with what is said on it."""
    network = _torch.timm_network("resnet10t")[0]
    settle(network, numbers(lively(4, 176), _torch.timm_facts("resnet10t")[1]))
    (tmp_path / "own.safetensors").write_bytes(safetensors_of(network))

    assert pictrace("models", "add-weights", "timm:resnet10t", str(tmp_path / "own.safetensors")) == 0
    assert pictrace("models", "export", "timm:resnet10t", "--json") == 0

    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    encoder = load("timm:resnet10t", Runtime(models=str(models), provider="cpu"))
    assert told["name"] == encoder.card.name == "timm-resnet10t-onnx"
    assert sorted(path.name for path in models.iterdir() if path.name != ".add.lock") == [
        "timm-resnet10t-onnx.json",
        "timm-resnet10t-onnx.onnx",
        "timm-resnet10t.json",
        "timm-resnet10t.safetensors",
    ]
    (models / "timm-resnet10t.safetensors").unlink()
    (models / "timm-resnet10t.json").unlink()
    settle(network, numbers(lively(4, 176, seed=7), _torch.timm_facts("resnet10t")[1]))
    (tmp_path / "own.safetensors").write_bytes(safetensors_of(network))
    assert pictrace("models", "add-weights", "timm:resnet10t", str(tmp_path / "own.safetensors")) == 2
    assert "models remove timm-resnet10t-onnx" in capsys.readouterr().err
    assert not (models / "timm-resnet10t.safetensors").exists()
