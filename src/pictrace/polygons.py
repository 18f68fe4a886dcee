"""Outlines in the plane: what part of one is inside a frame, and how large it is."""

from collections.abc import Sequence

Point = tuple[float, float]


def clipped(polygon: Sequence[Point], width: float, height: float) -> tuple[Point, ...]:
    """The part of a convex polygon inside a frame; empty if there is none.

    Sutherland and Hodgman, Reentrant polygon clipping, CACM 1974, https://doi.org/10.1145/360767.360802
    """
    points = [(float(x), float(y)) for x, y in polygon]
    for axis, bound, sign in ((0, 0.0, 1), (0, width, -1), (1, 0.0, 1), (1, height, -1)):
        kept: list[Point] = []
        for start, end in zip(points[-1:] + points[:-1], points, strict=True):
            inside = [sign * (point[axis] - bound) >= 0 for point in (start, end)]
            if inside[0] != inside[1]:
                share = (bound - start[axis]) / (end[axis] - start[axis])
                kept.append((start[0] + share * (end[0] - start[0]), start[1] + share * (end[1] - start[1])))
            if inside[1]:
                kept.append(end)
        points = kept
    return tuple(points)


def area(polygon: Sequence[Point]) -> float:
    """The area inside a polygon, by the shoelace formula; 0 for fewer than three points."""
    following = [*polygon[1:], *polygon[:1]]
    return abs(sum(x * next_y - next_x * y for (x, y), (next_x, next_y) in zip(polygon, following, strict=True))) / 2
