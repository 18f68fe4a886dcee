"""probing: strangers' models in a process with limits of time and memory."""

import dataclasses
import hashlib

import pytest
from seeded import needs_keras
from small_models import WIDTH, endless_onnx, huge_onnx, small_onnx

from pictrace import probing, weights
from pictrace.encoders import Wishes
from pictrace.errors import ModelDamagedError, UsageError
from pictrace.settings import Limits, Settings

GIB = 1 << 30
NETWORK = "keras:MobileNet"


def settings_of(seconds: float, bytes_: int = 4 * GIB) -> Settings:
    return Settings(threads=1, limits=Limits(model_seconds=seconds, model_bytes=bytes_))


@pytest.fixture
def described(tmp_path):
    """The card of a file of these bytes."""

    def describe(data: bytes, settings: Settings, **said) -> weights.ModelCard:
        (tmp_path / "mine.onnx").write_bytes(data)
        return probing.described(tmp_path, "mine", Wishes(**said), like=None, settings=settings)

    return describe


def test_a_card_comes_back_whole(described):
    """As if the model had been tried here."""
    card = described(small_onnx(), settings_of(100), mean=(0.5, 0.5, 0.5), fit="pad")

    assert (card.width, card.preparation.fit, card.preparation.mean) == (WIDTH, "pad", (0.5, 0.5, 0.5))
    assert card.sha256 == hashlib.sha256(small_onnx()).hexdigest()
    assert card.reference.array(WIDTH).shape == (3, WIDTH)


def test_a_refusal_comes_back_whole(described):
    """With its kind and what to do."""
    with pytest.raises(UsageError, match="a row for each place") as caught:
        described(small_onnx(shape="tokens"), settings_of(100))

    assert "--pooling" in caught.value.hint


def test_a_model_that_computes_for_ever_is_ended(described):
    """And the error says which limits there are."""
    with pytest.raises(ModelDamagedError, match=r"mine\.onnx was not .*: trying it took longer than 2 seconds") as said:
        described(endless_onnx(), settings_of(2))

    assert "limits.model_seconds" in said.value.hint


@pytest.mark.parametrize("values", [GIB, 1 << 44])
def test_a_model_that_asks_for_too_much_memory_does_not_get_it(described, values):
    """A few gigabytes or more than any machine has, of a file of some hundred bytes."""
    with pytest.raises(ModelDamagedError, match="asks for more memory than there is") as caught:
        described(huge_onnx(values), settings_of(100, 2 * GIB))

    assert "limits.model_bytes" in caught.value.hint


def test_memory_that_a_machine_does_not_have_is_not_given(described):
    """Whatever the limit says."""
    with pytest.raises(ModelDamagedError, match="asks for more memory than there is"):
        described(huge_onnx(1 << 40), settings_of(100, 1 << 60))


@pytest.mark.parametrize(
    "answer",
    [
        None,
        {},
        {"card": 1},
        {"card": "{}"},
        {"card": weights.spelled(weights.card("lite0"))},
        {"refused": "internal", "message": "m", "hint": "h"},
    ],
)
def test_what_a_worker_makes_up_is_not_believed(described, monkeypatch, answer):
    """It has had somebody's file in its hands."""
    monkeypatch.setattr("pictrace.workers.Workers.run", lambda *_, **__: iter([(None, answer)]))

    with pytest.raises(ModelDamagedError, match=r"damaged|not what it was asked for"):
        described(small_onnx(), settings_of(100))


def test_bytes_that_are_not_those_of_the_card_are_refused(described, monkeypatch, tmp_path):
    """A worker may have written to the file."""
    card = dataclasses.replace(described(small_onnx(), settings_of(100)), sha256="0" * 64)
    answer = {"card": weights.spelled(card)}
    monkeypatch.setattr("pictrace.workers.Workers.run", lambda *_, **__: iter([(None, answer)]))

    with pytest.raises(ModelDamagedError, match="is not the model mine"):
        described(small_onnx(), settings_of(100))


@needs_keras
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("values", "words"), [(GIB // 2, "took more memory than a worker may"), (1 << 42, "bomb")])
def test_weights_that_declare_a_huge_tensor_cost_their_process(tmp_path, values, words):
    """It is nowhere in the file: of a size that Keras still takes, and of one that it refuses itself."""
    card = _huge_weights(tmp_path, values)

    with pytest.raises(ModelDamagedError, match=words):
        probing.check_network(NETWORK, card, folder=tmp_path, settings=settings_of(100, GIB))


def _huge_weights(folder, values):
    """Weights of a network, in the older of Keras' formats, whose first tensor says that it is of so many values."""
    import h5py
    from keras.src.legacy.saving.legacy_h5_format import save_weights_to_hdf5_group

    path, names = folder / "keras-mobilenet.h5", []
    with h5py.File(path, "w") as file:
        save_weights_to_hdf5_group(file, probing.encoders.keras._keras.made("MobileNet", 224))
        file.visititems(lambda name, one: names.append(name) if isinstance(one, h5py.Dataset) else None)
        del file[names[0]]
        file.create_dataset(names[0], shape=(values,), dtype="f4", chunks=(1 << 20,), fillvalue=1)
    data = path.read_bytes()
    card = probing.describe_network(NETWORK, sha256=hashlib.sha256(data).hexdigest(), size=len(data))
    weights.keep(card, folder)
    return card
