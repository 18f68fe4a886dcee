"""What was done to a picture is said, from either side, and nothing that was not done."""

import functools
from dataclasses import replace

import pytest
from photographs import jpeg, photo
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter, ImageOps

from pictrace import assessment, tracing
from pictrace.changes import changes
from pictrace.edits import EDITS
from pictrace.picture import Picture
from pictrace.results import Change
from pictrace.settings import Runtime
from pictrace.types import Alignment, Relation, Trace

SIGNALS = assessment.load_signals(("identity", "pdq", "geometry", "structure"))


def trace(image: Image.Image, quality: int = 90) -> Trace:
    """The trace of a picture saved as a JPEG, by everything but the model."""
    return tracing.of_query(Picture.open(jpeg(image, quality)), tracing.load_encoders(("pdq",), Runtime(threads=1)))


@functools.cache
def original(name: str = "chelsea.png") -> Trace:
    return trace(photo(name))


def said(image: Image.Image, name: str = "chelsea.png") -> dict[str, Change]:
    """The changes of an edited picture against what it was made of, by kind and how."""
    match, _ = assessment.compare(trace(image), original(name), SIGNALS)
    assert match.relation is Relation.COPY
    return {f"{one.kind} {one.how}".strip(): one for one in match.changes}


def stickered(image: Image.Image) -> Image.Image:
    edited = image.copy()
    ImageDraw.Draw(edited).rectangle((40, 30, 140, 100), fill=(250, 220, 40))
    return edited


def pasted(image: Image.Image) -> Image.Image:
    ground = photo("coffee.png").resize(image.size)
    ground.paste(image.resize((image.width * 6 // 10, image.height * 6 // 10)), (60, 70))
    return ground


DONE = {
    "cropped": (EDITS["15 % cut off each side"], {"cropped"}),
    "half size": (EDITS["half size"], {"resized"}),
    "wider": (lambda image: image.resize((image.width * 115 // 100, image.height)), {"stretched", "resized"}),
    "mirrored": (EDITS["mirrored"], {"mirrored left to right"}),
    "flipped": (ImageOps.flip, {"mirrored top to bottom"}),
    "turned": (EDITS["turned 90°"], {"turned"}),
    "grey": (EDITS["grey"], {"recoloured grey"}),
    "brighter": (lambda image: ImageEnhance.Brightness(image).enhance(1.3), {"recoloured brighter"}),
    "darker": (lambda image: ImageEnhance.Brightness(image).enhance(0.6), {"recoloured darker"}),
    "paler": (lambda image: ImageEnhance.Color(image).enhance(0.4), {"recoloured paler"}),
    "blurred": (lambda image: image.filter(ImageFilter.GaussianBlur(3)), {"blurred"}),
    "sticker": (stickered, {"overlaid"}),
    "text bar": (EDITS["text bar"], {"overlaid"}),
    "border": (EDITS["border"], {"bordered"}),
    "pasted": (pasted, {"pasted", "resized"}),
}
BESIDE = {"recoloured more contrast", "recoloured less contrast", "recoloured paler", "recoloured more colourful"}


@pytest.mark.parametrize("name", DONE)
def test_what_was_done_is_said_and_nothing_else(name: str) -> None:
    """Light and colour come with each other."""
    edit, due = DONE[name]

    found = said(edit(photo("chelsea.png")))

    assert due <= set(found)
    assert set(found) - due <= (BESIDE if "recoloured" in " ".join(due) else set())


@pytest.mark.parametrize("name", ["chelsea.png", "coffee.png", "rocket.jpg", "astronaut.png"])
def test_nothing_was_done_but_saving(name: str) -> None:
    """A JPEG of a lower quality is recompressed, and nothing else."""
    match, _ = assessment.compare(trace(photo(name), 40), original(name), SIGNALS)

    assert [(str(one.kind), one.side, one.numbers) for one in match.changes] == [
        ("recompressed", "query", {"quality": 40, "before": 90})
    ]


@pytest.mark.parametrize("edit", [stickered, EDITS["text bar"]], ids=["sticker", "text bar"])
@pytest.mark.parametrize("name", ["chelsea.png", "coffee.png", "astronaut.png"])
def test_what_is_laid_over_a_picture_is_told_of_that_one(name, edit) -> None:
    """By its outline, which is an edge in no other, whichever of the two is looked for; of a small part nothing."""
    clean, covered = original(name), trace(edit(photo(name)), 80)
    sides = [
        {one.side for one in assessment.compare(*pair, SIGNALS)[0].changes if str(one.kind) == "overlaid"} - {None}
        for pair in ((covered, clean), (clean, covered))
    ]

    assert sides == [{"query"}, {"match"}]


def test_of_two_that_something_else_is_laid_over_neither_is_named_alone() -> None:
    """Each of the two areas is its own picture's."""
    image = photo("chelsea.png")
    other = image.copy()
    other.paste((230, 200, 40), (250, 180, 350, 260))
    match, _ = assessment.compare(trace(stickered(image)), trace(other), SIGNALS)

    assert sorted(str(one.side) for one in match.changes if str(one.kind) == "overlaid") == ["match", "query"]


def test_numbers_and_boxes_are_right() -> None:
    """To a few pixels and per cent."""
    image = photo("chelsea.png")
    crop = said(image.crop((40, 30, 340, 255)))["cropped"]
    turned = said(image.rotate(-30, Image.Resampling.BICUBIC, expand=True))["turned"]
    sticker = said(stickered(image))["overlaid"]

    assert crop.numbers["share"] == pytest.approx(300 * 225 / (image.width * image.height), rel=0.03)
    assert crop.match_box == pytest.approx((40, 30, 300, 225), abs=4)
    assert turned.numbers["degrees"] == pytest.approx(30, abs=0.5)
    assert sticker.query_box == pytest.approx((40, 30, 101, 71), abs=8)
    assert sticker.match_box == pytest.approx(sticker.query_box, abs=4)
    assert said(EDITS["half size"](image))["resized"].numbers["factor"] == pytest.approx(0.5, rel=0.02)


OTHER_SIDE = {"query": "match", "match": "query", None: None}
OTHER_HOW = {
    "brighter": "darker",
    "darker": "brighter",
    "more contrast": "less contrast",
    "less contrast": "more contrast",
    "paler": "more colourful",
    "more colourful": "paler",
}


@pytest.mark.parametrize("name", [*DONE, "turned 25°"])
def test_from_the_other_side_it_is_the_same(name: str) -> None:
    """Sides are exchanged, boxes too, and what was brighter is darker."""
    edit = DONE[name][0] if name in DONE else EDITS[name]
    one, other = trace(edit(photo("chelsea.png"))), original()
    there, back = (assessment.compare(*pair, SIGNALS)[0].changes for pair in ((one, other), (other, one)))

    mirrored = [
        (one.kind, OTHER_SIDE[one.side], OTHER_HOW.get(one.how, one.how), one.match_box, one.query_box) for one in there
    ]
    assert {row[:3] for row in mirrored} == {(one.kind, one.side, one.how) for one in back}
    boxes = {(one.kind, one.side, one.how): (one.query_box, one.match_box) for one in back}
    for *key, query_box, match_box in mirrored:
        assert boxes[tuple(key)] == (
            query_box and pytest.approx(query_box, abs=6),
            match_box and pytest.approx(match_box, abs=6),
        )


def test_a_negative_is_told_as_such() -> None:
    """And its levels are compared as those of a positive."""
    image = photo("coffee.png")
    whole = Alignment(((1, 0, 0), (0, 1, 0), (0, 0, 1)), 1.0, 1.0, ((0, 0), (600, 0), (600, 400), (0, 400)))

    found = changes(trace(ImageOps.invert(image)), trace(image), whole, Relation.COPY)

    assert [(str(one.kind), one.how) for one in found] == [("recoloured", "negative")]


def test_a_border_is_no_other_picture() -> None:
    """What is around says which: one colour, something else, or more of the same."""
    image = photo("coffee.png")

    assert said(EDITS["border"](image), "coffee.png")["bordered"].side == "query"
    assert said(pasted(photo("chelsea.png")))["pasted"].side == "query"
    assert said(image.crop((60, 40, 500, 360)), "coffee.png")["cropped"].side == "query"


def test_stored_pictures_tell_by_their_bytes() -> None:
    """Where no file is at hand, half as many bytes for the same pixels were saved with more loss."""
    stored = replace(original(), coded_quality=0)
    match, _ = assessment.compare(trace(photo("chelsea.png"), 30), stored, SIGNALS)
    other, _ = assessment.compare(trace(photo("chelsea.png"), 88), stored, SIGNALS)

    assert [(str(one.kind), one.side, one.numbers["quality"]) for one in match.changes] == [
        ("recompressed", "query", 30)
    ]
    assert other.changes == ()


def test_nothing_is_said_where_no_copy_is_claimed() -> None:
    """Of a scene only which is a part of which; of the rest nothing."""
    one, other = original(), original("coffee.png")
    part = Alignment(((1, 0, 50), (0, 1, 40), (0, 0, 1)), 1.0, 0.4, ((50, 40), (251, 40), (251, 190), (50, 190)))

    (told,) = changes(one, other, part, Relation.SCENE)
    assert (str(told.kind), told.side, told.match_box) == ("part-of", "query", (50, 40, 201, 150))
    assert changes(one, other, part, Relation.SIMILAR) == changes(one, one, None, Relation.COPY) == ()
    assert changes(one, one, part, Relation.EXACT) == ()


def test_what_is_featureless_has_no_tones() -> None:
    """A flat overlap says nothing, and does not fail."""
    flat = trace(Image.new("RGB", (320, 240), (120, 130, 140)))
    whole = Alignment(((1, 0, 0), (0, 1, 0), (0, 0, 1)), 1.0, 1.0, ((0, 0), (320, 0), (320, 240), (0, 240)))

    assert changes(flat, replace(flat, sha256="0" * 64), whole, Relation.COPY) == ()


def test_changes_become_json() -> None:
    """Plain numbers, four digits, and boxes."""
    told = said(stickered(photo("chelsea.png")))["overlaid"].to_dict()

    assert set(told) == {"kind", "side", "how", "numbers", "query_box", "match_box"}
    assert told["kind"] == "overlaid"
    assert len(told["query_box"]) == 4
