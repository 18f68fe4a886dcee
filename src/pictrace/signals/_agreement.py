"""Which SIFT matches of two pictures agree, and on what: a similarity, an affine map or a homography."""

import math
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from pictrace.signals._detail import Detail
from pictrace.signals._plane import Exact, Points, homogeneous

RATIO = 0.8
"""Lowe's ratio test, https://doi.org/10.1023/B:VISI.0000029664.99615.94 section 7.1."""

_MOST = 400
"""Matches that are voted on, the clearest first: every one is held against every other."""

_LEAST = 4
_WIDE_PX, _WIDE_SHARE = 3.0, 0.15
_SIZES, _TURN = math.log(1.6), math.radians(30)
"""How far one match may be from where another one sends it: SIFT tells sizes to a tenth and directions to a few
degrees, and a view from the side bends both."""

TOLERANCE_PX = 3.0
_SIGMA_PX = 1.0
"""Pixels of the coarser picture: how far inliers may be from, and are about, where they belong."""


@dataclass(frozen=True)
class Agreement:
    """Matches of two pictures, and the transform (query to candidate, proxy pixels) that the `inside` ones agree on."""

    start: Points
    end: Points
    matrix: Exact
    inside: npt.NDArray[np.bool_]


def likeness(query: Detail, candidate: Detail) -> Any:
    """How much each feature of the query is like each of the candidate, `(n, m)` float32."""
    return _products(query.descriptors, candidate.descriptors)


def likenesses(query: Detail, candidate: Detail) -> tuple[Any, Any, Any, Any]:
    """The same of the query as it is, mirrored, as a negative and both, for little more than one of them takes."""
    if not min(len(query), len(candidate)):
        empty = np.empty((len(query), len(candidate)), np.float32)
        return empty, empty, empty, empty
    even, across, turned, both = (
        _products(one, other) for one, other in zip(query.shares, candidate.shares, strict=True)
    )
    upright, mirrored = even + across, turned + both
    even -= across
    turned -= both
    return upright + mirrored, upright - mirrored, even + turned, even - turned


def _products(one: Points, other: Points) -> Any:
    # NumPy's product wakes threads that wait for each other; OpenCV's takes as long alone.
    return cv2.gemm(one, other, 1.0, None, 0.0, flags=cv2.GEMM_2_T)


def matched(alike: Any) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Places of the features that have no rival near to as good, seen from either picture; clearest matches first."""
    if min(alike.shape) < 2:
        return np.empty(0, np.intp), np.empty(0, np.intp)
    there = _unrivalled(alike)
    back = _unrivalled(np.ascontiguousarray(alike.T))
    ratio: dict[tuple[int, int], float] = {}
    for one, other, value in zip(*there, strict=True):
        ratio[one, other] = value
    for other, one, value in zip(*back, strict=True):
        ratio[one, other] = min(value, ratio.get((one, other), value))
    pairs = sorted(ratio, key=lambda pair: (ratio[pair], pair))[:_MOST]
    found = np.array(pairs, np.intp).reshape(-1, 2)
    return found[:, 0], found[:, 1]


def _unrivalled(likeness: Any) -> tuple[list[int], list[int], list[float]]:
    rows = np.arange(len(likeness))
    nearest = likeness.argmax(axis=1)
    best = likeness[rows, nearest]
    likeness[rows, nearest] = -1.0
    second = likeness.max(axis=1)
    likeness[rows, nearest] = best
    ratio = np.sqrt(np.maximum(1 - best, 0) / np.maximum(1 - second, 1e-6))
    kept = np.flatnonzero(ratio < RATIO)
    return kept.tolist(), nearest[kept].tolist(), ratio[kept].tolist()


def agreement(query: Detail, candidate: Detail, alike: Any = None) -> Agreement | None:
    """What most matches agree on; None if hardly any do. `alike` is their likeness, if it is known.

    Every match says by itself how the pictures lie: it has a place, a size and a direction on both sides. The one that
    most others agree with roughly is taken, so that nine of ten may be wrong and nothing is left to chance.
    """
    start, end, rough = roughly(query, candidate, alike)
    if rough.sum() < _LEAST:
        return None
    found = chosen(start, end, rough)
    if found is None:
        return None
    matrix, inside = found
    return Agreement(start.astype(np.float32), end.astype(np.float32), matrix, inside)


def roughly(query: Detail, candidate: Detail, alike: Any = None) -> tuple[Exact, Exact, npt.NDArray[np.bool_]]:
    """Both ends of the matches `(n, 2)`, and which of them roughly agree `(n,)`."""
    left, right = matched(likeness(query, candidate) if alike is None else alike)
    start, end = query.points[left].astype(np.float64), candidate.points[right].astype(np.float64)
    if len(left) < _LEAST:
        return start, end, np.zeros(len(left), np.bool_)
    sizes = np.log(candidate.sizes[right] / query.sizes[left]).astype(np.float64)
    turns = (candidate.angles[right] - query.angles[left]).astype(np.float64)
    return start, end, _agreeing(start, end, sizes, turns)


def _agreeing(start: Exact, end: Exact, sizes: Exact, turns: Exact) -> npt.NDArray[np.bool_]:
    """The matches that roughly agree with the one that most others roughly agree with."""
    places, targets = start @ np.array([1, 1j]), end @ np.array([1, 1j])
    maps = np.exp(sizes + 1j * turns)
    apart = places[None, :] - places[:, None]
    error = np.abs(targets[:, None] + maps[:, None] * apart - targets[None, :])
    coarser = np.maximum(1.0, np.abs(maps))[:, None]
    reach = np.abs(apart) * np.minimum(1.0, np.abs(maps))[:, None]
    turned = np.abs(np.angle(np.exp(1j * (turns[:, None] - turns[None, :]))))
    near = error / coarser < _WIDE_PX + _WIDE_SHARE * reach
    near &= (np.abs(sizes[:, None] - sizes[None, :]) < _SIZES) & (turned < _TURN)
    return np.asarray(near[near.sum(axis=1).argmax()])


def chosen(start: Exact, end: Exact, rough: npt.NDArray[np.bool_]) -> tuple[Exact, npt.NDArray[np.bool_]] | None:
    """The model that explains the matches best for its number of parameters, and its inliers; None if there is none.

    Torr, An assessment of information criteria for motion model selection, CVPR 1997,
    https://doi.org/10.1109/CVPR.1997.609296
    """
    best, least = None, math.inf
    for parameters, matrix in _models(start[rough], end[rough]):
        errors = _errors(matrix, start, end)
        cost = _gric(errors, parameters)
        inside = errors < TOLERANCE_PX
        if cost < least and inside.sum() >= _LEAST:
            best, least = (matrix, inside), cost
    return best


def _models(start: Exact, end: Exact) -> list[tuple[int, Exact]]:
    """Candidates with their number of parameters, each by a robust estimate among matches that roughly agree."""
    tolerance = TOLERANCE_PX * max(1.0, _stretch(start, end))
    found = []
    how: Any = {"method": cv2.RANSAC, "ransacReprojThreshold": tolerance, "maxIters": 1000, "confidence": 0.999}
    similarity, _ = cv2.estimateAffinePartial2D(start, end, **how)
    found.append((4, similarity))
    if len(start) >= 6:
        found.append((6, cv2.estimateAffine2D(start, end, **how)[0]))
    if len(start) >= 8:
        homography, _ = cv2.findHomography(start, end, cv2.USAC_MAGSAC, tolerance, maxIters=1000, confidence=0.999)
        found.append((8, homography))
    whole = [
        (count, np.vstack([one, [0.0, 0.0, 1.0]]) if count < 8 else one) for count, one in found if one is not None
    ]
    return [
        (count, matrix) for count, matrix in whole if np.isfinite(matrix).all() and abs(np.linalg.det(matrix)) > 1e-9
    ]


def _stretch(start: Exact, end: Exact) -> float:
    """About how much larger things are in the candidate."""
    return float(end.std() / max(start.std(), 1e-6))


def _errors(matrix: Exact, start: Exact, end: Exact) -> Exact:
    """How far matches are from where the model sends them, in pixels of the coarser picture."""
    landed = homogeneous(start) @ matrix.T
    depth = landed[:, 2]
    with np.errstate(divide="ignore", invalid="ignore"):
        errors = np.linalg.norm(landed[:, :2] / depth[:, None] - end, axis=1)
        # The area that a pixel of the query takes in the candidate there.
        stretch = np.sqrt(abs(np.linalg.det(matrix)) / np.abs(depth) ** 3)
        errors = errors / np.maximum(1.0, stretch)
    return np.where((depth > 1e-9) & np.isfinite(errors), errors, np.inf)


def _gric(errors: Exact, parameters: int) -> float:
    """Torr's geometric robust information criterion: two dimensions of structure in four of data."""
    count = len(errors)
    fit = np.minimum((errors / _SIGMA_PX) ** 2, 2.0 * (4 - 2)).sum()
    return float(fit + math.log(4) * 2 * count + math.log(4 * count) * parameters)
