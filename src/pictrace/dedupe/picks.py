"""What somebody chose for single files of groups: that they stay, or that they may go."""

import enum
import json
import os
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pictrace import _json
from pictrace._atomic import replacing
from pictrace._regular import open_regular
from pictrace.duplicates.groups import Group, Member

FILE = "picks.jsonl"
_LONGEST_LINE = 1 << 16
_SHOWN = 16
"""Hexadecimal digits of a SHA-256 that say whether a path still leads to the same picture."""

_SPARE = 4
"""Times as many lines as picks, from which the file is written anew."""

Choices = Mapping[tuple[str, str], "Pick | None"]
"""Picks by path and SHA-256; `None` takes one back."""


class Pick(enum.StrEnum):
    """What is to become of a file."""

    KEEP = "keep"
    REMOVE = "remove"


class Picks:
    """The picks of one collection, in a file of lines that is only added to; safe to use from several threads.

    A pick holds for a file as long as its path leads to the same picture, whatever group it is in. `version` grows with
    every change.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE
        self._lock = threading.Lock()
        self._known: dict[str, tuple[str, Pick]] = {}
        self._lines = 0
        self.version = 0
        self._load()

    def __len__(self) -> int:
        return len(self._known)

    def of(self, member: Member) -> Pick | None:
        """What was chosen for a file."""
        sha, pick = self._known.get(member.path, ("", None))
        return pick if sha == member.sha256[:_SHOWN] else None

    def is_settled(self, group: Group) -> bool:
        """Whether nothing is left to choose: every file that something may be done to has its pick."""
        return all(member.reference or self.of(member) is not None for member in group)

    def put(self, choices: Choices) -> None:
        """These picks take the place of those before, all of them or none.

        Raises:
            OSError: they cannot be written.
        """
        with self._lock:
            lines = [json.dumps([path, sha[:_SHOWN], None if pick is None else str(pick)])
                     for (path, sha), pick in choices.items()]  # fmt: skip
            self._path.parent.mkdir(mode=0o700, exist_ok=True)
            handle = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_NOFOLLOW", 0), 0o600)
            with os.fdopen(handle, "wb", buffering=0) as file:
                # A line that was torn by a kill ends here, and costs nothing but itself.
                file.write(("\n" + "\n".join(lines) + "\n").encode("ascii"))
                os.fsync(file.fileno())
            for (path, sha), pick in choices.items():
                self._set(path, sha[:_SHOWN], pick)
            self.version += 1
            self._lines += len(lines)
            if self._lines > _SPARE * len(self._known) + 1000:
                self._compact()

    def _set(self, path: str, sha: str, pick: Pick | None) -> None:
        if pick is None:
            self._known.pop(path, None)
        else:
            self._known[path] = (sha, pick)

    def _compact(self) -> None:
        with replacing(self._path) as fresh:
            lines = (json.dumps([path, sha, str(pick)]) + "\n" for path, (sha, pick) in self._known.items())
            fresh.write_text("".join(lines), "ascii")
        self._lines = len(self._known)

    def _load(self) -> None:
        try:
            file = open_regular(self._path)
        except OSError:
            return
        with file:
            while line := file.readline(_LONGEST_LINE):
                self._take(_json.line(line))

    def _take(self, plain: Any) -> None:
        match plain:
            case [str(path), str(sha), None]:
                self._set(path, sha, None)
            case [str(path), str(sha), "keep" | "remove" as pick]:
                self._set(path, sha, Pick(pick))
            case _:
                return
        self._lines += 1
