"""SIFT features of a picture or of a part of it: more, finer and surer than those that are kept, and dearer."""

import functools
import math
from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from pictrace.picture import Picture
from pictrace.signals._plane import Frame, frame_of
from pictrace.types import PROXY_SIDE, Trace

SIDE = 256
"""Longest side, in pixels, for a first look and for comparing structure; OpenCV doubles it for the look, as it does the
whole. Of parts of 30 % of each side a first look tells 0.96, of 20 % 0.83; of what was pasted into others all."""

_SMALLEST = 320
"""Smaller pictures are enlarged to this: their finest features are what a part of a larger one shows."""

_MOST = 1400
"""Features of one picture; matching takes as long as their product."""

_DOUBLED = np.float32(0.25)
"""Pixels by which OpenCV's SIFT places everything too far right and down, for it looks at the picture doubled."""

_FEW = 250
_THINNEST = 16
_MARGIN = 0.06

Box = tuple[float, float, float, float]
"""Left, top, right, bottom."""

_plain = cv2.SIFT.create(contrastThreshold=0.04)
_keen = cv2.SIFT.create(contrastThreshold=0.01)
"""For pictures with little contrast."""

# OpenCV's order of a descriptor: four rows of four places of eight directions, in the frame of the keypoint.
_ORDER = np.arange(128).reshape(4, 4, 8)
_MIRRORED = _ORDER[::-1][:, :, -np.arange(8) % 8].ravel()
_NEGATIVE = _ORDER[::-1, ::-1].ravel()


@dataclass(frozen=True, eq=False)
class Detail:
    """Features of a picture: `points` (n, 2) in pixels of the proxy, `sizes` (n,) likewise, `angles` (n,) in radians.

    `descriptors` is (n, 128) float32 of length 1, square roots of SIFT's, whose inner product is Hellinger's kernel:
    Arandjelović and Zisserman, Three things everyone should know to improve object retrieval, CVPR 2012,
    https://doi.org/10.1109/CVPR.2012.6248018
    """

    points: npt.NDArray[np.float32]
    sizes: npt.NDArray[np.float32]
    angles: npt.NDArray[np.float32]
    descriptors: npt.NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.points)

    def mirrored(self, width: float) -> "Detail":
        """The features of the mirror image, at its places: SIFT's directions and places are only exchanged."""
        points = self.points.copy()
        points[:, 0] = np.float32(width - 1) - points[:, 0]
        return replace(
            self, points=points, angles=np.float32(math.pi) - self.angles, descriptors=self.descriptors[:, _MIRRORED]
        )

    def negative(self) -> "Detail":
        """The features of the negative: every gradient the other way round turns the keypoint by half."""
        return replace(self, angles=self.angles + np.float32(math.pi), descriptors=self.descriptors[:, _NEGATIVE])


@functools.lru_cache(maxsize=4)
def pixels_of(trace: Trace) -> npt.NDArray[np.uint8]:
    """The proxy, `(h, w, 3)` RGB: of a query too, so that it is judged the same wherever it is from."""
    return Picture.of_proxy(trace.proxy).pixels


@functools.lru_cache(maxsize=16)
def detail(trace: Trace) -> Detail:
    """The features of the whole picture."""
    return part(trace, (0.0, 0.0, *frame_of(trace)), PROXY_SIDE)


def glance(trace: Trace) -> Detail:
    """The coarser features of a stored picture, in a quarter of the time."""
    if min(frame_of(trace)) < _THINNEST:
        return _featureless()
    pixels = small(trace)
    found = _extracted(np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY).round(), np.uint8))
    factor = pixels.shape[1] / frame_of(trace)[0]
    return _placed(found, factor, (0, 0))


@functools.lru_cache(maxsize=8)
def small(trace: Trace) -> npt.NDArray[np.float32]:
    """The proxy at `SIDE`, `(h, w, 3)` float32."""
    pixels = Picture.of_proxy(trace.proxy, target=SIDE).pixels
    scale = min(1.0, SIDE / max(pixels.shape[:2]))
    size = max(1, round(pixels.shape[1] * scale)), max(1, round(pixels.shape[0] * scale))
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.float32)


def part(trace: Trace, box: Box, side: float) -> Detail:
    """The features of what is inside a box of the proxy, brought to a longest side of at most `side` pixels.

    It is enlarged up to `_SMALLEST`, and never beyond `side`.
    """
    if min(frame_of(trace)) < _THINNEST:
        return _featureless()
    left, top = math.floor(box[0]), math.floor(box[1])
    pixels = np.ascontiguousarray(pixels_of(trace)[top : math.ceil(box[3]), left : math.ceil(box[2])])
    grey = np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), np.uint8)
    if min(grey.shape) < _THINNEST:
        return _featureless()
    longest = max(grey.shape)
    factor = min(side, max(longest, _SMALLEST)) / longest
    if factor != 1:
        method = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
        grey = np.asarray(cv2.resize(grey, None, fx=factor, fy=factor, interpolation=method), np.uint8)
    found = _extracted(grey)
    return _placed(found, factor, (left, top))


def _placed(found: Detail, factor: float, at: tuple[int, int]) -> Detail:
    """Features of a part at `factor` of its size, where they are in the whole: centres of pixels stay such."""
    points = (found.points + 0.5) / factor - 0.5 + np.array(at)
    return replace(found, points=points.astype(np.float32), sizes=found.sizes / np.float32(factor))


def around(shape: npt.NDArray[Any], frame: Frame) -> Box:
    """The box around an outline `(n, 2)` and a little more, inside the frame."""
    low, high = shape.min(axis=0), shape.max(axis=0)
    more = _MARGIN * float((high - low).max())
    return (
        max(0.0, float(low[0]) - more),
        max(0.0, float(low[1]) - more),
        min(frame[0], float(high[0]) + more),
        min(frame[1], float(high[1]) + more),
    )


def _extracted(grey: npt.NDArray[np.uint8]) -> Detail:
    keypoints, descriptors = _plain.detectAndCompute(grey, None)
    if len(keypoints) < _FEW:
        keypoints, descriptors = _keen.detectAndCompute(grey, None)
    if descriptors is None:
        return _featureless()
    raw = np.array([(*one.pt, one.size, one.angle, one.response) for one in keypoints], np.float32)
    if len(raw) > _MOST:
        kept = np.sort(np.argpartition(-raw[:, 4], _MOST)[:_MOST])
        raw, descriptors = raw[kept], descriptors[kept]
    rooted = np.sqrt(descriptors / np.maximum(descriptors.sum(axis=1, keepdims=True), 1e-6))
    return Detail(raw[:, :2] - _DOUBLED, raw[:, 2], np.deg2rad(raw[:, 3]), rooted.astype(np.float32))


def _featureless() -> Detail:
    nothing = np.empty(0, np.float32)
    return Detail(np.empty((0, 2), np.float32), nothing, nothing, np.empty((0, 128), np.float32))
