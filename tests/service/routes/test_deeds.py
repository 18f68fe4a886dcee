"""What is done to files over HTTP: only what was planned, only what can be taken back, and only by who may."""

import shutil

import pytest
from photographs import jpeg, noise, photo
from service.desk import HOME, PATIENCE, opened, settings

from pictrace.edits import mirrored
from pictrace.service import keys

NOWHERE = "0" * 16


def pictures(folder):
    """A photograph twice and mirrored, and another one twice."""
    (folder / "sub").mkdir(parents=True)
    (folder / "a.jpg").write_bytes(jpeg(photo("coffee.png")))
    shutil.copy(folder / "a.jpg", folder / "sub" / "a.jpg")
    (folder / "mirrored.jpg").write_bytes(jpeg(mirrored(photo("coffee.png"))))
    (folder / "noise.jpg").write_bytes(jpeg(noise(3)))
    shutil.copy(folder / "noise.jpg", folder / "sub" / "noise.jpg")


def there(folder):
    return {str(path.relative_to(folder)): path.stat().st_mtime_ns for path in sorted(folder.rglob("*.jpg"))}


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """A service with such a folder, in which duplicates were looked for."""
    folder = tmp_path_factory.mktemp("deeds") / "pictures"
    pictures(folder)
    with opened(settings(tmp_path_factory.mktemp("served")), folders=[str(folder)]) as desk:
        desk.folder = folder
        desk.ended("j000001")
        desk.ended(desk.post("/duplicates", json={}).json()["id"], seconds=PATIENCE)
        yield desk


@pytest.fixture
def fresh(served):
    """The same, with nothing chosen, and every file where it was."""
    yield served
    last = served.get("/duplicates/plan").json()["last"]
    if last and last["state"] == "applied":
        served.ended(served.post("/duplicates/undo", json={"plan": last["plan"]}).json()["id"])
    members = [one for group in groups(served) for one in group["members"] if one["pick"]]
    if members:
        choose(served, {(one["id"], one["path"]): None for one in members})


def groups(desk):
    return desk.get("/duplicates").json()["groups"]


def choose(desk, picks):
    said = [{"id": key, "path": path, "pick": pick} for (key, path), pick in picks.items()]
    assert desk.ask("PUT", f"{HOME}/duplicates/picks", json={"picks": said}).status_code == 204


def chosen(desk, kept):
    """In the group with this file it stays, and all others go; their paths."""
    members = next(group["members"] for group in groups(desk) if any(one["path"] == kept for one in group["members"]))
    choose(desk, {(one["id"], one["path"]): "keep" if one["path"] == kept else "remove" for one in members})
    return sorted(one["path"] for one in members if one["path"] != kept)


def plan(desk, **asked):
    answer = desk.post("/duplicates/plan", json=asked)
    assert answer.status_code == 201, answer.text
    return answer.json()


def applied(desk, made, **more):
    return desk.ended(desk.post("/duplicates/apply", json={"plan": made["id"], **more}).json()["id"])


def test_what_was_chosen_goes_and_comes_back(fresh):
    """Every file to its place, with its time."""
    before = there(fresh.folder)
    gone = chosen(fresh, str(fresh.folder / "mirrored.jpg"))
    made = plan(fresh)
    done = applied(fresh, made)
    after, standing = there(fresh.folder), fresh.get("/duplicates/plan").json()
    back = fresh.ended(fresh.post("/duplicates/undo", json={"plan": made["id"]}).json()["id"])

    assert sorted(one["path"] for one in made["removals"]) == gone
    assert {one["keeper"] for one in made["removals"]} == {str(fresh.folder / "mirrored.jpg")}
    assert (done["state"], done["done"], done["failed"], len(after)) == ("done", 2, 0, len(before) - 2)
    assert (standing["last"]["state"], standing["last"]["done"], standing["chosen"]["files"]) == ("applied", 2, 0)
    assert (back["state"], there(fresh.folder)) == ("done", before)


def test_what_is_put_aside_is_not_listed_until_it_is_back(fresh):
    """The photograph that was nowhere else leaves the collection with its files, and the groups know it after."""

    def listed():
        return sorted(one["path"].rpartition("/")[2] for one in fresh.get("/images").json()["images"])

    before, grouped = listed(), groups(fresh)
    chosen(fresh, str(fresh.folder / "mirrored.jpg"))
    made = plan(fresh)
    applied(fresh, made)
    between = listed()
    fresh.ended(fresh.post("/duplicates/undo", json={"plan": made["id"]}).json()["id"])

    assert sorted(set(before) - set(between)) == ["a.jpg"]
    assert listed() == before
    assert [one["id"] for one in groups(fresh)] == [one["id"] for one in grouped]


def test_a_plan_alone_touches_nothing(fresh):
    """Nor does choosing."""
    before = there(fresh.folder)
    chosen(fresh, str(fresh.folder / "a.jpg"))
    plan(fresh)

    assert there(fresh.folder) == before


def test_nothing_goes_where_nothing_stays(fresh):
    """Also if every file of a group was chosen to go."""
    members = [one for group in groups(fresh) for one in group["members"]]
    choose(fresh, {(one["id"], one["path"]): "remove" for one in members})

    assert plan(fresh)["files"] == 0
    assert fresh.get("/duplicates/plan").json()["chosen"] == {"files": 0, "bytes": 0}


def test_all_groups_are_planned_by_rules(fresh):
    """Of those in which nothing was chosen only equal files are accepted; a look at the others is waited for."""
    made = plan(fresh, groups="all", rules=["path"])
    names = sorted(one["path"].removeprefix(f"{fresh.folder}/") for one in made["removals"])

    assert names == ["sub/a.jpg", "sub/noise.jpg"]
    assert [one["path"] for one in made["waiting"]] == [str(fresh.folder / "mirrored.jpg")]


def test_only_what_is_accepted_goes(fresh):
    """Of a plan, those files that the request names."""
    made = plan(fresh, groups="all", rules=["path"])
    done = applied(fresh, made, accepted=[str(fresh.folder / "sub" / "noise.jpg")])

    assert (done["state"], done["done"]) == ("done", 1)
    assert not (fresh.folder / "sub" / "noise.jpg").exists()
    assert (fresh.folder / "sub" / "a.jpg").exists()


def test_equal_files_are_accepted_at_once(fresh):
    """The rules choose in each of their groups, and what was chosen before stays."""
    answer = fresh.post("/duplicates/accept", json={"certainty": "exact"})
    told = {one["certainty"]: one for one in fresh.get("/duplicates").json()["classes"]}

    assert answer.json() == {"settled": 1, "left": 0}
    assert (told["exact"]["settled"], told["sure"]["settled"]) == (1, 0)
    assert fresh.get("/duplicates/plan").json()["chosen"]["files"] == 1


def test_a_file_that_has_changed_stays(fresh):
    """It is a failure of the job, with its code, and the others go."""
    path = fresh.folder / "sub" / "a.jpg"
    before = path.read_bytes(), path.stat()
    made = plan(fresh, groups="all", rules=["path"])
    path.write_bytes(before[0] + b"more")
    done = applied(fresh, made)
    (failure,) = fresh.get(f"/jobs/{done['id']}/failures").json()["failures"]
    is_there = path.exists()
    path.write_bytes(before[0])
    import os

    os.utime(path, ns=(before[1].st_atime_ns, before[1].st_mtime_ns))

    assert (done["state"], done["failed"], failure["code"], is_there) == ("done", 1, "not_as_planned", True)


@pytest.mark.parametrize(
    ("target", "said", "code"),
    [
        ("plan", {"action": "delete"}, "invalid_parameter"),
        ("plan", {"action": "trash"}, "invalid_parameter"),
        ("plan", {"rules": ["nicest"]}, "unknown_name"),
        ("plan", {"collection": "/etc"}, "invalid_parameter"),
        ("accept", {"certainty": "sure"}, "invalid_parameter"),
        ("apply", {"plan": NOWHERE}, "not_found"),
        ("apply", {"plan": "../../../etc/pas"}, "invalid_parameter"),
        ("apply", {"groups": []}, "invalid_parameter"),
        ("undo", {"plan": NOWHERE}, "not_found"),
        ("undo", {"journal": "/etc/passwd"}, "invalid_parameter"),
    ],
)
def test_what_cannot_be_is_refused(served, target, said, code):
    """Nothing that cannot be taken back, no plan from elsewhere, no path."""
    before = there(served.folder)

    assert served.post(f"/duplicates/{target}", json=said).json()["code"] == code
    assert there(served.folder) == before


def test_a_file_that_is_not_in_the_plan_is_not_accepted(fresh):
    """Whatever its path is; the refusal comes before any job."""
    made = plan(fresh, groups="all")
    answer = fresh.post("/duplicates/apply", json={"plan": made["id"], "accepted": ["/etc/hostname"]})

    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_parameter")


@pytest.mark.parametrize("edit", [('"collection": "', '"collection": "/elsewhere'), ("noise.jpg", "other.jpg")])
def test_a_plan_that_was_tampered_with_is_refused(fresh, edit):
    """It is only about files that the collection knows, and about this collection."""
    made = plan(fresh, groups="all")
    file = fresh.held.custody.collection.path / "dedupe" / "plans" / f"{made['id']}.json"
    file.write_text(file.read_text().replace(*edit))
    answer = fresh.post("/duplicates/apply", json={"plan": made["id"]})

    assert (answer.status_code, answer.json()["code"]) == (422, "plan_invalid")


@pytest.fixture(scope="module")
def locked(tmp_path_factory):
    """A service that wants keys, and one that may do everything but delete, one that may only delete."""
    place = tmp_path_factory.mktemp("locked")
    rights = {"most": ["search", "index", "fetch"], "delete": ["delete"]}
    made = {name: keys.add(place / "keys.json", name, rights=mine)[1] for name, mine in rights.items()}
    with opened(settings(place)) as desk:
        yield desk, made


@pytest.mark.parametrize("target", ["plan", "apply", "undo"])
def test_only_who_may_delete_touches_files(locked, target):
    """Neither who may do all else, nor a page of another site, whatever its key or cookie."""
    desk, made = locked
    said = {} if target == "plan" else {"plan": NOWHERE}
    foreign = {"origin": "https://evil.example", "sec-fetch-site": "cross-site"}
    asked = [{}, {"x-api-key": made["most"]}, {"x-api-key": made["delete"], **foreign}, foreign]
    answers = [desk.post(f"/duplicates/{target}", json=said, headers=headers) for headers in asked]
    own = desk.post(f"/duplicates/{target}", json=said, headers={"x-api-key": made["delete"]})

    assert [answer.status_code for answer in answers] == [401, 403, 403, 403]
    assert own.status_code in {201, 404}
