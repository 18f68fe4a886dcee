"""What is opened in a worker is as good as what is opened here, and costs nobody else anything."""

from collections.abc import Iterator

import numpy as np
import pytest
from photographs import FOLDER, jpeg, noise

from pictrace import tracing
from pictrace.errors import ImageCorruptError, NotAnImageError, PictureError, UsageError
from pictrace.picture import Picture
from pictrace.sandbox import Sandbox, _understood
from pictrace.settings import Limits, Runtime

ENCODERS = tracing.load_encoders(("lite0", "pdq"), Runtime(threads=1))
DATA = (FOLDER / "coffee.png").read_bytes()


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(limits=Limits(), workers=1) as opened:
        yield opened


@pytest.mark.parametrize("region", [None, (10, 20, 300, 200)])
def test_the_trace_is_the_same(sandbox: Sandbox, region) -> None:
    """Hashes, rows, features and proxy, of the whole and of a part."""
    here = Picture.open(DATA).cut(region) if region else Picture.open(DATA)

    inside = sandbox.open(DATA, region=region)

    one, other = (tracing.of_query(picture, ENCODERS) for picture in (here, inside))
    assert (one.sha256, one.pixel_hash, one.proxy) == (other.sha256, other.pixel_hash, other.proxy)
    assert np.array_equal(one.rows["lite0"], other.rows["lite0"])
    assert np.array_equal(one.features, other.features)


def test_facts_are_the_originals(sandbox: Sandbox) -> None:
    """Size in pixels and bytes, and format, of the file that was given."""
    data = jpeg(noise(1, (2000, 1500)))

    picture = sandbox.open(data)

    assert (picture.width, picture.height, picture.format, picture.size) == (2000, 1500, "JPEG", len(data))
    assert max(picture.pixels.shape) <= 512


@pytest.mark.parametrize(("data", "kind"), [(b"no", NotAnImageError), (DATA[:3000], ImageCorruptError)])
def test_what_is_no_picture_is_a_typed_error(sandbox: Sandbox, data: bytes, kind: type[PictureError]) -> None:
    """The same as without a worker."""
    with pytest.raises(kind):
        sandbox.open(data)


def test_a_region_outside_is_refused(sandbox: Sandbox) -> None:
    """As a mistake of whoever asked, not of the picture."""
    with pytest.raises(UsageError, match="region"):
        sandbox.open(DATA, region=(0, 0, 10_000, 10))


NAMES = ("width", "height", "size")
GOOD = dict.fromkeys(NAMES, 2) | {"pixel_hash": "0" * 64, "sha256": "0" * 64, "format": "PNG"}
GOOD |= {"frame": np.zeros((2, 2, 3), np.uint8), "detail": np.zeros((2, 2), np.uint8), "coded_quality": 90}


@pytest.mark.parametrize(
    "wrong",
    [
        {"frame": np.zeros((2, 2, 3), np.float32)},
        {"frame": np.zeros((2, 513, 3), np.uint8)},
        {"frame": np.zeros((0, 2, 3), np.uint8)},
        {"frame": b""},
        {"detail": np.zeros((2, 2, 3), np.uint8)},
        {"detail": np.zeros((2, 1025), np.uint8)},
        {"sha256": "../x"},
        {"format": "<b>"},
        {"width": -1},
        {"height": True},
        {"coded_quality": 101},
        {"coded_quality": -1},
        {"coded_quality": 9.5},
        {"more": 1},
    ],
)
def test_answers_that_cannot_be_are_refused(wrong) -> None:
    """A worker may be in somebody else's hands."""
    with pytest.raises(PictureError, match="asked for"):
        _understood(GOOD | wrong)
