"""What the alignment alone tells: turned, mirrored, resized, stretched, seen at an angle."""

import math

import numpy as np

from pictrace.changes._laid import Matrix, jacobian
from pictrace.results import Change, ChangeKind
from pictrace.types import Alignment, Trace

TURNED = 1.0
"""Degrees; of pictures that were not turned, features say less."""

RESIZED = math.log(1.03)
"""As a logarithm."""

STRETCHED = math.log(1.04)
"""The same, of one direction against the other."""

SLANTED = 0.06
"""Of opposite sides, as the logarithm of their ratio."""


def views(query: Trace, alignment: Alignment) -> list[Change]:
    """How the query would have been laid down: as if it were made of the match."""
    found: list[Change] = []
    degrees = turn(query, alignment)
    is_over = alignment.mirrored and abs(abs(degrees) - 180) < TURNED
    if alignment.mirrored:
        found.append(Change(ChangeKind.MIRRORED, how="top to bottom" if is_over else "left to right"))
    if abs(degrees) >= TURNED and not is_over:
        found.append(Change(ChangeKind.TURNED, numbers={"degrees": degrees}))
    onto = np.array(alignment.transform)
    lengths = np.linalg.svd(jacobian(onto, query.width / 2, query.height / 2), compute_uv=False)
    factor = 1 / math.sqrt(float(lengths.prod()))
    slanted = slant(alignment)
    if abs(math.log(factor)) > RESIZED:
        found.append(Change(ChangeKind.RESIZED, numbers={"factor": factor}))
    if slanted > SLANTED:
        found.append(Change(ChangeKind.PERSPECTIVE, numbers={"slant": slanted}))
    elif math.log(lengths[0] / lengths[1]) > STRETCHED:
        found.append(Change(ChangeKind.STRETCHED, numbers={"ratio": float(lengths[0] / lengths[1])}))
    return found


def turn(query: Trace, alignment: Alignment) -> float:
    """Degrees, clockwise, by which the match would have to be turned (and then mirrored, if it is) to be the query."""
    (a, b), (c, d) = jacobian(np.array(alignment.transform), query.width / 2, query.height / 2).tolist()
    if alignment.mirrored:
        a, c = -a, -c
    degrees = -math.degrees(math.atan2(c - b, a + d))
    whole = 90 * round(degrees / 90)
    degrees = whole if abs(degrees - whole) < TURNED else degrees
    return 180.0 if degrees == -180 else float(degrees)


def slant(alignment: Alignment) -> float:
    """How unequal opposite sides of the outline are, as the logarithm of their ratio; 0 for parallelograms."""
    sides = [math.dist(alignment.quad[i], alignment.quad[(i + 1) % 4]) or 1e-9 for i in range(4)]
    return max(abs(math.log(sides[0] / sides[2])), abs(math.log(sides[1] / sides[3])))


def between(alignment: Alignment) -> tuple[Matrix, Matrix]:
    """The transform from query to match, and the one back."""
    onto = np.array(alignment.transform)
    return onto, np.linalg.inv(onto)
