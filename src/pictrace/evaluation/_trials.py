"""One trial: a picture is edited, searched for, and looked at beside the right one and the likeliest others."""

import hashlib
import io
import random
import time
from collections.abc import Sequence

import numpy as np
from PIL import Image

from pictrace import search, tracing
from pictrace._stock import LOCAL
from pictrace.candidates import Engine, of_details
from pictrace.edits import NamedEdit
from pictrace.evaluation._drawing import Subject
from pictrace.evaluation._records import FIRST_FEW, Claim, Pair, Trial
from pictrace.picture import Picture
from pictrace.search import Wanted
from pictrace.settings import Limits
from pictrace.types import Key, Relation, Trace
from pictrace.verdict import log_odds
from pictrace.verification import judged, looked_closer

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
        pairs=pairs_of(engine, trace, looked, subject.key),
        ranks={} if stranger else _ranks(engine, trace, picture, subject.key),
        milliseconds=milliseconds,
        stages=answer.timings_ms,
    )
    return trial, trace


def pairs_of(engine: Engine, query: Trace, keys: Sequence[Key], right: Key) -> tuple[Pair, ...]:
    """What every signal says of the query and stored pictures, each looked at as closely as a search ever looks."""
    pairs = []
    for one in judged(engine, query, keys, verify=True):
        closer = looked_closer(engine, query, [one], [one.key], last=True)[0]
        voices = {piece.signal: piece.log_odds for piece in (*one.evidence, *closer.evidence)}
        measures = {name: value for piece in closer.evidence for name, value in piece.measures.items()}
        said = log_odds(closer.evidence, Relation.COPY)
        pairs.append(Pair(one.key, one.key == right, said, voices, measures))
    return tuple(pairs)


def _ranks(engine: Engine, query: Trace, picture: Picture, right: Key) -> dict[str, int | None]:
    """The place of the right picture by each encoder alone, and by the index of local features, if there is one."""
    ranks = {one.name: _rank(engine, one.name, query, right) for one in engine.encoders}
    if engine.local is not None:
        found = of_details(engine, tracing.details_of(picture), _NEAREST)
        ranks[LOCAL] = found.index(right) + 1 if right in found else None
    return ranks


def _rank(engine: Engine, encoder: str, query: Trace, right: Key) -> int | None:
    """The place of the right picture by one encoder's distance, among those that are searched."""
    nearest: dict[Key, float] = {}
    for hits in engine.lookups[encoder].search(query.rows[encoder], _NEAREST):
        for key, distance in hits:
            nearest[key] = min(distance, nearest.get(key, np.inf))
    ordered = sorted((key for key in nearest if engine.admits(key)), key=lambda key: (nearest[key], key != right))
    place = ordered.index(right) + 1 if right in nearest else _NEAREST + 1
    return place if place <= _NEAREST else None
