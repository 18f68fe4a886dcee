"""PDQ, a perceptual hash: finds recompressed, resized and recoloured copies, and knows how sure it may be."""

import weakref
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import pdqhash

from pictrace.encoders import refuse_model
from pictrace.picture import Picture
from pictrace.settings import EVERY_CORE, Runtime
from pictrace.types import Metric, Rows, Space

SIDE = 64
"""Pixels per side of what is hashed: the 64 x 64 that PDQ averages down to by itself.

Resized to that with a triangle filter, as PDQ's two box filters make one, hashes are 11 bits from those of
the full picture (15 from a square of 224, which PDQ samples unevenly), the turned ones exact instead of up to
60 bits off, and it takes half the time.
"""

_kept: weakref.WeakKeyDictionary[Picture, tuple[int, npt.NDArray[np.uint8]]] = weakref.WeakKeyDictionary()


class Encoder:
    """PDQ hashes of 256 bits, packed to `(n, 32)` uint8, the specification's first bit highest.

    Specification: https://github.com/facebook/ThreatExchange/tree/main/pdq. Two pictures are copies of each
    other up to about 31 differing bits, if the quality of both is 50 or more.
    """

    name: ClassVar[str] = "pdq"
    space: ClassVar[Space] = Space(Metric.HAMMING, 256)

    def __init__(self, model: str = "", *, runtime: Runtime = EVERY_CORE) -> None:
        # Every encoder is made with these; hashing is done by whoever prepares, and there are no weights.
        del runtime
        refuse_model(self.name, model)

    @property
    def version(self) -> str:
        """Changes whenever the same picture could get another hash."""
        return f"1-{SIDE}px"

    def prepare(self, picture: Picture) -> npt.NDArray[np.uint8]:
        """The hash itself, `(32,)` uint8."""
        return quality_and_hash(picture)[1]

    def encode_prepared(self, prepared: npt.NDArray[Any]) -> Rows:
        """The hashes as they are, `(n, 32)` uint8."""
        return prepared


def quality_and_hash(picture: Picture) -> tuple[int, npt.NDArray[np.uint8]]:
    """PDQ's quality, 0 (flat) to 100, and the packed hash `(32,)` uint8; computed once per picture."""
    known = _kept.get(picture)
    if known is None:
        bits, quality = pdqhash.compute(picture.squashed(SIDE))
        known = _kept[picture] = (int(quality), _packed(bits))
    return known


def variants(picture: Picture) -> tuple[int, Rows]:
    """The quality and the hashes `(8, 32)` uint8 of the picture's eight turns and mirror images, in one pass.

    In this order: as it is; turned counterclockwise by 90, 180, 270 degrees; upside down (rows reversed);
    mirrored (columns reversed); mirrored over the main diagonal; mirrored over the other diagonal. They come
    from the signs of one set of DCT coefficients.
    """
    hashes, quality = pdqhash.compute_dihedral(picture.squashed(SIDE))
    return int(quality), np.stack([_packed(bits) for bits in hashes])


def _packed(bits: npt.NDArray[Any]) -> npt.NDArray[np.uint8]:
    packed = np.packbits(bits.astype(np.bool_))
    packed.flags.writeable = False
    return packed
