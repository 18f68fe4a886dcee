"""A match made visible: where the pictures overlap, which places agree, and what differs there."""

import io
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from pictrace import tracing
from pictrace.picture import Picture
from pictrace.polygons import Point, clipped
from pictrace.results import Match
from pictrace.signals.geometry import inlier_pairs
from pictrace.signals.structure import difference
from pictrace.types import Alignment, Trace

Line = tuple[float, float, float, float]


@dataclass(frozen=True)
class Drawing:
    """What a person needs to see of a match.

    `query_jpeg` and `match_jpeg` are at most 512 px; all places are in pixels of the originals, whose sizes
    (width, height) stand beside them. `lines` join places that both show, query first, and are no more than the
    `inliers` of the match; `covered` is the part of the query that is in the match and `outline` the same on the
    match, both convex. `aligned_webp` is the query laid over the match, transparent elsewhere, `difference_webp`
    where the two differ, bright is more.
    """

    query_jpeg: bytes
    query_size: tuple[int, int]
    match_jpeg: bytes
    match_size: tuple[int, int]
    lines: tuple[Line, ...] = ()
    covered: tuple[Point, ...] = ()
    outline: tuple[Point, ...] = ()
    aligned_webp: bytes = b""
    difference_webp: bytes = b""


def visible(picture: Picture, *, width: int = 0, height: int = 0) -> Trace:
    """What `explain` needs of a picture, without any model; of a proxy if the original's size is given."""
    trace = Trace(rows={}, **tracing.prepare(picture, ()).facts)
    return replace(trace, width=width or trace.width, height=height or trace.height)


def sketch(query_jpeg: bytes, query_size: tuple[int, int], match_jpeg: bytes, match: Match) -> Drawing:
    """Both pictures and the outline of their overlap, which the match's record is enough for."""
    plain = Drawing(query_jpeg, query_size, match_jpeg, (match.width, match.height))
    if match.alignment is None:
        return plain
    outline = clipped(match.alignment.quad, match.width, match.height)
    back = np.linalg.inv(np.array(match.alignment.transform))
    return replace(plain, covered=clipped(_mapped(back, outline), *query_size), outline=outline)


def explain(query: Trace, candidate: Trace, match: Match) -> Drawing:
    """The match of two pictures as a whole drawing; without an alignment, just the two pictures."""
    plain = sketch(query.proxy, (query.width, query.height), candidate.proxy, match)
    alignment = match.alignment
    if alignment is None:
        return plain
    # As many as are told: of proxies alone, or where repeated corners agree too, there would be others.
    told = int(match.signals.get("inliers", 0))
    return replace(
        plain,
        lines=tuple(inlier_pairs(query, candidate, alignment, most=told)),
        aligned_webp=_aligned(query, candidate, alignment, plain.outline),
        difference_webp=_encoded(
            Image.fromarray(difference(query, candidate, alignment, negative=bool(match.signals.get("negative"))))
        ),
    )


def _mapped(homography: np.ndarray, points: Sequence[Point]) -> list[Point]:
    rows = np.array([(x, y, 1.0) for x, y in points]).reshape(-1, 3) @ homography.T
    return [(float(x / w), float(y / w)) for x, y, w in rows]


def _aligned(query: Trace, candidate: Trace, alignment: Alignment, outline: Sequence[Point]) -> bytes:
    """The query's proxy seen from the match's, transparent outside their overlap."""
    moving, still = (Image.open(io.BytesIO(trace.proxy)) for trace in (query, candidate))
    onto_query = np.diag([moving.width / query.width, moving.height / query.height, 1.0])
    from_match = np.diag([candidate.width / still.width, candidate.height / still.height, 1.0])
    back = onto_query @ np.linalg.inv(np.array(alignment.transform)) @ from_match
    back /= back[2, 2]
    laid = moving.convert("RGB").transform(
        still.size, Image.Transform.PERSPECTIVE, back.ravel().tolist()[:8], Image.Resampling.BICUBIC
    )
    mask = Image.new("L", still.size)
    if len(outline) > 2:
        scale = still.width / candidate.width, still.height / candidate.height
        ImageDraw.Draw(mask).polygon([(x * scale[0], y * scale[1]) for x, y in outline], fill=255)
        # Interpolation mixes the outermost pixels with the nothing beyond them.
        mask = mask.filter(ImageFilter.MinFilter(3))
    laid.putalpha(mask)
    return _encoded(laid)


def _encoded(image: Image.Image) -> bytes:
    stream = io.BytesIO()
    image.save(stream, "WEBP", quality=82, method=2)
    return stream.getvalue()
