"""The files of indexes: per encoder one generation `NAME-WATERMARK.INDEX`, and `NAME.json` that names it.

The manifest is replaced last, so at every moment it names a generation that is whole; what it no longer names
is removed afterwards. A generation's file is never written twice under one name: `NAME-WATERMARK.2.INDEX`
follows where the watermark stayed the same.
"""

import hashlib
import json
import os
import re
import stat
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pictrace import registry
from pictrace._atomic import leftovers, replacing, written_name
from pictrace._regular import open_regular
from pictrace.catalogs import Catalog
from pictrace.errors import IndexDamagedError, UsageError
from pictrace.recipe import EncoderStamp, is_encoder_name
from pictrace.types import Key

_MOST_BYTES = 1 << 20
_LONGEST_NAME = 255
HINT = "run `pictrace rebuild`: indexes are made anew from the catalog, nothing is lost"


@dataclass(frozen=True)
class Manifest:
    """One generation: the index file, what it holds, and how much of what it should find it finds.

    `watermark` is the last key it holds, `size` its bytes, `encoder` the version of the encoder whose rows
    they are, `recall` the measured share of the ten nearest that it finds, `None` where none was measured.
    """

    file: str
    watermark: Key
    count: int
    size: int
    sha256: str
    encoder: str
    index: str
    index_version: str
    recall: float | None


def check_folder(folder: Path) -> None:
    """Nothing, if the folder of the indexes is one or is not there yet.

    Raises:
        IndexDamagedError: it is a link, which would lead out of the collection, or no folder.
    """
    if os.path.lexists(folder) and not stat.S_ISDIR(folder.lstat().st_mode):
        what = "a symbolic link" if folder.is_symlink() else "no folder"
        raise IndexDamagedError(
            f"{folder} is {what}, and indexes are kept in a folder of the collection's own",
            hint="remove it and run `pictrace rebuild`: indexes are made anew from the catalog, nothing is lost",
        )


def ready_folder(folder: Path) -> None:
    """The folder of the indexes, made if it is not there.

    Raises:
        IndexDamagedError: see `check_folder`.
    """
    check_folder(folder)
    folder.mkdir(parents=True, exist_ok=True)


def stem_of(name: str) -> str:
    """How the names of an encoder's files begin; a colon, which some file systems refuse, becomes a plus sign.

    Raises:
        UsageError: the name cannot be part of one.
    """
    if not is_encoder_name(name):
        raise UsageError(f"{name!r} cannot name an encoder", hint="use letters, digits, dots, dashes, underscores")
    return name.replace(":", "+")


def read_manifest(folder: Path, name: str) -> Manifest | None:
    """The manifest of one encoder, `None` if it has no index.

    Raises:
        IndexDamagedError: the file is not one that `write_manifest` wrote, or the folder is a link.
    """
    check_folder(folder)
    path = _manifest_path(folder, name)
    try:
        with open_regular(path) as file:
            text = file.read(_MOST_BYTES + 1)
        manifest = Manifest(**json.loads(text))
    except FileNotFoundError:
        return None
    except OSError as error:
        raise IndexDamagedError(f"{path.name} cannot be read: {error.strerror}", hint=HINT) from error
    except (TypeError, ValueError, RecursionError) as error:
        raise IndexDamagedError(f"{path.name} is damaged", hint=HINT) from error
    if len(text) > _MOST_BYTES or not _is_sound(manifest, name):
        raise IndexDamagedError(f"{path.name} is damaged", hint=HINT)
    return manifest


def _is_sound(manifest: Manifest, name: str) -> bool:
    """Whether every field holds what `write_manifest` can have written there."""
    texts = (manifest.file, manifest.sha256, manifest.encoder, manifest.index, manifest.index_version)
    numbers, recall = (manifest.watermark, manifest.count, manifest.size), manifest.recall
    if not all(isinstance(text, str) and len(text) <= _LONGEST_NAME for text in texts):
        return False
    # Exact types, for True is an int as well.
    if not all(type(number) is int and 0 <= number < 1 << 63 for number in numbers):
        return False
    is_share = recall is None or (type(recall) in {int, float} and 0 <= recall <= 1)
    is_hash = re.fullmatch("[0-9a-f]{64}", manifest.sha256) is not None
    return is_share and is_hash and _pattern(name).fullmatch(manifest.file) is not None


def write_manifest(folder: Path, name: str, manifest: Manifest) -> None:
    """Make this the encoder's generation, and remove the files of all others.

    Raises:
        InsufficientStorageError: the disk is full.
    """
    path = _manifest_path(folder, name)
    with replacing(path) as temporary:
        temporary.write_text(json.dumps(asdict(manifest), indent=1) + "\n", encoding="utf-8")
    for other in folder.iterdir():
        if _pattern(name).fullmatch(written_name(other.name)) and other.name != manifest.file:
            other.unlink(missing_ok=True)
    for other in leftovers(path):
        other.unlink(missing_ok=True)


def discard(folder: Path, name: str) -> None:
    """The index of one encoder is gone: first its manifest, so that nobody looks for a file that is not there.

    Raises:
        IndexDamagedError: the folder is a link.
    """
    check_folder(folder)
    _manifest_path(folder, name).unlink(missing_ok=True)
    for other in folder.iterdir() if folder.exists() else ():
        if _pattern(name).fullmatch(written_name(other.name)):
            other.unlink(missing_ok=True)


def freshness(folder: Path) -> tuple[int, ...]:
    """Numbers that differ once an index in the folder was made anew."""
    files = sorted(folder.glob("*.json"))
    return tuple(file.stat().st_mtime_ns for file in files if file.exists())


def names(folder: Path) -> list[str]:
    """The encoders that have a manifest here, sorted; other files are nobody's business.

    Raises:
        IndexDamagedError: the folder is a link.
    """
    check_folder(folder)
    stems = (path.stem.replace("+", ":") for path in folder.glob("*.json"))
    return sorted(name for name in stems if is_encoder_name(name))


def free_path(folder: Path, stamp: EncoderStamp, watermark: Key, index: str) -> Path:
    """A path for a new generation that no file has."""
    stem, ending = f"{stem_of(stamp.name)}-{watermark}", index.rpartition(".")[2]
    path, number = folder / f"{stem}.{ending}", 1
    while path.exists():
        number += 1
        path = folder / f"{stem}.{number}.{ending}"
    return path


def sound_path(folder: Path, manifest: Manifest) -> Path:
    """The file of a generation, once it has the size it should have.

    Raises:
        IndexDamagedError: it has another, or is a link or no file at all.
        FileNotFoundError: it is not there.
    """
    path = folder / manifest.file
    status = path.lstat()
    if not stat.S_ISREG(status.st_mode):
        raise IndexDamagedError(f"{path.name} is damaged: it is no regular file", hint=HINT)
    size = status.st_size
    if size != manifest.size:
        raise IndexDamagedError(f"{path.name} is damaged: {size} bytes instead of {manifest.size}", hint=HINT)
    return path


def open_index(folder: Path, manifest: Manifest, stamp: EncoderStamp, *, writable: bool = False, threads: int) -> Any:
    """The index of a generation, mapped from disk, or in memory if it is to be changed.

    Raises:
        IndexDamagedError: its file is damaged.
        FileNotFoundError: its file is not there.
    """
    path = sound_path(folder, manifest)
    # The library follows links inside the file without looking; 0.1 s for 100,000 rows keeps it from a crash.
    if sha256(path) != manifest.sha256:
        raise IndexDamagedError(f"{path.name} is not the file that was written", hint=HINT)
    index_class = registry.load("indexes", manifest.index)
    return index_class.open(path, stamp.space, writable=writable, threads=threads)


def unfit(manifest: Manifest, stamp: EncoderStamp, index_name: str, catalog: Catalog) -> str:
    """Why an index is of no use here; empty if it is."""
    version = registry.load("indexes", index_name).version
    if manifest.encoder != stamp.version:
        why = f"was made with version {manifest.encoder} of the encoder, not {stamp.version}"
    elif (manifest.index, manifest.index_version) != (index_name, version):
        why = f"is {manifest.index} {manifest.index_version}, not {index_name} {version}"
    elif manifest.watermark > catalog.watermark:
        why = "is ahead of the catalog"
    else:
        return ""
    return f"the index of {stamp.name} {why}: every row is compared until `pictrace rebuild` makes it anew"


def sha256(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    with open_regular(path) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _manifest_path(folder: Path, name: str) -> Path:
    return folder / f"{stem_of(name)}.json"


def _pattern(name: str) -> re.Pattern[str]:
    # No manifest: that of an encoder whose name goes on with a dash and a number would look like a generation.
    return re.compile(rf"{re.escape(stem_of(name))}-\d+(\.\d+)?\.(?!json$)[A-Za-z]\w*")
