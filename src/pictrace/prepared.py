"""A trace but for its models, on its way from the process that read foreign bytes to the one that keeps pictures."""

import io
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt
from PIL import Image

from pictrace._decode import foreseen
from pictrace.errors import PictureError
from pictrace.types import FEATURE_DTYPE, PROXY_SIDE

Kinds = Mapping[str, tuple[np.dtype[Any], tuple[int, ...]]]
"""Element type and shape of what each encoder's `prepare` gives."""

_HASH = re.compile(r"[0-9a-f]{64}")
_FORMAT = re.compile(r"[A-Z0-9]{2,8}")
_MOST_FEATURES = 1000
_TYPES = {
    **dict.fromkeys(("sha256", "pixel_hash", "format"), str),
    **dict.fromkeys(("width", "height", "size", "quality"), int),
    "features": np.ndarray,
    "proxy": bytes,
}


@dataclass(frozen=True, eq=False)
class Prepared:
    """The facts of a picture's trace; `inputs` holds what each encoder's `prepare` gave, small enough to carry."""

    facts: Mapping[str, Any]
    inputs: Mapping[str, npt.NDArray[Any]]

    def plain(self) -> dict[str, Any]:
        """The same as values that can cross a pipe."""
        return {"facts": dict(self.facts), "inputs": dict(self.inputs)}

    @classmethod
    def of(cls, plain: Any, kinds: Kinds) -> Self:
        """What `plain` gave in another process, for encoders of these kinds.

        Raises:
            PictureError: it gave no such thing.
        """
        facts, inputs = (plain.get(name) if isinstance(plain, dict) else None for name in ("facts", "inputs"))
        if not isinstance(facts, dict) or not isinstance(inputs, dict):
            raise PictureError("what a worker sent back is not what it was asked for")
        kinds_there = {name: _kind(array) for name, array in inputs.items()}
        if not _are_sound(facts) or kinds_there != dict(kinds) or not all(map(_is_finite, inputs.values())):
            raise PictureError("what a worker sent back is not what it was asked for")
        return cls(facts, inputs)


def _are_sound(facts: Mapping[str, Any]) -> bool:
    if {name: type(value) for name, value in facts.items()} != _TYPES:
        return False
    features = facts["features"]
    sizes = [facts[name] for name in ("width", "height", "size")]
    return (
        all(_HASH.fullmatch(facts[name]) for name in ("sha256", "pixel_hash"))
        and _FORMAT.fullmatch(facts["format"]) is not None
        and all(0 < size < 1 << 40 for size in sizes)
        and 0 <= facts["quality"] <= 100
        and _kind(features) == (FEATURE_DTYPE, features.shape[:1])
        and len(features) <= _MOST_FEATURES
        and _is_proxy(facts["proxy"])
    )


def _is_proxy(data: bytes) -> bool:
    """Whether the header is that of a JPEG of a proxy's size, which every search decodes."""
    try:
        with foreseen("JPEG"), Image.open(io.BytesIO(data), formats=["JPEG"]) as image:
            return max(image.size) <= PROXY_SIDE and image.mode in {"RGB", "L"}
    except PictureError:
        return False


def _is_finite(array: npt.NDArray[Any]) -> bool:
    return array.dtype.kind != "f" or bool(np.isfinite(array).all())


def _kind(array: Any) -> tuple[Any, ...]:
    return (array.dtype, array.shape) if isinstance(array, np.ndarray) else ()
