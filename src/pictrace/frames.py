"""Where pixels are: coordinates of a picture, and what they are to libraries that count from another point.

A picture of w x h pixels covers the plane from (0, 0), the upper left corner of its first pixel, to (w, h). So it has
one outline at every size, and a change of size is nothing but a factor. OpenCV (warps, remaps, keypoints) counts from
the middle of the first pixel, which is at (0.5, 0.5) here. Pillow's transforms count from the corner.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

Transform = npt.NDArray[np.float64]
"""A homography `(3, 3)` for columns (x, y, 1)."""

HALF = 0.5
"""Pixels between the corner of the first pixel and its middle."""

_TO_CORNERS: Transform = np.array([[1, 0, HALF], [0, 1, HALF], [0, 0, 1]])
_TO_MIDDLES: Transform = np.array([[1, 0, -HALF], [0, 1, -HALF], [0, 0, 1]])


def scaling(x: float, y: float) -> Transform:
    """A change of size, by a factor for each side."""
    return np.diag([x, y, 1.0])


def between_middles(transform: npt.NDArray[Any]) -> Transform:
    """The same transform for coordinates that count from middles of pixels on both sides, as OpenCV's."""
    return np.asarray(_TO_MIDDLES @ transform @ _TO_CORNERS)


def between_corners(transform: npt.NDArray[Any]) -> Transform:
    """A transform that was found between middles of pixels, as between OpenCV's keypoints, for the plane."""
    return np.asarray(_TO_CORNERS @ transform @ _TO_MIDDLES)
