"""A hub on loopback and models to be had from it, for all who pull."""

import dataclasses
import hashlib
import re
from collections.abc import Callable

from fetch.upstream import Upstream, ok

from pictrace import weights
from pictrace.weights import Card, ModelCard, Source

DATA = b"\x08\x07" + bytes(range(256)) * 4000
"""A megabyte that begins as ONNX does: more than is on its way at any moment, so that a part of it is kept."""
TEXT = b"\x08\x08" + bytes(range(256)) * 10
TOKENS = b'{"model": {}}'
REVISION = "c" * 40


def of(file: str, data: bytes, card: Card) -> Card:
    """The card of one file, which a hub has in a folder `onnx`."""
    source = Source("org/clip", REVISION, f"onnx/{file}")
    digest = hashlib.sha256(data).hexdigest()
    return dataclasses.replace(card, file=file, sha256=digest, size=len(data), source=source)


def card(name: str = "mine", *, text: bool = False) -> ModelCard:
    """A card of one file, or of all that a model for words has."""
    known = weights.card("clip")
    tower = known.text
    if text and tower:
        parts = {"model": (f"{name}.text.onnx", TEXT), "tokenizer": (f"{name}.tokenizer", TOKENS)}
        named = {part: dataclasses.replace(getattr(tower, part), name=name) for part in parts}
        tower = dataclasses.replace(tower, **{part: of(*parts[part], named[part]) for part in parts})
    found = dataclasses.replace(known, name=name, text=tower if text else None)
    return of(f"{name}.onnx", DATA, found)


def address(card: Card) -> str:
    """Where a hub has the file of a card."""
    return f"/org/clip/resolve/{REVISION}/onnx/{card.file}"


def ranged(data: bytes) -> Callable[[Upstream, object], None]:
    """An answer as a server gives it that knows ranges."""

    def answer(server: Upstream, handler) -> None:
        match = re.search(r"Range: bytes=(\d+)-", server.heads[-1])
        start = int(match[1]) if match else 0
        said = f"Content-Range: bytes {start}-{len(data) - 1}/{len(data)}"
        whole = ok(data[start:], said)
        handler.wfile.write(whole.replace(b"200 OK", b"206 Partial") if match else whole)

    return answer
