"""Carrying out a plan: every file proved again at the moment it goes, with one that stays proved to be there."""

import contextlib
import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from pictrace._atomic import is_full
from pictrace.companions import companions_of
from pictrace.dedupe import _journal, actions
from pictrace.dedupe._disk import Disk
from pictrace.dedupe._entries import ELSEWHERE, Entry, is_put_aside
from pictrace.dedupe._journal import DONE, Journal
from pictrace.dedupe._lock import claim, only_run
from pictrace.dedupe.files import Facts, held
from pictrace.dedupe.plans import SHARING, Beside, Plan, Planned, Removed
from pictrace.dedupe.undoing import Count, Outcome, Trouble, Watch, acted_upon, brought_back, recover, settled
from pictrace.errors import (
    DeedError,
    InsufficientStorageError,
    LastCopyError,
    LinkRefusedError,
    NotAsPlannedError,
    NotFoundError,
    UsageError,
)

_Proved = list[tuple[str, Facts, str, Facts]]
"""Paths that go together, what each is, and the file that stays for it, with what that is."""


@dataclass(frozen=True)
class Manner:
    """How a plan is carried out.

    `include` are relations whose files go although nobody has accepted each; `quarantine` a folder, on the device of
    the pictures, to be used instead of the collection's; a rehearsal proves everything and changes nothing.

    Raises:
        LinkRefusedError: the quarantine is behind a link, or somebody else's.
    """

    include: Sequence[str] = ()
    quarantine: str = ""
    may_delete: bool = False
    is_rehearsal: bool = False

    def __post_init__(self) -> None:
        store = Path(self.quarantine, ELSEWHERE)
        if self.quarantine and os.path.lexists(store) and (store.is_symlink() or store.stat().st_uid != os.getuid()):
            raise LinkRefusedError(f"{store} is a link, or somebody else's", hint="name another folder")


def apply(
    plan: Plan, manner: Manner | None = None, *, progress: Watch | None = None, disk: Disk | None = None
) -> Outcome:
    """What became of the files that the plan lets go; a file that cannot be acted upon costs itself and no other.

    Killed at any moment, the next run, or `undo`, brings everything into order; the same call goes on where it was.

    Raises:
        PlanInvalidError: the plan would harm.
        UsageError: it deletes, and `may_delete` was not given.
        NotFoundError: the collection is not there.
        IndexLockedError: another run is at work.
        InsufficientStorageError: the disk is full; what was done is in the journal.
    """
    how = manner or Manner()
    plan.check()
    collection = Path(plan.collection)
    if not collection.is_dir():
        raise NotFoundError(f"there is no collection {collection}", hint="the journal of a plan is kept in it")
    if plan.action == "delete" and not how.may_delete and not how.is_rehearsal:
        raise UsageError("deleting cannot be taken back", hint="say that you mean it, or plan with another action")
    chosen = list(plan.removals(how.include))
    waiting = sum(len(group.remove) for group in plan.groups) - len(chosen)
    run = _Run(plan, how, disk or Disk())
    with only_run(collection):
        recover(collection, run.disk)
        run.known = acted_upon(plan)
        try:
            for number, (group, removed) in enumerate(chosen, 1):
                run.act(number, group, removed)
                (progress or (lambda *_: None))(number, len(chosen), removed.path)
            run.end()
        finally:
            run.close()
    tally = run.tally
    where = (run.journal.run.id, str(run.journal.run.folder / _journal.FILE)) if run.journal else ("", "")
    counts = (tally.done, tally.bytes, tally.already, waiting)
    return Outcome(*where, plan.action, *counts, tuple(tally.troubles), how.is_rehearsal, tuple(tally.places))


@dataclass(frozen=True)
class _Place:
    set: int
    path: str
    keeper: str


@dataclass
class _Run:
    plan: Plan
    manner: Manner
    disk: Disk
    known: set[str] = field(default_factory=set)
    journal: Journal | None = None
    tally: Count = field(default_factory=Count)
    _numbers: int = 0

    def act(self, number: int, group: Planned, removed: Removed) -> None:
        """One file, with what goes along; whatever is wrong with it is written down."""
        if removed.path in self.known and self._is_done(removed):
            self.tally.already += 1
            self._note_left(removed.path)
            return
        try:
            with ExitStack() as stack:
                proved = _proved(stack, group, removed, self.plan.action)
                if self.manner.is_rehearsal:
                    self._count(proved)
                else:
                    self._carry_out(number, proved)
        except (DeedError, OSError) as error:
            if is_full(error):
                raise InsufficientStorageError("the disk is full", hint="free some space and apply again") from error
            trouble = Trouble.of(removed.path, error)
            self.tally.troubles.append(trouble)
            if self.journal:
                line = {"path": trouble.path, "code": trouble.code, "detail": trouble.detail}
                self.journal.note({"step": "failed", **line})

    def _is_done(self, removed: Removed) -> bool:
        """Whether a file that was acted upon before still is as that left it."""
        if self.plan.action not in SHARING:
            return not os.path.lexists(removed.path)
        with contextlib.suppress(OSError):
            is_one = os.path.samefile(removed.path, removed.keeper)  # noqa: PTH121
            return is_one or self.plan.action == "reflink"
        return False

    def end(self) -> None:
        """The journal says that everything was gone through."""
        if self.journal:
            counts = {"done": self.tally.done, "bytes": self.tally.bytes, "failed": len(self.tally.troubles)}
            self.journal.note({"step": "end", **counts})

    def close(self) -> None:
        """Nothing more is written."""
        if self.journal:
            self.journal.close()

    def _count(self, proved: _Proved) -> None:
        self.tally.done += len(proved)
        self.tally.bytes += sum(facts.size for _, facts, *_ in proved)

    def _carry_out(self, number: int, proved: _Proved) -> None:
        """All files of a set, or none."""
        journal = self.journal = self.journal or self._begun()
        done: list[Entry] = []
        try:
            for path, facts, stays, keeper in proved:
                place = _Place(number, path, stays)
                entry = self._entry(journal, place, facts, keeper)
                journal.intend(entry)
                try:
                    actions.do(entry, self.disk)
                except (DeedError, OSError):
                    # What is there decides whether it was done although something after it failed.
                    if settled(journal, entry, self.disk):
                        done.append(entry)
                    raise
                journal.mark(DONE, entry)
                done.append(entry)
            _check_keepers(proved)
        except (DeedError, OSError):
            for entry in reversed(done):
                brought_back(journal, entry, self.disk)
            raise
        journal.note({"step": "set", "set": number})
        for entry in done:
            actions.finish(entry, self.disk)
            self._note_left(entry.path)
        self._count(proved)

    def _note_left(self, path: str) -> None:
        """Nothing is at a path any more, unless what was done leaves the file there."""
        if self.plan.action not in SHARING:
            self.tally.places.append(path)

    def _begun(self) -> Journal:
        now = datetime.now(UTC)
        folder = Path(self.plan.collection) / _journal.FOLDER / f"{now:%Y%m%dT%H%M%S}.{now.microsecond:06}"
        header = {"plan": self.plan.id, "action": self.plan.action, "created": now.isoformat(timespec="seconds")}
        return Journal.begun(folder, self.disk, **header)

    def _entry(self, journal: Journal, place: "_Place", facts: Facts, keeper: Facts) -> Entry:
        self._numbers += 1
        folder, name = os.path.split(place.path)
        run = journal.run
        store = f"{self.manner.quarantine}/{ELSEWHERE}/{run.id}" if self.manner.quarantine else f"{run.folder}/files"
        target = f"{store}/{place.set:04}/{name}" if self.plan.action == "quarantine" else ""
        temporary = f"{folder}/.{run.id}.{self._numbers}.tmp"
        how = "move" if self.plan.action in {"quarantine", "trash"} else self.plan.action
        names = (place.path, target, temporary, "", place.keeper)
        entry = Entry(self._numbers, place.set, how, *names, keeper.identity[1], facts)
        return actions.prepared(entry, self.disk, self.plan.action)


def _proved(stack: ExitStack, group: Planned, removed: Removed, action: str) -> _Proved:
    """The files of a set, each with what it is now and what the file is that stays for it; all held open.

    Raises:
        DeedError: something is not as it has to be.
    """
    kept = next(one for one in group.keep if one.path == removed.keeper)
    keeper = _keeper(stack, kept.path, kept.sha256)
    own = _going(stack, removed.path, removed.sha256, keeper)
    if own.names > 1:
        raise LinkRefusedError(
            f"{removed.path} has a second name (a hard link)", hint="removing one of its names would free nothing"
        )
    found = [(removed.path, own, kept.path, keeper)]
    if action in SHARING:
        if removed.sha256 != kept.sha256:
            raise NotAsPlannedError(
                f"{removed.path} has other bytes than {kept.path}", hint="only equal ones can share"
            )
        return found
    for beside in _going_along(removed):
        name, twin = kept.path, keeper
        if beside.kind != "sidecar":
            if not beside.keeper:
                alone = os.path.split(beside.path)[1]
                raise LastCopyError(f"{alone} belongs to {removed.path}, and is not beside the file that stays")
            name, twin = beside.keeper, _keeper(stack, beside.keeper, beside.sha256)
        found.append((beside.path, _going(stack, beside.path, beside.sha256, twin), name, twin))
    return found


def _check_keepers(proved: _Proved) -> None:
    """LastCopyError if what stays is not there now that the others are away: two mounts may show one file as two."""
    for path, _, stays, keeper in proved:
        try:
            actions.check_still(stays, keeper)
        except NotAsPlannedError as error:
            raise LastCopyError(f"{stays} was not there any more once {path} was away") from error


def _keeper(stack: ExitStack, path: str, sha256: str) -> Facts:
    """A file that stays, proved to be there with its bytes; nobody else takes it away meanwhile."""
    if is_put_aside(path):
        raise LastCopyError(f"{path} is in a quarantine, and no file to rely on")
    try:
        handle, facts = stack.enter_context(held(path))
    except DeedError as error:
        raise LastCopyError(f"the file that stays is not to be relied on: {error}", hint=error.hint) from error
    claim(handle, path, alone=False)
    if facts.sha256 != sha256:
        raise LastCopyError(f"{path}, the file that stays, has changed", hint="index it and make the plan anew")
    return facts


def _going(stack: ExitStack, path: str, sha256: str, keeper: Facts) -> Facts:
    """A file that goes, proved to be the one that was planned for, and another one than the one that stays."""
    handle, facts = stack.enter_context(held(path))
    if facts.identity == keeper.identity:
        raise LinkRefusedError(f"{path} is the file that stays, by another name", hint="there is only one of it")
    claim(handle, path, alone=True)
    if facts.sha256 != sha256:
        raise NotAsPlannedError(f"{path} has changed since the plan was made", hint="index it and make the plan anew")
    return facts


def _going_along(removed: Removed) -> Iterator[Beside]:
    """What lies beside a picture and goes with it; not what another picture beside it needs as well.

    Raises:
        NotAsPlannedError: something is there now that the plan does not know, or has gone.
    """
    now = {one.path: one for one in companions_of(removed.path)}
    planned = {one.path: one for one in removed.companions}
    # What goes along itself, as the RAW file does, holds nothing back.
    needed = {path for path, one in now.items() if set(one.sharers) - set(planned)}
    new = [path for path in now if path not in planned and path not in needed]
    if new:
        raise NotAsPlannedError(f"{new[0]} lies beside {removed.path}, and the plan does not know it")
    for path, beside in planned.items():
        if path not in now:
            raise NotAsPlannedError(f"{path} does not lie beside {removed.path} any more", hint="make the plan anew")
        if path not in needed:
            # Whether the file that stays must have it too is for its name to say, not for the plan.
            yield replace(beside, kind=str(now[path].kind))
