"""Decisions over HTTP."""

import json

import pytest
from photographs import PHOTOS, jpeg, photo

LINES = "application/x-ndjson"


@pytest.fixture(scope="module")
def pictures(yard):
    """Three pictures of a service that may be written to."""
    return [yard.add(jpeg(photo(name)), name) for name in PHOTOS[:3]]


@pytest.fixture
def fresh(yard, pictures):
    """The same service, and nothing is decided."""
    yard.held.custody.collection.undecide(yard.held.custody.collection.decisions())
    return yard


def put(desk, *decisions):
    return desk.ask("PUT", "/v1/collections/default/decisions", json={"decisions": list(decisions)})


def named(picture):
    return picture["sha256"]


def test_pairs_are_decided_by_ids_and_by_hashes(fresh, pictures):
    """The later one on a pair takes the place of the one before."""
    one, two, three = pictures
    first = put(fresh, {"ids": [one["id"], two["id"]], "verdict": "both", "note": "so"})
    again = put(
        fresh,
        {"hashes": [named(two), named(one)], "verdict": "different"},
        {"ids": [one["id"], three["id"]], "verdict": "duplicate"},
    )
    told = fresh.get("/decisions").json()

    assert (first.json(), again.json(), told["count"], told["next"]) == ({"taken": 1}, {"taken": 2}, 2, None)
    assert {frozenset(one["ids"]): one["verdict"] for one in told["decisions"]} == {
        frozenset({one["id"], two["id"]}): "different",
        frozenset({one["id"], three["id"]}): "duplicate",
    }


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ({"ids": [1, 1], "verdict": "both"}, 400),
        ({"ids": [1], "verdict": "both"}, 400),
        ({"ids": [1, 2], "hashes": ["0" * 64, "1" * 64], "verdict": "both"}, 400),
        ({"ids": [1, 2], "verdict": "similar"}, 400),
        ({"ids": [1, 2], "verdict": "both", "note": "x" * 1001}, 400),
        ({"ids": [1, 99], "verdict": "both"}, 404),
        ({"hashes": ["0" * 64, "1" * 64], "verdict": "both"}, 404),
        ({"verdict": "both"}, 400),
    ],
)
def test_what_makes_no_sense_is_refused(fresh, said, status):
    """And nothing beside it is decided."""
    assert put(fresh, {"ids": [1, 2], "verdict": "both"}, said).status_code == status
    assert fresh.get("/decisions").json()["count"] == 0


def test_decisions_are_taken_back(fresh, pictures):
    """One by its address, several at once; those that are not there are passed over."""
    one, two, three = (picture["id"] for picture in pictures)
    put(fresh, *({"ids": pair, "verdict": "both"} for pair in ([one, two], [one, three], [two, three])))
    answers = [
        fresh.delete(f"/decisions?ids={two},{one}"),
        fresh.delete(f"/decisions?hashes={named(pictures[0])},{named(pictures[2])}"),
        fresh.post("/decisions:delete", json={"pairs": [{"ids": [two, three]}, {"hashes": ["0" * 64, "1" * 64]}]}),
    ]

    assert [answer.status_code for answer in answers] == [204, 204, 204]
    assert fresh.get("/decisions").json()["decisions"] == []


@pytest.mark.parametrize("query", ["", "?ids=1", "?ids=1,2,3", "?ids=1,2&hashes=a,b", "?ids=a,b", "?id=1,2"])
def test_a_pair_has_two(fresh, query):
    """In the address of a decision that is to be taken back."""
    assert fresh.delete(f"/decisions{query}").status_code == 400


def test_decisions_go_to_another_collection(fresh, pictures):
    """As the lines that were exported, also on pictures that it does not have."""
    put(fresh, {"ids": [pictures[0]["id"], pictures[1]["id"]], "verdict": "alternate", "note": "\u00e4 \U0001f600"})
    lines = fresh.get("/decisions", headers={"accept": LINES})
    place = "/v1/collections/other"
    fresh.ask("PUT", place)
    answer = fresh.ask("PUT", f"{place}/decisions", content=lines.content, headers={"content-type": LINES})
    (told,) = fresh.ask("GET", f"{place}/decisions").json()["decisions"]

    assert (lines.headers["content-type"].partition(";")[0], answer.json()) == (LINES, {"taken": 1})
    assert (told["ids"], told["verdict"], told["note"]) == ([None, None], "alternate", "\u00e4 \U0001f600")


@pytest.mark.parametrize(
    "data", [b"", b"\n\n", b"no", b"[]", b'{"kind": "pictrace-decision"}', b"\xff\xfe", b"[" * 9999]
)
def test_other_lines_are_refused(fresh, data):
    """With the number of the line."""
    answer = fresh.ask("PUT", "/v1/collections/default/decisions", content=data, headers={"content-type": LINES})

    assert answer.status_code == 400
    assert fresh.get("/decisions").json()["count"] == 0


def test_a_page_of_decisions_begins_somewhere(fresh, pictures):
    """And says where the next one does."""
    one, two, three = (picture["id"] for picture in pictures)
    put(fresh, {"ids": [one, two], "verdict": "both"}, {"ids": [one, three], "verdict": "both"})
    first = fresh.get("/decisions?limit=1").json()
    second = fresh.get(f"/decisions?limit=1&after={first['next']}").json()

    assert (first["next"], second["next"]) == (1, None)
    assert json.dumps(first["decisions"]) != json.dumps(second["decisions"])
