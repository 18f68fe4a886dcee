"""weights: which models there are, and that nothing in a card is believed."""

import dataclasses
import json
import tracemalloc
from pathlib import Path
from typing import Any

import pytest

from pictrace import weights
from pictrace.errors import ModelDamagedError, UnknownNameError

MODELS = ["clip", "dinov2", "keras-resnet50", "lite0", "resnet50", "siglip2", "sscd"]


def plain(name: str = "clip") -> dict[str, Any]:
    """The JSON of a card, to be spoilt."""
    return json.loads(weights.spelled(weights.card(name)))


def changed(card: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """The same with one field changed; `None` takes it away."""
    inside = card
    *above, last = path.split(".")
    for name in above:
        inside = inside[name]
    if value is None:
        del inside[last]
    else:
        inside[last] = value
    return card


def parsed(card: Any) -> weights.ModelCard:
    return weights.parsed(json.dumps(card).encode(), "mine.json")


def test_the_cards_are_listed_by_name() -> None:
    """What else lives in the folder of models is no card."""
    assert [known.name for known in weights.cards()] == MODELS


@pytest.mark.parametrize("name", MODELS)
def test_a_card_is_the_same_when_it_is_written_and_read(name: str) -> None:
    """What is kept of it is all that there is."""
    card = weights.card(name)

    assert card == weights.parsed(weights.spelled(card).encode(), "mine.json")


@pytest.mark.parametrize("name", MODELS)
def test_every_card_says_where_its_model_comes_from(name: str) -> None:
    """With a licence that lets it be used for anything, and a fixed revision where it is fetched from a hub."""
    card = weights.card(name)

    assert card.licence in {"Apache-2.0", "MIT", "BSD-3-Clause"}
    assert card.origin
    assert card.purpose
    assert all(len(one.source.revision) == 40 for one in card.files if one.source.repository)


def test_only_what_cannot_be_fetched_is_unpinned() -> None:
    """Whatever is pulled is known byte by byte before."""
    assert [card.name for card in weights.cards() if not card.is_pinned] == ["sscd"]


def test_an_unknown_model_names_the_known_ones(tmp_path: Path) -> None:
    """The hint lists what there is, the user's own among them."""
    (tmp_path / "mine.json").write_text(json.dumps(plain() | {"name": "mine"}))
    with pytest.raises(UnknownNameError, match="lite9") as caught:
        weights.card("lite9", tmp_path)

    assert "lite0, mine, resnet50" in caught.value.hint


def test_a_users_card_is_found_by_its_name(tmp_path: Path) -> None:
    """Damaged ones beside it do no harm."""
    (tmp_path / "mine.json").write_text(json.dumps(plain() | {"name": "mine"}))
    (tmp_path / "other.json").write_text("{")
    found = weights.known(tmp_path)

    assert (
        weights.card("mine", tmp_path)
        == found["mine"]
        == dataclasses.replace(weights.card("clip"), name="mine", text=found["mine"].text)
    )
    assert isinstance(found["other"], ModelDamagedError)
    assert found["lite0"] == weights.card("lite0")


def test_a_users_card_pins_what_came_unpinned(tmp_path: Path) -> None:
    """But nothing that was pinned: its bytes are known."""
    for name in ("sscd", "dinov2"):
        (tmp_path / f"{name}.json").write_text(json.dumps(plain(name) | {"sha256": "ab" * 32, "size": 7}))

    assert weights.card("sscd", tmp_path).sha256 == "ab" * 32
    assert weights.card("dinov2", tmp_path) == weights.card("dinov2")


@pytest.mark.parametrize("name", ["rows", "/layers.11/Add_output_0", "StatefulPartitionedCall:0", "485"])
def test_an_output_is_called_as_its_makers_called_it(name: str) -> None:
    """PyTorch begins the names of what is inside with a stroke."""
    assert parsed(changed(plain(), "tensor", name)).tensor == name
    assert parsed(changed(plain(), "text.tensor", name)).text.tensor == name


def test_a_card_is_called_as_its_file(tmp_path: Path) -> None:
    """One that is renamed would hide another."""
    (tmp_path / "mine.json").write_text(json.dumps(plain()))

    with pytest.raises(ModelDamagedError, match=r"mine\.json is damaged: name is 'clip'"):
        weights.card("mine", tmp_path)


@pytest.mark.parametrize("name", ["../clip", "", ".", "a/b", "nul\0"])
def test_no_path_is_made_of_a_name(tmp_path: Path, name: str) -> None:
    """What is asked for comes from collections too."""
    (tmp_path / "clip.json").write_text(json.dumps(plain()))
    with pytest.raises(UnknownNameError):
        weights.card(name, tmp_path / "inner")


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("colour", "red"),
        ("size", None),
        ("size", 0),
        ("size", True),
        ("size", 1e9),
        ("size", 1 << 50),
        ("sha256", None),
        ("sha256", "AB" * 32),
        ("sha256", "ab" * 31),
        ("name", "../clip"),
        ("name", "-clip"),
        ("name", "a" * 65),
        ("name", 7),
        ("file", "clip.pt"),
        ("file", "clip.json"),
        ("file", "../clip.onnx"),
        ("file", "a/clip.onnx"),
        ("file", "a\\clip.onnx"),
        ("file", ".clip.onnx"),
        ("file", "a..onnx"),
        ("file", "/etc/clip.onnx"),
        ("file", "clip.onnx\n"),
        ("origin", "\x1b[31mred"),
        ("origin", "a" * 2001),
        ("licence", ["MIT"]),
        ("runtime", "pickle"),
        ("runtime", ["onnx"]),
        ("width", 0),
        ("width", 16_385),
        ("pooling", "max"),
        ("tensor", "a b"),
        ("preparation", None),
        ("preparation", []),
        ("preparation.side", 0),
        ("preparation.side", "224"),
        ("preparation.side", 1025),
        ("preparation.fit", "stretch"),
        ("preparation.crop_share", 0),
        ("preparation.mean", [0.5, 0.5]),
        ("preparation.mean", [0.5, 0.5, "0.5"]),
        ("preparation.std", [0, 1, 1]),
        ("preparation.std", [1, 1, 10**400]),
        ("preparation.zoom", 2),
        ("source", "https://example.org"),
        ("source.repository", "clip"),
        ("source.repository", "a/../b"),
        ("source.revision", None),
        ("source.path", "../../etc/passwd"),
        ("source.path", "/onnx/model.onnx"),
        ("source.path", "onnx//model.onnx"),
        ("source.url", "http://example.org/model.onnx"),
        ("source.url", "file:///etc/passwd"),
        ("source.url", "https://example.org/model.onnx"),
        ("text.model.file", "clip.bin"),
        ("text.model.file", "CLIP.onnx"),
        ("text.tokenizer.file", "tokenizer.json"),
        ("text.tokenizer.sha256", "x"),
        ("text.tokenizer", None),
        ("text.context", 0),
        ("text.pad", -1),
        ("text.lowercase", "yes"),
        ("text.mask", True),
        ("calibration", [[0.1, 1], [0.1, 2]]),
        ("calibration", [[0.1]]),
        ("calibration", [[0.1, -701]]),
        ("calibration", [[0.1, "high"]]),
        ("calibration", {"0.1": 1}),
    ],
)
def test_a_card_with_a_wrong_field_is_refused(path: str, value: Any) -> None:
    """The message names the file and the field."""
    with pytest.raises(ModelDamagedError) as caught:
        parsed(changed(plain(), path, value))

    named = {"source.revision": "source", "source.url": "source", "text.model.file": "text"}.get(path, path)
    assert str(caught.value).startswith("the card mine.json is damaged: ")
    assert named in str(caught.value)
    assert "docs/models.md" in caught.value.hint


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("reference.rows", "AAAA"),
        ("reference.rows", "no base64!"),
        ("reference.rows", 7),
        ("reference.tolerance", -1),
        ("reference.made_with", None),
        ("reference.date", "today"),
        ("width", 511),
    ],
)
def test_reference_rows_fit_the_model(path: str, value: Any) -> None:
    """Three rows of its width."""
    with pytest.raises(ModelDamagedError, match="reference"):
        parsed(changed(plain("lite0"), path, value))


def test_reference_rows_are_numbers() -> None:
    """A row of what is none would be near to nothing, or to everything."""
    import base64

    rows = base64.b64encode(b"\x00\x7e" * 3 * 512).decode()
    with pytest.raises(ModelDamagedError, match=r"reference\.rows holds what is no number"):
        parsed(changed(plain("lite0"), "reference.rows", rows))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff\xfe",
        b"no JSON",
        b"[" * 100_000,
        b'{"size": NaN}',
        b'{"size": Infinity}',
        b'{"size": ' + b"9" * 5000 + b"}",
        b'{"name": "a", "name": "b"}',
        b'{"name": "' + b"a" * (1 << 20) + b'"}',
        b"[]",
        b"null",
        b'"card"',
    ],
    ids=range(12),
)
def test_what_is_no_card_is_refused(data: bytes) -> None:
    """Whatever it is, in bounded time and with a typed error."""
    with pytest.raises(ModelDamagedError, match=r"the card mine\.json is"):
        weights.parsed(data, "mine.json")


def test_a_card_without_a_hash_has_no_size_either() -> None:
    """Nobody has said which bytes are meant."""
    with pytest.raises(ModelDamagedError, match="size is 7"):
        parsed(plain("sscd") | {"size": 7})


def test_a_source_is_asked_for_at_each_hub() -> None:
    """The URL of a file that is on none is its own."""
    source = weights.Source("a/b", "main", "onnx/model 1.onnx")

    assert source.addresses(["https://hub.example", "http://mirror.example:8080/hf/"]) == (
        "https://hub.example/a/b/resolve/main/onnx/model%201.onnx",
        "http://mirror.example:8080/hf/a/b/resolve/main/onnx/model%201.onnx",
    )
    assert weights.Source(url="https://a.example/b.h5").addresses(["https://hub.example"]) == (
        "https://a.example/b.h5",
    )
    assert weights.Source().addresses(["https://hub.example"]) == ()


def test_reference_pictures_take_little_more_memory_than_they_have() -> None:
    """A card may ask for large ones."""
    tracemalloc.start()
    size = weights.reference_pictures(1024).nbytes

    assert tracemalloc.get_traced_memory()[1] < 5 * size
    tracemalloc.stop()
