"""The journal of one run: lines of JSON, each on disk before what it announces is done, and what follows from them."""

import base64
import json
import os
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from pictrace._regular import open_regular
from pictrace.dedupe._disk import Disk
from pictrace.dedupe._entries import Entry, beside, entry_from
from pictrace.errors import InsufficientStorageError, JournalDamagedError

FILE = "journal.jsonl"
FOLDER = "quarantine"
_FORMAT, _VERSION = "pictrace-journal", 1
_LONGEST_LINE = 1 << 20

INTENT, DONE, UNDOING, BACK = "intent", "done", "undo", "back"


@dataclass
class Touched:
    """A folder that names were taken from or put into: its times before, and what it had after the last of that."""

    mtime_ns: int
    atime_ns: int
    last_ns: int
    is_foreign: bool = False

    def note(self, before_ns: int | None, after_ns: int | None) -> None:
        """One more change; where the folder was not as it was left, somebody else has been there."""
        if before_ns is not None and before_ns != self.last_ns:
            self.is_foreign = True
        if after_ns is not None:
            self.last_ns = after_ns


@dataclass
class Run:
    """What the lines of a journal add up to."""

    folder: Path
    header: dict[str, Any]
    entries: dict[int, Entry] = field(default_factory=dict)
    states: dict[int, str] = field(default_factory=dict)
    places: dict[int, str] = field(default_factory=dict)
    sets: set[int] = field(default_factory=set)
    touched: dict[str, Touched] = field(default_factory=dict)
    failures: list[dict[str, str]] = field(default_factory=list)
    is_over: bool = False
    is_undone: bool = False

    @property
    def id(self) -> str:
        """Its name, which begins with the time it began."""
        return self.folder.name

    @property
    def plan(self) -> str:
        """The id of the plan."""
        return str(self.header["plan"])

    @property
    def action(self) -> str:
        """What was done."""
        return str(self.header["action"])

    def at(self, *states: str) -> list[Entry]:
        """Files that are in one of these states."""
        return [entry for number, entry in self.entries.items() if self.states[number] in states]

    def take(self, line: dict[str, Any]) -> None:
        """One more line."""
        step, number = line["step"], line.get("number", 0)
        folder_ns: Any = line.get("folder_ns")
        if step == INTENT:
            entry = entry_from(line, self.id)
            self.entries[number] = entry
            touched = self.touched.setdefault(entry.folder, Touched(folder_ns, line["folder_atime_ns"], folder_ns))
            touched.note(folder_ns, None)
        elif step in {DONE, UNDOING, BACK}:
            entry = self.entries[number]
            place = beside(entry, line.get("to") or self.places.get(number) or entry.path)
            self.places[number] = place
            touched = self.touched.setdefault(os.path.split(place)[0], Touched(0, 0, 0, is_foreign=True))
            # What was begun twice was interrupted in between, and changed the folder itself.
            is_first = step == UNDOING and self.states[number] != UNDOING
            touched.note(*((folder_ns, None) if is_first else (None, folder_ns)))
        elif step == "set":
            self.sets.add(line["set"])
        elif step == "failed":
            self.failures.append({name: line[name] for name in ("path", "code", "detail")})
        self.is_over |= step == "end"
        self.is_undone |= step == "undone"
        if step in {INTENT, DONE, UNDOING, BACK}:
            self.states[number] = step


class Journal:
    """A run whose journal is written to."""

    def __init__(self, run: Run, disk: Disk, handle: int) -> None:
        self.run = run
        self._disk = disk
        self._handle = handle

    @classmethod
    def begun(cls, folder: Path, disk: Disk, **header: Any) -> "Journal":
        """A new run in a folder that is made for it."""
        disk.make_folder(str(folder))
        line = {"step": "begin", "format": _FORMAT, "version": _VERSION, **header}
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0)
        handle = os.open(folder / FILE, flags, 0o600)
        journal = cls(Run(folder, line), disk, handle)
        journal._append(line)
        disk.sync(str(folder))
        disk.sync(str(folder.parent))
        return journal

    @classmethod
    def opened(cls, folder: Path, disk: Disk) -> "Journal":
        """An earlier run, to be gone on with; half a line at its end, which was never acted upon, is cut off."""
        run, whole = _read(folder)
        handle = os.open(folder / FILE, os.O_WRONLY | os.O_APPEND | getattr(os, "O_NOFOLLOW", 0))
        _check_own(folder, handle)
        if os.fstat(handle).st_size != whole:
            os.ftruncate(handle, whole)
        return cls(run, disk, handle)

    def intend(self, entry: Entry) -> None:
        """A file is about to be acted upon."""
        status = Path(entry.folder).stat()
        plain = asdict(entry)
        plain["attributes"] = {name: base64.b64encode(value).decode() for name, value in entry.attributes.items()}
        times = {"folder_ns": status.st_mtime_ns, "folder_atime_ns": status.st_atime_ns}
        self.note({"step": INTENT, **plain, **times})

    def mark(self, step: str, entry: Entry, *, to: str = "") -> None:
        """A file has come to a state, at the place `to` if it is another one than where it was."""
        folder = os.path.split(to or self.run.places.get(entry.number) or entry.path)[0]
        line: dict[str, Any] = {"step": step, "number": entry.number}
        if to:
            line["to"] = to
        if os.path.isdir(folder):  # noqa: PTH112
            line["folder_ns"] = Path(folder).stat().st_mtime_ns
        self.note(line)

    def note(self, line: dict[str, Any]) -> None:
        """One line, on disk when this returns."""
        self._append(line)
        self.run.take(json.loads(json.dumps(line)))

    def close(self) -> None:
        """Nothing more is written."""
        if self._handle >= 0:
            os.close(self._handle)
        self._handle = -1

    def _append(self, line: dict[str, Any]) -> None:
        try:
            self._disk.append(self._handle, json.dumps(line).encode("ascii") + b"\n")
        except OSError as error:
            raise InsufficientStorageError(
                f"the journal cannot be written: {error.strerror}", hint="free some space; `undo` knows what was done"
            ) from error


def read(folder: Path) -> Run:
    """The run whose journal is in a folder.

    Raises:
        JournalDamagedError: it is no journal, or damaged before its last line.
    """
    return _read(folder)[0]


def runs(collection: Path) -> Iterator[Path]:
    """The folders of all runs of a collection, the oldest first."""
    folder = collection / FOLDER
    if folder.is_dir():
        yield from sorted(one for one in folder.iterdir() if _is_begun(one))


def _is_begun(folder: Path) -> bool:
    """Whether a run came as far as its first line; before that it did nothing."""
    try:
        with open_regular(folder / FILE) as file:
            return b"\n" in file.read(1 << 16)
    except OSError:
        return False


def _read(folder: Path) -> tuple[Run, int]:
    try:
        with open_regular(folder / FILE) as file:
            run, whole = _run(folder, file)
    except OSError as error:
        raise _damaged(folder, f"cannot be read: {error.strerror}") from error
    if run is None:
        raise _damaged(folder, "is empty")
    return run, whole


def _run(folder: Path, file: BinaryIO) -> tuple[Run | None, int]:
    """What whole lines add up to, and how many bytes they have.

    What has no end was not on disk when its writer was killed, and nothing had been done by it.
    """
    run: Run | None = None
    whole = 0
    for number, text in enumerate(iter(lambda: file.readline(_LONGEST_LINE), b""), 1):
        if not text.endswith(b"\n"):
            if len(text) == _LONGEST_LINE:
                raise _damaged(folder, f"is damaged in line {number}")
            break
        try:
            line = json.loads(text)
            if run is None:
                run = _begun(folder, line)
            else:
                run.take(line)
        except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
            raise _damaged(folder, f"is damaged in line {number}") from error
        whole += len(text)
    return run, whole


def _begun(folder: Path, line: dict[str, Any]) -> Run:
    if line["format"] != _FORMAT or line["version"] != _VERSION:
        raise ValueError(line["format"])
    return Run(folder, line)


def _check_own(folder: Path, handle: int) -> None:
    """Nothing, if the journal belongs to whom files belong that we make there, whatever number a network gives us.

    Raises:
        JournalDamagedError: it is somebody else's.
    """
    try:
        with tempfile.TemporaryFile(dir=folder) as probe:
            mine = os.fstat(probe.fileno()).st_uid
    except OSError:
        return
    if os.fstat(handle).st_uid != mine:
        os.close(handle)
        raise _damaged(folder, "is somebody else's")


def _damaged(folder: Path, what: str) -> JournalDamagedError:
    hint = "the files are below it, each with its name; nothing is done by a journal that cannot be trusted"
    return JournalDamagedError(f"the journal of {folder.name} {what}", hint=hint)
