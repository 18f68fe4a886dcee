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
"""Longest side, in pixels, for comparing structure."""

_SMALLEST = 320
"""Smaller pictures are enlarged to this: their finest features are what a part of a larger one shows."""

_MOST = 1400
"""Features of one picture; matching takes as long as their product."""

_DOUBLED = np.float32(0.25)
"""Pixels by which OpenCV's SIFT places everything too far right and down, for it looks at the picture doubled."""

_GLANCED_SIDE, _GLANCED = 192, 250
"""Longest side and features of a picture at a glance. Of 57 small parts, negatives and pictures within pictures 56 have
four places that agree, as many as with 256 pixels and 1,400 features, in two thirds of the time; with 150, 52."""

_FEW = 250
_THINNEST = 16
_MARGIN = 0.06

Box = tuple[float, float, float, float]
"""Left, top, right, bottom."""

_LAYERS = 3
_PLAIN, _KEEN = 0.04 / _LAYERS, 0.01
"""Contrast from which a feature counts, Lowe's, and from which it does in pictures that have few others."""

_sift = cv2.SIFT.create(nOctaveLayers=_LAYERS, contrastThreshold=_KEEN)

# OpenCV's order of a descriptor: four rows of four places of eight directions, in the frame of the keypoint.
_ORDER = np.arange(128).reshape(4, 4, 8)
_MIRRORED = _ORDER[::-1][:, :, -np.arange(8) % 8].ravel()
_NEGATIVE = _ORDER[::-1, ::-1].ravel()
_ORBITS = np.stack([_ORDER.ravel(), _MIRRORED, _NEGATIVE, _MIRRORED[_NEGATIVE]])[:, _ORDER[:2, :].ravel()]
_ORBITS = _ORBITS[:, np.unique(_ORBITS.min(axis=0), return_index=True)[1]]
"""Which four numbers the mirror image and the negative exchange with each other, `(4, 32)`."""


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

    @functools.cached_property
    def shares(self) -> tuple[npt.NDArray[np.float32], ...]:
        """The descriptors in four parts `(n, 32)`, of which the mirror image changes the signs of two, and the
        negative of two: what is alike of all four ways to take a picture is made of four products of these.
        """
        one, mirror, negative, both = (self.descriptors[:, places] / np.float32(2) for places in _ORBITS)
        plain, turned, across, back = one + mirror, one - mirror, negative + both, negative - both
        return plain + across, plain - across, turned + back, turned - back

    def mirrored(self, width: float) -> "Detail":
        """The features of the mirror image: SIFT's directions and places are only exchanged."""
        return replace(self.flipped(width), descriptors=self.descriptors[:, _MIRRORED])

    def negative(self) -> "Detail":
        """The features of the negative."""
        return replace(self.turned(), descriptors=self.descriptors[:, _NEGATIVE])

    def flipped(self, width: float) -> "Detail":
        """The places and angles of the mirror image, with the descriptors as they are."""
        points = self.points.copy()
        points[:, 0] = np.float32(width - 1) - points[:, 0]
        return replace(self, points=points, angles=np.float32(math.pi) - self.angles)

    def turned(self) -> "Detail":
        """The angles of the negative, in which every gradient is the other way round, and the descriptors as are."""
        return replace(self, angles=self.angles + np.float32(math.pi))


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
    scale = _GLANCED_SIDE / max(pixels.shape[:2])
    if scale < 1:
        size = max(1, round(pixels.shape[1] * scale)), max(1, round(pixels.shape[0] * scale))
        pixels = np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA))
    found = _extracted(np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY).round(), np.uint8), _GLANCED)
    factor = pixels.shape[1] / frame_of(trace)[0]
    return _placed(found, factor, (0, 0))


@functools.lru_cache(maxsize=8)
def small(trace: Trace) -> npt.NDArray[np.float32]:
    """The proxy at `SIDE`, `(h, w, 3)` float32."""
    pixels = Picture.of_proxy(trace.proxy, target=SIDE).pixels
    scale = min(1.0, SIDE / max(pixels.shape[:2]))
    size = max(1, round(pixels.shape[1] * scale)), max(1, round(pixels.shape[0] * scale))
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.float32)


@functools.lru_cache(maxsize=8)
def halved(trace: Trace) -> npt.NDArray[np.uint8]:
    """The proxy decoded at half its size, or whole if it is a small one, `(h, w, 3)` RGB: in a third of the time.

    Of a damaged one nothing comes that way, and decoding it as a picture says why.
    """
    flag = cv2.IMREAD_REDUCED_COLOR_2 if max(frame_of(trace)) >= 2 * SIDE else cv2.IMREAD_COLOR
    decoded = cv2.imdecode(np.frombuffer(trace.proxy, np.uint8), flag)
    return pixels_of(trace) if decoded is None else np.asarray(cv2.cvtColor(decoded, cv2.COLOR_BGR2RGB), np.uint8)


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


def _extracted(grey: npt.NDArray[np.uint8], most: int = _MOST) -> Detail:
    """The `most` with most contrast; what they look like, the dearest part, is asked of those alone."""
    keypoints = _sift.detect(grey, None)
    contrast = np.array([one.response for one in keypoints], np.float32)
    kept = np.flatnonzero(contrast >= _PLAIN)
    if len(kept) < _FEW:
        kept = np.arange(len(keypoints))
    if len(kept) > most:
        kept = np.sort(kept[np.argpartition(-contrast[kept], most)[:most]])
    chosen, descriptors = _sift.compute(grey, [keypoints[place] for place in kept.tolist()])
    if descriptors is None:
        return _featureless()
    raw = np.array([(*one.pt, one.size, one.angle) for one in chosen], np.float32)
    rooted = np.sqrt(descriptors / np.maximum(descriptors.sum(axis=1, keepdims=True), 1e-6))
    return Detail(raw[:, :2] - _DOUBLED, raw[:, 2], np.deg2rad(raw[:, 3]), rooted.astype(np.float32))


def _featureless() -> Detail:
    nothing = np.empty(0, np.float32)
    return Detail(np.empty((0, 2), np.float32), nothing, nothing, np.empty((0, 128), np.float32))
