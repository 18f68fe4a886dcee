"""Collections over HTTP."""

import pytest
from photographs import jpeg, noise
from service.desk import HOME, opened, settings

from pictrace.collection import Collection
from pictrace.service import keys


def test_the_default_collection_is_always_there(desk):
    """Empty at first."""
    every = desk.ask("GET", "/v1/collections").json()["collections"]

    assert every == [{"name": "default", "pictures": 3, "version": desk.get().json()["version"]}]


def test_a_collection_says_how_it_is_searched(desk):
    """And what is going on."""
    told = desk.get().json()

    assert (told["name"], told["pictures"], told["encoders"]) == ("default", 3, ["lite0", "pdq"])
    assert told["index"] == {"name": "hnsw", "exhaustive": True, "recall": None, "behind": 3, "left_out": 0}
    assert told["jobs"] == {"running": 0, "queued": 0}


def test_a_collection_is_made_once(yard):
    """And keeps pictures of its own."""
    first = yard.ask("PUT", "/v1/collections/birds")
    again = yard.ask("PUT", "/v1/collections/birds")
    added = yard.ask("POST", "/v1/collections/birds/images", files={"image": ("a", jpeg(noise(1)))})

    assert [first.status_code, again.status_code, added.status_code] == [201, 200, 201]
    assert first.headers["location"] == "/v1/collections/birds"
    assert added.json()["links"]["self"] == "/v1/collections/birds/images/1"
    assert yard.get().json()["pictures"] == 0
    assert yard.ask("PUT", "/v1/collections/default").status_code == 200


@pytest.mark.parametrize("name", ["a" * 64, "a-b_c0"])
def test_good_names(yard, name):
    """Up to 64 of a to z, 0 to 9, _ and -."""
    assert yard.ask("PUT", f"/v1/collections/{name}").status_code == 201


@pytest.mark.parametrize("name", ["a" * 65, "A", "a.b", "a%20b", "%C3%A9"])
def test_a_name_that_none_may_have(yard, name):
    """Nothing is made, and the answer says what names are like; nothing is found under it either."""
    answers = [yard.ask(method, f"/v1/collections/{name}") for method in ("PUT", "GET")]

    assert [one.status_code for one in answers] == [400, 404]
    assert [one.json()["code"] for one in answers] == ["invalid_parameter", "not_found"]
    assert all("1 to 64 of a to z" in one.json()["detail"] for one in answers)


@pytest.mark.parametrize("name", ["..%2fx", "a%00", "-%0A"])
def test_a_name_that_is_no_part_of_a_path(yard, name):
    """It does not even come so far."""
    assert yard.ask("PUT", f"/v1/collections/{name}").status_code in {400, 404}


@pytest.mark.parametrize("target", ["", "/images", "/wall", "/jobs", "/events", "/jobs/j000001", "/images/1"])
def test_a_collection_that_is_not_there(desk, target):
    """Is not made by asking for it."""
    answer = desk.ask("GET", f"/v1/collections/none{target}")

    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_the_version_grows_with_every_write(yard):
    """So that whoever has a list knows that it is old."""
    before = yard.get().json()["version"]
    key = yard.add(jpeg(noise(2)))["id"]
    between = yard.get().json()["version"]
    yard.delete(f"/images/{key}")

    assert before < between < yard.get().json()["version"]


def test_no_collection_is_opened_to_be_listed(tmp_path):
    """What another process writes is only read; of what cannot be read, the problem is where its numbers would be."""
    with opened(settings(tmp_path)) as desk, Collection(tmp_path / "more" / "taken.pictrace") as other:
        other.path.parent.mkdir(exist_ok=True)
        other.hold()
        (tmp_path / "more" / "broken.pictrace").mkdir()
        (tmp_path / "more" / "broken.pictrace" / "catalog.sqlite").write_bytes(b"x" * 5000)
        other.add_image(jpeg(noise(1)))
        every = {one["name"]: one for one in desk.ask("GET", "/v1/collections").json()["collections"]}
        names = [one.custody.name for one in desk.shelf.opened()]

    assert (names, every["default"]["pictures"]) == (["default"], 0)
    assert every["taken"] == {"name": "taken", "pictures": 1, "version": 1}
    assert every["broken"]["problem"]["code"] == "index_damaged"


@pytest.mark.parametrize(
    ("rights", "names"), [(["search"], {"collection"}), (["search", "index"], {"collection", "job"})]
)
def test_jobs_are_told_to_those_who_may_index(tmp_path, rights, names):
    """Names of files in them are not for everybody who may search."""
    chosen = settings(tmp_path)
    with opened(chosen) as desk:
        headers = {"X-API-Key": keys.add(chosen.keys_path, "one", rights=rights)[1]}

        def act(told):
            if told == 1:
                desk.held.jobs.add("rebuild", "indexes")
                desk.shelf.events.tell("default", "collection", {"pictures": 7})

        heard = desk.listens(f"{HOME}/events", lambda text: '"pictures":7' in text, act, headers=headers)

    assert {name for name, _ in heard} == names


def test_the_first_event_is_how_things_are(desk):
    """So that nothing has to be asked besides."""
    first = desk.listens(f"{HOME}/events", lambda text: "event" in text)[0]

    told = ("name", "pictures", "version", "encoders")
    assert first == ("collection", {name: desk.get().json()[name] for name in told})


def test_nobody_waits_for_the_events_of_head(desk):
    """The headers are all there is."""
    answer = desk.ask("HEAD", f"{HOME}/events")

    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/event-stream; charset=utf-8")
