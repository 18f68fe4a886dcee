"""Are they the same file, or the same pixels in files that differ only in what is written about them?"""

from collections.abc import Sequence
from typing import ClassVar

from pictrace.types import Alignment, Evidence, Relation, Silence, Trace
from pictrace.verdict import calibration


class Signal:
    """SHA-256 of the bytes, and a hash of the decoded pixels."""

    name: ClassVar[str] = "identity"
    family: ClassVar[str] = "identity"
    ceiling: ClassVar[Relation] = Relation.EXACT

    def compare(self, query: Trace, candidate: Trace, before: Sequence[Evidence]) -> Evidence:
        """Evidence for `exact`, or no opinion: other bytes say nothing against a copy."""
        del before
        same_bytes = query.sha256 == candidate.sha256
        if not same_bytes and query.pixel_hash != candidate.pixel_hash:
            return Evidence(self.name, self.family, self.ceiling, None, reason=Silence.OTHER_PIXELS)
        measures = {"same_bytes": float(same_bytes), "same_pixels": 1.0}
        return Evidence(
            self.name,
            self.family,
            self.ceiling,
            calibration(self.name).log_odds(measures),
            measures,
            alignment=_whole(candidate),
        )


def _whole(candidate: Trace) -> Alignment:
    width, height = float(candidate.width), float(candidate.height)
    return Alignment(
        transform=((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)),
        query_overlap=1.0,
        match_overlap=1.0,
        quad=((0.0, 0.0), (width, 0.0), (width, height), (0.0, height)),
    )
