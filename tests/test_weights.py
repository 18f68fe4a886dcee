"""weights: which models there are, and that a file is the one its card names before anything runs it."""

import dataclasses
import hashlib
import json
from importlib import resources
from pathlib import Path

import numpy as np
import pytest

from pictrace import weights
from pictrace.errors import ModelDamagedError, ModelMissingError, UnknownNameError
from pictrace.weights import ModelCard

CARD = weights.card("lite0")


@pytest.fixture
def bundled() -> bytes:
    return weights.content(CARD)


def test_the_cards_are_listed_by_name() -> None:
    """What else lives in the folder of models is no card."""
    assert [known.name for known in weights.cards()] == ["lite0"]


def test_the_bundled_model_comes_with_the_package() -> None:
    """The file that is found is the one inside the installed package."""
    folder = resources.files("pictrace") / "models"

    assert str(folder / CARD.file) == str(weights.verified(CARD))


def test_the_bundled_model_is_the_one_on_its_card(bundled: bytes) -> None:
    """Size and SHA-256 are those of the bytes."""
    assert (CARD.size, CARD.sha256) == (len(bundled), hashlib.sha256(bundled).hexdigest())


def test_the_card_says_where_the_model_comes_from() -> None:
    """Origin and licence are there for whoever passes the model on."""
    assert CARD.licence == "Apache-2.0"
    assert "efficientnet-lite0" in CARD.origin


def test_an_unknown_model_names_the_known_ones() -> None:
    """The hint lists what there is."""
    with pytest.raises(UnknownNameError, match="lite9") as caught:
        weights.card("lite9")

    assert "lite0" in caught.value.hint


def test_a_folder_of_ones_own_comes_first(tmp_path: Path, bundled: bytes) -> None:
    """The file in the folder is used where it is there."""
    (tmp_path / CARD.file).write_bytes(bundled)

    assert tmp_path / CARD.file == weights.verified(CARD, folder=tmp_path)


def test_a_folder_without_the_file_falls_back_to_the_bundled_one(tmp_path: Path) -> None:
    """A folder may hold some models and not others."""
    assert weights.verified(CARD) == weights.verified(CARD, folder=tmp_path)


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda data: data[:-1], id="truncated"),
        pytest.param(lambda data: data + b"\0", id="longer"),
        pytest.param(lambda data: b"", id="empty"),
        pytest.param(lambda data: data[:5000] + bytes([data[5000] ^ 1]) + data[5001:], id="one bit changed"),
    ],
)
def test_a_damaged_file_is_refused(tmp_path: Path, bundled: bytes, damage) -> None:
    """Not one bit may differ, and a bundled file never hides that one's own is damaged."""
    (tmp_path / CARD.file).write_bytes(damage(bundled))

    with pytest.raises(ModelDamagedError, match=r"lite0\.onnx") as caught:
        weights.verified(CARD, folder=tmp_path)

    assert "install PicTrace again" in caught.value.hint


def test_a_missing_file_is_named_with_the_places_looked_in(tmp_path: Path) -> None:
    """A card without a file says where the file was expected."""
    absent = dataclasses.replace(CARD, file="absent.onnx")

    with pytest.raises(ModelMissingError, match=str(tmp_path)) as caught:
        weights.content(absent, folder=tmp_path)

    assert "absent.onnx" in caught.value.hint


def test_a_file_that_cannot_be_read_counts_as_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Permissions are the user's to mend, and the message says so."""

    def refuse(path: Path) -> bytes:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "read_bytes", refuse)

    with pytest.raises(ModelMissingError, match="Permission denied"):
        weights.verified(CARD)


@pytest.mark.parametrize("change", [{"colour": "red"}, {"size": None}])
def test_a_card_has_every_field_and_no_other(change: dict[str, str | None]) -> None:
    """A misspelt field never passes silently."""
    plain = json.loads(json.dumps(dataclasses.asdict(CARD))) | change
    kept = {name: value for name, value in plain.items() if value is not None}

    with pytest.raises(TypeError):
        ModelCard.of(kept)


def test_the_reference_rows_have_the_width_of_the_model() -> None:
    """One row of length 1 per reference picture."""
    rows = CARD.reference.array(CARD.width)

    assert rows.shape == (len(weights.reference_pictures(CARD.side)), CARD.width)
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-3)


def test_the_reference_pictures_never_change() -> None:
    """They are drawn in whole numbers, so that every machine draws the same."""
    pictures = weights.reference_pictures(224)

    digest = hashlib.sha256(pictures.tobytes()).hexdigest()
    assert (pictures.shape, pictures.dtype) == ((3, 224, 224, 3), np.uint8)
    assert digest[:16] == "73338cafb822b39d"
