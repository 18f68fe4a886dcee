"""Saved again with more loss: told by the files, not by the pixels."""

import math
from collections.abc import Sequence

from pictrace.results import Change, ChangeKind, Which
from pictrace.types import Alignment, Trace

FINER = 5
"""Steps of quality between two files that are told apart; other encoders' tables fit libjpeg's no better."""

SMALLER = 0.7
"""Of a file's bytes, for the same pixels: between JPEG quality 90 and 80 lies this much."""

_SAME_SIZE = 0.01
_JPEG = "JPEG"


def coding(
    query: Trace, candidate: Trace, alignment: Alignment, others: Sequence[Change], *, is_as_sharp: bool
) -> list[Change]:
    """Which of two pictures was saved with more loss, if their files tell; by their sizes if nothing else differs."""
    one, other = query.coded_quality, candidate.coded_quality
    if one and other:
        if abs(one - other) < FINER:
            return []
        side: Which = "query" if one < other else "match"
        return [Change(ChangeKind.RECOMPRESSED, side, numbers={"quality": min(one, other), "before": max(one, other)})]
    are_jpeg = query.format == candidate.format == _JPEG
    if not are_jpeg or not is_as_sharp or not _is_all_the_same(query, candidate, alignment, others):
        return []
    ratio = query.size / max(1, candidate.size)
    if SMALLER < ratio < 1 / SMALLER:
        return []
    side = "query" if ratio < 1 else "match"
    told = one if side == "query" else other
    numbers = {"bytes": min(ratio, 1 / ratio)} | ({"quality": float(told)} if told else {})
    return [Change(ChangeKind.RECOMPRESSED, side, numbers=numbers)]


def _is_all_the_same(query: Trace, candidate: Trace, alignment: Alignment, others: Sequence[Change]) -> bool:
    """Whether nothing but its coding can make one file smaller: as many pixels of the same picture."""
    harmless = {ChangeKind.MIRRORED, ChangeKind.TURNED}
    pixels = query.width * query.height, candidate.width * candidate.height
    overlap = min(alignment.query_overlap, alignment.match_overlap)
    return (
        all(change.kind in harmless for change in others)
        and abs(math.log(pixels[0] / pixels[1])) < _SAME_SIZE
        and overlap > 1 - 2 * _SAME_SIZE
    )
