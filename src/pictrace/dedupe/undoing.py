"""Taking back what a run did: every file to its place with its times, whatever was interrupted on the way."""

import contextlib
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from pictrace.dedupe import _journal, actions
from pictrace.dedupe._disk import Disk
from pictrace.dedupe._entries import Entry
from pictrace.dedupe._journal import BACK, DONE, INTENT, UNDOING, Journal, Run
from pictrace.dedupe._lock import only_run
from pictrace.dedupe.plans import SHARING, Plan
from pictrace.errors import DeedError, NotFoundError, PlaceTakenError

Watch = Callable[[int, int, str], None]
"""Told after each file: how many are done, of how many, and which."""


@dataclass(frozen=True)
class Trouble:
    """One file that stayed as it was, or came back to another place, and why."""

    path: str
    code: str
    detail: str
    hint: str = ""

    @classmethod
    def of(cls, path: str, error: Exception) -> "Trouble":
        """What an error says of a file."""
        if isinstance(error, DeedError):
            return cls(path, error.code, str(error), error.hint)
        why = (isinstance(error, OSError) and error.strerror) or str(error)
        return cls(path, "action_impossible", f"{path}: {why}", "nothing was done to it")


@dataclass(frozen=True)
class Outcome:
    """What became of the files of a plan or of a run.

    `done` counts files that were acted upon or brought back, companions too, and `bytes` what they have; `already`
    those that an earlier run had done; `waiting` those that nobody has accepted yet. `places` are the paths that files
    have left, by an earlier run of the plan too, or that they are at again.
    """

    run: str = ""
    journal: str = ""
    action: str = ""
    done: int = 0
    bytes: int = 0
    already: int = 0
    waiting: int = 0
    troubles: tuple[Trouble, ...] = ()
    is_rehearsal: bool = False
    places: tuple[str, ...] = ()

    @property
    def failed(self) -> int:
        """Files that stayed as they were although they were meant, or did not come back to their place."""
        return len(self.troubles)

    def to_dict(self) -> dict[str, object]:
        """The outcome as JSON output carries it."""
        return {
            "run": self.run,
            "journal": self.journal,
            "action": self.action,
            "done": self.done,
            "bytes": self.bytes,
            "already": self.already,
            "waiting": self.waiting,
            "failed": self.failed,
            "dry_run": self.is_rehearsal,
            "failures": [vars(one) for one in self.troubles],
        }


@dataclass(frozen=True)
class Past:
    """One run of a collection: what it did, and how many of its files are back."""

    run: str
    journal: str
    plan: str
    action: str
    created: str
    done: int
    back: int
    failed: int
    bytes: int
    is_over: bool
    is_undone: bool


@dataclass
class Count:
    """What an outcome will say, counted on the way."""

    done: int = 0
    bytes: int = 0
    already: int = 0
    troubles: list[Trouble] = field(default_factory=list)
    places: list[str] = field(default_factory=list)


def undo(target: Plan | str | Path, *, progress: Watch | None = None, disk: Disk | None = None) -> Outcome:
    """Everything that a plan's runs did, or one run by its folder or journal, is taken back; the newest first.

    Nothing is overwritten: where another file has appeared, the one that returns is put beside it and told of.

    Raises:
        NotFoundError: there is no such run.
        JournalDamagedError: a journal is damaged.
        IndexLockedError: another run is at work.
    """
    collection, folders = _sought(target)
    tally, watch = Count(), progress or (lambda *_: None)
    hands = disk or Disk()
    with only_run(collection):
        recover(collection, hands)
        todo = [_journal.read(folder) for folder in folders]
        total = sum(len(run.at(DONE, UNDOING)) for run in todo)
        for folder in reversed(folders):
            journal = Journal.opened(folder, hands)
            try:
                _undo_run(journal, hands, tally, lambda path: watch(tally.done + len(tally.troubles), total, path))
            finally:
                journal.close()
    last = folders[-1]
    where = (last.name, str(last / _journal.FILE))
    counts = (tally.done, tally.bytes, tally.already, 0)
    return Outcome(*where, "undo", *counts, tuple(tally.troubles), places=tuple(tally.places))


def acted_upon(plan: Plan) -> set[str]:
    """Files that runs of a plan acted upon and that were not brought back.

    Raises:
        JournalDamagedError: a journal is damaged.
    """
    runs = (_journal.read(folder) for folder in _journal.runs(Path(plan.collection)))
    return {entry.path for run in runs if run.plan == plan.id for entry in run.at(DONE, UNDOING)}


def history(collection: Path) -> list[Past]:
    """All runs of a collection, the oldest first.

    Raises:
        JournalDamagedError: a journal is damaged.
    """
    found = []
    for folder in _journal.runs(collection):
        run = _journal.read(folder)
        there = run.at(DONE, UNDOING)
        facts = (run.id, str(folder / _journal.FILE), run.plan, run.action, str(run.header.get("created", "")))
        size = sum(entry.facts.size for entry in there)
        counts = (len(there), len(run.at(BACK)), len(run.failures), size)
        found.append(Past(*facts, *counts, run.is_over, run.is_undone))
    return found


def recover(collection: Path, disk: Disk) -> None:
    """Runs that were killed are ended: every file is at its place, or wholly where it was to go.

    A picture and what goes with it went together or not at all. The caller holds the collection's lock.
    """
    for folder in _journal.runs(collection):
        if _journal.read(folder).is_over:
            continue
        journal = Journal.opened(folder, disk)
        try:
            for entry in journal.run.at(INTENT):
                settled(journal, entry, disk)
            for entry in reversed(journal.run.at(DONE, UNDOING)):
                if entry.set in journal.run.sets:
                    actions.finish(entry, disk)
                else:
                    brought_back(journal, entry, disk)
            journal.note({"step": "end", "interrupted": True})
        finally:
            journal.close()


def settled(journal: Journal, entry: Entry, disk: Disk) -> bool:
    """Whether a file that was about to be acted upon was; the journal says it from now on."""
    is_done = actions.settle(entry, disk)
    journal.mark(DONE if is_done else BACK, entry)
    return is_done


def brought_back(journal: Journal, entry: Entry, disk: Disk) -> bool:
    """Whether a file is back; if what was kept of it is gone, the journal says so, and holds up no other.

    Raises:
        OSError: the disk or the system refuses, which may be otherwise next time.
    """
    try:
        bring_back(journal, entry, disk)
    except DeedError as error:
        trouble = Trouble.of(entry.path, error)
        journal.note({"step": "failed", "path": trouble.path, "code": trouble.code, "detail": trouble.detail})
        return False
    return True


def bring_back(journal: Journal, entry: Entry, disk: Disk) -> str:
    """Where a file is again: its place, or beside it if that is taken.

    Raises:
        DeedError: it cannot be brought back.
        OSError: likewise.
    """
    run = journal.run
    again = run.states[entry.number] == UNDOING
    place = run.places.get(entry.number) or entry.path
    while True:
        if not again and entry.how not in SHARING and os.path.lexists(place):
            place = actions.free_name(entry.path)
        journal.mark(UNDOING, entry, to=place)
        try:
            actions.undo(entry, disk, place, again=again)
        except FileExistsError:
            place, again = actions.free_name(entry.path), False
            continue
        journal.mark(BACK, entry, to=place)
        return place


def _undo_run(journal: Journal, disk: Disk, tally: Count, watch: Callable[[str], None]) -> None:
    run = journal.run
    if run.is_undone:
        tally.already += len(run.entries)
        return
    for entry in reversed(run.at(DONE, UNDOING)):
        try:
            place = bring_back(journal, entry, disk)
        except (DeedError, OSError) as error:
            tally.troubles.append(Trouble.of(entry.path, error))
        else:
            tally.done += 1
            tally.bytes += entry.facts.size
            tally.places.append(place)
            if place != entry.path:
                taken = f"another file has appeared at {entry.path}; this one is {place} now"
                tally.troubles.append(Trouble.of(entry.path, PlaceTakenError(taken, hint="look at both")))
        watch(entry.path)
    _restore_folders(run, disk)
    _tidy(run)
    if not run.at(DONE, UNDOING):
        journal.note({"step": "undone"})


def _restore_folders(run: Run, disk: Disk) -> None:
    """The times of folders in which nobody else has done anything since; the innermost first."""
    away = {entry.folder for entry in run.at(DONE, UNDOING)}
    for folder, touched in sorted(run.touched.items(), reverse=True):
        with contextlib.suppress(OSError):
            is_ours = not touched.is_foreign and Path(folder).stat().st_mtime_ns == touched.last_ns
            if folder not in away and is_ours:
                disk.set_times(folder, touched.atime_ns, touched.mtime_ns)


def _tidy(run: Run) -> None:
    """Folders of the quarantine that are empty now are no longer there."""
    for entry in run.entries.values():
        if entry.how in {"move", "copy"} and not entry.info:
            with contextlib.suppress(OSError):
                os.rmdir(os.path.split(entry.target)[0])  # noqa: PTH106


def _sought(target: Plan | str | Path) -> tuple[Path, list[Path]]:
    """The collection, and the folders of the runs that are meant."""
    if isinstance(target, Plan):
        collection = Path(target.collection)
        found = [folder for folder in _journal.runs(collection) if _journal.read(folder).plan == target.id]
        if not found:
            raise NotFoundError("this plan was never applied", hint="`pictrace dedupe journal` lists what was done")
        return collection, found
    folder = Path(os.path.abspath(target))  # noqa: PTH100 - links stay; of `..` no parent would be the right one
    folder = folder.parent if folder.name == _journal.FILE else folder
    if not (folder / _journal.FILE).is_file():
        raise NotFoundError(f"there is no journal in {folder}", hint="`pictrace dedupe journal` lists what was done")
    return folder.parent.parent, [folder]
