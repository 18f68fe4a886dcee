"""The plane that two pictures share: what a homography between their proxies means, and whether it may be."""

import math
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from pictrace.frames import between_corners, scaling
from pictrace.polygons import area, clipped
from pictrace.types import PROXY_SIDE, Alignment, Matrix, Trace

PLACE_PX = 4
"""Of a proxy: what is nearer together is one place."""

_SCALES = (1 / 12, 12.0)

Points = npt.NDArray[np.float32]
Exact = npt.NDArray[np.floating[Any]]
Frame = tuple[float, float]


def distinct_places(start: Points, end: Points) -> int:
    """How many inliers are at different places in both pictures; pyramid levels repeat one corner."""
    return min(len(set(map(tuple, np.rint(side / PLACE_PX).tolist()))) for side in (start, end))


def residual_of(homography: Exact, start: Points, end: Points) -> float:
    """Median distance, in proxy pixels, between where the homography sends inliers and where they are."""
    landed = homogeneous(start.astype(np.float64)) @ homography.T
    return float(np.median(np.linalg.norm(landed[:, :2] / landed[:, 2:] - end, axis=1)))


def hull_share(points: Points, frame: Frame) -> float:
    """Share of the frame inside the convex hull of the points."""
    return float(cv2.contourArea(cv2.convexHull(points)) / (frame[0] * frame[1]))


def frame_of(trace: Trace) -> Frame:
    """Width and height of the proxy."""
    scale = min(1.0, PROXY_SIDE / max(trace.width, trace.height))
    return max(1.0, round(trace.width * scale)), max(1.0, round(trace.height * scale))


def alignment_of(homography: Exact, query: Trace, candidate: Trace, *, mirrored: bool) -> Alignment | None:
    """The overlap that a homography between proxies' features means for the pictures, if it is a sane one."""
    homography = between_corners(homography)
    width, height = frame_of(query)
    corners = outline((width, height))
    quad = mapped(homography, corners)
    if quad is None or not is_sane(quad, corners, mirrored=mirrored):
        return None
    shared = clipped([(float(x), float(y)) for x, y in quad], *frame_of(candidate))
    back = mapped(np.linalg.inv(homography), np.array(shared)) if len(shared) > 2 else None
    if back is None:
        return None
    query_share = area(back.tolist()) / (width * height)
    match_share = area(shared) / math.prod(frame_of(candidate))
    scales = scale_to_proxy(candidate), scale_to_proxy(query)
    matrix = np.linalg.inv(scales[0]) @ homography @ scales[1]
    outline_px = mapped(np.linalg.inv(scales[0]), quad)
    if outline_px is None:
        return None
    return Alignment(
        transform=as_matrix(matrix),
        query_overlap=round(min(1.0, query_share), 4),
        match_overlap=round(min(1.0, match_share), 4),
        quad=tuple((round(float(x), 2), round(float(y), 2)) for x, y in outline_px),
        mirrored=mirrored,
    )


def overlap_measures(alignment: Alignment, coverage: float) -> dict[str, float]:
    """How much of each picture is shared, and how much of that the inliers span."""
    least = min(alignment.query_overlap, alignment.match_overlap)
    return {
        "query_overlap": alignment.query_overlap,
        "match_overlap": alignment.match_overlap,
        "spread": min(1.0, coverage / max(least, 1e-6)),
    }


def as_matrix(matrix: Exact) -> Matrix:
    """A 3x3 array as plain numbers, its last one 1."""
    rows = (matrix / matrix[2, 2]).tolist()
    return (tuple(rows[0]), tuple(rows[1]), tuple(rows[2]))


def scale_to_proxy(trace: Trace) -> Exact:
    """From the original's pixels to the proxy's."""
    width, height = frame_of(trace)
    return scaling(width / trace.width, height / trace.height)


def mapped(homography: Exact, points: Exact) -> Any:
    """The points under the homography, or None if it sends one of them through infinity."""
    mapped = homogeneous(points) @ homography.T
    if (mapped[:, 2] <= 1e-6).any():
        return None
    return mapped[:, :2] / mapped[:, 2:]


def homogeneous(points: Exact) -> Exact:
    return np.hstack([points, np.ones((len(points), 1))])


def slant_of(homography: Exact, frame: Frame) -> float:
    """How unevenly the outline is stretched: 0 for a picture that was only turned and scaled, inf for nonsense."""
    corners = outline(frame)
    quad = mapped(homography, corners)
    if quad is None:
        return math.inf
    lengths = [np.linalg.norm(np.roll(shape, -1, axis=0) - shape, axis=1) for shape in (quad, corners)]
    stretch = lengths[0] / lengths[1]
    return float(np.log(stretch.max() / max(stretch.min(), 1e-6)))


def outline(frame: Frame) -> Exact:
    """The outline of a frame, clockwise from its top left corner."""
    width, height = frame
    return np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float64)


def is_sane(quad: Exact, corners: Exact, *, mirrored: bool) -> bool:
    """A convex outline, turned the right way, not absurdly large, small or slanted."""
    edges = np.roll(quad, -1, axis=0) - quad
    following = np.roll(edges, -1, axis=0)
    turns = edges[:, 0] * following[:, 1] - edges[:, 1] * following[:, 0]
    if not ((turns < 0).all() if mirrored else (turns > 0).all()):
        return False
    before = np.linalg.norm(np.roll(corners, -1, axis=0) - corners, axis=1)
    stretch = np.linalg.norm(edges, axis=1) / before
    if not (_SCALES[0] < stretch.min() and stretch.max() < _SCALES[1]):
        return False
    return math.log(stretch.max() / stretch.min()) < math.log(4.0)
