"""Local features of a picture, computed once and kept: ORB keypoints, well spread, with their descriptors."""

from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt

from pictrace.frames import HALF
from pictrace.types import FEATURE_DTYPE

VERSION = "orb-300-1"
COUNT = 300
"""Features kept of a picture: 11.4 KB."""

MANY = 1000
"""Features of a query that is searched for things inside of it. Of 200 pictures at a tenth of its area, 300 find 0.76
among the first 20 of 7,412 at 512 px, 1,000 find 0.94, and at 1,024 px 1.00."""

_CELL = 32
_THINNEST = 8
"""Pixels below which a side has room for no feature; OpenCV's pyramid needs some too."""

_LEAST_SIDE = 384
"""Smaller pictures are enlarged to this first: at a quarter of the size, 99 of 100 are matched instead of 22."""

_LEVEL = 1.2
"""From one level of the pyramid to the next; OpenCV's own."""

_plain = cv2.ORB.create(nfeatures=500, fastThreshold=20)
_keen = cv2.ORB.create(nfeatures=700, fastThreshold=7)
"""For pictures with little contrast; it takes twice as long, so the plain one goes first."""

_plentiful = cv2.ORB.create(nfeatures=2 * MANY, fastThreshold=7)
_to_the_edge = cv2.ORB.create(nfeatures=2 * MANY, fastThreshold=5, edgeThreshold=15)
"""For small queries as they are: the usual 31 pixels at every edge are most of such a picture."""


def extract(grey: npt.NDArray[np.uint8]) -> npt.NDArray[np.void]:
    """Up to `COUNT` ORB features of a grey proxy `(h, w)` as an array of `FEATURE_DTYPE`.

    Rublee et al., ORB: an efficient alternative to SIFT or SURF, ICCV 2011,
    https://doi.org/10.1109/ICCV.2011.6126544
    """
    return _extracted(grey, (_plain, _keen), COUNT)


def extract_many(grey: npt.NDArray[np.uint8]) -> npt.NDArray[np.void]:
    """Up to `MANY` ORB features of a query `(h, w)`, in 1/64 of its own pixels, to look for things inside of it by.

    Of a small query up to as many again are taken without enlarging it, for it may be a part of a picture that is kept
    at that scale. Of crops to 30 % of the sides, 120 px long, 0.84 instead of 0.58 are found among the first 20 of
    7,409, and 0.82 instead of 0.52 first; of crops to 20 % 0.50 first instead of 0.10.
    """
    found = _extracted(grey, (_plentiful,), MANY)
    if max(grey.shape) >= _LEAST_SIDE:
        return found
    return np.concatenate([found, _extracted(grey, (_to_the_edge,), MANY, least_side=0)])


def _extracted(
    grey: npt.NDArray[np.uint8], detectors: Sequence[cv2.ORB], count: int, *, least_side: int = _LEAST_SIDE
) -> npt.NDArray[np.void]:
    if min(grey.shape) < _THINNEST:
        return np.empty(0, FEATURE_DTYPE)
    enlarged = max(1.0, least_side / max(grey.shape))
    if enlarged > 1:
        grey = np.asarray(cv2.resize(grey, None, fx=enlarged, fy=enlarged, interpolation=cv2.INTER_CUBIC))
    for detector in detectors:
        keypoints, descriptors = detector.detectAndCompute(grey, None)
        if len(keypoints) >= count:
            break
    if descriptors is None:
        return np.empty(0, FEATURE_DTYPE)
    raw = np.empty((len(keypoints), 5), np.float32)
    raw[:, :2] = cv2.KeyPoint.convert(keypoints)
    raw[:, 2:] = [(one.response, one.octave & 255, one.angle) for one in keypoints]
    chosen = _spread(raw, count)
    raw = raw[chosen]
    features = np.empty(len(raw), FEATURE_DTYPE)
    features["x"] = np.rint(raw[:, 0] * (64 / enlarged))
    features["y"] = np.rint(raw[:, 1] * (64 / enlarged))
    features["octave"] = raw[:, 3]
    features["angle"] = np.rint(raw[:, 4] * (256 / 360)).astype(np.int32) & 255
    features["descriptor"] = descriptors[chosen]
    return features


def mirrored(grey: npt.NDArray[np.uint8]) -> npt.NDArray[np.void]:
    """The features of the mirror image, at its places."""
    return extract(np.ascontiguousarray(grey[:, ::-1]))


def _spread(raw: npt.NDArray[np.float32], count: int) -> npt.NDArray[np.intp]:
    """The strongest of every cell first, then the second of every cell, and so on up to `count`.

    One textured corner would otherwise take all places, and a crop without it would find nothing.
    """
    if len(raw) <= count:
        return np.arange(len(raw))
    cell = (raw[:, 1] // _CELL).astype(np.int64) * 4096 + (raw[:, 0] // _CELL).astype(np.int64)
    order = np.lexsort((-raw[:, 2], cell))
    starts = np.flatnonzero(np.r_[True, np.diff(cell[order]) != 0])
    place = np.arange(len(raw)) - np.repeat(starts, np.diff(np.r_[starts, len(raw)]))
    turn = np.lexsort((-raw[order, 2], place))
    return np.sort(order[turn[:count]])


def places(features: npt.NDArray[np.void], frame: tuple[float, float]) -> npt.NDArray[np.float32]:
    """Where the features are in a proxy of a width and height, `(n, 2)` in pixels from the middle of its first one.

    What is kept is OpenCV's place at a level of its pyramid times the level's scale. That takes the middle of the first
    pixel of every level for one point, though they are apart by half of what their pixels differ in size.
    """
    kept = np.stack([features["x"], features["y"]], axis=1).astype(np.float32) / np.float32(64)
    enlarged = max(1.0, _LEAST_SIDE / max(frame))
    size = np.float32(_LEVEL) ** features["octave"].astype(np.float32) / np.float32(enlarged)
    return np.asarray(kept + np.float32(HALF) * (size[:, None] - 1), np.float32)


def use_one_thread() -> None:
    """Keeps OpenCV in this process to one thread, for processes that share the cores."""
    cv2.setNumThreads(1)
