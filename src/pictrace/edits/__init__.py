"""Named edits that pictures meet in the wild, for demonstrations and for measuring what is found again."""

import difflib
from collections.abc import Mapping, Sequence

from pictrace.edits import _chains, _codecs, _embedding, _geometry, _overlay, _tone
from pictrace.edits._codecs import as_webp, recompressed, scaled
from pictrace.edits._geometry import bordered, cropped, flipped, framed, in_perspective, kept, laid, mirrored, turned
from pictrace.edits._kinds import Edit, Given, NamedEdit
from pictrace.edits._overlay import captioned
from pictrace.edits._tone import blurred, brightened, grey
from pictrace.errors import UnknownNameError

__all__ = [
    "EDITS",
    "FAMILIES",
    "SUITE",
    "Edit",
    "Given",
    "NamedEdit",
    "as_webp",
    "blurred",
    "bordered",
    "brightened",
    "captioned",
    "chosen",
    "cropped",
    "flipped",
    "framed",
    "grey",
    "in_perspective",
    "kept",
    "laid",
    "mirrored",
    "recompressed",
    "scaled",
    "turned",
]

EDITS: dict[str, Edit] = {
    "JPEG quality 30": recompressed(30),
    "half size": scaled(0.5),
    "5 % cut off each side": cropped(0.05),
    "15 % cut off each side": cropped(0.15),
    "turned 5°": turned(5),
    "turned -5°": turned(-5),
    "turned 25°": turned(25),
    "turned 90°": turned(90),
    "turned 180°": turned(180),
    "turned 270°": turned(270),
    "mirrored": mirrored,
    "text bar": captioned,
    "border": bordered,
    "brighter": brightened,
    "grey": grey,
    "blurred": blurred,
}
"""A few edits by the name that the demonstration shows; each takes and gives an RGB picture."""

_PARTS = (_codecs, _geometry, _tone, _overlay, _embedding, _chains)

SUITE: Mapping[str, NamedEdit] = {edit.name: edit for part in _PARTS for edit in part.SUITE}
"""Every edit that `pictrace eval` makes, by its name; those of one family beside each other."""

FAMILIES: Sequence[str] = tuple(dict.fromkeys(edit.family for edit in SUITE.values()))
"""The families of the suite, in its order."""


def chosen(names: Sequence[str]) -> list[NamedEdit]:
    """The edits of these names or families in the order of the suite; all of them for no name.

    Raises:
        UnknownNameError: there is no edit or family of that name; the hint names those that are spelt most alike.
    """
    for name in names:
        if name not in SUITE and name not in FAMILIES:
            near = difflib.get_close_matches(name, dict.fromkeys((*FAMILIES, *SUITE)), n=3, cutoff=0.5)
            meant = f"{' or '.join(repr(one) for one in near)} may be meant; " if near else ""
            hint = f"{meant}families are {', '.join(FAMILIES)}, and `pictrace eval --list-edits` shows all"
            raise UnknownNameError(f"no edit or family of edits is called {name!r}", hint=hint)
    return [edit for edit in SUITE.values() if not names or edit.name in names or edit.family in names]
