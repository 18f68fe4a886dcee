"""weights: that a file is the one its card names before anything runs it."""

import dataclasses
import hashlib
import os
import struct
from importlib import resources
from pathlib import Path

import numpy as np
import pytest

from pictrace import weights
from pictrace.errors import ModelDamagedError, ModelMissingError

CARD = weights.card("lite0")


@pytest.fixture
def bundled() -> bytes:
    return weights.content(CARD)


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


def test_a_folder_of_ones_own_comes_first(tmp_path: Path, bundled: bytes) -> None:
    """The file in the folder is used where it is there."""
    (tmp_path / CARD.file).write_bytes(bundled)

    assert tmp_path / CARD.file == weights.verified(CARD, tmp_path)


def test_a_folder_without_the_file_falls_back_to_the_bundled_one(tmp_path: Path) -> None:
    """A folder may hold some models and not others."""
    assert weights.verified(CARD) == weights.verified(CARD, tmp_path)


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
        weights.verified(CARD, tmp_path)

    assert "install PicTrace again" in caught.value.hint


def test_a_missing_file_is_named_with_the_places_looked_in(tmp_path: Path) -> None:
    """A card without a file says where the file was expected."""
    absent = dataclasses.replace(CARD, file="absent.onnx")

    with pytest.raises(ModelMissingError, match=rf"absent\.onnx of the model lite0 is not in {tmp_path} or "):
        weights.content(absent, tmp_path)


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is forbidden to root")
def test_a_file_that_cannot_be_read_counts_as_missing(tmp_path: Path, bundled: bytes) -> None:
    """Permissions are the user's to mend, and the message says so."""
    (tmp_path / CARD.file).write_bytes(bundled)
    (tmp_path / CARD.file).chmod(0)

    with pytest.raises(ModelMissingError, match="Permission denied"):
        weights.verified(CARD, tmp_path)


def of_bytes(folder: Path, name: str, data: bytes) -> weights.ModelCard:
    """A card that pins whatever bytes are put under a name."""
    (folder / name).write_bytes(data)
    return dataclasses.replace(
        CARD, name="mine", file=name, sha256=hashlib.sha256(data).hexdigest(), size=len(data), source=weights.Source()
    )


PICKLE = b"\x80\x04\x95\x1e\x00\x00\x00\x00\x00\x00\x00\x8c\x05posix\x94\x8c\x06system\x94\x93\x94."


@pytest.mark.parametrize(
    ("name", "data", "what"),
    [
        ("mine.safetensors", PICKLE, "a pickle"),
        ("mine.onnx", PICKLE, "a pickle"),
        ("mine.safetensors", b"PK\x03\x04 torch", "an archive"),
        ("mine.onnx", b"<!doctype html><title>Sign in</title>", "a page of HTML"),
        ("mine.safetensors", b"version https://git-lfs.github.com/spec/v1\n", "the pointer to a large file"),
        ("mine.h5", b"no HDF5", "does not begin as a .h5 file"),
        ("mine.safetensors", struct.pack("<Q", 1 << 40) + b"{}", "does not begin as a .safetensors file"),
        ("mine.tokenizer", b"[]", "does not begin as a .tokenizer file"),
        ("mine.safetensors", b"", "does not begin"),
    ],
)
def test_a_file_of_another_kind_is_refused(tmp_path: Path, name: str, data: bytes, what: str) -> None:
    """Also where its SHA-256 is right: a card may come from whoever made the file."""
    card = of_bytes(tmp_path, name, data)
    for look in (weights.verified, weights.content):
        with pytest.raises(ModelDamagedError, match=what) as caught:
            look(card, tmp_path)

        assert "run no code" in caught.value.hint


@pytest.mark.parametrize("length", [2, 0x80, 0x3C])
def test_safetensors_are_known_by_their_head(tmp_path: Path, length: int) -> None:
    """Whatever the lowest byte of its length looks like."""
    data = struct.pack("<Q", length) + b"{}".ljust(length)
    card = of_bytes(tmp_path, "mine.safetensors", data)

    assert data == weights.content(card, tmp_path)


def test_a_folder_in_the_place_of_a_file_is_none(tmp_path: Path) -> None:
    """It is looked for elsewhere."""
    (tmp_path / CARD.file).mkdir()

    assert weights.verified(CARD, tmp_path) == weights.verified(CARD)


@pytest.mark.parametrize(
    ("card", "hint"),
    [
        (weights.card("clip"), "pictrace models pull clip"),
        (weights.card("clip").text.tokenizer, "pictrace models pull clip"),
        (weights.card("sscd"), "pictrace models add FILE --name sscd"),
    ],
)
def test_what_is_not_here_says_how_to_come_by_it(tmp_path: Path, card: weights.Card, hint: str) -> None:
    """Nothing is fetched unless it is asked for."""
    with pytest.raises(ModelMissingError, match=card.file) as caught:
        weights.verified(card, tmp_path)

    assert hint in caught.value.hint


def test_a_file_that_nobody_has_pinned_is_not_used(tmp_path: Path) -> None:
    """Whatever lies under its name."""
    (tmp_path / "sscd.onnx").write_bytes(b"\x08\x07")

    with pytest.raises(ModelMissingError, match="does not say which file is meant"):
        weights.content(weights.card("sscd"), tmp_path)
    assert weights.state(weights.card("sscd"), tmp_path) == "not here"


@pytest.mark.parametrize(
    ("sizes", "state"),
    [
        ({}, "not here"),
        ({"clip.onnx": 0}, "incomplete"),
        ({"clip.onnx": 0, "clip.text.onnx": 0, "clip.tokenizer": 0}, "here"),
        ({"clip.onnx": 0, "clip.tokenizer": -1}, "damaged"),
    ],
)
def test_states_are_told_by_sizes(tmp_path: Path, sizes: dict[str, int], state: str) -> None:
    """Of all files that a model needs."""
    card = weights.card("clip")
    for part in card.files:
        if part.file in sizes:
            with (tmp_path / part.file).open("wb") as file:
                file.truncate(part.size + sizes[part.file])

    assert weights.state(card, tmp_path) == state
    assert weights.state(CARD, tmp_path) == "bundled"


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
