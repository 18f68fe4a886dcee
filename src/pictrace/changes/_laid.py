"""One picture laid over the other, small: what the looks at tones, details and areas share."""

import functools
import io
import math
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image

from pictrace.frames import between_middles, scaling
from pictrace.types import Alignment, Trace

SIDE = 256
"""Longest side at which pictures are looked at, in pixels: a pair takes about two milliseconds."""

Bytes = npt.NDArray[np.uint8]
Levels = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]
Cell = tuple[int, int, int, int]
"""x, y, width, height of a box in small pixels."""

Matrix = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Laid:
    """Both pictures in the frame of the one of which more is covered, `still`; the other one was moved.

    `seen` and `warped` are `(h, w, 3)` uint8 RGB, equally blurred, `inside` `(h, w)` is where both show something.
    `still` and `moving` are the pictures as they are, and `onto` takes small pixels of the moving one to those of the
    still one, which is the query if `is_query_still`.
    """

    seen: Bytes
    warped: Bytes
    inside: Mask
    still: Bytes
    moving: Bytes
    onto: Matrix
    is_query_still: bool


def laid(query: Trace, candidate: Trace, alignment: Alignment) -> Laid:
    """The two pictures of an alignment laid over each other; the same frame whichever is the query."""
    transform = np.array(alignment.transform)
    shares = (alignment.query_overlap, query.sha256), (alignment.match_overlap, candidate.sha256)
    is_query_still = shares[0] > shares[1]
    still, moving = (query, candidate) if is_query_still else (candidate, query)
    between = np.linalg.inv(transform) if is_query_still else transform
    one, other = small(still), small(moving)
    onto = _scale(one, still) @ between @ np.linalg.inv(_scale(other, moving))
    height, width = one.shape[:2]
    near, coarse = _evened(one, other, stretch(onto, other.shape[1] / 2, other.shape[0] / 2))
    warped = cv2.warpPerspective(coarse, between_middles(onto), (width, height), flags=cv2.INTER_LINEAR)
    inside = covered(other.shape[:2], onto, (width, height))
    return Laid(near, np.asarray(warped), inside, one, other, onto, is_query_still)


def covered(shape: tuple[int, int], onto: Matrix, size: tuple[int, int], rim: int = 7) -> Mask:
    """Where a picture of that shape `(h, w)` lies in a frame of a size (width, height), less a rim at its edges."""
    mask = cv2.warpPerspective(np.full(shape, 255, np.uint8), between_middles(onto), size, flags=cv2.INTER_NEAREST)
    mask = cv2.copyMakeBorder(mask, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
    return np.asarray(cv2.erode(mask, np.ones((rim, rim), np.uint8))[1:-1, 1:-1] > 0)


def stretch(onto: Matrix, x: float, y: float) -> float:
    """How many times larger a transform makes what is at a point."""
    return math.sqrt(abs(float(np.linalg.det(jacobian(onto, x, y)))))


def jacobian(onto: Matrix, x: float, y: float) -> Matrix:
    """The derivative of a transform at a point, 2 x 2."""
    u, v, w = onto @ (x, y, 1.0)
    rows = onto[:2, :2] - np.outer((u / w, v / w), onto[2, :2])
    return np.asarray(rows / w)


@functools.lru_cache(maxsize=8)
def small(trace: Trace) -> Bytes:
    """The proxy at `SIDE`, `(h, w, 3)` uint8 RGB."""
    image = Image.open(io.BytesIO(trace.proxy), formats=["JPEG"])
    pixels: npt.NDArray[Any] = np.asarray(image.convert("RGB"))
    share = min(1.0, SIDE / max(pixels.shape[:2]))
    size = max(1, round(pixels.shape[1] * share)), max(1, round(pixels.shape[0] * share))
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA))


def luma(pixels: Bytes) -> Levels:
    """Grey levels `(h, w)` float32."""
    return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), np.float32)


def _scale(pixels: Bytes, trace: Trace) -> Matrix:
    """From pixels of the original to those of a small one."""
    return scaling(pixels.shape[1] / trace.width, pixels.shape[0] / trace.height)


def _evened(still: Bytes, moving: Bytes, enlarged: float) -> tuple[Bytes, Bytes]:
    """Both pictures as blurred as the coarser of them will be after the warp."""
    on_still = math.hypot(0.75, 0.6 * max(0.0, enlarged - 1))
    on_moving = max(0.75, 0.6 / max(enlarged, 1e-3)) if enlarged < 1 else 0.75 / enlarged
    blurred = cv2.GaussianBlur(still, (0, 0), on_still), cv2.GaussianBlur(moving, (0, 0), max(0.3, on_moving))
    return np.asarray(blurred[0]), np.asarray(blurred[1])
