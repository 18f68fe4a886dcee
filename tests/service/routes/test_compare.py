"""Two pictures compared over HTTP, wherever they are from."""

import itertools

import pytest
from fetch.upstream import ok, policy, serving
from photographs import FOLDER, flat, jpeg, photo
from service.desk import fill, opened, settings

from pictrace.edits import cropped

CAT = (FOLDER / "chelsea.png").read_bytes()
CROP = jpeg(cropped(0.1)(photo("chelsea.png")))


@pytest.fixture(scope="module")
def fetching(tmp_path_factory):
    """A service with the photographs that may fetch two of them, and where from."""
    folder = tmp_path_factory.mktemp("fetching")
    with (
        serving({"/image": ok(CAT), "/other": ok(CROP)}) as upstream,
        opened(settings(folder, fetch=policy(upstream))) as desk,
    ):
        fill(desk)
        yield desk, f"http://127.0.0.3:{upstream.port}"


@pytest.mark.parametrize(("one", "two"), list(itertools.product(["file", "id", "url"], repeat=2)))
def test_every_kind_of_side_goes_with_every_other(fetching, one, two):
    """The first is the cat, the second a crop of it, or the cat again."""
    desk, base = fetching
    files, data = {}, {}
    for field, kind, content in (("image", one, CAT), ("other", two, CROP)):
        if kind == "file":
            files[field] = (field, content)
        else:
            data[f"{field}_{kind}"] = "2" if kind == "id" else f"{base}/{field}"
    answer = desk.post("/compare", files=files, data=data) if files else desk.post("/compare", json=_as_json(data))

    assert answer.status_code == 200, answer.text
    assert answer.json()["match"]["relation"] == ("exact" if two == "id" else "copy")
    assert answer.json()["match"]["id"] == (2 if two == "id" else None)


def _as_json(data):
    fields = [name.partition("_") for name in data]
    return {
        side: {kind: int(text) if kind == "id" else text}
        for (side, _, kind), text in zip(fields, data.values(), strict=True)
    }


def test_the_proof_is_told_and_drawn(desk):
    """Every signal, lines between the same places, both pictures, one laid over the other."""
    told = desk.post("/compare", files={"image": ("a", CROP), "other": ("b", CAT)}).json()

    assert {piece["signal"] for piece in told["evidence"]} == {"identity", "pdq", "embedding", "geometry", "structure"}
    assert all(set(piece) == {"signal", "family", "measures", "opinion", "says"} for piece in told["evidence"])
    assert [level["relation"] for level in told["levels"] if level["met"]] == ["copy", "scene", "similar"]
    assert told["match"]["changes"][0]["kind"] == "cropped"
    assert (told["drawing"]["match"]["width"], told["drawing"]["match"]["height"]) == (451, 300)
    assert len(told["drawing"]["lines"]) > 3
    assert told["drawing"]["aligned"].startswith("data:image/webp;base64,")
    assert told["match"]["links"] is None


def test_nothing_is_shown_that_nothing_proves(desk):
    """Two unrelated pictures; one of them has nothing to compare at all."""
    told = desk.post("/compare", files={"image": ("a", jpeg(flat()))}, data={"other_id": "1"}).json()

    assert told["match"]["relation"] == "different"
    assert (told["drawing"]["aligned"], told["drawing"]["difference"]) == (None, None)


@pytest.mark.parametrize(
    "given",
    [
        {"json": {"image": {"id": 2}, "other": {"id": 2}, "region": [90, 40, 250, 200]}},
        {"files": {"image": ("a", CAT)}, "data": {"other_id": "2", "region": "90,40,250,200"}},
    ],
)
def test_a_region_is_a_part_of_the_first(desk, given):
    """Stored or uploaded."""
    told = desk.post("/compare", **given).json()

    assert (told["drawing"]["query"]["width"], told["drawing"]["query"]["height"]) == (250, 200)
    assert told["match"]["relation"] == "copy"


@pytest.mark.parametrize(
    ("given", "status"),
    [
        ({"data": {"image_id": "1"}, "files": {"x": b"x"}}, 400),
        ({"data": {"image_id": "1", "image_url": "http://a.example/", "other_id": "1"}, "files": {"other": b"x"}}, 400),
        ({"data": {"image_id": "1", "other_id": "1"}, "files": {"image": b"x"}}, 400),
        ({"data": {"image_id": "1", "other_id": "99"}, "files": {}}, 415),
        ({"files": {"image": ("a", CAT), "other": ("b", CAT), "third": ("c", CAT)}}, 400),
        ({"files": [("image", ("a", CAT)), ("image", ("b", CAT)), ("other", ("c", CAT))]}, 400),
        ({"files": {"image": ("a", CAT)}}, 400),
        ({"files": {"image": ("a", CAT), "other": ("b", b"no")}}, 422),
        ({"files": {"image": ("a", CAT)}, "data": {"other_id": "x"}}, 400),
        ({"files": {"image": ("a", CAT)}, "data": {"other_id": "99"}}, 404),
        ({"files": {"image": ("a", CAT)}, "data": {"other_id": "1", "limit": "3"}}, 400),
        ({"json": {"image": {"id": 1}}}, 400),
        ({"json": {"image": {"id": 1}, "other": {"id": "1"}}}, 400),
        ({"json": {"image": {"id": 1}, "other": {"id": 1, "url": "http://a.example/"}}}, 400),
        ({"json": {"image": {"id": 99}, "other": {"id": 1}}}, 404),
        ({"json": {"image": {"id": 1}, "other": {"id": 2}, "region": [0, 0, 9999, 1]}}, 400),
        ({"json": {"image": {"id": 1}, "other": {"url": "http://127.0.0.1/"}}}, 403),
        ({"content": CAT, "headers": {"content-type": "image/png"}}, 400),
    ],
)  # fmt: skip
def test_what_is_no_pair_is_refused(desk, given, status):
    """As a problem."""
    answer = desk.post("/compare", **given)

    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("box", [(60, 40, 380, 260), (120, 0, 451, 300)])
def test_a_comparison_says_what_the_search_said(desk, box):
    """One score, and as many lines as places are told."""
    part = jpeg(photo("chelsea.png").crop(box))
    found = desk.post("/search", files={"image": ("a", part)}).json()["results"][0]
    told = desk.post("/compare", files={"image": ("a", part)}, data={"other_id": str(found["id"])}).json()

    assert (found["score"], found["signals"]) == (told["match"]["score"], told["match"]["signals"])
    assert len(told["drawing"]["lines"]) == found["signals"]["inliers"]
