"""A plan: which files stay, which go and why, as records and as a JSON file that people may edit."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from pictrace._atomic import replacing
from pictrace._regular import open_regular
from pictrace.dedupe import _reading
from pictrace.errors import PlanInvalidError
from pictrace.types import Relation

FORMAT = "pictrace-plan"
VERSION = 1
MOST_BYTES = 256 << 20
"""Of a plan's file: about 300,000 files."""

ACTIONS = ("quarantine", "hardlink", "reflink", "trash", "delete")
SHARING = ("hardlink", "reflink")
"""Those after which the file is still there, with the bytes of the one that stays."""


@dataclass(frozen=True)
class Beside:
    """A file that goes with a picture; `keeper` is the same file beside the picture that stays, "" for sidecars."""

    path: str
    sha256: str
    kind: str
    keeper: str = ""


@dataclass(frozen=True)
class Kept:
    """A file that stays, as it was when the plan was made, and why."""

    path: str
    reason: str
    id: int
    sha256: str
    size: int
    mtime_ns: int
    device: int
    inode: int


@dataclass(frozen=True)
class Removed(Kept):
    """A file that goes if it is `accepted`: as what it is related to its `keeper`, and what goes with it."""

    relation: str
    keeper: str
    accepted: bool
    companions: tuple[Beside, ...] = ()

    @property
    def needs_review(self) -> bool:
        """Whether somebody has to look: only files of the same bytes or pixels go without."""
        return self.relation != str(Relation.EXACT)


@dataclass(frozen=True)
class Left:
    """A file that is left alone, and why."""

    path: str
    reason: str


@dataclass(frozen=True)
class Planned:
    """One group of a plan; `weakest` is its least sure link as `{"ids", "relation", "score"}`."""

    id: str
    relation: str
    score: float
    weakest: Mapping[str, Any] | None
    keep: tuple[Kept, ...]
    remove: tuple[Removed, ...]
    left: tuple[Left, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """The group as the file has it; `review` is there to be read, and means nothing when it is read back."""
        removed = [{**asdict(one), "review": one.needs_review} for one in self.remove]
        return {
            "id": self.id,
            "relation": self.relation,
            "score": round(self.score, 6),
            "weakest": self.weakest,
            "keep": [asdict(one) for one in self.keep],
            "remove": removed,
            "left": [asdict(one) for one in self.left],
        }


@dataclass(frozen=True)
class Plan:
    """What would be done to the files of a collection, group by group; nothing is touched before it is applied."""

    collection: str
    created: str
    rules: tuple[str, ...]
    action: str
    groups: tuple[Planned, ...]
    id: str = ""

    def __post_init__(self) -> None:
        if not self.id:
            plain = json.dumps([self.collection, self.created, *(one.to_dict() for one in self.groups)])
            object.__setattr__(self, "id", hashlib.sha256(plain.encode()).hexdigest()[:16])

    @classmethod
    def read(cls, path: str | Path) -> "Plan":
        """The plan in a file.

        Raises:
            PlanInvalidError: it cannot be read, is no plan, or would harm; the message says where and why.
        """
        try:
            with open_regular(path, follow=True) as file:
                data = file.read(MOST_BYTES + 1)
        except (OSError, ValueError) as error:
            why = (isinstance(error, OSError) and error.strerror) or "no valid path"
            raise PlanInvalidError(f"the plan {path} cannot be read: {why}") from error
        return cls.of(data)

    @classmethod
    def of(cls, data: bytes) -> "Plan":
        """The plan in the bytes of its file, as `read` gives it."""
        if len(data) > MOST_BYTES:
            raise PlanInvalidError(f"a plan has at most {MOST_BYTES:,} bytes", hint="plan for fewer folders at a time")
        plain = _reading.parsed(data)
        if plain.pop("format", None) != FORMAT:
            raise PlanInvalidError("this is no plan", hint="`pictrace dedupe plan -o FILE` writes one")
        if plain.pop("version", None) != VERSION:
            raise PlanInvalidError("the plan is of another version", hint="make it anew with this PicTrace")
        reader = _reading.Reader(plain, "the plan")
        plan = cls(
            collection=reader.path("collection"),
            created=reader.text("created", most=64),
            rules=tuple(reader.texts("rules")),
            action=reader.one_of("action", ACTIONS),
            groups=tuple(_group(one) for one in reader.each("groups")),
            id=reader.hexadecimal("id", 16),
        )
        reader.end()
        plan.check()
        return plan

    def check(self) -> None:
        """Nothing, if the plan can be carried out without harm.

        Raises:
            PlanInvalidError: a group without a file that stays, or a file that is in it twice, by name or by inode.
        """
        names: dict[object, str] = {}
        for group in self.groups:
            if not group.keep:
                hint = "move one of its files from `remove` to `keep`, or take the group out"
                raise PlanInvalidError(f"group {group.id} keeps no file", hint=hint)
            for one in (*group.keep, *group.remove):
                for name in (one.path, (one.device, one.inode)):
                    if name in names:
                        twice = f"{one.path} is in the plan twice"
                        also = f"{twice}, also as {names[name]}" if names[name] != one.path else twice
                        raise PlanInvalidError(also, hint="one file has one place in a plan; take one of them out")
                    names[name] = one.path
            self._check_companions(group, names)

    @staticmethod
    def _check_companions(group: Planned, names: Mapping[object, str]) -> None:
        kept = {one.path for one in group.keep}
        for one in group.remove:
            if one.keeper not in kept:
                raise PlanInvalidError(f"{one.keeper}, for which {one.path} goes, is not kept in group {group.id}")
            for beside in one.companions:
                if beside.path in names or beside.path == beside.keeper:
                    hint = "what goes with a picture is neither kept nor removed by itself"
                    raise PlanInvalidError(f"{beside.path} is in the plan twice", hint=hint)

    def write(self, path: str | Path) -> None:
        """The plan as a file; the same plan is always the same bytes.

        Raises:
            InsufficientStorageError: the disk is full.
        """
        with replacing(Path(path)) as temporary:
            temporary.write_text(self.to_json(), "ascii")

    def to_json(self) -> str:
        """The text of its file, in ASCII: undecodable bytes of paths are surrogate escapes."""
        plain = self.to_dict()
        return f"{json.dumps(plain, indent=1, ensure_ascii=True, allow_nan=False)}\n"

    def to_dict(self) -> dict[str, Any]:
        """The plan as JSON output carries it."""
        return {
            "format": FORMAT,
            "version": VERSION,
            "id": self.id,
            "collection": self.collection,
            "created": self.created,
            "rules": self.rules,
            "action": self.action,
            "groups": [one.to_dict() for one in self.groups],
        }

    def removals(self, include: Sequence[str] = ()) -> Iterator[tuple[Planned, Removed]]:
        """What goes: the accepted files, and those of relations that are included."""
        for group in self.groups:
            for one in group.remove:
                if one.accepted or one.relation in include:
                    yield group, one

    def accepting(self, paths: Sequence[str], *, accepted: bool = True) -> "Plan":
        """The plan with these files accepted, or no longer, as somebody decided who looked at them."""
        wanted = set(paths)
        groups = tuple(
            replace(
                group,
                remove=tuple(replace(one, accepted=accepted) if one.path in wanted else one for one in group.remove),
            )
            for group in self.groups
        )
        return replace(self, groups=groups)


def _group(reader: _reading.Reader) -> Planned:
    keep = tuple(_kept(one) for one in reader.each("keep"))
    relation = reader.one_of("relation", [str(one) for one in Relation])
    group = Planned(
        reader.hexadecimal("id", 16),
        relation,
        reader.share("score"),
        reader.link("weakest"),
        keep,
        tuple(_removed(one, keep, relation) for one in reader.each("remove")),
        tuple(_left(one) for one in reader.each("left")),
    )
    reader.end()
    return group


def _facts(reader: _reading.Reader) -> dict[str, Any]:
    return {
        "path": reader.path("path"),
        "reason": reader.text("reason"),
        "sha256": reader.hexadecimal("sha256", 64),
        **{name: reader.whole(name) for name in ("id", "size", "mtime_ns", "device", "inode")},
    }


def _kept(reader: _reading.Reader) -> Kept:
    """A file that stays; what it would need if it went may be left over from before it was moved here."""
    kept = Kept(**_facts(reader))
    reader.forget("relation", "keeper", "accepted", "review", "companions")
    reader.end()
    return kept


def _removed(reader: _reading.Reader, keep: Sequence[Kept], relation: str) -> Removed:
    """A file that goes; one that was moved here from `keep` by hand goes for the first that stays, once accepted."""
    facts = _facts(reader)
    kept = [one.path for one in keep]
    keeper = reader.path("keeper") if reader.has("keeper") else ""
    related = reader.one_of("relation", [str(one) for one in Relation]) if reader.has("relation") else relation
    beside = [_beside(one) for one in reader.each("companions")] if reader.has("companions") else []
    removed = Removed(
        **facts,
        relation=related,
        keeper=keeper if keeper in kept or not kept else kept[0],
        accepted=reader.switch("accepted") if reader.has("accepted") else related == str(Relation.EXACT),
        companions=tuple(beside),
    )
    reader.forget("review")
    reader.end()
    return removed


def _beside(reader: _reading.Reader) -> Beside:
    keeper = reader.path("keeper") if reader.filled("keeper") else ""
    kind = reader.one_of("kind", ("sidecar", "raw", "video"))
    found = Beside(reader.path("path"), reader.hexadecimal("sha256", 64), kind, keeper)
    reader.end()
    return found


def _left(reader: _reading.Reader) -> Left:
    left = Left(reader.text("path", most=8192), reader.text("reason"))
    reader.end()
    return left
