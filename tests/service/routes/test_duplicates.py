"""Duplicates over HTTP: looked for as a job, told of in pages, and chosen among."""

import shutil

import pytest
from photographs import jpeg, noise, photo
from service.desk import HOME, PATIENCE, opened, settings

from pictrace.edits import mirrored
from pictrace.service import keys

CLASSES = ("exact", "sure", "copy", "scene")


def pictures(folder):
    """Two photographs with a copy each, one of them twice, and a stranger."""
    for name in ("coffee", "chelsea"):
        (folder / f"{name}.jpg").write_bytes(jpeg(photo(f"{name}.png")))
        (folder / f"{name}-mirrored.jpg").write_bytes(jpeg(mirrored(photo(f"{name}.png"))))
    (folder / "again").mkdir()
    shutil.copy(folder / "coffee.jpg", folder / "again" / "coffee.jpg")
    shutil.copy(folder / "coffee.jpg", folder / "twin.jpg")
    (folder / "stranger.jpg").write_bytes(jpeg(noise(7)))


@pytest.fixture(scope="module")
def reviewed(tmp_path_factory):
    """A service with such a folder, in which duplicates were looked for."""
    folder = tmp_path_factory.mktemp("folder")
    pictures(folder)
    with opened(settings(tmp_path_factory.mktemp("reviewed")), folders=[str(folder)]) as desk:
        desk.folder = folder
        desk.ended("j000001")
        desk.job = desk.ended(desk.post("/duplicates", json={}).json()["id"], seconds=PATIENCE)
        yield desk


def names(group):
    return sorted(member["path"].rpartition("/")[2] for member in group["members"])


def choose(desk, *picks):
    return desk.ask("PUT", f"{HOME}/duplicates/picks", json={"picks": list(picks)})


def test_groups_are_found_as_a_job(reviewed):
    """The surest first, each file with its address, and how many there are of each class."""
    told = reviewed.get("/duplicates").json()
    done = {name: reviewed.job[name] for name in ("kind", "state", "done", "total")}

    assert done == {"kind": "duplicates", "state": "done", "done": 5, "total": 5}
    assert sorted(map(names, told["groups"])) == [
        ["chelsea-mirrored.jpg", "chelsea.jpg"],
        ["coffee-mirrored.jpg", "coffee.jpg", "coffee.jpg", "twin.jpg"],
    ]
    assert [one["certainty"] for one in told["classes"]] == list(CLASSES)
    assert sum(one["groups"] for one in told["classes"]) == told["count"] == 2
    assert (told["job"], told["found"]["relation"], told["next_cursor"]) == (None, "copy", None)
    member = told["groups"][0]["members"][0]
    assert member["links"]["thumbnail"] == f"{HOME}/images/{member['id']}/thumbnail"


def test_nothing_was_looked_for(desk):
    """Then there are no groups, and that is told apart from having found none."""
    told = desk.get("/duplicates").json()

    assert (told["found"], told["job"], told["groups"], told["count"]) == (None, None, [], 0)


def test_groups_come_in_pages(reviewed):
    """Each goes on behind the one before."""
    first = reviewed.get("/duplicates?limit=1").json()
    second = reviewed.get(f"/duplicates?limit=1&cursor={first['next_cursor']}").json()

    assert (first["count"], second["next_cursor"]) == (2, None)
    assert len({group["id"] for group in first["groups"] + second["groups"]}) == 2


@pytest.mark.parametrize(
    ("query", "count"),
    [("relation=copy", 2), ("relation=exact", 0), ("certainty=scene", 0), ("state=open", 2), ("state=settled", 0)],
)
def test_groups_are_narrowed(reviewed, query, count):
    """By how they are related, how sure that is, and whether something is left to choose."""
    assert reviewed.get(f"/duplicates?{query}").json()["count"] == count


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=201",
        "cursor=x",
        "cursor=WzEsMiwzXQ==",
        "relation=different",
        "state=half",
        "certainty=no",
        "x=1",
    ],
)
def test_other_pages_are_refused(reviewed, query):
    """By name."""
    assert reviewed.get(f"/duplicates?{query}").json()["code"] == "invalid_parameter"


@pytest.mark.parametrize(
    "said",
    [
        {"relation": "different"},
        {"min_score": 2},
        {"filter": "width >"},
        {"references": [""]},
        {"references": "x"},
        {"x": 1},
    ],
)
def test_other_searches_are_refused(reviewed, said):
    """Before there is a job."""
    assert reviewed.post("/duplicates", json=said).status_code == 400


def test_the_same_is_looked_for_once(reviewed):
    """Who asks twice gets the job there is."""
    jobs = reviewed.held.jobs
    with jobs._lock:  # nobody takes it out of the queue
        plan = {"relation": "exact", "min_score": 0.0, "filter": "", "references": []}
        job = jobs.add("duplicates", "duplicates", plan)
        from pictrace.service.routes.duplicates import _begun

        assert _begun(reviewed.held, dict(plan)) == job
        jobs.cancel(job.id)


def test_what_is_chosen_is_told(reviewed):
    """For each file; a group of which all are chosen is settled, and what is taken back is open again."""
    group = reviewed.get("/duplicates").json()["groups"][-1]
    files = [{"id": one["id"], "path": one["path"]} for one in group["members"]]
    answer = choose(reviewed, *({**file, "pick": "keep"} for file in files))
    told = reviewed.get("/duplicates?state=settled").json()
    choose(reviewed, *({**file, "pick": None} for file in files))

    assert answer.status_code == 204
    assert [one["id"] for one in told["groups"]] == [group["id"]]
    assert {one["pick"] for one in told["groups"][0]["members"]} == {"keep"}
    assert sum(one["settled"] for one in told["classes"]) == 1
    assert reviewed.get("/duplicates?state=settled").json()["count"] == 0


@pytest.mark.parametrize(
    ("said", "status"),
    [({"id": 1, "path": "/etc/passwd"}, 404), ({"id": 99, "path": "/etc/passwd"}, 404), ({"id": 1}, 400), ({}, 400)],
)
def test_only_files_of_the_collection_are_chosen(reviewed, said, status):
    """And nothing is, where one is not."""
    assert choose(reviewed, {"pick": "remove", **said}).status_code == status
    assert len(reviewed.held.custody.review.picks) == 0


def test_a_decision_parts_a_group_at_once(reviewed):
    """And brings it back when it is taken back, without another run."""
    before = reviewed.get("/duplicates").json()
    pair = sorted({member["id"] for member in before["groups"][-1]["members"]})
    said = {"decisions": [{"ids": pair, "verdict": "different"}]}
    reviewed.ask("PUT", f"{HOME}/decisions", json=said)
    parted = reviewed.get("/duplicates").json()
    reviewed.delete(f"/decisions?ids={pair[0]},{pair[1]}")

    assert before["groups"] != parted["groups"]
    assert reviewed.get("/duplicates").json()["groups"] == before["groups"]


def test_references_are_only_compared_against(reviewed):
    """They are marked, and nobody can choose to have them go."""
    again = str(reviewed.folder / "again")
    number = reviewed.post("/duplicates", json={"relation": "exact", "references": [again]}).json()["id"]
    assert reviewed.ended(number, seconds=PATIENCE)["state"] == "done"
    (group,) = reviewed.get("/duplicates").json()["groups"]
    reviewed.ended(reviewed.post("/duplicates", json={}).json()["id"], seconds=PATIENCE)

    assert {one["path"].startswith(again): one["reference"] for one in group["members"]} == {True: True, False: False}


def test_groups_are_heard_of(reviewed):
    """As they are found, with what there is of each class."""
    number = "j000800"

    def act(told):
        if told == 1:
            plan = {"relation": "copy", "min_score": 0.0, "filter": "", "references": []}
            reviewed.held.jobs.add("duplicates", "duplicates", plan, number=number)

    heard = reviewed.listens(f"{HOME}/events", lambda text: "event: groups" in text, act)
    (told, *_) = [data for name, data in heard if name == "groups"]

    assert (told["id"], [one["certainty"] for one in told["classes"]]) == (number, list(CLASSES))


def test_what_was_found_is_there_after_a_stop(tmp_path):
    """With what was chosen."""
    folder = tmp_path / "folder"
    folder.mkdir()
    for name in ("a.jpg", "b.jpg"):
        (folder / name).write_bytes(jpeg(noise(1)))
    chosen = settings(tmp_path)
    with opened(chosen, folders=[str(folder)]) as desk:
        desk.ended("j000001")
        desk.ended(desk.post("/duplicates", json={"relation": "exact"}).json()["id"], seconds=PATIENCE)
        (group,) = desk.get("/duplicates").json()["groups"]
        choose(desk, *({"id": one["id"], "path": one["path"], "pick": "keep"} for one in group["members"]))
    with opened(chosen) as desk:
        told = desk.get("/duplicates").json()

    assert (told["groups"][0]["settled"], told["classes"][0]["groups"]) == (True, 1)


@pytest.mark.parametrize(
    ("right", "method", "target", "body"),
    [
        ("index", "POST", "/duplicates", {}),
        ("index", "PUT", "/duplicates/picks", {"picks": [{"id": 1, "path": "/x", "pick": "keep"}]}),
        ("index", "PUT", "/decisions", {"decisions": [{"ids": [1, 2], "verdict": "both"}]}),
        ("index", "POST", "/decisions:delete", {"pairs": [{"ids": [1, 2]}]}),
        ("index", "DELETE", "/decisions?ids=1,2", None),
    ],
)
def test_who_may_only_search_changes_nothing(tmp_path_factory, locked, right, method, target, body):
    """The refusal says what is missing; from a page of another site, whatever the key."""
    desk, reader, everything = locked
    given = {} if body is None else {"json": body}
    elsewhere = {"x-api-key": everything, "origin": "https://evil.example", "sec-fetch-site": "cross-site"}
    answers = [
        desk.ask(method, HOME + target, headers=headers, **given)
        for headers in ({}, {"x-api-key": reader}, elsewhere, {"sec-fetch-site": "cross-site"})
    ]

    assert [answer.status_code for answer in answers] == [401, 403, 403, 403]


@pytest.fixture(scope="module")
def locked(tmp_path_factory):
    """A service that wants keys: one for searching, and one for everything."""
    place = tmp_path_factory.mktemp("locked")
    made = [keys.add(place / "keys.json", name, rights=[name])[1] for name in ("search", "admin")]
    with opened(settings(place)) as desk:
        yield desk, *made
