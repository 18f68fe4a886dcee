"""How two pictures lie on each other, what was done to one of them, and which threshold decided, in words."""

import math
from collections.abc import Sequence

from pictrace.results import Change, ChangeKind, Which
from pictrace.types import Alignment, Level
from pictrace.words import SIGNALS, percent

QUERY_AND_MATCH = ("the query", "the match")

_WHOLE = 0.985
_SHIFT = 0.01
_TURNED, _RESIZED, _SLANTED = 1.0, math.log(1.03), 0.06
"""As in `changes`, so that of one pair the same is said in both places."""

_HUES = (
    ("red", 0.5, -0.169),
    ("yellow", 0.081, -0.5),
    ("green", -0.419, -0.331),
    ("cyan", -0.5, 0.169),
    ("blue", -0.081, 0.5),
    ("magenta", 0.419, 0.331),
)
"""Cr and Cb of the six full colours (ITU-R BT.601)."""


def told(change: Change, names: tuple[str, str] = QUERY_AND_MATCH) -> str:
    """One clause; `names` are those of the query and of the match."""
    one, other = names if change.side != "match" else names[::-1]
    match change.kind:
        case ChangeKind.RECOMPRESSED:
            return f"{one} was saved with more loss{_loss(change, other)}"
        case ChangeKind.RECOLOURED:
            return f"{one} {_colour(change)}"
        case ChangeKind.OVERLAID:
            inside = f" in {one}" if change.side else ""
            return (
                f"something{inside} covers {percent(change.numbers['share'])} of what both show{_where(change, names)}"
            )
        case ChangeKind.BLURRED | ChangeKind.SHARPENED:
            return f"{one} {'is blurred' if change.kind is ChangeKind.BLURRED else 'was sharpened'}"
        case ChangeKind.CROPPED | ChangeKind.BORDERED | ChangeKind.PASTED | ChangeKind.PART_OF:
            return _around(change, one, other) + _where(change, names)
        case _:
            return f"{names[0]} {_placed(change)}"


def _loss(change: Change, other: str) -> str:
    numbers = change.numbers
    said = f", at about JPEG quality {numbers['quality']:.0f}" if "quality" in numbers else ""
    if "before" in numbers:
        return f"{said} ({other} at {numbers['before']:.0f})"
    return f"{said}, in {percent(numbers['bytes'])} of the bytes of {other}"


def _colour(change: Change) -> str:
    numbers = change.numbers
    if change.how in {"brighter", "darker"}:
        return f"is {change.how}, by {abs(numbers['levels']):.0f} of 255 levels"
    if change.how == "tinted":
        return f"is tinted {hue(numbers['red'], numbers['blue'])}"
    if change.how in {"more contrast", "less contrast"}:
        return f"has {change.how} ({numbers['factor']:.2f} times)"
    if change.how in {"grey", "negative"}:
        return "is grey" if change.how == "grey" else "is a negative of the other"
    return f"is {change.how} ({numbers['factor']:.2f} times the colour)"


def briefly(changes: Sequence[Change]) -> str:
    """All changes in few words, for a line beside a match: those of the query first; empty if there are none."""
    of = {side: [_short(change) for change in changes if (change.side == "match") == (side == "match")]
          for side in ("query", "match")}  # fmt: skip
    return "; ".join(f"{side} {', '.join(words)}" for side, words in of.items() if words)


def _short(change: Change) -> str:
    numbers = change.numbers
    share = percent(numbers["share"]) if "share" in numbers else ""
    loss = f"recompressed to quality {numbers['quality']:.0f}" if "quality" in numbers else "recompressed"
    said = {
        ChangeKind.RECOMPRESSED: loss,
        ChangeKind.CROPPED: f"cropped to {share}",
        ChangeKind.PART_OF: f"a part, {share}",
        ChangeKind.OVERLAID: f"covered on {share}",
        ChangeKind.BORDERED: f"with a border around {share}",
        ChangeKind.PASTED: f"around the other, which fills {share}",
        ChangeKind.BLURRED: "blurred",
        ChangeKind.SHARPENED: "sharpened",
    }
    if change.kind is not ChangeKind.RECOLOURED:
        return said.get(change.kind) or _placed(change).removeprefix("is ")
    if change.how == "tinted":
        return f"tinted {hue(numbers['red'], numbers['blue'])}"
    return f"with {change.how}" if "contrast" in change.how else change.how


def hue(red: float, blue: float) -> str:
    """The colour that a shift of Cr and Cb is nearest to."""
    return max(_HUES, key=lambda one: (one[1] * red + one[2] * blue) / math.hypot(one[1], one[2]))[0]


def _around(change: Change, one: str, other: str) -> str:
    share = percent(change.numbers["share"])
    return {
        ChangeKind.CROPPED: f"{one} is cut out of {other}, {share} of it",
        ChangeKind.BORDERED: f"{one} has a border around {other}, which fills {share} of it",
        ChangeKind.PASTED: f"{one} shows {other}, or a part of it, within something else, on {share} of it",
        ChangeKind.PART_OF: f"{one} shows a part of {other}, {share} of it",
    }[change.kind]


def _placed(change: Change) -> str:
    """What was done to the query's place and shape."""
    numbers = change.numbers
    match change.kind:
        case ChangeKind.TURNED:
            return f"is turned {_turn(numbers['degrees'])}"
        case ChangeKind.MIRRORED:
            return f"is mirrored {change.how}"
        case ChangeKind.RESIZED:
            return f"is scaled {numbers['factor']:.2f} times"
        case ChangeKind.STRETCHED:
            return f"is stretched {numbers['ratio']:.2f} times in one direction"
    return "is seen at an angle"


def _where(change: Change, names: tuple[str, str]) -> str:
    """The box, in the query if it is there, and of what covers the match in that."""
    is_in_match = change.query_box is None or (change.kind is ChangeKind.OVERLAID and change.side == "match")
    side: Which = "match" if is_in_match else "query"
    box = change.match_box if is_in_match else change.query_box
    if box is None:
        return ""
    x, y, width, height = box
    return f" ({width:.0f} × {height:.0f} at {x:.0f}, {y:.0f} of {names[side == 'match']})"


def decided(levels: Sequence[Level]) -> str:
    """One sentence: which threshold the verdict rests on, and what was missing for more."""
    met = next((place for place, level in enumerate(levels) if level.is_met), None)
    if met is None:
        spoken = [level for level in levels if level.speaks_for]
        if not spoken:
            return "Nothing speaks for any relation."
        nearest = max(spoken, key=lambda level: level.probability)
        return (
            f"No threshold is met; the nearest is {nearest.relation}, with {percent(nearest.probability)} "
            f"where {percent(nearest.threshold)} are needed."
        )
    level = levels[met]
    said = f"{level.relation} is decided by {level.speaks_for}: {percent(level.probability)} where "
    said = f"{said[0].upper()}{said[1:]}{percent(level.threshold)} are needed"
    if met == 0:
        return f"{said}."
    above = levels[met - 1]
    doubt = f", and {above.speaks_against} speaks against it" if above.speaks_against else ""
    why = f"{percent(above.probability)} of {percent(above.threshold)}" if above.speaks_for else "nothing speaks for it"
    return f"{said}; for {above.relation} {why}{doubt}."


def spoken(levels: Sequence[Level]) -> list[str]:
    """What each signal that speaks for or against a relation looks at, a line each."""
    names = dict.fromkeys(name for level in levels for name in (level.speaks_for, level.speaks_against) if name)
    return [f"{name}: {SIGNALS[name]}" for name in names if name in SIGNALS]


def overlap(alignment: Alignment, names: tuple[str, str] = QUERY_AND_MATCH) -> str:
    """One clause: how much of each picture is in the other."""
    query, match = alignment.query_overlap, alignment.match_overlap
    one, other = names
    if min(query, match) > _WHOLE:
        return "both show all of each other"
    if query > _WHOLE:
        return f"all of {one} is inside {other}, on {percent(match)} of it"
    if match > _WHOLE:
        return f"all of {other} is inside {one}, on {percent(query)} of it"
    return f"they overlap on {percent(query)} of {one} and {percent(match)} of {other}"


def pose(alignment: Alignment) -> str:
    """How the query lies beside the match, as if it had been made of it: turned, mirrored, scaled, slanted."""
    (a, b), (c, d) = _local(alignment)
    if alignment.mirrored:
        a, c = -a, -c
    # The transform leads from the query to the match; what was done leads the other way.
    turn = -math.degrees(math.atan2(c - b, a + d))
    turn = 180.0 if abs(turn) > 180 - _TURNED else turn
    scale = 1 / max(math.sqrt(abs(a * d - b * c)), 1e-9)
    is_over = alignment.mirrored and abs(abs(turn) - 180) < _TURNED
    parts = [f"turned {_turn(turn)}"] if abs(turn) >= _TURNED and not is_over else []
    if alignment.mirrored:
        parts.append(f"mirrored {'top to bottom' if is_over else 'left to right'}")
    if abs(math.log(scale)) > _RESIZED:
        parts.append(f"scaled {scale:.2f} times")
    if _slant(alignment) > _SLANTED:
        parts.append("seen at an angle")
    if not parts:
        width, height = (max(point[axis] for point in alignment.quad) for axis in (0, 1))
        return "shifted" if math.hypot(*alignment.quad[0]) > _SHIFT * max(width, height) else "in place"
    return ", ".join(parts)


def _turn(degrees: float) -> str:
    return f"{abs(degrees):.0f}° {'clockwise' if degrees > 0 else 'counter-clockwise'}"


def _local(alignment: Alignment) -> tuple[tuple[float, float], tuple[float, float]]:
    """The transform's Jacobian in the middle of the query."""
    (h00, h01, _), (h10, h11, _), (h20, h21, _) = alignment.transform
    x, y = _middle(alignment)
    # In terms of the image point (x, y): dH/du = (h00 - x h20) / w; w only scales, and cancels but for size.
    w = _depth(alignment, x, y)
    return ((h00 - x * h20) / w, (h01 - x * h21) / w), ((h10 - y * h20) / w, (h11 - y * h21) / w)


def _middle(alignment: Alignment) -> tuple[float, float]:
    """Where the query's middle is in the match: its diagonals cross there from wherever they are seen."""
    (ax, ay), (bx, by), (cx, cy), (dx, dy) = alignment.quad
    across = (cx - ax) * (dy - by) - (cy - ay) * (dx - bx)
    share = ((bx - ax) * (dy - by) - (by - ay) * (dx - bx)) / across if across else 0.5
    return ax + share * (cx - ax), ay + share * (cy - ay)


def _slant(alignment: Alignment) -> float:
    """How unequal opposite sides of the outline are."""
    sides = [math.dist(alignment.quad[i], alignment.quad[(i + 1) % 4]) or 1e-9 for i in range(4)]
    return max(abs(math.log(sides[0] / sides[2])), abs(math.log(sides[1] / sides[3])))


def _depth(alignment: Alignment, x: float, y: float) -> float:
    """The homogeneous coordinate with which the transform reaches the point `(x, y)` of the match."""
    (h00, h01, h02), (h10, h11, h12), (h20, h21, h22) = alignment.transform
    a, b, c, d = h00 - x * h20, h01 - x * h21, h10 - y * h20, h11 - y * h21
    e, f = x * h22 - h02, y * h22 - h12
    determinant = a * d - b * c
    if determinant == 0:
        return 1.0
    u, v = (e * d - b * f) / determinant, (a * f - e * c) / determinant
    return h20 * u + h21 * v + h22 or 1.0
