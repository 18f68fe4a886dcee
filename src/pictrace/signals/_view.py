"""What two aligned pictures share, from the best pixels at hand, at a size that both have pixels for."""

import math
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from pictrace.frames import between_middles, scaling
from pictrace.polygons import clipped
from pictrace.signals._detail import SIDE, halved, pixels_of, small
from pictrace.signals._plane import Exact, frame_of, mapped, outline
from pictrace.types import Trace

_LEAST_SIDE = 64
"""Of a shared part; smaller ones are enlarged, or hardly a window of them would be left."""

Levels = npt.NDArray[np.float32]


def shared_view(moving: Trace, still: Trace, onto: Exact, *, side: int = SIDE) -> tuple[Levels, Levels, Exact] | None:
    """The part of `still` that `moving` covers, all of `moving`, and the transform from this to that.

    Both are `(h, w, 3)` float32 at about the same scale: one pixel of the coarser is one of the result, of which the
    longest side is at most `side`. `onto` is between the originals, what is given between middles of pixels. None if
    they share nothing.
    """
    onto = between_middles(onto)
    quad = mapped(onto, outline((moving.width, moving.height)))
    shared = [] if quad is None else clipped([(float(x), float(y)) for x, y in quad], still.width, still.height)
    if len(shared) < 3:
        return None
    low, high = np.min(shared, axis=0), np.max(shared, axis=0)
    reach = float((high - low).max())
    middle = (low + high) / 2
    finest = [_finest(trace) for trace in (still, moving)]
    # Pixels that the shared part has in each of the two.
    density = math.sqrt(abs(_area_at(np.linalg.inv(onto), middle)))
    available = min(reach * finest[0], reach * density * finest[1])
    factor = min(side, max(_LEAST_SIDE, available)) / max(reach, 1e-6)
    part, to_part = _cut(still, (low, high), factor, side)
    if min(part.shape[:2]) < 1:
        return None
    whole, to_whole = _brought_to(moving, factor / density, side)
    return part, whole, np.asarray(to_part @ onto @ np.linalg.inv(to_whole))


def _finest(trace: Trace) -> float:
    """Pixels at hand for one pixel of the original, at most one."""
    return max(frame_of(trace)) / max(trace.width, trace.height)


def _area_at(matrix: Exact, point: Exact) -> float:
    """How much larger an area at this point becomes."""
    depth = float(matrix[2] @ np.array([*point, 1.0]))
    return float(np.linalg.det(matrix)) / (depth**3 if abs(depth) > 1e-9 else 1e-27)


def _cut(trace: Trace, box: tuple[Any, Any], factor: float, side: int) -> tuple[Levels, Exact]:
    """The pixels inside a box of the original, `factor` of its size, and the transform from the original to them."""
    pixels, onto = _source(trace, factor, side)
    corners = mapped(onto, np.array(box, np.float64))
    left, top = np.maximum(np.floor(corners[0]), 0).astype(int)
    right, bottom = np.ceil(corners[1]).astype(int) + 1
    return _resized(pixels[top:bottom, left:right], onto, (left, top), factor / onto[0, 0])


def _brought_to(trace: Trace, factor: float, side: int) -> tuple[Levels, Exact]:
    """All pixels at `factor` of the original's size, or less where there are none finer, and the transform."""
    pixels, onto = _source(trace, factor, side)
    return _resized(pixels, onto, (0, 0), min(1.0, factor / onto[0, 0]))


def _source(trace: Trace, factor: float, side: int) -> tuple[npt.NDArray[Any], Exact]:
    """Pixels at least as fine as wanted, if there are such, and the transform from the original to them.

    They are float32 at the calibrated side, and bytes at a smaller one, where less will do.
    """
    wanted = factor * max(trace.width, trace.height)
    if wanted > SIDE * 1.01:
        pixels: npt.NDArray[Any] = pixels_of(trace)
    else:
        pixels = small(trace) if side == SIDE else halved(trace)
    if side == SIDE:
        pixels = np.asarray(pixels, np.float32)
    scale = pixels.shape[1] / trace.width, pixels.shape[0] / trace.height
    return pixels, between_middles(scaling(*scale))


def _resized(pixels: npt.NDArray[Any], onto: Exact, at: tuple[int, int], factor: float) -> tuple[Levels, Exact]:
    height, width = pixels.shape[:2]
    size = max(1, round(width * factor)), max(1, round(height * factor))
    shifted = np.array([[1, 0, -at[0]], [0, 1, -at[1]], [0, 0, 1.0]]) @ onto
    if size == (width, height):
        return np.asarray(pixels, np.float32), shifted
    # Bytes are at most twice as fine as wanted, where the linear filter is a mean, and ten times as fast.
    smaller = cv2.INTER_AREA if pixels.dtype == np.float32 else cv2.INTER_LINEAR
    method = smaller if factor < 1 else cv2.INTER_CUBIC
    resized = np.asarray(cv2.resize(pixels, size, interpolation=method), np.float32)
    return np.clip(resized, 0, 255), between_middles(scaling(size[0] / width, size[1] / height)) @ shifted
