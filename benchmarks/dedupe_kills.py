"""Random plans, applied and taken back by processes that are killed at random: is a picture ever lost?

    .venv/bin/python benchmarks/dedupe_kills.py --plans 1000

Every plan is over a folder of its own: groups of equal files, with sidecars, RAW files and videos beside some, and what
others need beside others. Applying and taking back are each killed (SIGKILL) up to three times before one of several
hundred steps that change the disk, half a line of the journal lost where it was not yet on disk, and then done to the
end. After every kill, before anybody repairs anything, each content is looked for as often as there were files of it,
and each group for a whole copy in its place; after every run that ended, no picture may be parted from what belongs to
it; in the end the tree must be as it was, names, bytes, modes and times.
"""

import argparse
import hashlib
import json
import os
import random
import shutil
import signal
import stat
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

from measured import machine

from pictrace.dedupe import applying, undoing
from pictrace.dedupe._disk import Disk
from pictrace.dedupe.applying import Manner
from pictrace.dedupe.keeping import rules_of
from pictrace.dedupe.planning import plan_of
from pictrace.duplicates.groups import Group, Member
from pictrace.errors import NotFoundError
from pictrace.types import Location, Relation

RESULTS = Path(__file__).parent / "results" / "dedupe_kills.json"
ACTIONS = ("quarantine", "elsewhere", "trash", "hardlink", "delete")
_MEMORY = Path("/dev/shm")  # noqa: S108 - a file system of its own
_STEPS_EACH = 14
"""More than there are steps for one file, so that some runs come to their end by themselves."""

_MOST_KILLS = 3
_BESIDE = (".xmp", ".jpg.xmp", ".aae", ".jpg.json")
_SETS = (".CR2", ".mov")


class World:
    """A folder of duplicates, the plan for it, and what has to be true of it whatever happens."""

    def __init__(self, folder: Path, seed: int, action: str) -> None:
        self.folder = folder
        self.action = action
        self._random = random.Random(seed)
        self.home = folder / "home.pictrace"
        self.home.mkdir(parents=True)
        self.elsewhere = Path(tempfile.mkdtemp())
        groups = [self._group(number) for number in range(self._random.randint(1, 4))]
        for path in sorted((folder / "in").rglob("*"), reverse=True):
            self._age(path)
        self._age(folder / "in")
        self.plan = plan_of(
            [self._members(number, paths) for number, paths in enumerate(groups, 1)],
            rules_of(["path"]),
            collection=self.home,
            action="quarantine" if action == "elsewhere" else action,
        )
        quarantine = str(self.elsewhere) if action == "elsewhere" else ""
        self.manner = Manner(quarantine=quarantine, may_delete=True)
        self.before = snapshot(folder / "in")
        self._contents = Counter(digest for _, _, _, digest in self.before.values() if digest)
        self._pictures = [digest_of(paths[0]) for paths in groups]

    def _group(self, number: int) -> list[Path]:
        """Files of the same bytes in one to three folders, some with what belongs to them."""
        content = self._random.randbytes(self._random.randint(1, 5000))
        paths, raw = [], self._random.choice(_SETS) if self._random.random() < 0.3 else ""
        video = self._random.randbytes(99)
        for copy in range(self._random.randint(2, 4)):
            path = self.folder / "in" / self._random.choice("abc") / f"{number}{'x' * copy}.jpg"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
            path.chmod(self._random.choice((0o644, 0o600, 0o440)))
            paths.append(path)
            if raw:
                path.with_suffix(raw).write_bytes(video)
            for ending in _BESIDE:
                if self._random.random() < 0.2:
                    path.with_name(path.stem + ending).write_bytes(self._random.randbytes(40))
        return paths

    def _age(self, path: Path) -> None:
        os.utime(path, ns=(self._random.randrange(10**18), self._random.randrange(10**18)))

    @staticmethod
    def _members(number: int, paths: list[Path]) -> Group:
        members = []
        for path in paths:
            status, digest = path.stat(), digest_of(path)
            place = Location(str(path), "", status.st_size, status.st_mtime_ns, (status.st_dev, status.st_ino))
            facts = (digest, digest, "JPEG", 64, 48, "", Relation.EXACT, 1.0)
            members.append(Member(number, place, *facts))
        return Group(number, tuple(members))

    @property
    def steps(self) -> int:
        """About as many as applying or taking back the whole plan has."""
        return _STEPS_EACH * max(1, sum(1 + len(one.companions) for _, one in self.plan.removals()))

    @property
    def environment(self) -> dict[str, str]:
        """What makes the trash one of this world."""
        return {"XDG_DATA_HOME": str(self.folder / "data")}

    def apply(self, disk: Disk) -> undoing.Outcome:
        """The plan is carried out."""
        return applying.apply(self.plan, self.manner, disk=disk)

    def undo(self, disk: Disk) -> undoing.Outcome:
        """It is taken back."""
        return undoing.undo(self.plan, disk=disk)

    def wrong(self) -> list[str]:
        """What must never be: a content that is there less often than it was, a group without a copy in its place."""
        here = Counter(digest for _, _, _, digest in snapshot(self.folder / "in").values() if digest)
        found = Counter(here)
        for store in (self.home / "quarantine", self.folder / "data", self.elsewhere):
            found.update(digest for _, _, _, digest in snapshot(store).values() if digest)
        lost = [] if self.action == "delete" else [one for one, many in self._contents.items() if found[one] < many]
        last = [one for one in self._pictures if not here[one]]
        return [*(f"lost {one[:8]}" for one in lost), *(f"no copy of {one[:8]} in its place" for one in last)]

    def parted(self) -> list[str]:
        """Files that are in their place without the picture they belong to, or the other way round."""
        pairs = [(one.path, beside.path) for _, one in self.plan.removals() for beside in one.companions]
        return [f"parted {one} and {other}" for one, other in pairs if os.path.lexists(one) != os.path.lexists(other)]

    def differs(self) -> list[str]:
        """Names whose bytes, mode or time are not what they were."""
        now = snapshot(self.folder / "in")
        return sorted(name for name in now.keys() | self.before.keys() if now.get(name) != self.before.get(name))

    def close(self) -> None:
        """Nothing of it is left."""
        shutil.rmtree(self.folder, ignore_errors=True)
        shutil.rmtree(self.elsewhere, ignore_errors=True)


def snapshot(folder: Path) -> dict[str, tuple[str, int, int, str]]:
    """Mode, size, time and SHA-256 of everything in a folder; folders have no SHA-256."""
    found = {}
    for path in [folder, *folder.rglob("*")] if folder.exists() else []:
        status = path.lstat()
        is_file = stat.S_ISREG(status.st_mode)
        size = status.st_size if is_file else 0
        found[str(path)] = (stat.filemode(status.st_mode), size, status.st_mtime_ns, digest_of(path) if is_file else "")
    return found


def digest_of(path: Path) -> str:
    """SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def torn(home: Path, share: float) -> None:
    """A part of the journal's last line is lost, as of what was written and not yet on disk."""
    for journal in (home / "quarantine").glob("*/journal.jsonl"):
        data = journal.read_bytes()
        last = data.rstrip(b"\n").rfind(b"\n") + 1
        if data.endswith(b"\n") and 0 < last < len(data) and journal == max(journal.parent.parent.glob("*/*.jsonl")):
            os.truncate(journal, last + int((len(data) - last) * share))


def killed(call: Callable[[Disk], object], step: int, environment: dict[str, str]) -> str:
    """The step before which a process of its own was killed; "" if it ended by itself."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.environ.update(environment)
        left = step

        def before(name: str) -> None:
            nonlocal left
            left -= 1
            if left <= 0:
                os.write(writer, name.encode())
                os.kill(os.getpid(), signal.SIGKILL)

        try:
            call(Disk(before))
        except NotFoundError:
            os._exit(0)  # killed before there was a journal, so that there is nothing to take back
        except BaseException:  # noqa: BLE001 - told by the exit code, for this is a copy of the whole program
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    os.close(writer)
    _, status = os.waitpid(child, 0)
    with os.fdopen(reader) as file:
        name = file.read()
    if not name and status:
        raise SystemExit(f"a process failed with {status}")
    return name


def tried(world: World, seed: int) -> tuple[Counter[str], list[str]]:
    """The steps before which processes were killed, and everything that was wrong."""
    dice, steps, wrong = random.Random(seed), Counter[str](), list[str]()
    for call in (world.apply, world.undo):
        for _ in range(_MOST_KILLS):
            name = killed(call, dice.randint(1, world.steps), world.environment)
            if not name:
                wrong += world.parted()
                break
            steps[name] += 1
            if name == "append-sync":
                torn(world.home, dice.random())
            wrong += world.wrong()
            if call == world.apply and dice.random() < 0.3:
                break
        else:
            killed(call, 1 << 30, world.environment)
            wrong += world.parted()
        wrong += world.wrong()
    if not list((world.home / "quarantine").glob("*/journal.jsonl")):
        return steps, wrong + world.differs()
    killed(world.undo, 1 << 30, world.environment)
    return steps, wrong + ([] if world.action == "delete" else world.differs())


def main() -> None:
    """All plans, and the figures in a file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--plans", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    began, steps, wrong, removed = time.monotonic(), Counter[str](), dict[str, list[str]](), 0
    each: Counter[str] = Counter()
    for number, action in numbered(given.plans):
        # In memory, where it is there: what is written survives kills, and forcing it to disk takes no time.
        with tempfile.TemporaryDirectory(dir=_MEMORY if _MEMORY.is_dir() else None) as folder:
            world = World(Path(folder) / "world", given.seed + number, action)
            removed += sum(1 + len(one.companions) for _, one in world.plan.removals())
            each[action] += 1
            killing, bad = tried(world, given.seed + number)
            steps += killing
            if bad:
                wrong[f"{given.seed + number} {action}"] = bad
            world.close()
    figures = {
        **machine(),
        "plans": given.plans,
        "plans_by_action": dict(each),
        "files_to_remove": removed,
        "kills": sum(steps.values()),
        "kills_before_step": dict(sorted(steps.items())),
        "plans_with_anything_wrong": len(wrong),
        "wrong": wrong,
        "seconds": round(time.monotonic() - began, 1),
    }
    RESULTS.write_text(f"{json.dumps(figures, indent=1)}\n")
    print(f"{given.plans} plans, {sum(steps.values())} kills, {len(wrong)} plans with anything wrong")
    sys.exit(bool(wrong))


def numbered(plans: int) -> Iterator[tuple[int, str]]:
    """Actions in turn."""
    for number in range(plans):
        yield number, ACTIONS[number % len(ACTIONS)]


if __name__ == "__main__":
    main()
