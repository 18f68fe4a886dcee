"""From what was chosen to a plan: which files would go, kept beside the collection until it is applied or made anew."""

import json
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from pictrace._atomic import replacing
from pictrace._regular import open_regular
from pictrace.dedupe.keeping import DEFAULT, rules_of
from pictrace.dedupe.picks import Pick
from pictrace.dedupe.planning import plan_of
from pictrace.dedupe.plans import Plan, Removed
from pictrace.dedupe.undoing import acted_upon
from pictrace.duplicates.certainty import Certainty, certainty_of
from pictrace.duplicates.groups import Group, Member
from pictrace.errors import NotFoundError, PlanInvalidError, UsageError
from pictrace.service.reviewing import Review

ACTIONS = ("quarantine", "hardlink", "reflink")
"""What a service does to files: nothing that cannot be taken back."""

EQUAL_RULES = tuple(name for name in DEFAULT if name not in {"whole", "resolution", "quality"})
"""Rules for files of the same pixels: the others decode each of them, and see no difference."""

AT_ONCE = 200
"""Groups that are accepted in one go; whoever waits for the answer may ask for the others."""

_FOLDER, _LAST = "plans", "last.json"


@dataclass(frozen=True)
class Last:
    """The plan that was applied last: when it was made, whether it was taken back, and what became of its files."""

    plan: str
    created: str
    action: str
    state: str
    done: int
    bytes: int
    failed: int


@dataclass(frozen=True)
class Chosen:
    """What was chosen to go, and can, since another file of its group stays."""

    files: int
    bytes: int


@dataclass(frozen=True)
class Settling:
    """Choices and plans of one review."""

    review: Review

    @property
    def _folder(self) -> Path:
        return self.review.folder / _FOLDER

    def accept(self, certainty: Certainty) -> tuple[int, int]:
        """In groups of a class in which nothing was chosen, what the rules say is chosen: how many, and how many more.

        Raises:
            UsageError: somebody has to look at groups of that class.
        """
        if certainty is not Certainty.EXACT:
            raise UsageError("only files of the same pixels are accepted unseen", hint="look at the others one by one")
        review = self.review
        groups = [
            group
            for group in review.snapshot().groups
            if certainty_of(group) is certainty and not review.picks.is_settled(group)
        ]
        now = groups[:AT_ONCE]
        going = {one.path for _, one in self._planned([self._marked(group) for group in now], EQUAL_RULES).removals()}
        picks: dict[tuple[str, str], Pick | None] = {}
        for member in (member for group in now for member in group if not member.reference):
            if review.picks.of(member) is None:
                picks[member.path, member.sha256] = Pick.REMOVE if member.path in going else Pick.KEEP
        if picks:
            review.put(picks)
        return len(now), len(groups) - len(now)

    def plan(self, rules: Sequence[str], action: str, *, is_all: bool = False) -> Plan:
        """What would be done to the files that were chosen, written down; with `is_all` also what the rules say of
        all other files, of which those of the same pixels are accepted.

        Raises:
            UnknownNameError: there is no such rule.
            InsufficientStorageError: the disk is full.
        """
        groups = list(self._groups(is_all=is_all))
        chosen = [one.path for group in groups for one in group if self.review.picks.of(one) is Pick.REMOVE]
        plan = self._planned(groups, rules, action).accepting(chosen)
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        plan.write(self._folder / f"{plan.id}.json")
        return plan

    def _planned(self, groups: Sequence[Group], rules: Sequence[str], action: str = "quarantine") -> Plan:
        collection = self.review.collection
        limits = collection.settings.limits
        return plan_of(groups, rules_of(rules), collection=collection.path, action=action, limits=limits)

    def _groups(self, *, is_all: bool) -> Iterator[Group]:
        """The groups as they are planned for: what is to stay is as a reference, and without a choice nothing goes."""
        for group in self.review.snapshot().groups:
            marked = self._marked(group)
            if is_all:
                yield marked
                continue
            picked = [one for one in marked if one.reference or self.review.picks.of(one) is not None]
            if any(one.reference for one in picked) and not all(one.reference for one in picked):
                yield replace(marked, members=tuple(picked))

    def _marked(self, group: Group) -> Group:
        return replace(group, members=tuple(self._kept(one) for one in group))

    def _kept(self, member: Member) -> Member:
        return replace(member, reference=True) if self.review.picks.of(member) is Pick.KEEP else member

    def chosen(self) -> Chosen:
        """How much was chosen to go."""
        sizes = [
            one.place.size
            for group in self._groups(is_all=False)
            for one in group
            if not one.reference and self.review.picks.of(one) is Pick.REMOVE
        ]
        return Chosen(len(sizes), sum(sizes))

    def read(self, number: str, accepted: Sequence[str] | None = None) -> Plan:
        """A plan that was made here, with these files accepted instead of those that were.

        Raises:
            NotFoundError: there is none.
            UsageError: a file that is not in it.
            PlanInvalidError: it is damaged, or about a file that is no longer the collection's.
        """
        path = self._folder / f"{number}.json"
        if not path.is_file():
            raise NotFoundError("there is no such plan", hint="make one with POST …/duplicates/plan")
        plan = Plan.read(path)
        catalog = self.review.collection.engine().catalog
        files = {one.path for group in plan.groups for one in (*group.keep, *group.remove)}
        # What the plan put aside is no longer listed.
        is_ours = plan.collection == str(self.review.collection.path.absolute())
        if not is_ours or not all(map(catalog.location, files - acted_upon(plan))):
            raise PlanInvalidError("the plan is about files that are not in the collection", hint="make the plan anew")
        if accepted is None:
            return plan
        known = [one.path for group in plan.groups for one in group.remove]
        if not set(accepted) <= set(known):
            raise UsageError("a file is accepted that the plan does not remove", hint="take paths of `removals`")
        return plan.accepting(known, accepted=False).accepting(accepted)

    def note(self, plan: Plan, state: str, *, done: int, size: int, failed: int) -> None:
        """What became of a plan.

        Raises:
            InsufficientStorageError: the disk is full.
        """
        with replacing(self._folder / _LAST) as fresh:
            last = Last(plan.id, plan.created, plan.action, state, done, size, failed)
            fresh.write_text(json.dumps(asdict(last)), "ascii")
        self.review.forget()

    def last(self) -> dict[str, Any] | None:
        """The plan that was applied last, if any was."""
        with suppress(OSError, ValueError, TypeError, RecursionError), open_regular(self._folder / _LAST) as file:
            return asdict(Last(**json.loads(file.read(1 << 16))))
        return None


def told(plan: Plan, most: int = 200) -> dict[str, Any]:
    """A plan as it goes over HTTP: what goes, what is left alone, the first of each, and how much there is."""
    removals = [one for _, one in plan.removals()]
    waiting = [one for group in plan.groups for one in group.remove if not one.accepted]
    left = [one for group in plan.groups for one in group.left]
    return {
        "id": plan.id,
        "created": plan.created,
        "action": plan.action,
        "rules": list(plan.rules),
        "groups": len(plan.groups),
        "files": len(removals),
        "bytes": sum(one.size for one in removals),
        "removals": [_removal(one) for one in removals[:most]],
        "waiting": [_removal(one) for one in waiting[:most]],
        "waiting_count": len(waiting),
        "left": [asdict(one) for one in left[:most]],
        "left_count": len(left),
    }


def _removal(one: Removed) -> dict[str, Any]:
    names = ("path", "keeper", "reason", "relation", "size")
    return {**{name: getattr(one, name) for name in names}, "companions": [beside.path for beside in one.companions]}
