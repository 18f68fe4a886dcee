"""The desktop's trash: https://specifications.freedesktop.org/trash-spec/1.0/."""

import os
import stat
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from pathlib import Path
from urllib.parse import quote

from pictrace._regular import open_regular
from pictrace.dedupe._disk import Disk
from pictrace.errors import ActionImpossibleError

_MOST_BYTES = 1 << 16


@dataclass(frozen=True)
class Slot:
    """A place in a trash that is free: for the file, and for what is said about it."""

    file: str
    info: str


def slot_for(path: str, disk: Disk) -> Slot:
    """Where the trash takes a file: that of the user, or that of the device the file is on.

    Raises:
        ActionImpossibleError: there is none on that device, and none can be made.
    """
    trash = _trash_for(path, disk)
    for part in ("files", "info"):
        disk.make_folder(f"{trash}/{part}")
    name = os.path.split(path)[1]
    for number in count(1):
        free = name if number == 1 else _numbered(name, number)
        slot = Slot(f"{trash}/files/{free}", f"{trash}/info/{free}.trashinfo")
        if not os.path.lexists(slot.file) and not os.path.lexists(slot.info):
            return slot
    raise AssertionError


def said(path: str, info: str) -> bytes:
    """What a trash keeps about a file: where it was, from the top of the device unless the trash is the user's own."""
    trash = Path(info).parent.parent
    top = {".Trash": trash.parent.parent}.get(trash.parent.name, trash.parent)
    is_own = not trash.name.startswith(".Trash-") and trash.parent.name != ".Trash"
    shown = path if is_own else os.path.relpath(path, top)
    deleted = datetime.now().astimezone().strftime("%Y-%m-%dT%H:%M:%S")
    return f"[Trash Info]\nPath={quote(os.fsencode(shown))}\nDeletionDate={deleted}\n".encode("ascii")


def is_said(path: str, info: str) -> bool:
    """Whether what a trash keeps there is about this file, and not about one that another program threw away."""
    try:
        with open_regular(info) as file:
            kept = file.read(_MOST_BYTES).splitlines()
    except OSError:
        return False
    return kept[:2] == said(path, info).splitlines()[:2]


def _numbered(name: str, number: int) -> str:
    stem, dot, ending = name.rpartition(".")
    return f"{stem}.{number}.{ending}" if dot and stem else f"{name}.{number}"


def _trash_for(path: str, disk: Disk) -> str:
    """The trash's folder."""
    device = os.lstat(path).st_dev
    home = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    near = next(one for one in (home, *home.parents) if one.is_dir())
    if near.stat().st_dev == device:
        return str(home / "Trash")
    top = os.path.split(path)[0]
    while os.path.split(top)[0] != top and Path(top).parent.stat().st_dev == device:
        top = os.path.split(top)[0]
    shared, own = f"{top}/.Trash", f"{top}/.Trash-{os.getuid()}"
    try:
        kind = os.lstat(shared).st_mode
    except OSError:
        kind = 0
    # The shared one counts only as the specification wants it: no link, and sticky.
    folder = f"{shared}/{os.getuid()}" if stat.S_ISDIR(kind) and kind & stat.S_ISVTX else own
    try:
        disk.make_folder(folder)
        if not stat.S_ISDIR(os.lstat(folder).st_mode):
            raise NotADirectoryError(folder)
    except OSError as error:
        raise ActionImpossibleError(
            f"there is no trash on the device of {path}", hint="choose another action, such as quarantine"
        ) from error
    return folder
