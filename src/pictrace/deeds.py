"""What was done to a picture, and which threshold decided, in words."""

import math
from collections.abc import Sequence

from pictrace.results import Change, ChangeKind, Which
from pictrace.types import Level
from pictrace.words import percent

QUERY_AND_MATCH = ("the query", "the match")

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
            return f"something covers {percent(change.numbers['share'])} of what both show{_where(change, names)}"
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
            degrees = numbers["degrees"]
            return f"is turned {abs(degrees):.0f}° {'clockwise' if degrees > 0 else 'counter-clockwise'}"
        case ChangeKind.MIRRORED:
            return f"is mirrored {change.how}"
        case ChangeKind.RESIZED:
            return f"is scaled {numbers['factor']:.2f} times"
        case ChangeKind.STRETCHED:
            return f"is stretched {numbers['ratio']:.2f} times in one direction"
    return "is seen at an angle"


def _where(change: Change, names: tuple[str, str]) -> str:
    """The box, in the query if it is there."""
    side: Which = "query" if change.query_box is not None else "match"
    box = change.query_box or change.match_box
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
