"""encoders.lite0: the rows it gives, the same everywhere, and near for pictures that show the same."""

import numpy as np
import pytest
from photographs import photo
from PIL import ImageOps

from pictrace import weights
from pictrace.edits import cropped, mirrored, recompressed
from pictrace.encoders import encode
from pictrace.encoders.lite0 import Encoder
from pictrace.picture import Picture
from pictrace.settings import Runtime

CARD = weights.card("lite0")
OTHERS = ("chelsea.png", "coffee.png", "rocket.jpg", "motorcycle_left.png")


def test_the_reference_pictures_have_the_rows_on_the_card() -> None:
    """Whatever the processor: the arithmetic is in whole numbers up to the last layers."""
    rows = Encoder(runtime=Runtime(threads=1)).encode_prepared(weights.reference_pictures(CARD.side))

    apart = np.diagonal(Encoder().space.distance(rows, CARD.reference.array(CARD.width)))
    assert apart.max() <= CARD.reference.tolerance


def test_rows_are_of_length_one() -> None:
    """A dot product is a cosine."""
    rows = encode(Encoder(runtime=Runtime(threads=1)), [Picture.open(photo(name)) for name in OTHERS])

    assert (rows.shape, rows.dtype) == ((len(OTHERS), CARD.width), np.float32)
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)


def test_a_row_does_not_depend_on_its_batch() -> None:
    """Each picture by itself, and all in one batch: the scales of the eight bits are fixed."""
    encoder = Encoder(runtime=Runtime(threads=1))
    pictures = [Picture.open(photo(name)) for name in OTHERS]

    together = encode(encoder, pictures)

    alone = np.concatenate([encode(encoder, [picture]) for picture in pictures])
    np.testing.assert_allclose(alone, together, atol=1e-5)


def test_the_picture_is_squashed_whole() -> None:
    """Nothing is cut off: what the model sees has the colours of both ends."""
    pixels = np.zeros((100, 400, 3), np.uint8)
    pixels[:, :100], pixels[:, 300:] = (255, 0, 0), (0, 0, 255)

    prepared = Encoder().prepare(Picture.open(pixels))

    assert (prepared.shape, prepared.dtype) == ((224, 224, 3), np.uint8)
    assert prepared[112, [2, -3]].tolist() == [[255, 0, 0], [0, 0, 255]]


@pytest.mark.parametrize(
    "edit",
    [recompressed(20), cropped(0.15), mirrored, ImageOps.grayscale],
    ids=["recompressed", "cropped", "mirrored", "grey"],
)
def test_an_edited_copy_is_nearest_to_its_original(edit) -> None:
    """Among other photographs the edited one finds its own."""
    encoder = Encoder(runtime=Runtime(threads=1))
    shelf = encode(encoder, [Picture.open(photo(name)) for name in ("astronaut.png", *OTHERS)])

    row = encode(encoder, [Picture.open(edit(photo("astronaut.png")).convert("RGB"))])

    assert Encoder().space.distance(row, shelf).argmin() == 0


def test_the_version_names_the_weights() -> None:
    """Other weights are another version, so that their rows are never mixed."""
    assert Encoder().version == f"{CARD.revision}-{CARD.sha256[:12]}"


def test_the_space_is_the_one_on_the_card() -> None:
    """Name and width are those of the card."""
    assert (CARD.name, CARD.width) == (Encoder().name, Encoder().space.width)
