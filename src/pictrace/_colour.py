"""From whatever colours a decoder gives to 8-bit sRGB on a fixed ground."""

import functools
import hashlib
import io
from collections import OrderedDict
from threading import Lock
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

GROUND = (255, 255, 255)
"""What shows through transparent pixels: white, because that is what most programs flatten a copy on."""

_SRGB_TOLERANCE = 2
"""A profile that moves no colour by more levels than this is sRGB for us, whatever it calls itself."""

_PROFILES_KEPT = 32
_DEEP_MODES = frozenset({"I;16", "I;16L", "I;16B", "I;16N", "I", "F"})
_WIDER = {
    "1": "L",
    "P": "RGB",
    "PA": "RGBA",
    "La": "LA",
    "RGBa": "RGBA",
    "RGBX": "RGB",
    "YCbCr": "RGB",
    "HSV": "RGB",
}

_transforms: OrderedDict[tuple[bytes, str], Any] = OrderedDict()
_transforms_lock = Lock()


def to_srgb(image: Image.Image, icc: bytes) -> Image.Image:
    """The same picture as mode RGB: `icc` (may be empty) applied, alpha composited on `GROUND`.

    Sixteen bits a channel become eight by 255/65535 with rounding; docs/formats.md has the rule for wider
    integers and floats. A profile that is broken or made for other channels is ignored.
    """
    if image.mode == "RGB" and "transparency" not in image.info:
        return _managed(image, icc)
    if image.mode in _DEEP_MODES:
        return Image.fromarray(_eight_bits(np.asarray(image))).convert("RGB")
    if image.has_transparency_data:
        return _flattened(image, icc)
    wider = _WIDER.get(image.mode)
    return _managed(image.convert(wider) if wider else image, icc)


def _flattened(image: Image.Image, icc: bytes) -> Image.Image:
    grey = image.mode in {"L", "LA", "La", "1"}
    with_alpha = image if image.mode in {"RGBA", "LA"} else image.convert("LA" if grey else "RGBA")
    alpha = with_alpha.getchannel("A")
    colours = _managed(with_alpha.convert("L" if grey else "RGB"), icc)
    if alpha.getextrema() == (255, 255):
        return colours
    ground = Image.new("RGB", image.size, GROUND)
    ground.paste(colours, mask=alpha)
    return ground


def _managed(image: Image.Image, icc: bytes) -> Image.Image:
    """An image of mode L, RGB, CMYK or LAB in sRGB, by its profile if it has a usable one."""
    transform = _transform(icc, image.mode) if icc or image.mode == "LAB" else None
    if transform is not None:
        converted: Image.Image = transform.apply(image)
        return converted
    return image if image.mode == "RGB" else image.convert("RGB")


def _transform(icc: bytes, mode: str) -> Any:
    """A cached colour transform from `icc` to sRGB, or `None` where there is nothing to do."""
    key = (hashlib.sha256(icc).digest(), mode)
    with _transforms_lock:
        if key in _transforms:
            _transforms.move_to_end(key)
            return _transforms[key]
    made = _make_transform(icc, mode)
    with _transforms_lock:
        _transforms[key] = made
        if len(_transforms) > _PROFILES_KEPT:
            _transforms.popitem(last=False)
    return made


def _make_transform(icc: bytes, mode: str) -> Any:
    from PIL import ImageCms

    try:
        source: Any = ImageCms.createProfile("LAB") if mode == "LAB" else io.BytesIO(icc)
        transform = ImageCms.buildTransform(source, ImageCms.createProfile("sRGB"), mode, "RGB")
        if mode == "RGB" and _changes_nothing(transform):
            return None
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return None
    return transform


def _changes_nothing(transform: Any) -> bool:
    before = _colour_grid()
    after = np.asarray(transform.apply(Image.fromarray(before)))
    return int(np.abs(after.astype(np.int16) - before).max()) <= _SRGB_TOLERANCE


@functools.cache
def _colour_grid() -> npt.NDArray[np.uint8]:
    levels = np.linspace(0, 255, 9).astype(np.uint8)
    return np.stack(np.meshgrid(levels, levels, levels), axis=-1).reshape(1, -1, 3)


def _eight_bits(values: npt.NDArray[Any]) -> npt.NDArray[np.uint8]:
    """Grey levels `(h, w)` uint8 of 16-bit, 32-bit or float samples."""
    if values.dtype.kind == "u" and values.dtype.itemsize == 2:
        # (v * 255 + 32895) >> 16 is v * 255 / 65535 rounded, for every 16-bit v.
        wide = values.astype(np.uint32)
        wide *= 255
        wide += 32895
        wide >>= 16
        return wide.astype(np.uint8)
    numbers = np.nan_to_num(values.astype(np.float32), nan=0.0, posinf=0.0, neginf=0.0)
    highest = float(numbers.max(initial=0.0))
    nominal = (1.0, 255.0, 65535.0) if values.dtype.kind == "f" else (255.0, 65535.0)
    full = next((white for white in nominal if highest <= white), highest)
    levels: npt.NDArray[np.uint8] = np.clip(np.rint(numbers * (255.0 / full)), 0, 255).astype(np.uint8)
    return levels
