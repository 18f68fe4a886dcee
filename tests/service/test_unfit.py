"""What does not fit a request is told in sentences of ours, never in those of a library."""

import pytest

from pictrace.errors import UsageError
from pictrace.service import schemas
from pictrace.service.schemas import from_json, from_text

REGION = "'region' must be x, y, width, height in pixels of the upright original"
QUERY = "id, url, text, plus, minus"
OPTIONS = "limit, offset, min_score, mode, region, filter, verify, explain, echo"


def refusal(read, model, given) -> str:
    """What is said of a request."""
    with pytest.raises(UsageError) as told:
        read(model, given)
    return str(told.value)


@pytest.mark.parametrize(
    ("model", "fields", "said"),
    [
        ("Options", {"limti": "3"}, "'limti' is not a parameter of this request; did you mean 'limit'?"),
        ("Options", {"colour": "red"}, f"'colour' is not a parameter of this request; there are {OPTIONS}"),
        ("After", {"zzz": "3"}, "'zzz' is not a parameter of this request; there is after"),
        ("Options", {"limit": "0"}, "'limit' must be a whole number from 1 to 200"),
        ("Options", {"limit": "201"}, "'limit' must be a whole number from 1 to 200"),
        ("Options", {"limit": "many"}, "'limit' must be a whole number from 1 to 200"),
        ("Options", {"limit": "9" * 5000}, "'limit' must be a whole number from 1 to 200"),
        ("Options", {"min_score": "nan"}, "'min_score' must be a number from 0 to 1"),
        ("Options", {"min_score": ""}, "'min_score' must be a number from 0 to 1"),
        ("Options", {"mode": "fuzzy"}, "'mode' must be one of auto, exact, copy, similar"),
        ("Options", {"verify": "perhaps"}, "'verify' must be true or false"),
        ("Options", {"filter": "x" * 2001}, "'filter' must be text of at most 2000 characters"),
        ("Options", {"region": "1,2,3"}, REGION),
        ("Options", {"region": "a,b,c,d"}, REGION),
        ("Thumbnail", {"size": "7"}, "'size' must be one of 128, 256, 512"),
        ("Sides", {"image_id": "1", "image_url": "u"}, "give either an id or a URL of a picture"),
    ],
)
def test_texts_that_do_not_fit(model, fields, said):
    """Parameters of addresses and fields of forms are named, with what they may be."""
    assert said == refusal(from_text, getattr(schemas, model), fields)


@pytest.mark.parametrize(
    ("model", "members", "said"),
    [
        ("NewJob", {}, "'kind' is missing; it must be one of rescan, rebuild"),
        ("Ids", {}, "'ids' is missing; it must be a list of 1 to 1000, each a whole number from 1 to 281474976710655"),
        ("Ids", {"ids": []}, "'ids' must be a list of 1 to 1000, each a whole number from 1 to 281474976710655"),
        ("Ids", {"ids": [1, "x"]}, "'ids.1' must be a whole number from 1 to 281474976710655"),
        ("Pair", {"image": 5, "other": {"id": 1}}, "'image' must be an object of id, url"),
        ("Pair", {"image": {}, "other": {"id": 1}}, "give either id or url in 'image'"),
        ("ByUrl", {"url": ""}, "'url' must be text of 1 to 2048 characters"),
        ("ByUrl", {"url": "u", "metadata": []}, "'metadata' must be an object"),
        ("Question", {"id": 1.5}, "'id' must be a whole number from 1 to 281474976710655"),
        (
            "Question",
            {"plus": [{"text": "a", "weight": 0}]},
            "'plus.0.weight' must be a number above 0 and of at most 100",
        ),
        ("Question", {"id": 1, "verify": "yes"}, "'verify' must be true or false"),
        ("Question", {"id": 1, "region": [1, 2, 3, -4]}, REGION),
        ("Question", {"id": 1, "filter": "\ud800"}, "a text in this request is not Unicode"),
        ("Batch", {"queries": 3}, f"'queries' must be a list of 1 to 16, each an object of {QUERY}, {OPTIONS}"),
        (
            "Batch",
            {"queries": [{"id": 1, "limti": 3}]},
            "'queries.0.limti' is not a parameter of this request; did you mean 'limit'?",
        ),
    ],
)
def test_members_that_do_not_fit(model, members, said):
    """Members of JSON are named by the way to them."""
    assert said == refusal(from_json, getattr(schemas, model), members)


def test_a_long_name_is_cut():
    """What was sent is not sent back at length."""
    assert len(refusal(from_text, schemas.After, {"x" * 5000: "1"})) < 150
