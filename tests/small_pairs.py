"""Models of two towers, of a few kilobytes: pictures by their seeded rows, words by a table of such rows."""

import dataclasses
import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import tokenizers
from small_models import _INT64, _bytes, _ints, _node, _number, _tensor, _value, small_card, small_onnx

from pictrace import weights
from pictrace.weights import Card, ModelCard, TextTower

SPECIAL = ("<pad>", "<start>", "<end>", "<unknown>")
CONTEXT = 8


def tokenizer_json(words: Sequence[str], *, starts: bool = True) -> bytes:
    """A tokenizer of whole words, with what begins and ends a text around it."""
    vocabulary = {word: number for number, word in enumerate((*SPECIAL, *words))}
    made = tokenizers.Tokenizer(tokenizers.models.WordLevel(vocabulary, unk_token=SPECIAL[3]))
    made.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    around = "<start> $A <end>" if starts else "$A <end>"
    made.post_processor = tokenizers.processors.TemplateProcessing(
        single=around, special_tokens=[(name, vocabulary[name]) for name in ("<start>", "<end>")]
    )
    return made.to_str().encode()


def text_onnx(table: npt.NDArray[np.float32], *, mask: bool = False, extra: str = "") -> bytes:
    """The mean of the rows `(vocabulary, width)` of a text's tokens: `input_ids` (n, length) int64 to `rows`."""
    nodes = [
        _node("Gather", ["table", "input_ids"], "each"),
        _node("ReduceMean", ["each"], "mean", _ints("axes", [1])),
        _node("Flatten", ["mean"], "rows"),
    ]
    graph = b"".join(_bytes(1, node) for node in nodes) + _bytes(2, b"words") + _bytes(5, _tensor("table", table))
    inputs = ["input_ids", *(["attention_mask"] if mask else []), *([extra] if extra else [])]
    graph += b"".join(_bytes(11, _whole(name)) for name in inputs) + _bytes(12, _value("rows", ["n", table.shape[1]]))
    return _number(1, 8) + _bytes(8, _number(2, 17)) + _bytes(7, graph)


def small_pair(folder: Path, words: Sequence[str], rows: npt.NDArray[np.float32], **facts: object) -> ModelCard:
    """A card, with its files, of a model to which each word is the row `(len(words), width)` that is given for it."""
    table = np.vstack([np.zeros((len(SPECIAL), rows.shape[1]), np.float32), rows]).astype(np.float32)
    text = text_onnx(facts.pop("table", table), mask=bool(facts.pop("mask", False)), extra=str(facts.pop("extra", "")))
    tokens = facts.pop("tokenizer", None) or tokenizer_json(words)
    tower = dataclasses.replace(
        TextTower(_part("words.onnx", text), _part("words.tokenizer", tokens), CONTEXT, 0, lowercase=True),
        **facts.pop("tower", {}),
    )
    (folder / "words.onnx").write_bytes(text)
    (folder / "words.tokenizer").write_bytes(tokens)
    return small_card(folder, small_onnx(), text=tower, **facts)


def changed(tokens: bytes, **members: object) -> bytes:
    """A tokenizer's JSON with other members."""
    return json.dumps({**json.loads(tokens), **members}).encode()


def _part(file: str, data: bytes) -> Card:
    known = weights.card("lite0")
    about = {"origin": "made for a test", "revision": known.revision, "licence": known.licence}
    return Card(name="small", file=file, sha256=hashlib.sha256(data).hexdigest(), size=len(data), **about)


def _whole(name: str) -> bytes:
    dims = b"".join(_bytes(1, _bytes(2, one.encode())) for one in ("n", "length"))
    tensor = _number(1, _INT64) + _bytes(2, dims)
    return _bytes(1, name.encode()) + _bytes(2, _bytes(1, tensor))
