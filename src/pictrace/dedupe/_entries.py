"""What a journal says of one file, believed only as far as a run could have written it."""

import base64
import os
import re
from dataclasses import dataclass, field
from typing import Any

from pictrace.dedupe.files import Facts

ELSEWHERE = ".pictrace-quarantine"
"""In a folder that was named for it; hidden, so that no look through that folder finds what was put aside there."""

_HOWS = ("move", "copy", "hardlink", "reflink", "delete")


@dataclass(frozen=True)
class Entry:
    """One file that something is done to.

    `how` is move, copy, hardlink, reflink or delete; `temporary` a name beside it that is used on the way; `target`
    where it goes, `info` what the trash keeps about it; `keeper` and its inode the file whose bytes it shares.
    """

    number: int
    set: int
    how: str
    path: str
    target: str
    temporary: str
    info: str
    keeper: str
    keeper_inode: int
    facts: Facts
    attributes: dict[str, bytes] = field(default_factory=dict)

    @property
    def folder(self) -> str:
        """Where the file was."""
        return os.path.split(self.path)[0]


_ASIDE = re.compile(
    r"\.pictrace/|\.pictrace-quarantine/|/quarantine/[0-9]{8}T[0-9]{6}\.[0-9]{6}/|/(\.Trash[^/]*|Trash/files)/"
)


def is_put_aside(path: str) -> bool:
    """Whether a file is in a collection, a quarantine or a trash, whatever the collection's folder is called."""
    return any(_ASIDE.search(one) is not None for one in (path, os.path.realpath(path)))


def entry_from(line: dict[str, Any], run: str) -> Entry:
    """The entry in a line of the journal of a run.

    Raises:
        ValueError, LookupError, TypeError: it is none, or no run wrote it.
    """
    names = ("number", "set", "how", "path", "target", "temporary", "info", "keeper", "keeper_inode")
    facts = Facts(**{**line["facts"], "identity": tuple(line["facts"]["identity"])})
    attributes = {name: base64.b64decode(value) for name, value in line["attributes"].items()}
    entry = Entry(**{name: line[name] for name in names}, facts=facts, attributes=attributes)
    if not _is_ours(entry, run):
        raise ValueError(entry.path)
    return entry


def _is_ours(entry: Entry, run: str) -> bool:
    """Whether a run could have written this: names that it makes itself are such as it makes.

    Somebody else's journal would have files removed and overwritten by any name otherwise.
    """
    name = os.path.split(entry.path)[1]
    numbers = (entry.number, entry.set, entry.keeper_inode, entry.facts.mode, entry.facts.size, *entry.facts.identity)
    if not all(type(one) is int and one >= 0 for one in numbers) or entry.how not in _HOWS:
        return False
    if not all(map(_is_path, (entry.path, entry.keeper))) or not name:
        return False
    if entry.temporary != f"{entry.folder}/.{run}.{entry.number}.tmp":
        return False
    if entry.info:
        folder, thrown = os.path.split(entry.target)
        trash = folder.removesuffix("/files")
        is_trash = folder != trash and re.search(r"/(Trash|\.Trash-[0-9]+|\.Trash/[0-9]+)$", trash) is not None
        return entry.how == "move" and is_trash and entry.info == f"{trash}/info/{thrown}.trashinfo"
    if entry.how not in {"move", "copy"}:
        return entry.target == ""
    place = f"{entry.set:04}/{name}"
    return _is_path(entry.target) and entry.target.endswith((f"/{run}/files/{place}", f"/{ELSEWHERE}/{run}/{place}"))


def _is_path(path: str) -> bool:
    return os.path.isabs(path) and os.path.normpath(path) == path and "\0" not in path  # noqa: PTH117 - without a look


def beside(entry: Entry, place: str) -> str:
    """The place where a file is said to be: under its name, or another one in the same folder.

    Raises:
        ValueError: it is neither.
    """
    folder, name = os.path.split(place)
    if folder.rstrip("/") != entry.folder.rstrip("/") or name in {"", ".", ".."} or "\0" in name:
        raise ValueError(place)
    return place
