"""Do both pictures show the same kind of thing? The cosine of their embeddings."""

import functools
from collections.abc import Mapping, Sequence
from typing import ClassVar

import numpy as np

from pictrace import weights
from pictrace.backgrounds import Strangers
from pictrace.errors import UnknownNameError
from pictrace.signals._cosine import cosine
from pictrace.types import Evidence, Relation, Silence, Trace
from pictrace.verdict import Calibration, calibrations

Meaning = Strangers | Calibration
"""What tells of the cosines of an encoder that PicTrace has not measured."""

_LEAST_QUALITY = 5
_LEAST_FEATURES = 8
_MEASURED = "embedding.lite0"
_SUREST = 3.2
"""Log-odds: with the prior of look-alikes, a probability of 0.8."""


class Signal:
    """The cosine of the embeddings, under each encoder's own calibration; the best encoder that has one speaks."""

    name: ClassVar[str] = "embedding"
    family: ClassVar[str] = "embedding"
    ceiling: ClassVar[Relation] = Relation.SIMILAR

    def __init__(self, meanings: Mapping[str, Meaning] | None = None) -> None:
        self._meanings = meanings or {}

    def compare(self, query: Trace, candidate: Trace, before: Sequence[Evidence]) -> Evidence:
        """Evidence with `cosine`; no opinion on flat pictures, which are all alike, nor where no encoder is calibrated.

        What a cosine means differs between models: 0.6 is a stranger to one and the same thing to another. Of one that
        is not calibrated, a collection's own strangers tell, and then the opinion is a modest one; `meanings` holds
        them, or what the card of a model of the user's own says.
        """
        del before
        shared = [name for name, rows in query.rows.items() if name in candidate.rows and _is_cosine(rows.dtype)]
        if not shared:
            return Evidence(self.name, self.family, self.ceiling, None, reason=Silence.NO_EMBEDDING)
        cosines = {name: cosine(query, candidate, name) for name in shared}
        records = {name: found for name in shared if (found := self._record(name)) is not None}
        opinions = {name: one.log_odds({"cosine": cosines[name]}) for name, one in records.items()}
        if not opinions:
            told = {name: one for name, one in sorted(self._meanings.items()) if isinstance(one, Strangers)}
            opinions = {name: _modest(one.likened(cosines[name])) for name, one in told.items() if name in cosines}
        best = (
            max(opinions, key=lambda name: opinions[name]) if opinions else max(shared, key=lambda name: cosines[name])
        )
        measures = {"cosine": cosines[best]}
        if is_featureless(query) or is_featureless(candidate):
            return Evidence(self.name, self.family, self.ceiling, None, measures, Silence.FEATURELESS)
        reason = "" if opinions else Silence.NOT_CALIBRATED
        return Evidence(self.name, self.family, self.ceiling, opinions.get(best), measures, reason)

    def _record(self, name: str) -> Calibration | None:
        own = self._meanings.get(name)
        return calibration_of(name) or (own if isinstance(own, Calibration) else None)


def _modest(cosine: float) -> float:
    """What a cosine of `lite0` says, but not as sure: it is another encoder's, likened to it."""
    return min(calibrations()[_MEASURED].log_odds({"cosine": cosine}), _SUREST)


@functools.cache
def calibration_of(encoder: str) -> Calibration | None:
    """What cosines of an encoder's rows mean: by PicTrace's own measurements, or by its model's bundled card."""
    found = calibrations().get(f"embedding.{encoder}")
    if found is not None:
        return found
    try:
        card = weights.card(weights.card_name(encoder))
    except UnknownNameError:
        return None
    return calibration_by(card.calibration, f"the card of {card.name}")


def calibration_by(knots: Sequence[tuple[float, float]], origin: str) -> Calibration | None:
    """The calibration that pairs of a cosine, ascending, and log-odds are; none of no pairs.

    It is no surer than that of `lite0`, whatever a card says.
    """
    if not knots:
        return None
    cap = min(max(abs(one) for _, one in knots), calibrations()[_MEASURED].cap)
    return Calibration(0.0, {"cosine": tuple(knots)}, cap, origin)


def is_featureless(trace: Trace) -> bool:
    """Whether a picture is so flat that nothing about it can be compared but its bytes and pixels."""
    return trace.quality < _LEAST_QUALITY and len(trace.features) < _LEAST_FEATURES


def _is_cosine(dtype: np.dtype) -> bool:
    return np.issubdtype(dtype, np.floating)
