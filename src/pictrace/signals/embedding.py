"""Do both pictures show the same kind of thing? The cosine of their embeddings."""

from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from pictrace.types import Evidence, Metric, Relation, Silence, Space, Trace
from pictrace.verdict import calibration

_LEAST_QUALITY = 5
_LEAST_FEATURES = 8


class Signal:
    """The cosine of the embeddings, under each encoder's own calibration; the best encoder speaks."""

    name: ClassVar[str] = "embedding"
    family: ClassVar[str] = "embedding"
    ceiling: ClassVar[Relation] = Relation.SIMILAR

    def compare(self, query: Trace, candidate: Trace, before: Sequence[Evidence]) -> Evidence:
        """Evidence with `cosine`; a flat picture has no opinion, since flat pictures are all alike."""
        del before
        shared = [name for name, rows in query.rows.items() if name in candidate.rows and _is_cosine(rows.dtype)]
        if not shared:
            return Evidence(self.name, self.family, self.ceiling, None, reason=Silence.NO_EMBEDDING)
        cosines = {name: cosine(query, candidate, name) for name in shared}
        opinions = {name: calibration(f"embedding.{name}").log_odds({"cosine": cosines[name]}) for name in shared}
        best = max(opinions, key=lambda name: opinions[name])
        measures = {"cosine": cosines[best]}
        if is_featureless(query) or is_featureless(candidate):
            return Evidence(self.name, self.family, self.ceiling, None, measures, Silence.FEATURELESS)
        return Evidence(self.name, self.family, self.ceiling, opinions[best], measures)


def cosine(query: Trace, candidate: Trace, encoder: str) -> float:
    """The cosine of the query's row and the candidate's."""
    left, right = query.rows[encoder][:1], candidate.rows[encoder][:1]
    return float(1.0 - Space(Metric.COSINE, left.shape[1]).distance(left, right)[0, 0])


def is_featureless(trace: Trace) -> bool:
    """Whether a picture is so flat that nothing about it can be compared but its bytes and pixels."""
    return trace.quality < _LEAST_QUALITY and len(trace.features) < _LEAST_FEATURES


def _is_cosine(dtype: np.dtype) -> bool:
    return np.issubdtype(dtype, np.floating)
