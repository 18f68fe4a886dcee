"""What is remembered of judgements is believed only as far as it can be one."""

import json

import pytest

from pictrace.duplicates.memory import FILE, Memory

SHAS = {1: b"\1" * 32, 2: b"\2" * 32}
NAMES = ("01" * 8, "02" * 8)


def remembered(folder, *fields):
    lines = [{"format": 1, "basis": "b"}, {"one": [1, NAMES[0]], "others": [[2, NAMES[1], *fields]]}]
    (folder / FILE).write_text("".join(json.dumps(line) + "\n" for line in lines))
    return len(Memory(folder, "b", SHAS))


def test_a_judgement_outlives_its_run(tmp_path):
    """With its relation, score and reasons."""
    assert remembered(tmp_path, 3, 0.9, ["why"]) == 1


@pytest.mark.parametrize(
    "fields",
    [(4, 1.0, []), (-2, 0.9, []), (True, 0.9, []), (9, 0.9, []), (3, float("nan"), []), (3, 2, []), (3, 0.9, 5),
     (3, 0.9, [[]]), (3, 0.9), (3, 10**400, [])],
)  # fmt: skip
def test_what_can_be_no_judgement_is_forgotten(tmp_path, fields):
    """Above all that two pictures are the same, which only their hashes say."""
    assert remembered(tmp_path, *fields) == 0
