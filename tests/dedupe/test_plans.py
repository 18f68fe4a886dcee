"""A plan's file says everything, is always the same bytes, and is read with suspicion, for people edit it."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from copied_files import copies, group, member, planned, saved

from pictrace.dedupe.plans import Beside, Kept, Left, Plan, Planned, Removed
from pictrace.errors import PlanInvalidError
from pictrace.types import Relation

GOLDEN = Path(__file__).parents[1] / "golden" / "plan-1.json"


def canonical():
    keep = Kept("/photos/a.jpg", "resolution: 64 x 48 against 32 x 24", 1, "a" * 64, 5, 6, 7, 8)
    beside = (Beside("/photos/b.xmp", "d" * 64, "sidecar"), Beside("/photos/b.mov", "e" * 64, "video", "/photos/a.mov"))
    facts = ("b" * 64, 5, 6, 7, 9)
    gone = Removed("/photos/b.jpg", "resolution: …", 2, *facts, "copy", "/photos/a.jpg", False, beside)
    odd = Removed("/photos/\udcff.jpg", "path", 1, "c" * 64, 5, 6, 7, 10, "exact", "/photos/a.jpg", accepted=True)
    weakest = {"ids": [1, 2], "relation": "copy", "score": 0.98}
    left = (Left("/photos/a.zip!/c.jpg", "inside an archive"),)
    only = Planned("0123456789abcdef", "copy", 0.98, weakest, (keep,), (gone, odd), left)
    return Plan("/photos/all.pictrace", "2026-01-02T03:04:05+00:00", ("reference", "-quality"), "quarantine", (only,))


def test_the_file_is_always_the_same_bytes():
    """Plans of this version can be read by every later PicTrace."""
    assert canonical().to_json() == GOLDEN.read_text("ascii")


def test_what_was_written_is_read(tmp_path):
    """Names with bytes that are no text too."""
    canonical().write(tmp_path / "plan.json")

    assert Plan.read(tmp_path / "plan.json") == canonical()


def edited(change):
    plain = json.loads(canonical().to_json())
    change(plain)
    return Plan.of(json.dumps(plain).encode())


def first(plain, part="remove"):
    return plain["groups"][0][part][0]


BAD = {
    "unknown key": lambda plain: plain.update(extra=1),
    "unknown key of a file": lambda plain: first(plain).update(acepted=True),
    "another format": lambda plain: plain.update(format="other"),
    "newer": lambda plain: plain.update(version=2),
    "missing": lambda plain: plain.pop("action"),
    "unknown action": lambda plain: plain.update(action="shred"),
    "no list": lambda plain: plain.update(groups={}),
    "no object": lambda plain: plain.update(groups=[1]),
    "relative": lambda plain: first(plain).update(path="b.jpg"),
    "upwards": lambda plain: first(plain).update(path="/photos/../b.jpg"),
    "NUL": lambda plain: first(plain).update(path="/photos/\0.jpg"),
    "half a pair": lambda plain: first(plain).update(path="/photos/\ud800.jpg"),
    "short hash": lambda plain: first(plain).update(sha256="a" * 63),
    "no hash": lambda plain: first(plain).update(sha256="A" * 64),
    "number as text": lambda plain: first(plain).update(size="5"),
    "true for a number": lambda plain: first(plain).update(inode=True),
    "huge number": lambda plain: first(plain).update(inode=1 << 70),
    "number for a switch": lambda plain: first(plain).update(accepted=1),
    "score": lambda plain: plain["groups"][0].update(score=1.5),
    "none kept": lambda plain: plain["groups"][0].update(keep=[]),
    "keeper removed": lambda plain: first(plain).update(path="/photos/a.jpg"),
    "same inode": lambda plain: first(plain).update(inode=8),
    "companion removed": lambda plain: first(plain)["companions"][0].update(path="/photos/a.jpg"),
    "two groups": lambda plain: plain["groups"].append(plain["groups"][0]),
}


@pytest.mark.parametrize("change", BAD.values(), ids=BAD)
def test_a_plan_that_cannot_be_or_would_harm_is_refused(change):
    """With what is wrong and where."""
    with pytest.raises(PlanInvalidError) as caught:
        edited(change)
    assert str(caught.value)


def test_a_slip_is_told_with_what_was_meant():
    """A name that is nearly right."""
    with pytest.raises(PlanInvalidError) as caught:
        edited(BAD["unknown key of a file"])
    assert caught.value.to_dict() == {
        "code": "plan_invalid",
        "detail": "'acepted' is unknown in remove 1 of groups 1 of the plan",
        "hint": "did you mean 'accepted'?",
    }


@pytest.mark.parametrize(
    "data", [b"", b"[]", b"{", b"\xff", b'{"a": NaN}', b'{"a": 1, "a": 2}', b"[" * 10_000, b"9" * 9999]
)
def test_what_is_no_plan_is_refused(data):
    """Never with anything but a typed error."""
    with pytest.raises(PlanInvalidError):
        Plan.of(data)


def test_a_plan_that_is_not_there_is_refused(tmp_path):
    """Nor is a folder one."""
    for path in (tmp_path, tmp_path / "none"):
        with pytest.raises(PlanInvalidError, match="cannot be read"):
            Plan.read(path)


def test_a_file_may_be_taken_out_by_hand():
    """What is not in the plan is not touched."""
    plan = edited(lambda plain: plain["groups"][0]["remove"].pop(0))

    assert [one.path for _, one in plan.removals()] == ["/photos/\udcff.jpg"]


def test_keep_and_remove_may_be_swapped_by_hand():
    """Files then go for the one that stays now; what is no exact copy is not accepted by that."""

    def swap(plain):
        only = plain["groups"][0]
        only["keep"], only["remove"] = [only["remove"][0]], [only["keep"][0], only["remove"][1]]

    plan = edited(swap)
    assert [(one.path, one.keeper, one.accepted) for one in plan.groups[0].remove] == [
        ("/photos/a.jpg", "/photos/b.jpg", False),
        ("/photos/\udcff.jpg", "/photos/b.jpg", True),
    ]


def test_what_goes_is_what_is_accepted_or_included():
    """A relation is included as a whole."""
    plan = canonical()

    assert [one.relation for _, one in plan.removals()] == ["exact"]
    assert [one.relation for _, one in plan.removals(["copy"])] == ["copy", "exact"]


def test_a_review_changes_what_is_accepted():
    """And nothing else; the plan keeps its id."""
    plan = canonical().accepting(["/photos/b.jpg"])

    assert [one.accepted for one in plan.groups[0].remove] == [True, True]
    assert plan.accepting(["/photos/b.jpg"], accepted=False) == canonical()


def test_a_plan_of_real_files_is_read_as_it_was_made(tmp_path):
    """Whatever is in it."""
    exact, copy = copies(tmp_path, "a.jpg", "b.jpg"), saved(tmp_path / "c.jpg", 32, 24)
    found = group(*exact.members, member(copy, id=2, relation=Relation.COPY))
    plan = planned(tmp_path / "x.pictrace", found)

    assert Plan.of(plan.to_json().encode()) == replace(plan, groups=tuple(plan.groups))
