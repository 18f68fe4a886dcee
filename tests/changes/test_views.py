"""What the alignment alone tells, and that it is told alike wherever it is told."""

import math
from dataclasses import replace

import pytest
from photographs import photo, trace

from pictrace.changes._views import views
from pictrace.deeds import pose, told
from pictrace.types import Alignment


def laid(turn: float, scale: float, *, mirrored: bool, slant: float) -> Alignment:
    """The query of 451 x 300 mirrored, turned, scaled and seen from the side, in that order."""
    a, b = scale * math.cos(math.radians(turn)), scale * math.sin(math.radians(turn))
    sign = -1 if mirrored else 1
    rows = ((sign * a, -b, 0.0), (sign * b, a, 0.0), (slant, 0.0, 1.0))
    corners = ((0, 0), (451, 0), (451, 300), (0, 300))
    quad = tuple(
        ((rows[0][0] * x + rows[0][1] * y) / (slant * x + 1), (rows[1][0] * x + rows[1][1] * y) / (slant * x + 1))
        for x, y in corners
    )
    return Alignment(rows, 1.0, 1.0, quad, mirrored=mirrored)


@pytest.mark.parametrize("slant", [0.0, 0.0008])
@pytest.mark.parametrize("mirrored", [False, True])
@pytest.mark.parametrize(("turn", "scale"), [(0, 1), (25, 0.5), (-90, 2), (180, 0.3), (0.6, 1.02)])
def test_pose_and_changes_say_the_same(turn, scale, mirrored, slant) -> None:
    """In one direction, with the same numbers, and from the same size on."""
    query = replace(trace(photo("chelsea.png")), width=451, height=300)
    alignment = laid(turn, scale, mirrored=mirrored, slant=slant)
    said = {told(change).removeprefix("the query is ") for change in views(query, alignment)}

    assert {one for one in said if "stretched" not in one} == {
        part for part in pose(alignment).split(", ") if part not in {"in place", "shifted"}
    }
