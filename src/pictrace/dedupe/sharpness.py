"""Whether a larger picture shows more than a smaller one, or was only enlarged."""

import numpy as np
import numpy.typing as npt

from pictrace.picture import Picture

LEAST_SCALE, MOST_SCALE = 0.05, 0.75
"""Of the smaller side to the larger: enlargements by less than a third are not told from originals."""

_TILE = 512
_LUMA = np.array([0.299, 0.587, 0.114], np.float32)
"""ITU-R BT.601."""


def is_enlarged(picture: Picture, scale: float) -> bool:
    """Whether a picture holds next to nothing that a copy of `scale` times its sides would not hold too.

    The octave above that copy's Nyquist frequency is set against the one below it. In 60 photographs of our data the
    ratio is at least 0.052 at scales up to 0.4, 0.046 at 0.5 and 0.071 at 0.67; in enlargements of them by bilinear,
    bicubic and Lanczos filters, saved again as JPEG or not, at most 0.040, 0.045 and, bicubic, 0.061.
    Sharpening after enlarging, and doubling of pixels, are not seen through.
    """
    if scale > MOST_SCALE:
        return False
    scale = max(scale, LEAST_SCALE)
    power, frequency = _spectrum(picture.pixels)
    above = power[(frequency > scale) & (frequency <= 2 * scale)].mean()
    below = power[(frequency > scale / 2) & (frequency <= scale)].mean()
    return bool(above < (0.043 + 0.11 * max(0.0, scale - 0.5)) * below)


def _spectrum(pixels: npt.NDArray[np.uint8]) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Mean power over up to nine tiles, and the frequency of each place in it as a share of Nyquist's."""
    height, width = pixels.shape[:2]
    side = min(_TILE, 1 << (min(height, width).bit_length() - 1))
    window = np.outer(np.hanning(side), np.hanning(side)).astype(np.float32)
    power = np.zeros((side, side // 2 + 1), np.float32)
    for top in np.unique(np.linspace(0, height - side, 3).astype(int)):
        for left in np.unique(np.linspace(0, width - side, 3).astype(int)):
            tile = pixels[top : top + side, left : left + side].astype(np.float32) @ _LUMA
            power += np.abs(np.fft.rfft2((tile - tile.mean()) * window)).astype(np.float32) ** 2
    down, across = np.abs(np.fft.fftfreq(side)), np.fft.rfftfreq(side)
    frequency = 2 * np.maximum(down[:, None], across[None, :])
    return power, frequency.astype(np.float32)
