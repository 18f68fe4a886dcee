"""One trial: a picture is edited, searched for, and looked at beside the right one and the likeliest others."""

import hashlib
import io
import random
import time
from collections.abc import Sequence

import numpy as np
from PIL import Image

from pictrace import search, tracing
from pictrace.assessment import assess, either_way, is_aligned
from pictrace.candidates import Engine
from pictrace.edits import NamedEdit
from pictrace.evaluation._drawing import Subject
from pictrace.evaluation._records import FIRST_FEW, Claim, Pair, Trial
from pictrace.picture import Picture
from pictrace.search import Wanted
from pictrace.settings import Limits
from pictrace.types import Key, Relation, Trace
from pictrace.verdict import log_odds

WRONG_PAIRS = 3
"""The likeliest wrong pictures of each trial that are looked at: others would only be easier to tell apart."""

_NEAREST = 100


def saved(subject: Subject, edit: NamedEdit, pool: Sequence[Image.Image]) -> bytes:
    """The file of an edited picture: JPEG as people save it, or PNG where compressing is the edit itself."""
    draw = random.Random(hashlib.sha256(f"{edit.name} {subject.key}".encode()).digest())  # noqa: S311 - no secret
    edited, stream = edit(subject.image, draw, pool), io.BytesIO()
    if edit.lossless:
        edited.save(stream, "PNG", compress_level=1)
    else:
        edited.save(stream, "JPEG", quality=90)
    return stream.getvalue()


def tried(engine: Engine, subject: Subject, name: str, data: bytes, *, stranger: bool) -> tuple[Trial, Trace]:
    """The trial of one file, and its trace."""
    limits = Limits(min_side=1)
    started = time.perf_counter()
    picture = Picture.open(data, limits=limits, target=tracing.TARGET)
    answer = search.search(engine, picture, Wanted(limit=FIRST_FEW))
    milliseconds = (time.perf_counter() - started) * 1000
    claims = tuple(
        Claim(match.id, match.relation, match.score, match.id == subject.key)
        for match in answer
        if match.id is not None and match.id not in subject.relatives
    )
    trace = search.trace_of(engine, picture)
    looked = [] if stranger else [subject.key]
    looked += [claim.key for claim in claims if not claim.right][:WRONG_PAIRS]
    trial = Trial(
        picture=subject.key,
        edit=name,
        stranger=stranger,
        claims=claims,
        pairs=tuple(pair_of(engine, trace, key, right=key == subject.key) for key in looked),
        ranks={} if stranger else {one.name: _rank(engine, one.name, trace, subject.key) for one in engine.encoders},
        milliseconds=milliseconds,
        stages=answer.timings_ms,
    )
    return trial, trace


def pair_of(engine: Engine, query: Trace, key: Key, *, right: bool) -> Pair:
    """What every signal says of the query and a stored picture, as a search would see them."""
    stored = tracing.with_features(engine.catalog.traces([key])[key])
    evidence = assess(query, stored, engine.signals)[1]
    if is_aligned(evidence):
        evidence = either_way(query, stored, engine.signals, evidence)[1]
    measures: dict[str, float] = {}
    for piece in evidence:
        measures |= piece.measures
    voices = {piece.signal: piece.log_odds for piece in evidence}
    return Pair(key, right, log_odds(evidence, Relation.COPY), voices, measures)


def _rank(engine: Engine, encoder: str, query: Trace, right: Key) -> int | None:
    """The place of the right picture by one encoder's distance, among those that are searched."""
    nearest: dict[Key, float] = {}
    for hits in engine.lookups[encoder].search(query.rows[encoder], _NEAREST):
        for key, distance in hits:
            nearest[key] = min(distance, nearest.get(key, np.inf))
    ordered = sorted((key for key in nearest if engine.admits(key)), key=lambda key: (nearest[key], key != right))
    place = ordered.index(right) + 1 if right in nearest else _NEAREST + 1
    return place if place <= _NEAREST else None
