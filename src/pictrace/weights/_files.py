"""A card's file on this machine: where it is, and that it is the one, byte by byte."""

import hashlib
import struct
from collections.abc import Sequence
from io import BufferedReader
from pathlib import Path
from typing import Literal

from pictrace._regular import open_regular
from pictrace.errors import ModelDamagedError, ModelMissingError
from pictrace.weights._cards import Card, ModelCard

BUNDLED = Path(__file__).parents[1] / "models"
"""The folder that came with PicTrace."""

State = Literal["bundled", "here", "incomplete", "not here", "damaged"]

_BEGINS = {".h5": b"\x89HDF\r\n\x1a\n", ".npy": b"\x93NUMPY", ".tokenizer": b"{"}
_FOREIGN = {
    b"\x80": "a pickle",
    b"PK\x03\x04": "an archive",
    b"<": "a page of HTML or XML",
    b"{": "an answer in JSON",
    b"version https://git-lfs": "the pointer to a large file, not the file",
}
"""What is sent, or passed off, in the place of a model; none of it begins a file that may be here."""

_HEAD = 64


def verified(card: Card, models: str | Path = "") -> Path:
    """The file of a card, in the folder `models` if it is there, otherwise as it came with PicTrace.

    Raises:
        ModelMissingError: it is in neither place, cannot be read, or nobody has said which bytes it has.
        ModelDamagedError: its size or SHA-256 is not the card's, or it is no file of its kind.
    """
    path = place(card, models)
    with _opened(path) as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        size = file.tell()
        file.seek(0)
        _check(card, path, size, digest)
        _check_begin(path, file.read(_HEAD), size)
    return path


def content(card: Card, models: str | Path = "") -> bytes:
    """The bytes of the card's file, the very ones that were checked.

    Raises:
        ModelMissingError: as `verified`.
        ModelDamagedError: as `verified`.
    """
    path = place(card, models)
    with _opened(path) as file:
        data = file.read(card.size + 1)
    _check(card, path, len(data), hashlib.sha256(data).hexdigest())
    _check_begin(path, data[:_HEAD], len(data))
    return data


def place(card: Card, models: str | Path = "") -> Path:
    """Where the file of a card is, unread.

    Raises:
        ModelMissingError: it is nowhere, or nobody has said which bytes it has.
    """
    found = _found(card, models)
    if found is None:
        places = [str(one.parent) for one in _places(card, models)]
        raise ModelMissingError(
            f"{card.file} of the model {card.name} is not in {' or '.join(places)}", hint=_way(card)
        )
    if not card.sha256:
        raise ModelMissingError(f"the card of the model {card.name} does not say which file is meant", hint=_way(card))
    return found


def state(card: ModelCard, models: str | Path = "") -> State:
    """Whether a model's files are there, as far as their sizes tell; what nobody has pinned is no model's file."""
    found = [(one, _found(one, models) if one.sha256 else None) for one in card.files]
    there = [(one, path) for one, path in found if path is not None]
    if not there:
        return "not here"
    if any(path.stat().st_size != one.size for one, path in there):
        return "damaged"
    if len(there) < len(found):
        return "incomplete"
    return "bundled" if all(path.parent == BUNDLED for _, path in there) else "here"


def check_kind(path: Path) -> int:
    """How many bytes a file has, if it begins as those of its name's ending do.

    Raises:
        ModelDamagedError: it does not.
        ModelMissingError: it cannot be read.
    """
    with _opened(path) as file:
        size = file.seek(0, 2)
        file.seek(0)
        _check_begin(path, file.read(_HEAD), size)
    return size


def _check_begin(path: Path, head: bytes, size: int) -> None:
    if path.suffix == ".safetensors" and _is_safetensors(head, size):
        return
    for begin, kind in _FOREIGN.items() if path.suffix != ".tokenizer" else ():
        if head.lstrip().startswith(begin):
            raise ModelDamagedError(f"{path} is {kind}, and no model that may be loaded", hint=_NO_CODE)
    if path.suffix == ".safetensors" or not head.startswith(_BEGINS.get(path.suffix, b"")):
        raise ModelDamagedError(f"{path} does not begin as a {path.suffix} file does", hint=_NO_CODE)


_NO_CODE = "only ONNX, safetensors and HDF5 are loaded, which hold numbers and run no code; docs/models.md says more"


def _is_safetensors(head: bytes, size: int) -> bool:
    """Whether it begins with the length of a JSON object, and the object (safetensors format, README)."""
    return len(head) > 8 and 2 <= struct.unpack("<Q", head[:8])[0] <= size - 8 and head[8:9] == b"{"


def _places(card: Card, models: str | Path) -> Sequence[Path]:
    own = [Path(models) / card.file] if models else []
    return [*own, BUNDLED / card.file]


def _found(card: Card, models: str | Path) -> Path | None:
    return next((path for path in _places(card, models) if path.is_file()), None)


def _opened(path: Path) -> BufferedReader:
    try:
        return open_regular(path, follow=True)
    except OSError as error:
        raise ModelMissingError(
            f"the model file {path} cannot be read: {error.strerror}", hint="see to its permissions"
        ) from error


def _check(card: Card, path: Path, size: int, digest: str) -> None:
    if size != card.size or digest != card.sha256:
        raise ModelDamagedError(
            f"{path} is not the model {card.name}: {size:,} bytes with SHA-256 {digest[:16]}…, "
            f"not {card.size:,} with {card.sha256[:16]}…",
            hint=f"remove the file, then: {_way(card)}",
        )


def _way(card: Card) -> str:
    """How one comes by a file."""
    if (BUNDLED / card.file).is_file():
        return "install PicTrace again"
    if card.source:
        return f"pictrace models pull {card.name}"
    return f"its card names no source; docs/models.md says more, then: pictrace models add FILE --name {card.name}"
