"""What can be done to one file, step by step, and how each is taken back, or made whole after a kill."""

import contextlib
import errno
import os
from dataclasses import replace
from itertools import count
from pathlib import Path

from pictrace.dedupe._disk import Disk, attributes_of, set_attributes
from pictrace.dedupe._entries import Entry
from pictrace.dedupe._trash import is_said, said, slot_for
from pictrace.dedupe.files import Facts, facts_of, same_state
from pictrace.dedupe.plans import SHARING
from pictrace.errors import ActionImpossibleError, DeedError, LastCopyError, NotAsPlannedError

_MOST_ATTRIBUTES = 64 << 10


def prepared(entry: Entry, disk: Disk, action: str) -> Entry:
    """The entry of a file with everything in it that will be needed to take the action back."""
    attributes = attributes_of(entry.path)
    if sum(map(len, attributes.values())) > _MOST_ATTRIBUTES:
        attributes = {}
    entry = replace(entry, attributes=attributes)
    if action == "trash":
        slot = slot_for(entry.path, disk)
        return replace(entry, target=slot.file, info=slot.info)
    if action == "quarantine":
        folder = os.path.split(entry.target)[0]
        disk.make_folder(folder)
        is_near = Path(folder).stat().st_dev == Path(entry.folder).stat().st_dev
        return replace(entry, how="move" if is_near else "copy")
    return entry


def do(entry: Entry, disk: Disk) -> None:
    """The file is moved, copied away, replaced or deleted, if at that moment it is still the one that was read.

    Raises:
        DeedError: it is not, or it cannot be done; the file is where it was.
        OSError: likewise.
    """
    match entry.how:
        case "move":
            _move(entry, disk)
        case "copy":
            disk.copy(entry.path, f"{entry.target}.part", entry.facts.sha256)
            set_attributes(f"{entry.target}.part", entry.attributes)
            disk.dress(f"{entry.target}.part", entry.facts)
            disk.move(f"{entry.target}.part", entry.target)
            disk.sync(os.path.split(entry.target)[0])
            _take_away(entry, disk)
        case "delete":
            _put_aside(entry, disk)
        case _:
            _share(entry, disk)
    disk.sync(entry.folder)


def settle(entry: Entry, disk: Disk) -> bool:
    """Whether a file that a kill or an error interrupted was acted upon; if not wholly, it is as it was."""
    if entry.how in SHARING:
        return _settle_shared(entry, disk)
    is_away = os.path.lexists(entry.temporary)
    if entry.how == "delete":
        return is_away
    if entry.how == "copy":
        disk.remove(f"{entry.target}.part")
    is_there = _is_same(entry.path, entry)
    if not is_there and is_away:
        # Nobody else has taken the name, or the copy that was made is the file.
        with contextlib.suppress(FileExistsError):
            disk.move(entry.temporary, entry.path)
            is_there, is_away = True, False
    # Another program may have taken the name in the trash: what is there is ours only by what is in it.
    is_ours = _is_same(entry.target, entry) or _has_bytes(entry.target, entry)
    if is_away and (is_there or is_ours):
        disk.remove(entry.temporary)
    elif is_away:
        _put_beside(entry, disk)
    if is_there and is_ours:
        disk.remove(entry.target)
    is_done = is_ours and not is_there
    if entry.info and not is_done and is_said(entry.path, entry.info):
        disk.remove(entry.info)
    return is_done


def undo(entry: Entry, disk: Disk, to: str, *, again: bool) -> None:
    """The file is at the place `to` as it was; `again` says that this was begun before and may have been done.

    Raises:
        FileExistsError: something else is there; it is never overwritten.
        DeedError: what was kept is not there any more, or has other bytes.
    """
    if entry.how == "delete" and not os.path.lexists(entry.temporary) and not (again and _is_same(to, entry)):
        raise ActionImpossibleError(f"{entry.path} was deleted", hint="deleting cannot be taken back")
    if not os.path.isdir(os.path.split(to)[0]):  # noqa: PTH112
        disk.make_folder(os.path.split(to)[0])
    if entry.how in SHARING:
        _unshare(entry, disk, to)
    elif entry.how == "delete":
        if os.path.lexists(entry.temporary):
            disk.move(entry.temporary, to)
    else:
        _bring_back(entry, disk, to, again=again)
    disk.dress(to, entry.facts)
    disk.sync(os.path.split(to)[0])
    if entry.info and is_said(entry.path, entry.info):
        disk.remove(entry.info)


def finish(entry: Entry, disk: Disk) -> None:
    """What was put aside to be deleted is deleted, now that all that goes with it was put aside as well."""
    if entry.how == "delete":
        disk.remove(entry.temporary)


def free_name(path: str) -> str:
    """A name beside a path that nobody has."""
    folder, name = os.path.split(path)
    stem, dot, ending = name[1:].rpartition(".")
    stem, ending = (name[:1] + stem, dot + ending) if dot else (name, "")
    for number in count(1):
        found = f"{folder}/{stem} (restored{f' {number}' if number > 1 else ''}){ending}"
        if not os.path.lexists(found):
            return found
    raise AssertionError


def _move(entry: Entry, disk: Disk) -> None:
    check_still(entry.path, entry.facts)
    if entry.info:
        disk.create(entry.info, said(entry.path, entry.info))
    try:
        disk.move(entry.path, entry.target)
    except OSError as error:
        if error.errno == errno.EXDEV:
            raise ActionImpossibleError(
                f"{entry.path} and where it goes are on different mounts",
                hint="name one beside it: --quarantine DIR",
            ) from error
        raise
    # Who put another file there between the look and the move gets it back.
    if not same_state(os.lstat(entry.target), entry.facts):
        disk.move(entry.target, entry.path)
        raise _changed(entry.path)
    disk.sync(os.path.split(entry.target)[0])


def _take_away(entry: Entry, disk: Disk) -> None:
    """The file is no longer there, once it is certain that it is that file."""
    _put_aside(entry, disk)
    disk.remove(entry.temporary)


def _put_aside(entry: Entry, disk: Disk) -> None:
    check_still(entry.path, entry.facts)
    disk.move(entry.path, entry.temporary)
    if not same_state(os.lstat(entry.temporary), entry.facts):
        disk.move(entry.temporary, entry.path)
        raise _changed(entry.path)


def _share(entry: Entry, disk: Disk) -> None:
    """The file is replaced, at once, by another name of the keeper or by a clone of its blocks."""
    keeper = facts_of(entry.keeper)
    if keeper.sha256 != entry.facts.sha256:
        raise LastCopyError(f"{entry.keeper} no longer has the bytes of {entry.path}")
    if entry.how == "hardlink":
        disk.link(entry.keeper, entry.temporary)
    else:
        with open(entry.keeper, "rb") as file:  # noqa: PTH123
            disk.clone(file.fileno(), entry.temporary)
        set_attributes(entry.temporary, entry.attributes)
        disk.dress(entry.temporary, entry.facts)
    check_still(entry.path, entry.facts)
    if not disk.exchange(entry.temporary, entry.path):
        disk.replace(entry.temporary, entry.path)
        return
    if not same_state(os.lstat(entry.temporary), entry.facts):
        disk.exchange(entry.temporary, entry.path)
        disk.remove(entry.temporary)
        raise _changed(entry.path)
    disk.remove(entry.temporary)


def _settle_shared(entry: Entry, disk: Disk) -> bool:
    if not _is_same(entry.temporary, entry):
        disk.remove(entry.temporary)
        return not _is_same(entry.path, entry)
    # Between the kill and now somebody may have saved another file under the name.
    if not os.path.lexists(entry.path):
        disk.move(entry.temporary, entry.path)
    elif _has_bytes(entry.path, entry):
        disk.replace(entry.temporary, entry.path)
    else:
        _put_beside(entry, disk)
    return False


def _put_beside(entry: Entry, disk: Disk) -> None:
    """The file, whose name somebody has taken meanwhile, under one that nobody has."""
    while True:
        with contextlib.suppress(FileExistsError):
            disk.move(entry.temporary, free_name(entry.path))
            return


def _bring_back(entry: Entry, disk: Disk, to: str, *, again: bool) -> None:
    """From quarantine or trash to a place where nothing is."""
    temporary = f"{entry.temporary}.part"
    if again:
        disk.remove(temporary)
        if os.path.lexists(to) and (_is_same(to, entry) or _has_bytes(to, entry)):
            disk.remove(entry.target)
            return
    if not os.path.lexists(entry.target):
        raise NotAsPlannedError(f"what was kept of {entry.path} is not there any more", hint="was it emptied?")
    if not (_is_same(entry.target, entry) or _has_bytes(entry.target, entry)):
        raise NotAsPlannedError(
            f"what was kept of {entry.path} is another file now, or was written to: {entry.target}",
            hint="look at it, and move it yourself if it is what you want",
        )
    if Path(to).parent.stat().st_dev == os.lstat(entry.target).st_dev:
        disk.move(entry.target, to)
        return
    disk.copy(entry.target, temporary, entry.facts.sha256)
    set_attributes(temporary, entry.attributes)
    disk.move(temporary, to)
    disk.remove(entry.target)


def _unshare(entry: Entry, disk: Disk, to: str) -> None:
    """A file of its own again, with the bytes that it shared."""
    source = next((one for one in (entry.path, entry.keeper) if _has_bytes(one, entry)), "")
    if not source:
        raise NotAsPlannedError(f"the bytes that {entry.path} shared have changed", hint="look for them in a backup")
    temporary = f"{entry.temporary}.part"
    disk.remove(temporary)
    disk.copy(source, temporary, entry.facts.sha256)
    set_attributes(temporary, entry.attributes)
    disk.dress(temporary, entry.facts)
    if to == entry.path and source == entry.path:
        disk.replace(temporary, to)
        return
    try:
        disk.move(temporary, to)
    except FileExistsError:
        disk.remove(temporary)
        raise


def check_still(path: str, facts: Facts) -> None:
    """Nothing, if a file is where it was read, and as it was.

    Raises:
        NotAsPlannedError: it is not.
    """
    try:
        status = os.lstat(path)
    except OSError as error:
        raise _changed(path) from error
    if not same_state(status, facts):
        raise _changed(path)


def _is_same(path: str, entry: Entry) -> bool:
    """Whether the very file is at a path; devices may have other numbers since the machine was started anew."""
    try:
        status = os.lstat(path)
    except OSError:
        return False
    now = (status.st_ino, status.st_size, status.st_mtime_ns)
    return now == (entry.facts.identity[1], entry.facts.size, entry.facts.mtime_ns)


def _has_bytes(path: str, entry: Entry) -> bool:
    try:
        return facts_of(path).sha256 == entry.facts.sha256
    except DeedError:
        return False


def _changed(path: str) -> NotAsPlannedError:
    return NotAsPlannedError(f"{path} changed while it was looked at", hint="apply the plan again")
