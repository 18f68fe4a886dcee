"""What is aimed at: the share of each edit's pictures to be called a copy where one claim in 1,000 may be wrong."""

from collections.abc import Mapping

from pictrace.edits import SUITE

PRECISION = 0.999
"""The precision at which edits are measured against their bars."""

AVERAGE_PRECISION = 0.97
CALIBRATION_ERROR = 0.02

_FAMILIES = {
    "compression": 0.99,
    "size": 0.99,
    "crop": 0.99,
    "turn": 0.99,
    "reflection": 0.99,
    "border": 0.99,
    "tone": 0.99,
    "text": 0.99,
    "screenshot": 0.95,
    "inside": 0.95,
    "combined": 0.85,
}
_EDITS: dict[str, float | None] = {
    "blur": 0.99,
    "eighth": 0.85,
    "crop-30": 0.95,
    "crop-30-side": 0.95,
    "crop-20": None,
    "clutter": None,
}

BARS: Mapping[str, float | None] = {name: _EDITS.get(name, _FAMILIES.get(edit.family)) for name, edit in SUITE.items()}
"""The bar of each edit, `None` where none is set: there a picture may be beyond what can be found."""
