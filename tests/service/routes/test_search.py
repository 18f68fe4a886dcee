"""Searching over HTTP: every kind of query and option, several at once, and stage by stage."""

import base64
import hashlib
import json

import pytest
from fetch.upstream import ok, policy, serving
from photographs import FOLDER, jpeg, noise, photo
from service.desk import events_of, opened, settings
from small_models import small_card, small_onnx

from pictrace.collection import Collection
from pictrace.edits import cropped
from pictrace.service.bodies import Budget

STREAM = {"accept": "text/event-stream"}
BYTES = (FOLDER / "chelsea.png").read_bytes()
CROP = jpeg(cropped(0.1)(photo("chelsea.png")))


def found(answer):
    """The matches of an answer that is none but good."""
    assert answer.status_code == 200, answer.text
    return answer.json()["results"]


def events(answer):
    """Names and data of the events in an answer."""
    return events_of(answer.text)


@pytest.mark.parametrize(
    "query",
    [
        {"files": {"image": ("a.png", BYTES)}},
        {"content": BYTES, "headers": {"content-type": "image/png"}},
        {"json": {"id": 2}},
    ],
    ids=["form", "raw", "id"],
)
def test_a_picture_finds_itself(desk, query):
    """However it is handed over."""
    match = found(desk.post("/search", **query))[0]

    assert (match["id"], match["relation"], match["score"]) == (2, "exact", 1.0)
    assert match["links"] == desk.get("/images/2").json()["links"]
    assert match["paths"] == ["chelsea.png"]


def test_the_envelope_says_what_was_searched(desk):
    """And with what."""
    told = desk.post("/search", files={"image": ("a.jpg", CROP)}).json()

    assert (told["searched"], told["exhaustive"], told["recall"], told["next_offset"]) == (3, True, None, None)
    assert told["query"]["sha256"] == hashlib.sha256(CROP).hexdigest()
    assert (told["query"]["id"], told["query"]["format"]) == (None, "JPEG")
    assert "proxy" not in told["query"]
    assert {"encode", "exact", "candidates", "verify"} <= set(told["timings_ms"])
    assert (told["results"][0]["id"], told["results"][0]["relation"]) == (2, "copy")


@pytest.mark.parametrize(("form", "member"), [("0", 0), ("0.5", 0.5), ("1", 1)])
def test_a_higher_score_leaves_fewer(desk, form, member):
    """In a form as in JSON."""
    every = found(desk.post("/search", json={"id": 2}))
    wanted = [match["id"] for match in every if match["score"] >= member]

    assert [match["id"] for match in found(desk.post("/search", json={"id": 2, "min_score": member}))] == wanted
    by_form = desk.post("/search", files={"image": ("a.png", BYTES)}, data={"min_score": form})
    assert [match["id"] for match in found(by_form)] == wanted


@pytest.mark.parametrize(("mode", "relations"), [("exact", []), ("copy", ["copy"]), ("auto", ["copy"])])
def test_a_mode_is_how_far_to_look(desk, mode, relations):
    """A crop is no exact match."""
    matches = found(desk.post("/search", files={"image": ("a.jpg", CROP)}, data={"mode": mode, "min_score": "0.9"}))

    assert [match["relation"] for match in matches] == relations


def test_without_verification_nothing_is_aligned(desk):
    """A crop is like its original, and no more is said."""
    data = {"verify": "false", "explain": "true"}
    match = found(desk.post("/search", files={"image": ("a.jpg", CROP)}, data=data))[0]

    assert (match["id"], match["relation"], match["transform"], match["quad"]) == (2, "similar", None, None)
    assert match["drawing"]["outline"] == []


def test_explained_matches_are_outlined(desk):
    """In pixels of each; others are not."""
    query = {"files": {"image": ("a.jpg", CROP)}}
    explained, plain = (found(desk.post("/search", **query, data=data))[0] for data in ({"explain": "true"}, {}))

    assert len(explained["drawing"]["outline"]) >= 4
    assert "drawing" not in plain


@pytest.mark.parametrize("query", [{"json": {"id": 2, "echo": True}}, {"content": BYTES}], ids=["id", "raw"])
def test_the_query_is_echoed_if_that_is_wanted(desk, query):
    """As a small JPEG, without touching the disk."""
    raw = "json" not in query
    answer = desk.post(
        f"/search{'?echo=true' if raw else ''}", **query, headers={"content-type": "image/png"} if raw else {}
    )
    kind, _, data = answer.json()["query"]["proxy"].partition(",")

    assert kind == "data:image/jpeg;base64"
    assert base64.b64decode(data)[:3] == b"\xff\xd8\xff"


@pytest.mark.parametrize(
    "query", [{"json": {"id": 2, "region": [100, 50, 200, 200]}}, {"json": {"id": 2, "region": "100,50,200,200"}}, None]
)
def test_a_region_is_a_part_to_search_with(desk, query):
    """Of an upload or of what is stored, in pixels of the original."""
    given = query or {"files": {"image": ("a.png", BYTES)}, "data": {"region": "100, 50,200,200"}}
    answer = desk.post("/search", **given).json()

    assert (answer["query"]["width"], answer["query"]["height"]) == (200, 200)
    assert answer["results"][0]["id"] == 2


@pytest.mark.parametrize(
    "region",
    ["0,0,0,5", "0,0,452,300", "1,2,3", "1,2,3,4,5", "a,b,c,d", "-1,0,5,5", "1.5,0,5,5", "", "0,0,99999999999,1"],
)
def test_a_region_outside_is_refused(desk, region):
    """The message says of what."""
    for given in (
        {"files": {"image": ("a.png", BYTES)}, "data": {"region": region}},
        {"json": {"id": 2, "region": region}},
    ):
        answer = desk.post("/search", **given)

        assert (answer.status_code, answer.json()["code"]) == (400, "invalid_parameter")


def test_a_filter_is_met_by_every_match(desk):
    """And only such pictures are searched."""
    answer = desk.post("/search", json={"id": 2, "filter": 'path ~ "coffee"', "min_score": 0}).json()

    assert answer["searched"] == 1
    assert {match["id"] for match in answer["results"]} <= {3}


def test_pages_of_matches_are_disjoint_and_ordered(yard):
    """Together they are what one long page has."""
    for seed in range(12):
        yard.add(jpeg(noise(0).rotate(seed * 3)))
    whole = [match["id"] for match in found(yard.post("/search", json={"id": 1, "limit": 100}))]
    parts, offset = [], 0
    while offset is not None:
        answer = yard.post("/search", json={"id": 1, "limit": 5, "offset": offset}).json()
        parts += [match["id"] for match in answer["results"]]
        offset = answer["next_offset"]

    assert len(whole) > 5
    assert parts == whole


@pytest.mark.parametrize(
    ("name", "value", "status"),
    [
        ("limit", 0, 400), ("limit", 1, 200), ("limit", 200, 200), ("limit", 201, 400),
        ("offset", -1, 400), ("offset", 0, 200), ("offset", 1000, 200), ("offset", 1001, 400),
        ("min_score", -0.01, 400), ("min_score", 1, 200), ("min_score", 1.01, 400),
        ("mode", "fast", 400), ("verify", 2, 400), ("filter", "year >", 400), ("colour", "red", 400),
    ],
)  # fmt: skip
def test_options_have_bounds(desk, name, value, status):
    """The same in JSON, in forms and in addresses."""
    in_json = desk.post("/search", json={"id": 1, name: value})
    in_form = desk.post("/search", files={"image": ("a.png", BYTES)}, data={name: str(value)})
    in_address = desk.post("/search", params={name: str(value)}, content=BYTES, headers={"content-type": "image/png"})

    assert [in_json.status_code, in_form.status_code, in_address.status_code] == [status] * 3


@pytest.mark.parametrize(
    "body",
    [
        '{"id":1,"limit":"10"}', '{"id":1,"limit":10.0}', '{"id":1,"verify":"true"}', '{"id":1,"verify":1}',
        '{"id":1,"min_score":NaN}', '{"id":1,"min_score":1e999}', '{"id":1,"min_score":"0.5"}', '{"id":"1"}',
        '{"id":1,"url":"http://a.example/"}', "{}", '{"id":1,"id":1}', '{"id":1.0}', '{"id":true}', '{"id":null}',
        '{"id":1,"region":[1,2,3,"4"]}', '{"id":1,"region":[1,2,3,4.0]}', '{"id":281474976710656}', "null", '"x"',
    ],
)  # fmt: skip
def test_json_is_read_strictly(desk, body):
    """No type stands for another one."""
    answer = desk.post("/search", content=body, headers={"content-type": "application/json"})

    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("value", ["nan", "inf", "-inf", "1e999", ""])
def test_text_is_a_finite_number(desk, value):
    """NaN compares with nothing."""
    answer = desk.post("/search", files={"image": ("a.png", BYTES)}, data={"min_score": value})

    assert answer.status_code == 400


@pytest.mark.parametrize(
    "given",
    [
        {"files": [("image", ("a", BYTES)), ("image", ("b", BYTES))]},
        {"files": {"picture": ("a", BYTES)}},
        {"content": b"junk", "headers": {"content-type": "multipart/form-data; boundary=x"}},
        {"content": b"junk", "headers": {"content-type": "multipart/form-data"}},
        {"content": b"--x--\r\n", "headers": {"content-type": "multipart/form-data; boundary=x; charset=nope"}},
        {"params": {"limit": "1"}, "files": {"image": ("a", BYTES)}, "data": {"limit": "2"}},
        {"params": {"limit": "1"}, "json": {"id": 1}},
    ],
    ids=["two", "other-field", "broken", "no-boundary", "charset", "doubled", "beside-json"],
)
def test_a_body_that_is_no_query_is_refused(desk, given):
    """In a problem that says what was expected."""
    answer = desk.post("/search", **given)

    assert (answer.status_code, answer.json()["code"]) == (400, "bad_request")


def test_what_is_not_there_cannot_be_searched_with(desk):
    """An id or a collection."""
    assert desk.post("/search", json={"id": 99}).json()["code"] == "not_found"
    assert desk.ask("POST", "/v1/collections/none/search", json={"id": 1}).status_code == 404


def test_a_url_is_searched_with(tmp_path):
    """Where the policy lets it through; everything else of this machine is refused."""
    with serving({"/a": ok(jpeg(noise(1)))}) as upstream, opened(settings(tmp_path, fetch=policy(upstream))) as desk:
        key = desk.add(jpeg(noise(1)))["id"]
        good = desk.post("/search", json={"url": f"http://127.0.0.3:{upstream.port}/a"})
        bad = desk.post("/search", json={"url": f"http://127.0.0.1:{upstream.port}/a"})
        gone = desk.post("/search", json={"url": f"http://127.0.0.3:{upstream.port}/b"})

    assert found(good)[0]["id"] == key
    assert (bad.status_code, bad.json()["code"]) == (403, "source_not_allowed")
    assert (gone.status_code, gone.json()["code"]) == (502, "source_error")
    assert "secret" not in gone.text


def test_stages_come_before_the_answer(desk):
    """And the last event is what a plain answer would be."""
    told = events(desk.post("/search", json={"id": 2}, headers=STREAM))
    plain = desk.post("/search", json={"id": 2}).json()

    assert [name for name, _ in told] == ["stage", "stage", "answer"]
    assert [data["stage"] for _, data in told[:2]] == ["exact", "candidates"]
    assert told[0][1]["results"][0]["id"] == 2
    assert [match["id"] for match in told[-1][1]["results"]] == [match["id"] for match in plain["results"]]


@pytest.mark.parametrize("data", [b"no picture", jpeg(noise(1, (15, 15)))])
def test_a_problem_ends_the_stream(desk, data):
    """The status was sent before it was known."""
    answer = desk.post("/search", files={"image": ("a", data)}, headers=STREAM)
    ((name, problem),) = events(answer)

    assert (answer.status_code, name, problem["status"]) == (200, "problem", 422)
    assert answer.headers["content-type"].startswith("text/event-stream")


@pytest.mark.parametrize(
    ("query", "status"), [({"id": 2, "limit": 0}, 400), ({"id": 2, "filter": "year >"}, 400), ({"id": 99}, 404)]
)
def test_what_makes_no_sense_is_refused_before_the_stream(desk, query, status):
    """As everywhere else."""
    answer = desk.post("/search", json=query, headers=STREAM)

    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")


def test_a_mistake_of_ours_ends_the_stream_with_a_problem(desk, monkeypatch):
    """Instead of with nothing."""
    monkeypatch.setattr("pictrace.service.routes.search.core_search.search", lambda *_: 1 / 0)
    answer = desk.post("/search", json={"id": 2}, headers=STREAM)
    plain = desk.post("/search", json={"id": 2})

    assert events(answer)[-1][1]["code"] == "internal"
    assert (plain.status_code, plain.json()["code"]) == (500, "internal")
    assert plain.headers["content-type"] == "application/problem+json"


def test_a_stream_for_which_there_is_no_room_says_so(desk, monkeypatch):
    """The picture is held for as long as the search lasts."""
    monkeypatch.setattr(desk.shelf, "budget", _Once(len(BYTES) * 2))
    answer = desk.post("/search", files={"image": ("a", BYTES)}, headers=STREAM)

    assert events(answer)[-1][1]["code"] == "overloaded"


class _Once(Budget):
    """Has room for one body only."""

    def reserved(self, count: int, *, who: str):
        inside = super().reserved(count, who=who)
        self._left -= self._left if count == len(BYTES) else 0
        return inside


def test_several_searches_have_an_answer_each(desk):
    """In their order; a bad one costs itself."""
    queries = [{"id": 2, "limit": 1}, {"id": 99}, {"url": "http://127.0.0.1/"}, {"id": 1, "mode": "exact"}]
    answers = desk.post("/search:batch", json={"queries": queries}).json()["answers"]

    assert [one.get("problem", {}).get("code", "ok") for one in answers] == [
        "ok",
        "not_found",
        "source_not_allowed",
        "ok",
    ]
    assert [answers[index]["results"][0]["id"] for index in (0, 3)] == [2, 1]


def test_several_files_are_searched_with(desk):
    """With the same options."""
    files = [("image", ("a", BYTES)), ("image", ("b", b"no")), ("image", ("c", CROP))]
    answers = desk.post("/search:batch", files=files, data={"limit": "1"}).json()["answers"]

    assert [one.get("problem", {}).get("code", "ok") for one in answers] == ["ok", "not_an_image", "ok"]
    assert [len(answers[index]["results"]) for index in (0, 2)] == [1, 1]


@pytest.mark.parametrize(("count", "status"), [(0, 400), (1, 200), (16, 200), (17, 400)])
def test_at_most_sixteen_are_searched_at_once(desk, count, status):
    """None, if there are more."""
    queries = [{"id": 1, "mode": "exact"}] * count
    files = [("image", (f"{number}", b"x")) for number in range(count)]

    assert desk.post("/search:batch", json={"queries": queries}).status_code == status
    assert desk.post("/search:batch", files=files or {"other": b"x"}).status_code == status


def test_a_model_that_is_gone_is_searched_without_and_told_of(tmp_path):
    """With the other encoders, and without a word of where it was looked for."""
    (tmp_path / "models").mkdir()
    small_card(tmp_path / "models", small_onnx())
    chosen = settings(tmp_path, models=str(tmp_path / "models"))
    with Collection(chosen.collection, settings=chosen, encoders=("onnx:small", "pdq")) as made:
        made.add_image(BYTES, name="chelsea.png")
    (tmp_path / "models" / "small.onnx").unlink()
    with opened(chosen) as desk:
        told = desk.post("/search", files={"image": ("a.jpg", jpeg(photo("chelsea.png")))}).json()

    assert (told["results"][0]["relation"], list(told["searched_with"])) == ("copy", ["pdq"])
    assert [text for text in told["warnings"] if text.startswith("not searched by onnx:small: ")]
    assert str(tmp_path) not in json.dumps(told["warnings"])
