"""From words, and pictures beside them, to the pictures that come nearest to all of it; nothing of it is verified."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from pictrace import words
from pictrace.backgrounds import Background
from pictrace.candidates import Engine, fused, nearest
from pictrace.encoders import TextEncoder, encode, reads_words
from pictrace.errors import NoTextEncoderError, NotFoundError, UsageError
from pictrace.picture import Picture
from pictrace.results import Answer, Match, PictureRecord
from pictrace.search import Heard, Stages, Wanted
from pictrace.types import Key, Relation, Rows

_NEIGHBOURS = 100
_SURE = 700.0
_LEAST_LENGTH = 0.05
"""Of what is left when rows of length 1 are added up and taken off each other: less points nowhere in particular."""


@dataclass(frozen=True, eq=False)
class Term:
    """A text, a picture or the key of one, and how much of it is added, or taken off where that is below 0."""

    what: str | Picture | Key
    weight: float = 1.0


@dataclass(frozen=True, eq=False)
class _Asked:
    """A query in the space of one encoder: its row `(1, columns)`, and what strangers are like to it."""

    encoder: TextEncoder
    row: Rows
    background: Background
    is_calibrated: bool

    def cosine(self, distance: float) -> float:
        return 1.0 - distance

    def score(self, distance: float) -> float:
        cosine = self.cosine(distance)
        if not self.is_calibrated:
            return self.background.standing(cosine)
        cosines, log_odds = zip(*self.encoder.text_calibration, strict=True)
        # Beyond what exponentials reach, which encoders of others may name, nothing is more or less sure.
        found = min(max(float(np.interp(cosine, cosines, log_odds)), -_SURE), _SURE)
        return 1.0 / (1.0 + math.exp(-found))


@dataclass(frozen=True)
class Reading:
    """How near one picture is to a query in an encoder's space.

    `percentile` is the share of the collection that is less near, `place` its place among the nearest, if it is there.
    """

    encoder: str
    cosine: float
    percentile: float
    score: float
    place: int | None

    @property
    def measures(self) -> Mapping[str, float]:
        """What a match says of the same."""
        return {"text_cosine": self.cosine, "text_percentile": self.percentile}


@dataclass(frozen=True)
class Described:
    """Why a search with words finds a picture or does not: what each encoder that reads words makes of the two."""

    key: Key
    readings: tuple[Reading, ...]
    calibrated: bool

    def to_dict(self) -> dict[str, Any]:
        """The same as JSON output carries it."""
        return asdict(self)


def readers(engine: Engine) -> list[TextEncoder]:
    """The encoders of a collection that read words.

    Raises:
        NoTextEncoderError: there is none.
    """
    found = [encoder for encoder in engine.encoders if reads_words(encoder)]
    if not found and engine.lost:
        raise NoTextEncoderError(
            "no encoder of this collection whose model can be used here reads words",
            hint=f"those of {', '.join(engine.lost)} cannot be used: `pictrace models pull NAME` fetches one",
        )
    if not found:
        raise NoTextEncoderError(
            "no encoder of this collection reads words",
            hint=f"add {words.READERS} by `pictrace spaces add`; docs/text.md says how",
        )
    return found


def search(engine: Engine, terms: Sequence[Term], wanted: Wanted | None = None, heard: Heard | None = None) -> Answer:
    """The pictures that are nearest to words, and to pictures added to them or taken off; all are only `similar`.

    Those of the collection that are part of the query are left out of the answer. `heard` is told what is found once,
    before it is counted how far that stands out.

    Raises:
        NoTextEncoderError: no encoder of the collection reads words.
        UsageError: a mode that proves something, or terms that leave nothing of each other.
        NotFoundError: there is no picture of a key.
    """
    asked, stages = wanted or Wanted(), Stages()
    _check_mode(asked)
    encoders = readers(engine)
    if asked.where is not None:
        with stages("filter"):
            engine = replace(engine, allowed=engine.catalog.keys(where=asked.where, seconds=asked.filter_seconds))
    with stages("encode"):
        rows = {encoder.name: row_of(engine, encoder, terms) for encoder in encoders}
    with stages("candidates"):
        count = max(_NEIGHBOURS, 2 * asked.limit)
        near = {name: nearest(engine, name, row, count) for name, row in rows.items()}
        given = {_key(engine, term.what) for term in terms}
        keys = [key for key in fused(near.values()) if key not in given]
        records = engine.catalog.records_of(keys)
    with stages("score"):
        known = [_asked(engine, encoder, rows[encoder.name], terms) for encoder in encoders]
        matches = [_match(records[key], known, near) for key in keys if key in records]
    chosen = tuple([match for match in matches if match.score >= asked.min_score][: asked.limit])
    if heard is not None and chosen:
        heard("candidates", chosen)
    return _answer(engine, known, chosen, stages, _cut(encoders, terms))


def describe(engine: Engine, terms: Sequence[Term], key: Key) -> Described:
    """How near one picture is to words, in the space of every encoder that reads them.

    Raises:
        NoTextEncoderError: no encoder of the collection reads words.
        NotFoundError: there is no picture of that key.
    """
    stored = _stored(engine, key)
    known = [_asked(engine, encoder, row_of(engine, encoder, terms), terms) for encoder in readers(engine)]
    readings = []
    for one in known:
        name = one.encoder.name
        distance = float(one.encoder.space.distance(one.row, stored[name][:1])[0, 0])
        near = nearest(engine, name, one.row, _NEIGHBOURS)
        order = sorted(near, key=lambda at: (near[at], at))
        place = order.index(key) + 1 if key in near else None
        cosine = one.cosine(distance)
        readings.append(Reading(name, cosine, one.background.percentile(cosine), one.score(distance), place))
    return Described(key, tuple(readings), all(one.is_calibrated for one in known))


def row_of(engine: Engine, encoder: TextEncoder, terms: Sequence[Term]) -> Rows:
    """The row `(1, columns)` float32 of length 1 that all terms add up to, each of length 1 times its weight.

    Raises:
        UsageError: hardly anything is left.
        NotFoundError: there is no picture of a key.
    """
    total = np.zeros((1, encoder.space.columns), np.float32)
    for term in terms:
        total += np.float32(term.weight) * _unit(_row(engine, encoder, term.what))
    if float(np.linalg.norm(total)) < _LEAST_LENGTH * max(abs(term.weight) for term in terms):
        raise UsageError("what is added and what is taken off leave nothing", hint="take off less, or something else")
    return _unit(total)


def _row(engine: Engine, encoder: TextEncoder, what: str | Picture | Key) -> Rows:
    if isinstance(what, str):
        return encoder.space.check(encoder.encode_text([what]))
    if isinstance(what, Picture):
        return encode(encoder, [what])
    return _stored(engine, what)[encoder.name][:1]


def _stored(engine: Engine, key: Key) -> Mapping[str, Rows]:
    traces = engine.catalog.traces([key])
    if key not in traces:
        raise NotFoundError(f"no picture has the id {key}", hint="`pictrace list` shows those there are")
    return traces[key].rows


def _key(engine: Engine, what: str | Picture | Key) -> Key | None:
    """What the collection has a part of a query as, by whichever way it was given; none of what it has not."""
    if isinstance(what, Picture):
        return engine.catalog.by_sha(what.sha256)
    return what if isinstance(what, int) else None


def _unit(row: Rows) -> Rows:
    unit: Rows = row / np.linalg.norm(row, axis=1, keepdims=True)
    return unit


def _asked(engine: Engine, encoder: TextEncoder, row: Rows, terms: Sequence[Term]) -> _Asked:
    sample = engine.lookups[encoder.name].sample()
    cosines = 1.0 - encoder.space.distance(row, sample)[0]
    # What was measured was measured of a text alone.
    is_plain = len(terms) == 1 and isinstance(terms[0].what, str)
    background = Background.of(cosines, engine.pictures)
    return _Asked(encoder, row, background, is_plain and bool(encoder.text_calibration))


def _match(record: PictureRecord, asked: Sequence[_Asked], near: Mapping[str, Mapping[Key, float]]) -> Match:
    """The match as the encoder puts it that finds it most outstanding; one that is calibrated goes first."""
    found = [(one, near[one.encoder.name][record.id]) for one in asked if record.id in near[one.encoder.name]]
    best, distance = max(found, key=lambda pair: (pair[0].is_calibrated, pair[0].score(pair[1])))
    cosine, score = best.cosine(distance), best.score(distance)
    measures = {"text_cosine": cosine, "text_percentile": best.background.percentile(cosine)}
    return Match(
        id=record.id,
        path=record.path,
        relation=Relation.SIMILAR,
        score=score,
        signals=measures,
        alignment=None,
        width=record.width,
        height=record.height,
        sha256=record.sha256,
        reasons=(words.read(measures),),
        metadata=record.metadata,
        locations=record.locations,
    )


def _answer(
    engine: Engine, asked: Sequence[_Asked], matches: tuple[Match, ...], stages: Stages, warnings: Sequence[str]
) -> Answer:
    lookups = [engine.lookups[one.encoder.name] for one in asked]
    told = [warning for lookup in lookups for warning in lookup.warnings]
    if not any(one.is_calibrated for one in asked):
        told.append(words.UNCALIBRATED)
    return Answer(
        matches=matches,
        searched=engine.pictures if engine.allowed is None else len(engine.allowed),
        exhaustive=all(lookup.exhaustive for lookup in lookups),
        recall=min((lookup.recall for lookup in lookups if lookup.recall is not None), default=None),
        signals=(words.TEXT,),
        index_version=engine.catalog.watermark,
        timings_ms=stages.timings_ms,
        warnings=(*told, *warnings, *engine.notes),
        searched_with={one.encoder.name: one.encoder.version for one in asked},
    )


def _cut(encoders: Sequence[TextEncoder], terms: Sequence[Term]) -> list[str]:
    """What is said of texts that are longer than what is read of them."""
    texts = [term.what for term in terms if isinstance(term.what, str)]
    return [words.CUT.format(one.name) for one in encoders if texts and any(one.cuts(texts))]


def _check_mode(asked: Wanted) -> None:
    if asked.mode not in {"auto", "similar"}:
        raise UsageError(
            f"words and mixtures prove nothing, so that mode {asked.mode!r} finds nothing by them",
            hint="leave the mode out, or search with a picture alone",
        )
