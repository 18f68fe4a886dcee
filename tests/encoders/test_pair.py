"""Models of two towers: words in the space of their pictures, taken apart as the card says, and nothing believed."""

import sys

import numpy as np
import pytest

pytest.importorskip("tokenizers")

from photographs import jpeg
from PIL import Image
from small_models import WIDTH, small_card, small_onnx
from small_pairs import CONTEXT, changed, small_pair, tokenizer_json

from pictrace.blends import Blend, Words
from pictrace.collection import Collection
from pictrace.encoders import encode, load, reads_words
from pictrace.encoders._tokens import INSTALL, Tokenizer
from pictrace.errors import MissingExtraError, ModelDamagedError, ModelMissingError
from pictrace.picture import Picture
from pictrace.settings import Runtime, Settings
from pictrace.testing import check_encoder

COLOURS = {"red": (220, 20, 20), "green": (20, 190, 30), "blue": (20, 30, 220)}


def picture(name):
    return Image.new("RGB", (64, 64), COLOURS[name])


def seen(folder):
    """The rows that the tower for pictures gives for plain colours."""
    small_card(folder, small_onnx(), name="seeing")
    encoder = load("onnx:seeing", Runtime(models=str(folder), provider="cpu"))
    return encode(encoder, [Picture.open(picture(name)) for name in COLOURS])


@pytest.fixture
def pair(tmp_path):
    """Makes a model whose words are rows of plain colours, with other facts."""
    rows = seen(tmp_path)

    def make(**facts):
        small_pair(tmp_path, list(COLOURS), rows, **facts)
        return load("onnx:small", Runtime(models=str(tmp_path), provider="cpu"))

    return make


def test_words_are_rows_of_length_one_in_the_space_of_pictures(pair) -> None:
    """Each is nearest to the picture that it names."""
    encoder = pair()
    words = encoder.encode_text(list(COLOURS))
    pictures = encode(encoder, [Picture.open(picture(name)) for name in COLOURS])

    assert (words.shape, words.dtype) == ((3, WIDTH), np.float32)
    assert np.linalg.norm(words, axis=1) == pytest.approx(1, abs=1e-6)
    assert encoder.space.distance(words, pictures).argmin(axis=1).tolist() == [0, 1, 2]
    assert encoder.encode_text([]).shape == (0, WIDTH)


def test_a_model_that_reads_words_keeps_every_promise(pair) -> None:
    """Its pictures are encoded as those of any other."""
    encoder = pair()

    check_encoder(type(encoder), "small", runtime=encoder._runtime)


def test_texts_are_numbered_as_the_card_says(pair) -> None:
    """What begins and ends a text is around it, and it is filled up."""
    tokens = pair()._tokenizer
    ids, mask = tokens.numbers(["Red BLUE", "nothing"])

    assert ids.tolist() == [[1, 4, 6, 2, 0, 0, 0, 0], [1, 3, 2, 0, 0, 0, 0, 0]]
    assert mask.sum(axis=1).tolist() == [4, 3]


def test_letters_stay_as_they_are_where_the_card_says_so(pair) -> None:
    """Some models know capitals."""
    ids, _ = pair(tower={"lowercase": False})._tokenizer.numbers(["Red red"])

    assert ids[0, :4].tolist() == [1, 3, 4, 2]


def test_a_long_text_is_cut_before_what_ends_it(pair) -> None:
    """As the models were trained; and it is said which texts are."""
    encoder = pair()
    ids, _ = encoder._tokenizer.numbers(["red " * 50])

    assert ids.tolist() == [[1, *[4] * (CONTEXT - 2), 2]]
    assert encoder.cuts(["red " * 6, "red " * 7]) == [False, True]


def test_a_model_that_asks_for_a_mask_is_given_one(pair) -> None:
    """Or is not, where it does not."""
    assert np.array_equal(pair(mask=True).encode_text(["red"]), pair().encode_text(["red"]))


def test_many_texts_are_encoded_in_passes(pair) -> None:
    """A row depends on its text alone."""
    encoder = pair()

    assert encoder.encode_text(["red", "blue"] * 20) == pytest.approx(
        np.tile(encoder.encode_text(["red", "blue"]), (20, 1))
    )


def test_the_version_is_that_of_all_files(pair, tmp_path) -> None:
    """Another tokenizer, or other words, make other rows."""
    versions = {
        pair().version,
        pair(tokenizer=tokenizer_json(list(COLOURS), starts=False)).version,
        pair(mask=True).version,
    }

    assert len(versions) == 3


def test_a_model_without_words_says_so(pair, tmp_path) -> None:
    """One of the same kind that knows pictures alone."""
    assert reads_words(pair())
    assert not reads_words(load("onnx:seeing", Runtime(models=str(tmp_path))))


@pytest.mark.parametrize("name", ["clip", "siglip2"])
def test_what_is_not_here_is_missed_with_the_first_text(tmp_path, name) -> None:
    """Space, preparation and version are on the card."""
    encoder = load(name, Runtime(models=str(tmp_path)))

    assert reads_words(encoder)
    with pytest.raises(ModelMissingError, match=f"{name}.tokenizer") as raised:
        encoder.encode_text(["red"])
    assert f"pictrace models pull {name}" in raised.value.hint


def test_a_missing_library_is_told_with_what_installs_it(pair, monkeypatch) -> None:
    """Pictures are encoded without it."""
    encoder = pair()
    monkeypatch.setitem(sys.modules, "tokenizers", None)

    assert len(encode(encoder, [Picture.open(picture("red"))])) == 1
    with pytest.raises(MissingExtraError) as raised:
        encoder.encode_text(["red"])
    assert raised.value.hint == INSTALL


@pytest.mark.parametrize(
    "tokenizer",
    [b"{}", b"{no JSON", b"{\xff\xfe", changed(tokenizer_json(["red"]), model={"type": "Unheard"})],
    ids=["empty", "text", "bytes", "unknown"],
)
def test_a_file_that_is_no_tokenizer_is_refused(pair, tokenizer) -> None:
    """By name, whatever the library makes of it."""
    with pytest.raises(ModelDamagedError, match=r"the tokenizer words\.tokenizer cannot be used"):
        pair(tokenizer=tokenizer).encode_text(["red"])


def test_a_pattern_that_never_ends_is_an_error_of_ours(pair) -> None:
    """What the library raises for it is no `Exception`, and nothing else catches it."""
    pattern = {"type": "Split", "pattern": {"Regex": "(x+x+)+y"}, "behavior": "Isolated", "invert": False}
    encoder = pair(tokenizer=changed(tokenizer_json(list(COLOURS)), pre_tokenizer=pattern))

    with pytest.raises(ModelDamagedError, match="cannot be used"):
        encoder.encode_text(["x" * 40])


def test_what_is_around_a_text_may_not_be_more_than_goes_in(pair) -> None:
    """Cutting the text does not help then."""
    with pytest.raises(ModelDamagedError, match="gives 3 tokens, of which its card takes 1"):
        pair(tower={"context": 1}).encode_text(["red"])


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"tower": {"pad": 999}}, "has no token 999"),
        ({"extra": "position_ids"}, "takes input_ids, position_ids"),
        ({"tower": {"tensor": "pooled"}}, "gives rows, which its card does not fit"),
        ({"table": np.ones((7, 5), np.float32)}, "values a picture"),
        ({"table": np.ones((3, WIDTH), np.float32)}, "cannot be run here"),
    ],
    ids=["filler", "input", "output", "width", "vocabulary"],
)
def test_files_that_do_not_fit_their_card_are_refused(pair, facts, said) -> None:
    """Before a row of theirs is used."""
    with pytest.raises(ModelDamagedError, match=said):
        pair(**facts).encode_text(["red blue"])


def test_a_file_that_was_changed_is_refused(pair, tmp_path) -> None:
    """Its bytes are not those of the card."""
    encoder = pair()
    (tmp_path / "words.tokenizer").write_bytes(b"{}")

    with pytest.raises(ModelDamagedError, match="is not the model"):
        encoder.encode_text(["red"])


def test_a_collection_is_searched_with_its_words(pair, tmp_path) -> None:
    """From the card to the answer, alone and mixed."""
    pair(tower={"calibration": ((-1.0, -20.0), (1.0, 20.0))})
    settings = Settings(workers=1, threads=1, models=str(tmp_path), provider="cpu")
    with Collection(tmp_path / "a.pictrace", settings=settings, encoders=("onnx:small",)) as collection:
        for name in COLOURS:
            collection.add_image(jpeg(picture(name)), name=name)
        answer = collection.search(Words("red"))
        mixed = collection.search(Blend("red blue", minus=(Words("blue"),)))

    assert (answer[0].path, mixed[0].path) == ("red", "red")
    assert answer[0].score > 0.999
    assert answer.warnings == ()


def test_a_tokenizer_is_read_once(pair) -> None:
    """The real ones take a second."""
    tokens = pair()._tokenizer

    assert isinstance(tokens, Tokenizer)
    assert tokens._ready is tokens._ready
