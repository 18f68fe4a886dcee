"""How alike one encoder finds two pictures."""

from pictrace.types import Metric, Space, Trace


def cosine(query: Trace, candidate: Trace, encoder: str) -> float:
    """The cosine of the query's row and the candidate's."""
    left, right = query.rows[encoder][:1], candidate.rows[encoder][:1]
    return float(1.0 - Space(Metric.COSINE, left.shape[1]).distance(left, right)[0, 0])
