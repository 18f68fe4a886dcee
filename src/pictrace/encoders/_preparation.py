"""From a picture to what goes into a model, as its card says: a square of pixels, then numbers."""

import math

import numpy as np
import numpy.typing as npt
from PIL import Image

from pictrace.picture import Picture
from pictrace.weights import Preparation

_FILTERS = {
    "bilinear": Image.Resampling.BILINEAR,
    "bicubic": Image.Resampling.BICUBIC,
    "area": Image.Resampling.BOX,
}
"""Each widened by how much it reduces, as those of Pillow are and those of torchvision with `antialias`."""


def square(picture: Picture, preparation: Preparation) -> npt.NDArray[np.uint8]:
    """The pixels that a model sees, `(side, side, 3)` uint8 RGB, read-only.

    Of pictures with no side above `PROXY_SIDE` they are those of torchvision's, timm's and open_clip's transforms, of
    larger ones nearly: they come from the frame, which is all that there is of a picture in some places.
    """
    side = preparation.side
    if preparation.fit == "squash" and preparation.resample == "bilinear":
        return picture.squashed(side)
    image = Image.fromarray(picture.frame)
    found = np.zeros((side, side, 3), np.uint8)
    if preparation.fit == "squash":
        found[:] = np.asarray(image.resize((side, side), _FILTERS[preparation.resample]))
    elif preparation.fit == "crop":
        box = _middle(image.size, preparation)
        found[:] = np.asarray(image.resize((side, side), _FILTERS[preparation.resample], box=box))
    else:
        _lay(found, image, _FILTERS[preparation.resample])
    found.flags.writeable = False
    return found


def numbers(pixels: npt.NDArray[np.uint8], preparation: Preparation) -> npt.NDArray[np.uint8 | np.float32]:
    """Squares `(n, side, side, 3)` uint8 RGB in the layout of the model: `(n, 3, side, side)` if it is NCHW."""
    if preparation.layout == "nhwc-uint8":
        return pixels
    mean, std = (np.array(three, np.float64) for three in (preparation.mean, preparation.std))
    ordered = slice(None, None, -1) if preparation.order == "bgr" else slice(None)
    scale, shift = (1 / (255 * std))[ordered].astype(np.float32), (-mean / std)[ordered].astype(np.float32)
    channels = pixels[..., ordered]
    if preparation.layout == "nchw-float32":
        channels = channels.transpose(0, 3, 1, 2)
        scale, shift = scale[:, None, None], shift[:, None, None]
    found = np.empty(channels.shape, np.float32)
    np.multiply(channels, scale, out=found)
    found += shift
    return found


def _middle(size: tuple[int, int], preparation: Preparation) -> tuple[float, float, float, float]:
    """The part of a picture that a centre crop shows, in its own pixels.

    The shorter side is brought to `side / crop_share`, the longer one cut to whole pixels and the corner of the crop
    rounded, as torchvision's Resize and CenterCrop do. Only what is seen is resized: a panorama's whole strip can be
    a hundred times as large.
    """
    shorter = math.floor(preparation.side / preparation.crop_share)
    scaled = [shorter if one == min(size) else int(shorter * one / min(size)) for one in size]
    corner = [round((one - preparation.side) / 2.0) for one in scaled]
    left, top, right, bottom = (
        (place + extent) * whole / one
        for extent in (0, preparation.side)
        for place, whole, one in zip(corner, size, scaled, strict=True)
    )
    return left, top, right, bottom


def _lay(ground: npt.NDArray[np.uint8], image: Image.Image, resample: Image.Resampling) -> None:
    """Lays all of a picture into the middle of a square, as large as it fits."""
    side = len(ground)
    width, height = (max(1, round(one * side / max(image.size))) for one in image.size)
    left, top = (side - width) // 2, (side - height) // 2
    ground[top : top + height, left : left + width] = np.asarray(image.resize((width, height), resample))
