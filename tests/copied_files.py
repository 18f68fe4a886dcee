"""Files on disk as finding duplicates would tell of them, without any collection."""

import hashlib
import io
import os
import stat
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from odd_pictures import photo
from PIL import Image

from pictrace.dedupe.keeping import rules_of
from pictrace.dedupe.planning import plan_of
from pictrace.dedupe.plans import Plan
from pictrace.duplicates.groups import Group, Link, Member
from pictrace.picture import Picture
from pictrace.types import Location, Relation


def saved(path: Path, width: int = 64, height: int = 48, *, seed: int = 1, form: str = "JPEG", **options: Any) -> Path:
    """A picture's file, older by an hour for each that was made with another seed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    target = io.BytesIO()
    Image.fromarray(np.asarray(photo(width, height, seed=seed))).save(target, form, **options)
    path.write_bytes(target.getvalue())
    os.utime(path, ns=(1_600_000_000_000_000_123, 1_600_000_000_000_000_000 + seed * 3_600_000_000_000))
    return path


def member(path: Path, *, id: int = 1, relation: Relation = Relation.EXACT, **changes: Any) -> Member:  # noqa: A002
    """The member that a file is; bytes that are no picture count as one of 64 x 48 pixels."""
    status, data = path.stat(), path.read_bytes()
    try:
        picture = Picture.open(data)
        facts = (picture.pixel_hash, picture.format, picture.width, picture.height)
    except Exception:  # noqa: BLE001 - whatever it is
        facts = (hashlib.sha256(data).hexdigest(), "JPEG", 64, 48)
    place = Location(str(path), str(path.parent), status.st_size, status.st_mtime_ns, (status.st_dev, status.st_ino))
    sha256 = hashlib.sha256(data).hexdigest()
    score = 1.0 if relation is Relation.EXACT else 0.98
    found = Member(id, place, sha256, *facts, "2026-01-01T00:00:00+00:00", relation, score)
    return replace(found, **changes)


def group(*members: Member) -> Group:
    """Members as one group, held against the first."""
    far = [one for one in members if one.id != members[0].id]
    weakest = min(far, key=lambda one: (one.relation.rank, one.score), default=None)
    link = None if weakest is None else Link(members[0].id, weakest.id, weakest.relation, weakest.score)
    return Group(members[0].id, members, link)


def planned(collection: Path, *groups: Group, keep: tuple[str, ...] = (), **options: Any) -> Plan:
    """The plan for groups."""
    return plan_of(groups, rules_of(keep), collection=collection, **options)


def copies(folder: Path, *names: str, **options: Any) -> Group:
    """The same bytes under several names, the first of which stays."""
    paths = [saved(folder / name, **options) for name in names]
    return group(*map(member, paths))


def tree(folder: Path) -> dict[str, tuple[str, int, bytes]]:
    """Everything in a folder: bytes, modes, and times of files and folders."""
    found = {}
    for path in [folder, *sorted(folder.rglob("*"))]:
        status = path.lstat()
        content = path.read_bytes() if stat.S_ISREG(status.st_mode) else b""
        found[str(path)] = (stat.filemode(status.st_mode), status.st_mtime_ns, content)
    return found


def codes(outcome: Any) -> list[str]:
    """Why each file that failed did."""
    return [one.code for one in outcome.troubles]


def names(folder: Path) -> list[str]:
    """What is in a folder."""
    return sorted(path.name for path in folder.iterdir())
