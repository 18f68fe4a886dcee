"""From groups of duplicates to a plan: which file of each stays, which go, and which are left alone; nothing moves."""

import fnmatch
import os
import stat
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from pictrace.companions import Companion, Folder, Kind, is_raw
from pictrace.dedupe._entries import is_put_aside
from pictrace.dedupe.contenders import Contender
from pictrace.dedupe.files import Identity, facts_of, identity_of, look
from pictrace.dedupe.keeping import Choice, Rule, choose
from pictrace.dedupe.plans import ACTIONS, SHARING, Beside, Kept, Left, Plan, Planned, Removed
from pictrace.duplicates.groups import Group, Member
from pictrace.errors import DeedError, UnknownNameError
from pictrace.folders import are_above, named
from pictrace.settings import Limits
from pictrace.types import Relation


@dataclass(frozen=True)
class Protection:
    """Files that nothing is ever done to: all below some folders, and those that patterns match.

    A pattern with a slash is matched against the whole path, another one against every name in it.
    """

    folders: tuple[str, ...] = ()
    patterns: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "folders", named(self.folders))

    def covers(self, path: str) -> bool:
        """Whether a file is protected."""
        if are_above(self.folders, path):
            return True
        names = path.split("/")
        return any(
            fnmatch.fnmatchcase(path, pattern) if "/" in pattern else fnmatch.filter(names, pattern)
            for pattern in self.patterns
        )


@dataclass(frozen=True)
class _Standing:
    """A member whose file was looked at."""

    contender: Contender
    status: os.stat_result


@dataclass
class _Draft:
    """A group on its way into the plan."""

    group: Group
    standing: list[_Standing] = field(default_factory=list)
    left: list[Left] = field(default_factory=list)
    choice: Choice | None = None


def plan_of(
    groups: Sequence[Group],
    rules: Sequence[Rule],
    *,
    collection: str | Path,
    action: str = "quarantine",
    protection: Protection | None = None,
    limits: Limits | None = None,
) -> Plan:
    """What would be done to the files of these groups; those that go without anybody having looked are `accepted`.

    Raises:
        UnknownNameError: there is no such action.
    """
    if action not in ACTIONS:
        raise UnknownNameError(f"there is no action {action!r}", hint=f"there are {', '.join(ACTIONS)}")
    planner = _Planner(rules, action, protection or Protection(), limits or Limits())
    drafts = [planner.drafted(group) for group in groups]
    going = {one.member.path for draft in drafts for one in planner.candidates(draft)}
    planned = [planner.planned(draft, going) for draft in drafts]
    plan = Plan(
        os.path.abspath(collection),  # noqa: PTH100 - links stay, `..` would be refused when it is read
        datetime.now(UTC).isoformat(timespec="seconds"),
        tuple(rule.given for rule in rules),
        action,
        tuple(one for one in planned if one is not None),
    )
    plan.check()
    return plan


class _Planner:
    def __init__(self, rules: Sequence[Rule], action: str, protection: Protection, limits: Limits) -> None:
        self._rules = rules
        self._action = action
        self._protection = protection
        self._limits = limits
        self._folders: dict[str, Folder] = {}
        self._seen: dict[Identity, str] = {}
        self._paths: set[str] = set()

    def drafted(self, group: Group) -> _Draft:
        """A group with its files looked at, and which of them stays."""
        draft = _Draft(group)
        for member in group.members:
            standing = self._standing(member, is_medoid=group.is_led_by(member))
            if isinstance(standing, _Standing):
                draft.standing.append(standing)
            else:
                draft.left.append(Left(member.path, standing))
        if draft.standing:
            draft.choice = choose([one.contender for one in draft.standing], self._rules)
        return draft

    def candidates(self, draft: _Draft) -> list[Contender]:
        """Files that may go, as far as the group alone tells."""
        kept = draft.choice.kept if draft.choice else None
        return [
            one.contender
            for one in draft.standing
            if one.contender is not kept and not one.contender.is_protected and one.status.st_nlink == 1
        ]

    def planned(self, draft: _Draft, going: set[str]) -> Planned | None:
        """The group as the plan has it; nothing where no file of it can stay, or none is to be told of."""
        if draft.choice is None:
            return None
        staying = [one for one in draft.standing if one.contender is draft.choice.kept or one.contender.is_protected]
        why = {id(one): reason for one, reason in draft.choice.others}
        why[id(draft.choice.kept)] = draft.choice.reason
        staying.sort(key=lambda one: one.contender is not draft.choice.kept)  # type: ignore[union-attr]  # seen above
        remove, left = [], [*draft.left]
        for one in draft.standing:
            if one in staying:
                continue
            found = self._removed(one, staying, why[id(one.contender)], going)
            if isinstance(found, Removed):
                remove.append(found)
            else:
                left.append(Left(one.contender.member.path, found))
        if not remove and not left:
            return None
        keep = tuple(self._kept(one, why[id(one.contender)]) for one in staying)
        group = draft.group
        weakest = None if group.weakest is None else group.weakest.to_dict()
        return Planned(group.id, str(group.relation), round(group.score, 6), weakest, keep, tuple(remove), tuple(left))

    def _standing(self, member: Member, *, is_medoid: bool) -> _Standing | str:
        """A member whose file can be planned for, or why not."""
        status = _status(member)
        if isinstance(status, str):
            return status
        folder, name = os.path.split(member.path)
        beside = self._folders.setdefault(folder, Folder(folder))
        if is_raw(name) and beside.has_picture(name):
            return "the RAW file of a picture beside it, and never a duplicate of that"
        if member.path in self._paths:
            return "it is in another group, or twice in this one"
        self._paths.add(member.path)
        other = self._seen.setdefault(identity_of(status), member.path)
        if other != member.path:
            return f"the same file as {other}, by another name"
        is_protected = member.reference or self._protection.covers(member.path)
        return _Standing(Contender(member, is_protected, is_medoid, beside, self._limits), status)

    def _kept(self, one: _Standing, reason: str) -> Kept:
        member, status = one.contender.member, one.status
        said = f"protected; {reason}" if one.contender.is_protected else reason
        facts = (member.id, member.sha256, status.st_size, status.st_mtime_ns, status.st_dev, status.st_ino)
        return Kept(member.path, said, *facts)

    def _removed(self, one: _Standing, staying: Sequence[_Standing], reason: str, going: set[str]) -> Removed | str:
        """A file that goes, or why it does not."""
        member, status = one.contender.member, one.status
        if status.st_nlink > 1:
            return "it has a second name (a hard link): removing one of them frees nothing"
        keeper = min(staying, key=lambda other: _farness(member, other.contender.member))
        relation = _relation(member, keeper.contender.member)
        if self._action in SHARING:
            if keeper.contender.member.sha256 != member.sha256:
                return "its bytes are not those of the file that stays, so they cannot share them"
            beside: list[Beside] | str = []
        else:
            beside = _beside(one.contender, keeper.contender, going)
        if isinstance(beside, str):
            return beside
        facts = (member.id, member.sha256, status.st_size, status.st_mtime_ns, status.st_dev, status.st_ino)
        is_accepted = relation is Relation.EXACT
        keeper_path = keeper.contender.member.path
        return Removed(member.path, reason, *facts, str(relation), keeper_path, is_accepted, tuple(beside))


def _status(member: Member) -> os.stat_result | str:
    """What is at a member's path, if it is the file that was indexed, or why it is not."""
    if member.place.identity is None:
        return "no file of its own: inside an archive, or behind a URL"
    try:
        status = os.lstat(member.path)
    except (OSError, ValueError):
        return "it is not there any more"
    if not stat.S_ISREG(status.st_mode):
        return "a link, or no regular file"
    if is_put_aside(member.path):
        return "in a quarantine or a trash, where it may be thrown away any time"
    if (status.st_size, status.st_mtime_ns) != (member.place.size, member.place.mtime_ns):
        return "it has changed since it was indexed"
    return status


def _farness(member: Member, keeper: Member) -> int:
    """How little a kept file has in common with one that goes; the first of the nearest is what it goes for."""
    return (keeper.sha256 != member.sha256) + (keeper.sha256 != member.sha256 and not _same_pixels(keeper, member))


def _same_pixels(one: Member, other: Member) -> bool:
    return bool(one.pixel_hash) and one.pixel_hash == other.pixel_hash


def _relation(member: Member, keeper: Member) -> Relation:
    """How a file is related to the one it goes for: directly, or as weakly as either is to the group's medoid."""
    if member.sha256 == keeper.sha256 or _same_pixels(member, keeper):
        return Relation.EXACT
    # What was kept or handed over may claim anything; only hashes say that files are the same.
    return min(member.relation, keeper.relation, Relation.COPY)


def _beside(one: Contender, keeper: Contender, going: set[str]) -> list[Beside] | str:
    """What goes with a file, or why it has to stay: RAW and video go only where the keeper has the same beside it."""
    found = []
    going = going | {companion.path for companion in one.companions}
    try:
        for companion in one.companions:
            twin = ""
            is_set = companion.kind is not Kind.SIDECAR
            if is_set and all(sharer in going for sharer in companion.sharers):
                twin = _twin(companion, keeper)
                if not twin:
                    name = os.path.split(companion.path)[1]
                    return f"{name} beside it belongs to it, is not beside the file that stays, and they stay together"
            found.append(Beside(companion.path, facts_of(companion.path).sha256, str(companion.kind), twin))
    except DeedError:
        return "what lies beside it cannot be read"
    return found


def _twin(companion: Companion, keeper: Contender) -> str:
    """The same file, byte for byte, beside the picture that stays; "" if there is none."""
    own = facts_of(companion.path)
    for other in keeper.companions:
        if other.kind is not companion.kind or look(other.path).st_size != own.size:
            continue
        facts = facts_of(other.path)
        if facts.sha256 == own.sha256 and facts.identity != own.identity:
            return other.path
    return ""
