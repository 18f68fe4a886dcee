"""Searching with words over HTTP: alone, with pictures, and what is refused."""

import json

import numpy as np
import pytest
from fetch.upstream import ok, policy, serving
from photographs import jpeg
from PIL import Image
from service.desk import events_of, opened, settings

from pictrace.blends import MOST_TERMS
from pictrace.collection import Collection
from pictrace.service.bodies import Budget

SHADES = {"red": (220, 30, 30), "green": (30, 200, 40), "blue": (20, 40, 210), "yellow": (230, 220, 30)}
STREAM = {"accept": "text/event-stream"}


def shade(name):
    """A picture that is nearly of one colour."""
    noise = np.random.default_rng(1).integers(-20, 20, (64, 64, 3))
    return jpeg(Image.fromarray(np.clip(SHADES[name] + noise, 0, 255).astype(np.uint8)))


@pytest.fixture(scope="module")
def reader(tmp_path_factory):
    """A service whose collection reads words; four shades, 1 to 4."""
    chosen = settings(tmp_path_factory.mktemp("reader"), plugins=("readers.colours",))
    with Collection(chosen.collection, settings=chosen, encoders=("readers.colours",)) as shades:
        for name in SHADES:
            shades.add_image(shade(name), name=name)
    with opened(chosen) as desk:
        yield desk


def paths(answer):
    assert answer.status_code == 200, answer.text
    return [match["path"] for match in answer.json()["results"]]


def test_a_collection_says_whether_it_reads_words(reader, desk):
    """So that nobody has to try."""
    assert (reader.get().json()["words"], desk.get().json()["words"]) == (True, False)


def test_words_find_what_they_say(reader):
    """The nearest first, only alike, with what was measured and what was not."""
    told = reader.post("/search", json={"text": "  something\nred ", "explain": True, "echo": True}).json()
    first = told["results"][0]

    assert (first["path"], first["relation"], first["transform"]) == ("red", "similar", None)
    assert {"text_cosine", "text_percentile"} == set(first["signals"])
    assert "not calibrated" in told["warnings"][0]
    assert (told["query"]["text"], told["query"]["sha256"]) == ("something red", None)


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ({"text": "yellow", "minus": [{"text": "green"}]}, "red"),
        ({"text": "red", "plus": [{"id": 2}]}, "yellow"),
        ({"id": 2, "text": "red"}, "yellow"),
        ({"plus": [{"text": "red", "weight": 0.1}, {"text": "blue", "weight": 3}]}, "blue"),
        ({"text": "yellow", "minus": [{"id": 1}]}, "green"),
    ],
)
def test_pictures_and_words_are_mixed(reader, query, first):
    """Added, taken off and weighed."""
    assert paths(reader.post("/search", json=query))[0] == first


def test_an_uploaded_picture_is_mixed_with_words(reader):
    """In one form; what is added and taken off is JSON there."""
    files, minus = {"image": ("a.jpg", shade("green"))}, json.dumps([{"text": "green", "weight": 0.9}])
    mixed = reader.post("/search", files=files, data={"text": "red"})
    less = reader.post("/search", files=files, data={"text": "red", "minus": minus})

    assert paths(mixed)[0] == "yellow"
    assert mixed.json()["query"] | {"sha256": 0} == {
        "id": None, "sha256": 0, "width": 64, "height": 64, "format": "JPEG", "text": "red"
    }  # fmt: skip
    assert paths(less)[0] == "red"


def test_a_picture_alone_is_searched_with_as_pictures_are(reader):
    """Whichever member names it."""
    told = reader.post("/search", json={"plus": [{"id": 3}], "mode": "exact"}).json()

    assert [(one["id"], one["relation"]) for one in told["results"]] == [(3, "exact")]


def test_stages_are_told_as_of_a_picture(reader):
    """The candidates, then the answer."""
    told = events_of(reader.post("/search", json={"text": "blue"}, headers=STREAM).text)

    assert [name for name, _ in told] == ["stage", "answer"]
    assert told[0][1]["stage"] == "candidates"
    assert told[0][1]["results"][0]["path"] == told[1][1]["results"][0]["path"] == "blue"


def test_pages_and_filters_work_as_with_pictures(reader):
    """One after the other, each once."""
    pages = [paths(reader.post("/search", json={"text": "red", "limit": 1, "offset": at})) for at in range(4)]
    filtered = reader.post("/search", json={"text": "red", "filter": "width > 64"})

    assert sorted(path for (path,) in pages) == sorted(SHADES)
    assert paths(filtered) == []


def test_texts_stand_beside_pictures_in_a_batch(reader):
    """Each has its own answer or problem."""
    queries = [{"text": "red"}, {"text": "green"}, {"text": ""}]
    told = reader.post("/search:batch", json={"queries": queries}).json()["answers"]

    assert [one["results"][0]["path"] for one in told[:2]] == ["red", "green"]
    assert told[2]["problem"]["code"] == "text_refused"


@pytest.mark.parametrize(
    "text",
    ["", " \n", "\u200b\u200d", "red\0", "red\x1b[2J", "\u202egnp.der", "x" * 1001, "x" * 200_000],
    ids=["empty", "blank", "invisible", "nul", "escape", "override", "long", "huge"],
)
@pytest.mark.parametrize("place", ["text", "plus", "minus"])
def test_texts_that_are_none_are_refused(reader, text, place):
    """By a code of their own, wherever they stand."""
    query = {"text": text} if place == "text" else {"text": "red", place: [{"text": text}]}
    answer = reader.post("/search", json=query)

    assert (answer.status_code, answer.json()["code"]) == (422, "text_refused")
    assert len(answer.json()["detail"]) < 200


def test_half_a_character_is_no_json(reader):
    """Lone surrogates end where every request's do."""
    headers = {"content-type": "application/json"}
    answer = reader.post("/search", content=b'{"text": "\\ud800"}', headers=headers)

    assert (answer.status_code, answer.json()["code"]) == (400, "bad_request")


@pytest.mark.parametrize("text", ["أحمر", "אדום", "赤い", "🚲🏳️‍🌈"])
def test_texts_of_all_languages_are_taken(reader, text):
    """Also those that are written from right to left."""
    assert reader.post("/search", json={"text": text}).status_code == 200


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"minus": [{"text": "red"}]},
        {"id": 1, "url": "https://a.example/b.jpg"},
        {"text": "red", "region": [0, 0, 20, 20]},
        {"text": "red", "mode": "copy"},
        {"text": 7},
        {"text": "red", "plus": [{"text": "a", "id": 1}]},
        {"text": "red", "plus": [{"id": 1, "weight": 0}]},
        {"text": "red", "plus": [{"text": "a"}] * MOST_TERMS},
        {"text": "red", "minus": "snow"},
        {"text": "red", "minus": [{"text": "red"}]},
    ],
)
def test_queries_that_make_no_sense_are_refused(reader, query):
    """With a sentence that says why."""
    answer = reader.post("/search", json=query)

    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_parameter")


@pytest.mark.parametrize("minus", ["{", "7", '[{"text": 1}]', "[" * 5000, '[{"text": "a", "text": "b"}]'])
def test_a_field_that_is_no_list_is_refused(reader, minus):
    """In a form it is JSON."""
    answer = reader.post("/search", files={"image": ("a.jpg", shade("red"))}, data={"minus": minus})

    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_parameter")


@pytest.mark.parametrize("query", [{"text": "red", "plus": [{"id": 99}]}, {"id": 99, "text": "red"}])
def test_an_id_that_is_not_there_is_refused(reader, query):
    """In a mixture too, streamed or not."""
    assert reader.post("/search", json=query).status_code == 404
    assert reader.post("/search", json=query, headers=STREAM).status_code == 404


@pytest.mark.parametrize("headers", [{}, STREAM])
def test_a_collection_that_reads_no_words_says_so(desk, headers):
    """And what would."""
    answer = desk.post("/search", json={"text": "red"}, headers=headers)

    assert (answer.status_code, answer.json()["code"]) == (409, "no_text_encoder")
    assert "siglip2" in answer.json()["detail"]


def test_what_a_mixture_has_fetched_counts_as_its_body(tmp_path):
    """However many addresses it names, nobody has more in memory than with uploads, and all is given back."""
    data = shade("red")
    with serving({"/a": ok(data)}) as upstream, opened(settings(tmp_path, fetch=policy(upstream))) as desk:
        desk.add(data)
        one = {"url": f"http://127.0.0.3:{upstream.port}/a"}
        desk.shelf.budget = Budget(3 * len(data))
        alone = desk.post("/search", json=one)
        mixed = desk.post("/search", json={"id": 1, "plus": [one], "minus": [one]})
        told = desk.post("/search:batch", json={"queries": [{"plus": [one] * 2}, one]}).json()["answers"]
        left = desk.shelf.budget._left

    assert (alone.status_code, mixed.status_code, mixed.json()["code"]) == (200, 429, "too_many_in_flight")
    assert (told[0]["problem"]["code"], len(told[1]["results"])) == ("too_many_in_flight", 1)
    assert left == 3 * len(data)


def test_a_mixture_of_many_costs_as_several_requests(tmp_path):
    """One for every four texts, in a batch as well."""
    with opened(settings(tmp_path, service={"limit_loopback": True, "burst": 10, "rate_per_minute": 1})) as desk:
        queries = [{"text": "a", "plus": [{"text": "b"}] * 15}] * 3
        told = desk.post("/search:batch", json={"queries": queries}).json()["answers"]

    assert [one["problem"]["code"] for one in told] == ["no_text_encoder", "no_text_encoder", "rate_limited"]
