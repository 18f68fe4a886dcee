"""Cards from JSON, in which nothing is believed: user cards come from somebody else."""

import json
import re
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, get_args

import numpy as np

from pictrace._regular import open_regular
from pictrace.errors import ModelDamagedError, UsageError
from pictrace.weights._cards import (
    Card,
    Fit,
    Layout,
    ModelCard,
    Order,
    Pooling,
    Preparation,
    Reference,
    Resample,
    Runs,
    Source,
    TextTower,
)
from pictrace.weights._fields import MOST_BYTES, Fields

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
"""What a model may be called."""

MOST_SIZE = 1 << 36
"""Bytes of one file."""

ENDINGS = {"onnx": (".onnx",), "torch": (".safetensors",), "keras": (".h5",)}
"""How files are named by what runs them: kinds that hold numbers and no code."""

_ONNX = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,120}\.onnx")
_TOKENIZER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,120}\.tokenizer")
_SHA256 = re.compile(r"([0-9a-f]{64})?")
_REPOSITORY = re.compile(r"[A-Za-z0-9][\w.-]{0,95}/[A-Za-z0-9][\w.-]{0,95}", re.ASCII)
_REVISION = re.compile(r"[A-Za-z0-9][\w.-]{0,99}", re.ASCII)
_PATH = re.compile(r"[A-Za-z0-9_][\w.-]*(/[A-Za-z0-9_][\w.-]*)*", re.ASCII)
_URL = re.compile(r"https://[!-~]{1,2000}")
_TENSOR = re.compile(r"[A-Za-z0-9_/][\w./:-]*", re.ASCII)
"""Names inside a file, never of one; PyTorch writes those of layers as `/layer/Name_output_0`."""

MOST_WIDTH = 16_384
"""Values of a row."""

MEANS, STDS = (-100.0, 100.0), (1e-4, 100.0)
"""The least and the most that is taken off values and that they are divided by."""

_MOST_SIDE = 1024
"""Pixels of the square that goes in."""


def parsed(data: bytes, where: str) -> ModelCard:
    """The card that a file spells; `where` names it in errors.

    Raises:
        ModelDamagedError: it is none, with the file and the field in the message.
    """
    return _model(Fields.read(data, where))


def read(path: Path) -> ModelCard:
    """The card in a file, which is called as its model is.

    Raises:
        ModelDamagedError: it is none.
        OSError: it cannot be read.
    """
    with open_regular(path, follow=True) as file:
        data = file.read(MOST_BYTES + 1)
    card = parsed(data, path.name)
    if f"{card.name}.json" != path.name:
        raise ModelDamagedError(
            f"the card {path.name} is damaged: name is {card.name!r}", hint=f"call the file {card.name}.json"
        )
    return card


def offered(path: Path) -> ModelCard:
    """The card in a file of whatever name, which somebody wants to add.

    Raises:
        ModelDamagedError: it is none.
        UsageError: it cannot be read.
    """
    try:
        with open_regular(path, follow=True) as file:
            data = file.read(MOST_BYTES + 1)
    except (OSError, ValueError) as error:
        why = (isinstance(error, OSError) and error.strerror) or "no valid path"
        raise UsageError(f"{path} cannot be read: {why}", hint="name a card, or an ONNX file with --name") from error
    return parsed(data, path.name)


def words_card(path: Path) -> Card:
    """The card of the visual words, which are no model."""
    return Card(**json.loads(path.read_text("utf-8")))


def spelled(card: ModelCard) -> str:
    """The JSON of a card, as `parsed` takes it."""
    plain = {name: value for name, value in asdict(card).items() if value is not None}
    plain["source"] = _filled(card.source)
    if card.text is not None:
        for name, part in (("model", card.text.model), ("tokenizer", card.text.tokenizer)):
            about = {"file": part.file, "sha256": part.sha256, "size": part.size}
            plain["text"][name] = about | {"source": _filled(part.source)}
    return json.dumps(plain, indent=2) + "\n"


def _filled(source: Source) -> dict[str, str]:
    return {name: value for name, value in asdict(source).items() if value}


def _model(fields: Fields) -> ModelCard:
    runtime = fields.word("runtime", get_args(Runs))
    card = ModelCard(
        name=fields.text("name", NAME),
        file=_file(fields, ENDINGS[runtime]),
        origin=fields.text("origin"),
        revision=fields.text("revision", _REVISION),
        licence=fields.text("licence"),
        **_bytes(fields),
        purpose=fields.text("purpose", default=""),
        runtime=runtime,
        input=fields.text("input"),
        normalisation=fields.text("normalisation"),
        output=fields.text("output"),
        width=(width := fields.whole("width", 1, MOST_WIDTH)),
        preparation=_preparation(fields),
        tensor=fields.text("tensor", _TENSOR, default=""),
        pooling=fields.word("pooling", get_args(Pooling), default="none"),
        reference=_reference(fields.inner("reference"), width),
        calibration=fields.calibration("calibration", 100),
    )
    card = replace(card, text=_text(fields.inner("text"), card))
    fields.end()
    if len({one.file.lower() for one in card.files}) < len(card.files):
        fields.refuse("text", "names a file twice")
    return card


def _bytes(fields: Fields) -> dict[str, Any]:
    """Which bytes a file has and where it is to be had; without a SHA-256 it has no size either."""
    sha256 = fields.text("sha256", _SHA256)
    size = fields.whole("size", 1 if sha256 else 0, MOST_SIZE if sha256 else 0)
    return {"sha256": sha256, "size": size, "source": _source(fields.inner("source"))}


def _file(fields: Fields, endings: tuple[str, ...]) -> str:
    ends = "|".join(re.escape(one) for one in endings)
    return fields.text("file", re.compile(rf"[A-Za-z0-9][A-Za-z0-9._-]{{0,120}}({ends})"))


def _source(fields: Fields | None) -> Source:
    if fields is None:
        return Source()
    source = Source(
        repository=fields.text("repository", _REPOSITORY, default=""),
        revision=fields.text("revision", _REVISION, default=""),
        path=fields.text("path", _PATH, default=""),
        url=fields.text("url", _URL, default=""),
    )
    fields.end()
    on_hub = [source.repository, source.revision, source.path]
    if any(on_hub) and not all(on_hub):
        fields.refuse("", "does not have all of repository, revision and path")
    if source.url and source.repository:
        fields.refuse("", "names a repository and a url, of which one is meant")
    return source


def _preparation(above: Fields) -> Preparation:
    fields = above.inner("preparation")
    if fields is None:
        above.refuse("preparation", "is missing")
    found = Preparation(
        side=fields.whole("side", 8, _MOST_SIDE),
        fit=fields.word("fit", get_args(Fit), default="squash"),
        resample=fields.word("resample", get_args(Resample), default="bilinear"),
        crop_share=fields.number("crop_share", 0.1, 1, default=1.0),
        mean=_three(fields, "mean", *MEANS, 0.0),
        std=_three(fields, "std", *STDS, 1.0),
        layout=fields.word("layout", get_args(Layout), default="nchw-float32"),
        order=fields.word("order", get_args(Order), default="rgb"),
    )
    fields.end()
    return found


def _three(fields: Fields, name: str, least: float, most: float, default: float) -> tuple[float, float, float]:
    red, green, blue = fields.numbers(name, least, most, default=(default, default, default))
    return red, green, blue


def _reference(fields: Fields | None, width: int) -> Reference | None:
    if fields is None:
        return None
    found = Reference(
        rows=fields.encoded("rows", 3 * width * 2),
        made_with=fields.text("made_with"),
        tolerance=fields.number("tolerance", 0, 2),
    )
    fields.end()
    if not np.isfinite(found.array(width)).all():
        fields.refuse("rows", "holds what is no number")
    return found


def _text(fields: Fields | None, card: ModelCard) -> TextTower | None:
    if fields is None:
        return None
    found = TextTower(
        model=_part(fields, "model", _ONNX, card),
        tokenizer=_part(fields, "tokenizer", _TOKENIZER, card),
        context=fields.whole("context", 1, 4096),
        pad=fields.whole("pad", 0, 1 << 24),
        lowercase=fields.switch("lowercase"),
        tensor=fields.text("tensor", _TENSOR, default=""),
        calibration=fields.calibration("calibration", 100),
    )
    fields.end()
    return found


def _part(above: Fields, name: str, pattern: re.Pattern[str], card: ModelCard) -> Card:
    """One of the other files of a model; what is not said of it is as said of the model."""
    fields = above.inner(name)
    if fields is None:
        above.refuse(name, "is missing")
    file, about = fields.text("file", pattern), _bytes(fields)
    fields.end()
    return Card(name=card.name, file=file, origin=card.origin, revision=card.revision, licence=card.licence, **about)
