"""Groups of duplicates as a table on a terminal."""

import os
from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import TYPE_CHECKING

from pictrace.cli._console import tell, write, write_table

if TYPE_CHECKING:
    from pictrace.duplicates.groups import Group, Member

_LONG = 24
"""Letters of a folder from which a table is easier to read without it."""


class SortName(StrEnum):
    """Which groups come first."""

    SCORE = "score"
    BYTES = "bytes"
    SIZE = "size"


def ordered(groups: Sequence["Group"], sort: str) -> list["Group"]:
    """Groups by what comes first: the surest, those that could free most, or those of most files."""
    keys: dict[str, Callable[[Group], int]] = {"bytes": lambda one: -one.spare_bytes, "size": lambda one: -len(one)}
    return sorted(groups, key=keys[sort]) if sort in keys else list(groups)


def show(groups: Sequence["Group"], *, most: int | None = None, quiet: bool = False) -> None:
    """A row for each file of the first `most` groups unless it is to be `quiet`, and what all of them come to."""
    from pictrace.words import counted

    if not groups:
        write("No duplicates were found.")
        return
    chosen = groups[:most]
    if not quiet:
        _rows(chosen)
    spare = sum(group.spare for group in groups)
    write(f"{counted(len(groups), 'group')}, {counted(spare, 'file')} more than pictures. Nothing was done to them.")
    if len(chosen) < len(groups) and not quiet:
        write(f"Shown are the first {counted(len(chosen), 'group')}.")
    freed = _bytes(sum(group.spare_bytes for group in groups))
    write(f"{freed} could be freed if the largest file of each stays; next: pictrace dedupe plan -o plan.json")
    if loose := sum(len(group.loose) for group in groups):
        pairs = counted(loose, "pair")
        tell(f"note: {pairs} across groups would be duplicates too; `--json` names them under `loose`")


def _rows(groups: Sequence["Group"]) -> None:
    from pictrace.words import percent, shown

    common = _common([one.path for group in groups for one in group])
    rows = []
    for number, group in enumerate(groups, 1):
        for place, one in enumerate(group):
            head = (str(number), f"{group.relation} {percent(group.score)}") if place == 0 else ("", "")
            what = (f"{one.width} x {one.height}", _bytes(one.place.size), str(one.id))
            rows.append((*head, _kind(group, one, place), *what, shown(one.path.removeprefix(common))))
    titles = ("group", "how sure", "file", "pixels", "size", "id", "path")
    numbers = {"group", "pixels", "size", "id"}
    write_table([(title, "right" if title in numbers else "left") for title in titles], rows)
    if common:
        write(f"Paths are below {shown(common)}")


def _common(paths: Sequence[str]) -> str:
    """The folder that all paths are below, with its slash, if leaving it out makes the table narrower by much."""
    if len(paths) < 2 or not all(os.path.isabs(path) for path in paths):  # noqa: PTH117 - of a text, without a look
        return ""
    common = os.path.commonpath([os.path.dirname(path) for path in paths])  # noqa: PTH120 - likewise
    return f"{common}/" if len(common) >= _LONG else ""


def _kind(group: "Group", one: "Member", place: int) -> str:
    from pictrace.words import percent

    if one.reference:
        return "reference"
    return "medoid" if place == 0 and group.is_led_by(one) else f"{one.relation} {percent(one.score)}"


def _bytes(size: int) -> str:
    value, unit = float(size), "B"
    for larger in ("kB", "MB", "GB"):
        if value < 1000:
            break
        value, unit = value / 1000, larger
    return f"{value:.3g} {unit}"
