"""encoders.pdq: hashes that stay close where the picture stays the same, packed as the specification says."""

import numpy as np
import pdqhash
import pytest
from hypothesis import given
from hypothesis import strategies as st
from photographs import PHOTOS, flat, noise, photo
from PIL import Image

from pictrace.edits import recompressed, scaled
from pictrace.encoders import encode
from pictrace.encoders.pdq import SIDE, Encoder, quality_and_hash, variants
from pictrace.picture import Picture
from pictrace.settings import Runtime

T = Image.Transpose
TURNS = (
    None,
    T.ROTATE_90,
    T.ROTATE_180,
    T.ROTATE_270,
    T.FLIP_TOP_BOTTOM,
    T.FLIP_LEFT_RIGHT,
    T.TRANSPOSE,
    T.TRANSVERSE,
)


def bits_apart(left: np.ndarray, right: np.ndarray) -> int:
    return int(np.bitwise_count(left ^ right).sum())


def test_the_first_bit_is_the_highest_of_the_first_byte() -> None:
    """Hexadecimal, the packed hash reads as the specification writes hashes."""
    picture = Picture.open(photo("coffee.png"))

    packed = quality_and_hash(picture)[1]

    bits = pdqhash.compute(picture.squashed(SIDE))[0]
    written = f"{int(''.join(str(bit) for bit in bits), 2):064x}"
    assert written == packed.tobytes().hex()


def test_hash_and_quality_are_read_only_and_of_their_kind() -> None:
    """One hash of 32 bytes, and a whole number up to 100."""
    quality, packed = quality_and_hash(Picture.open(photo("coffee.png")))

    assert (packed.shape, packed.dtype, packed.flags.writeable) == ((32,), np.uint8, False)
    assert (type(quality), quality) == (int, 100)


def test_a_picture_is_hashed_once() -> None:
    """Whoever asks for the quality and then for the hash waits once."""
    picture = Picture.open(photo("coffee.png"))

    assert quality_and_hash(picture)[1] is Encoder().prepare(picture)


@pytest.mark.parametrize("name", PHOTOS)
@pytest.mark.parametrize("place", range(8))
def test_each_variant_is_the_hash_of_the_turned_picture(name: str, place: int) -> None:
    """The order is the documented one, and turning the coefficients is turning the picture."""
    image = photo(name)
    turned = image if TURNS[place] is None else image.transpose(TURNS[place])

    found = variants(Picture.open(image))[1]

    hashed = quality_and_hash(Picture.open(turned))[1]
    assert bits_apart(found[place], hashed) <= 4
    assert place == int(np.bitwise_count(found ^ hashed).sum(axis=1).argmin())


def test_the_first_variant_is_the_hash_itself() -> None:
    """Searching with all eight finds whatever searching with the one finds."""
    picture = Picture.open(photo("chelsea.png"))

    quality, found = variants(picture)

    assert (found.shape, found.dtype) == ((8, 32), np.uint8)
    assert (quality, found[0].tolist()) == (
        quality_and_hash(picture)[0],
        quality_and_hash(picture)[1].tolist(),
    )


@pytest.mark.parametrize("edit", [recompressed(30), scaled(0.5), scaled(2.0)], ids=["jpeg", "half", "double"])
def test_a_resized_or_recompressed_copy_stays_within_reach(edit) -> None:
    """The specification calls two pictures the same up to 31 bits."""
    original, copy = (
        quality_and_hash(Picture.open(image))[1] for image in (photo("rocket.jpg"), edit(photo("rocket.jpg")))
    )

    assert bits_apart(original, copy) <= 31


@given(st.integers(0, 10_000), st.integers(0, 10_000))
def test_strangers_are_far_apart(first: int, second: int) -> None:
    """Unrelated pictures differ in about half of the bits."""
    left, right = (quality_and_hash(Picture.open(noise(seed)))[1] for seed in (first, second))

    assert first == second or bits_apart(left, right) > 60


def test_a_flat_picture_has_no_quality() -> None:
    """Its hash means nothing, and the quality says so."""
    assert quality_and_hash(Picture.open(flat()))[0] == 0


def test_rows_are_the_prepared_hashes() -> None:
    """Nothing is left to do once a picture is prepared."""
    pictures = [Picture.open(photo(name)) for name in PHOTOS]

    rows = encode(Encoder(runtime=Runtime(threads=1)), pictures)

    expected = [quality_and_hash(picture)[1].tolist() for picture in pictures]
    assert expected == Encoder.space.check(rows).tolist()


def test_the_version_does_not_depend_on_threads() -> None:
    """What is stored does not depend on how it was computed."""
    assert Encoder(runtime=Runtime(threads=1)).version == Encoder(runtime=Runtime(threads=4)).version
