"""The encoders of a collection over HTTP."""

import json

import pytest
from photographs import jpeg, noise
from service.desk import HOME, fill, opened, settings

GREYS = "seconds.greys"


@pytest.fixture
def yard(tmp_path):
    """A service of its own, which knows another encoder."""
    from dataclasses import replace

    with opened(replace(settings(tmp_path), plugins=(GREYS,))) as made:
        fill(made)
        yield made


def told(desk):
    """Each encoder's state, and how many rows it has."""
    return {one["name"]: (one["state"], one["rows"]) for one in desk.get("/spaces").json()["spaces"]}


def test_encoders_are_told(desk):
    """With their versions, and nothing that is wrong with them."""
    spaces = desk.get("/spaces").json()["spaces"]

    assert [(one["name"], one["state"], one["problem"]) for one in spaces] == [
        ("lite0", "active", ""),
        ("pdq", "active", ""),
    ]
    assert all(one["rows"] == one["pictures"] == 3 and one["version"] for one in spaces)


def test_an_encoder_takes_anothers_place_as_a_job(yard):
    """Answers say which they are by, before and after, and the old one is dropped by another job."""
    before = yard.post("/search", json={"id": 1}).json()["searched_with"]
    answer = yard.post("/spaces", json={"action": "replace", "name": "lite0", "new": GREYS})
    job = yard.ended(answer.json()["id"])
    after = yard.post("/search", json={"id": 1}).json()["searched_with"]
    retired = told(yard)
    dropped = yard.ended(yard.post("/spaces", json={"action": "drop", "name": "lite0"}).json()["id"])

    assert (answer.status_code, answer.headers["location"]) == (202, f"{HOME}/jobs/{job['id']}")
    assert (job["kind"], job["state"], job["done"], job["total"]) == ("spaces", "done", 3, 3)
    assert (list(before), list(after)) == (["lite0", "pdq"], ["pdq", GREYS])
    assert retired == {"lite0": ("retired", 3), "pdq": ("active", 3), GREYS: ("active", 3)}
    assert (dropped["state"], list(told(yard))) == ("done", ["pdq", GREYS])
    assert yard.get("").json()["encoders"] == ["pdq", GREYS]


def test_who_listens_hears_by_which_encoders_is_searched_now(yard):
    """So that an open page learns that words are read, or no longer."""

    def act(told):
        if told == 1:
            yard.post("/spaces", json={"action": "add", "name": GREYS})

    heard = yard.listens(f"{HOME}/events", lambda text: text.count("event: collection") == 2, act)

    found = [data["encoders"] for name, data in heard if name == "collection"]
    assert found == [["lite0", "pdq"], ["lite0", "pdq", GREYS]]


def test_pictures_come_while_and_after_encoders_change(yard):
    """They have rows of what is searched."""
    number = yard.post("/spaces", json={"action": "add", "name": GREYS}).json()["id"]
    yard.post("/images", files={"image": ("new.jpg", jpeg(noise(5)), "image/jpeg")})
    yard.ended(number)
    yard.post("/images", files={"image": ("newer.jpg", jpeg(noise(6)), "image/jpeg")})

    assert set(told(yard).values()) == {("active", 5)}


@pytest.mark.parametrize(
    ("asked", "status", "code"),
    [
        ({"action": "add", "name": "lite0"}, 400, "invalid_parameter"),
        ({"action": "add", "name": "nobody"}, 400, "unknown_name"),
        ({"action": "add", "name": "os.path"}, 400, "unknown_name"),
        ({"action": "add", "name": "../lite0"}, 400, "unknown_name"),
        ({"action": "drop", "name": GREYS}, 400, "unknown_name"),
        ({"action": "replace", "name": "lite0"}, 400, "invalid_parameter"),
        ({"action": "drop", "name": "lite0", "new": "pdq"}, 400, "invalid_parameter"),
        ({"action": "mend", "name": "lite0"}, 400, "invalid_parameter"),
        ({"action": "add"}, 400, "invalid_parameter"),
    ],
    ids=json.dumps,
)
def test_what_cannot_be_done_is_refused_at_once(desk, asked, status, code):
    """There is no job for it."""
    answer = desk.post("/spaces", json=asked)

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert all(job["kind"] != "spaces" for job in desk.get("/jobs").json()["jobs"])
