"""Which pictures are edited and which serve as strangers: by a hash of their contents, so that runs repeat."""

import hashlib
import heapq
import io
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from PIL import Image

from pictrace import search
from pictrace._regular import open_regular
from pictrace.candidates import Engine
from pictrace.errors import PictureError, UsageError
from pictrace.picture import Picture
from pictrace.results import PictureRecord
from pictrace.search import Wanted
from pictrace.settings import Limits
from pictrace.signals.embedding import is_featureless
from pictrace.types import Key, Relation
from pictrace.words import counted

LONGEST = 1280
"""Pixels of the longest side that is edited, about what pictures have that are passed on."""

LEAST_STRANGERS = 4
"""One picture and the three others of a collage."""

_SPARE = 4
"""Pictures looked at for each one needed: some are flat, or relatives of a stranger."""


@dataclass(frozen=True, eq=False)
class Subject:
    """A picture that is edited: its key, its pixels, and the stored pictures that are its relatives as it is."""

    key: Key
    image: Image.Image
    from_proxy: bool
    relatives: frozenset[Key]


@dataclass(frozen=True, eq=False)
class Cast:
    """Who takes part: pictures to find again, strangers, and an engine that looks at nobody of the strangers' kin."""

    pictures: tuple[Subject, ...]
    strangers: tuple[Subject, ...]
    engine: Engine


def drawn(engine: Engine, limits: Limits, *, pictures: int, strangers: int) -> Cast:
    """So many pictures of a collection and strangers, fewer pictures if there are no more.

    Raises:
        UsageError: the collection holds too few pictures that are not flat, or fewer than four strangers are wanted.
    """
    if pictures < 1 or strangers < LEAST_STRANGERS:
        raise UsageError(
            f"{counted(pictures, 'picture')} and {counted(strangers, 'stranger')} are too few",
            hint=f"one picture or more, and at least {LEAST_STRANGERS} strangers: pictures are put among them too",
        )
    found = _subjects(engine, limits, _SPARE * (pictures + strangers))
    others: list[Subject] = []
    for subject in found:
        others.append(subject)
        if len(others) == strangers:
            break
    hidden = {key for one in others for key in (one.key, *one.relatives)}
    chosen: list[Subject] = []
    for subject in found:
        if subject.key not in hidden:
            chosen.append(subject)
        if len(chosen) == pictures:
            break
    if len(others) < strangers or not chosen:
        raise UsageError(
            f"{counted(len(others) + len(chosen), 'picture')} of the collection can be told from others: "
            f"too few to evaluate it",
            hint=f"index more pictures, or ask for fewer strangers, of which {LEAST_STRANGERS} are needed",
        )
    allowed = np.setdiff1d(np.sort(engine.catalog.keys()), np.array(sorted(hidden), np.uint64))
    return Cast(tuple(chosen), tuple(others), replace(engine, allowed=allowed))


def _subjects(engine: Engine, limits: Limits, most: int) -> Iterator[Subject]:
    """Pictures in the order of a hash of their hash, each once; flat ones cannot be told from others."""
    for record in heapq.nsmallest(most, _records(engine), key=lambda one: _lot(one.sha256)):
        trace = engine.catalog.traces([record.id]).get(record.id)
        if trace is None or is_featureless(trace):
            continue
        original = _original(record, limits)
        image = original or Image.open(io.BytesIO(trace.proxy)).convert("RGB")
        yield Subject(record.id, image, original is None, _relatives(engine, record.id))


def _records(engine: Engine) -> Iterator[PictureRecord]:
    after = 0
    while page := engine.catalog.records(after):
        yield from page
        after = page[-1].id


def _lot(sha256: str) -> bytes:
    return hashlib.sha256(f"pictrace eval {sha256}".encode()).digest()


def _original(record: PictureRecord, limits: Limits) -> Image.Image | None:
    """The picture's file as it was indexed, at most `LONGEST` pixels long; `None` where it is gone or another."""
    for place in record.locations:
        if place.identity is None or place.size > limits.file_bytes:
            continue
        try:
            with open_regular(place.uri) as file:
                data = file.read(limits.file_bytes + 1)
            if hashlib.sha256(data).hexdigest() != record.sha256:
                continue
            picture = Picture.open(data, limits=limits, target=LONGEST)
        except (OSError, ValueError, PictureError):
            continue
        image = Image.fromarray(picture.pixels)
        image.thumbnail((LONGEST, LONGEST), Image.Resampling.LANCZOS)
        return image
    return None


def _relatives(engine: Engine, key: Key) -> frozenset[Key]:
    answer = search.search(engine, key, Wanted(limit=50))
    kin = {match.id for match in answer if match.relation >= Relation.SCENE and match.id != key}
    return frozenset(one for one in kin if one is not None)
