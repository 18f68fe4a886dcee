"""Writes docs/peers.md's table and docs/images/peers.svg from what peers.py measured."""

import json
import re
from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import Any

from pictrace.edits import FAMILIES, SUITE

HERE = Path(__file__).parent
PAGE = HERE.parent / "docs/peers.md"
PICTURE = HERE.parent / "docs/images/peers.svg"
NAMES = {
    "PicTrace": "PicTrace",
    "embedding alone": "embedding alone",
    "fastdup": "fastdup",
    "pdq": "PDQ",
    "phash": "ImageHash pHash",
    "imagededup": "imagededup pHash",
    "perception": "perception pHash",
    "opencv_phash": "OpenCV PHash",
    "opencv_blockmean": "OpenCV BlockMean",
}
CELL, LEFT, TOP, HIGH = 82, 120, 64, 24


def table(methods: Mapping[str, Any]) -> str:
    """One row for each method, the best recall first."""
    rows = [
        "| method | right one first | recall at precision 0.9 | at 0.999 | micro-average precision |",
        "|---|---|---|---|---|",
    ]
    for name in sorted(NAMES, key=lambda name: -methods[name]["micro_average_precision"]):
        one = methods[name]
        keys = ("first", "recall_at_precision_0.9", "recall_at_precision_0.999", "micro_average_precision")
        rows.append(f"| {NAMES[name]} | " + " | ".join(f"{one[key]:.3f}" for key in keys) + " |")
    return "\n".join(rows)


def families(method: Mapping[str, Any]) -> dict[str, float]:
    """The mean share of right ones that are told at precision 0.999, of each family of edits."""
    found: dict[str, list[float]] = {family: [] for family in FAMILIES}
    for name, edit in method["edits"].items():
        found[SUITE[name].family].append(edit["told"])
    return {family: sum(shares) / len(shares) for family, shares in found.items()}


def picture(methods: Mapping[str, Any]) -> str:
    """Families of edits down, methods across, the shares as figures on a shade; SVG."""
    wide, high = LEFT + CELL * len(NAMES) + 8, TOP + HIGH * len(FAMILIES) + 8
    drawn = [f'<rect width="{wide}" height="{high}" fill="#ffffff"/>']
    for column, (name, words) in enumerate(NAMES.items()):
        x = LEFT + CELL * column + CELL / 2
        for line, word in enumerate(words.rsplit(" ", 1)):
            drawn.append(f'<text x="{x}" y="{26 + 16 * line}" text-anchor="middle">{escape(word)}</text>')
        for row, (family, share) in enumerate(families(methods[name]).items()):
            y = TOP + HIGH * row
            if column == 0:
                drawn.append(f'<text x="{LEFT - 10}" y="{y + 16}" text-anchor="end">{escape(family)}</text>')
            shade = f"hsl(205 60% {96 - 56 * share:.0f}%)"
            ink = "#ffffff" if share > 0.6 else "#1a2733"
            drawn.append(
                f'<rect x="{x - CELL / 2 + 1}" y="{y + 1}" width="{CELL - 2}" height="{HIGH - 2}" fill="{shade}"/>'
            )
            drawn.append(f'<text x="{x}" y="{y + 16}" text-anchor="middle" fill="{ink}">{share:.2f}</text>')
    title = "Share of edited copies that each method tells at a precision of 0.999, by kind of edit"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide} {high}" font-family="sans-serif" font-size="12" '
        f'fill="#1a2733" role="img"><title>{title}</title>{"".join(drawn)}</svg>\n'
    )


def write(measured: Mapping[str, Any]) -> None:
    """The page and the picture as of these figures."""
    PICTURE.write_text(picture(measured["methods"]), encoding="utf-8")
    text = PAGE.read_text("utf-8")
    said = f"{measured['queries']:,} queries among {measured['pictures']:,} pictures.\n\n{table(measured['methods'])}"
    PAGE.write_text(
        re.sub(r"(?s)(<!-- measured -->\n).*?(<!-- end -->)", rf"\g<1>{said}\n\g<2>", text), encoding="utf-8"
    )


if __name__ == "__main__":
    write(json.loads((HERE / "results/peers.json").read_text("utf-8")))
