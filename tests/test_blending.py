"""Searching with words and mixtures: what is nearest comes first, and nothing is claimed that was not measured."""

import numpy as np
import pytest
from photographs import jpeg
from PIL import Image
from readers import colours

from pictrace import words
from pictrace.blends import Blend, Example, Words
from pictrace.collection import Collection
from pictrace.errors import NoTextEncoderError, NotFoundError, UsageError
from pictrace.picture import Picture
from pictrace.settings import Settings
from pictrace.types import Relation

OURS = Settings(workers=1, threads=1, plugins=("readers.colours",))
BOTH = Settings(workers=1, threads=1, plugins=("readers.colours", "readers.shades"))
SHADES = {"red": (220, 30, 30), "green": (30, 200, 40), "blue": (20, 40, 210), "yellow": (230, 220, 30)}


def plain(colour):
    """A picture that is nearly of one colour: of one colour alone there would be nothing to hash."""
    noise = np.random.default_rng(sum(colour)).integers(-20, 20, (64, 64, 3))
    return jpeg(Image.fromarray(np.clip(np.array(colour) + noise, 0, 255).astype(np.uint8)))


@pytest.fixture(scope="module")
def collection(tmp_path_factory):
    """A red, a green, a blue and a yellow picture, 1 to 4, and thirty grey ones."""
    path = tmp_path_factory.mktemp("blending") / "shades.pictrace"
    with Collection(path, settings=OURS, encoders=("readers.colours",)) as shades:
        for name, colour in SHADES.items():
            shades.add_image(plain(colour), name=name, metadata={"colour": name})
        for grey in range(30):
            shades.add_image(plain((90 + 3 * grey, 90 + 3 * grey, 90 + 2 * grey)), name=f"grey {grey}")
        yield shades


@pytest.mark.parametrize("name", SHADES)
def test_words_find_what_they_say(collection, name):
    """The nearest is first, only alike, and stands out."""
    first = collection.search(Words(f"something {name}"))[0]

    assert (first.path, first.relation) == (name, Relation.SIMILAR)
    assert first.score > 0.9
    assert first.reasons[0].startswith("it is nearer to the query than 97 % of the pictures")


def test_what_an_encoder_says_beyond_all_bounds_is_a_score(collection, monkeypatch):
    """Some module of somebody's own."""
    monkeypatch.setattr(colours.Encoder, "text_calibration", ((-1.0, -1e299), (1.0, -800.0)))

    assert collection.search(Words("red"))[0].score == pytest.approx(0.0)


def test_an_answer_to_words_says_that_its_scores_are_not_calibrated(collection):
    """Nobody has measured what a cosine means."""
    answer = collection.search(Words("red"))

    assert (answer.signals, answer.exhaustive, answer.searched) == (("text",), True, 34)
    assert answer.warnings == (words.UNCALIBRATED,)


def test_a_score_is_the_models_own_where_it_has_been_measured(collection, monkeypatch):
    """The points of the card say what a cosine means, and nothing else does."""
    monkeypatch.setattr(colours.Encoder, "text_calibration", ((0.0, -4.0), (1.0, 4.0)))
    answer = collection.search(Words("red"))
    expected = 1 / (1 + np.exp(4 - 8 * answer[0].signals["text_cosine"]))

    assert answer[0].score == pytest.approx(expected)
    assert answer.warnings == ()


def test_a_mixture_is_not_what_was_measured(collection, monkeypatch):
    """A calibration of texts says nothing of texts and pictures."""
    monkeypatch.setattr(colours.Encoder, "text_calibration", ((0.0, -4.0), (1.0, 4.0)))

    assert collection.search(Blend("red", plus=(2,))).warnings == (words.UNCALIBRATED,)


@pytest.mark.parametrize("green", [2, plain(SHADES["green"])], ids=["by its id", "as a file"])
def test_what_is_added_comes_in(collection, green):
    """Red words and a green picture are yellow together, and the picture itself is no answer."""
    answer = collection.search(Blend("red", plus=(green,)), limit=50)

    assert answer[0].path == "yellow"
    assert 2 not in [match.id for match in answer]


def test_what_is_taken_off_goes(collection):
    """Yellow without green is red; a picture or words can be taken off."""
    by_words = collection.search(Blend("yellow", minus=(Words("green"),)))
    by_picture = collection.search(Blend("yellow", minus=(plain(SHADES["green"]),)))

    assert by_words[0].path == by_picture[0].path == "red"


def test_weights_say_what_counts_more(collection):
    """Mostly blue, a little red."""
    assert collection.search(Blend([Words("red", 0.2), Words("blue", 2)]))[0].path == "blue"
    assert collection.search(Blend([Words("red", 2), Words("blue", 0.2)]))[0].path == "red"


def test_a_filter_and_a_least_score_narrow_the_answer(collection):
    """As in a search with a picture."""
    filtered = collection.search(Words("red"), where='colour = "blue"')
    strict = collection.search(Words("red"), min_score=0.9, limit=50)

    assert [match.path for match in filtered] == ["blue"]
    assert all(match.score >= 0.9 for match in strict)
    assert 1 <= len(strict) < 20


def test_long_texts_are_cut_and_that_is_said(collection):
    """Nothing is left out silently."""
    answer = collection.search(Words("red " * 20))

    assert words.CUT.format("readers.colours") in answer.warnings


def test_the_candidates_are_told_as_a_stage(collection):
    """As a search with a picture tells them."""
    from pictrace import blending

    told = []
    blending.search(collection.engine(), [blending.Term("red")], heard=lambda *stage: told.append(stage))

    assert [(name, matches[0].path) for name, matches in told] == [("candidates", "red")]


@pytest.mark.parametrize("mode", ["exact", "copy"])
def test_modes_that_prove_something_are_refused(collection, mode):
    """Words prove nothing."""
    with pytest.raises(UsageError, match="prove nothing"):
        collection.search(Words("red"), mode=mode)


def test_a_region_is_of_a_picture(collection):
    """Words have none."""
    with pytest.raises(UsageError, match="a region is a part of one picture"):
        collection.search(Words("red"), region=(0, 0, 9, 9))


def test_terms_that_leave_nothing_are_refused(collection):
    """Red without red points nowhere."""
    with pytest.raises(UsageError, match="leave nothing"):
        collection.search(Blend("red", minus=(Words("red"),)))


@pytest.mark.parametrize("query", [Blend("red", plus=(99,)), Blend("red", minus=(Example(99),))])
def test_an_id_that_is_not_there_is_refused(collection, query):
    """In a mixture too."""
    with pytest.raises(NotFoundError, match="no picture has the id 99"):
        collection.search(query)


def test_a_collection_that_reads_no_words_says_what_does(tmp_path):
    """The hint names encoders that do."""
    with Collection(tmp_path / "a.pictrace", settings=OURS, encoders=("pdq",)) as collection:
        collection.add_image(plain((9, 9, 200)))

        with pytest.raises(NoTextEncoderError) as raised:
            collection.search(Words("blue"))

    assert "siglip2" in raised.value.hint


def test_it_is_told_how_near_a_picture_is_to_words(collection):
    """The cosine, how many are less near, and the place."""
    (blue,) = collection.explain_words(Words("blue"), 3).readings
    (red,) = collection.explain_words(Words("blue"), 1).readings

    assert (blue.encoder, blue.place) == ("readers.colours", 1)
    assert blue.percentile > 0.95 > red.percentile
    assert blue.cosine > 0.95 > red.cosine


def test_a_picture_alone_in_a_blend_is_searched_with_as_pictures_are(collection):
    """By its bytes, hash and all signals."""
    assert collection.search(Blend(plus=(1,)))[0].relation is Relation.EXACT


def test_several_encoders_are_asked_and_put_in_one_order(tmp_path):
    """Both read words, and each knows a name of its own for them."""
    with Collection(tmp_path / "a.pictrace", settings=BOTH, encoders=("readers.colours", "readers.shades")) as both:
        for name in ("blue", "red"):
            both.add_image(plain(SHADES[name]), name=name)
        answer = both.search(Words("red"))
        readings = both.explain_words(Words("red"), 2).readings

    assert [match.path for match in answer] == ["red", "blue"]
    assert [(one.encoder, one.place) for one in readings] == [("readers.colours", 1), ("readers.shades", 1)]


def test_a_picture_is_the_same_by_bytes_and_by_id(collection):
    """What is added up are the rows that were stored, or made anew."""
    by_id = collection.search(Blend("grey", plus=(1,)), limit=3)
    by_bytes = collection.search(Blend("grey", plus=(Picture.open(plain(SHADES["red"])).proxy(),)), limit=3)

    assert by_id[0].score == pytest.approx(by_bytes[1].score, abs=0.05)
