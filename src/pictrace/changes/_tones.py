"""What became of light, colour and detail where two pictures agree."""

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
import numpy.typing as npt

from pictrace.changes._laid import Bytes, Cell, Laid, Levels, luma, stretch
from pictrace.frames import between_middles
from pictrace.results import Change, ChangeKind, Which

LIGHT = 5.0
"""Levels of 255."""

CONTRAST = math.log(1.12)
GREY = 0.2
"""Share of the chroma of the other picture that a grey one has at most, from what compression leaves."""

SATURATION = math.log(1.3)
TINT = 4.0
"""Levels; JPEGs of one picture differ by less than 1."""

COLOURLESS = 3.0
"""Levels of chroma below which more or less of it says nothing."""

COLOURFUL = 4.0
"""Levels of chroma that a picture needs before another one can be called grey."""

AGREES = 12
"""Levels that what is the same differs by, at edges too."""

COARSE = 14
"""Levels of chroma that compression, which keeps a quarter of it, may move."""

FLAT = 2.0
"""Levels of spread below which there is nothing to be compared."""

LEAST_PIXELS = 800
"""Of about 50,000."""

NEGATIVE = -0.5
"""Correlation of the levels; of copies as they are it is far above 0."""

STEP = 2
"""Every second pixel of every second row tells what levels became."""

MARGIN = 5
"""Pixels around an overlay that it may have touched."""


@dataclass(frozen=True, eq=False)
class Toned:
    """How the levels of two pictures that are laid over each other belong together.

    `seen` and `warped` are Y, Cr and Cb `(h, w, 3)` uint8; `agreeing` `(h, w)` is 255 where they agree once one has
    the light and the colours of the other, else 0; `apart` `(h, w)` is how many levels each pixel is from all that
    the other picture has within two pixels. `light` and `contrast` are what the still picture has more of: a
    difference in levels and the logarithm of a ratio. If one picture is a negative of the other, `warped` is turned
    into a positive of it.
    """

    seen: Bytes
    warped: Bytes
    agreeing: Bytes
    apart: Bytes
    light: float
    contrast: float
    is_negative: bool


def toned(pair: Laid) -> Toned | None:
    """None if there is too little in the overlap to be compared."""
    is_negative = _is_negative(pair)
    sides = pair.seen, cv2.bitwise_not(pair.warped) if is_negative else pair.warped
    seen, warped = (np.asarray(cv2.cvtColor(side, cv2.COLOR_RGB2YCrCb)) for side in sides)
    picked = pair.inside[::STEP, ::STEP]
    some = [side[::STEP, ::STEP][picked] for side in (seen, warped)]
    if len(some[0]) * STEP * STEP < LEAST_PIXELS or min(float(side[:, 0].std()) for side in some) < FLAT:
        return None
    apart, near = np.zeros(seen.shape[:2], np.uint8), np.zeros(seen.shape[:2], np.uint8)
    curves = []
    for plane in range(3):
        one, other = (cv2.extractChannel(side, plane) for side in (seen, warped))
        there, back = curve(some[1][:, plane], some[0][:, plane]), curve(some[0][:, plane], some[1][:, plane])
        forward, backward = cv2.LUT(other, there), cv2.LUT(one, back)
        # Where light was clipped or colour taken, only one of the two curves can tell what belongs together.
        beyond = np.minimum(_beyond(one, forward), _beyond(other, backward))
        apart = np.maximum(apart, cv2.subtract(beyond, COARSE) if plane else beyond)
        near = np.maximum(near, np.minimum(cv2.absdiff(one, forward), cv2.absdiff(other, backward)))
        curves.append((there, back))
    agreeing = ((near < AGREES) & pair.inside).astype(np.uint8) * np.uint8(255)
    if cv2.countNonZero(agreeing) < LEAST_PIXELS:
        return None
    chosen = agreeing[::STEP, ::STEP][picked] > 0
    luma_pair = [side[chosen, 0].astype(np.float32) for side in some]
    return Toned(seen, warped, agreeing, apart, _light(*luma_pair), _contrast(luma_pair, curves[0]), is_negative)


def _is_negative(pair: Laid) -> bool:
    """Whether what is bright in one picture is dark in the other."""
    picked = pair.inside[::STEP, ::STEP]
    one, other = (luma(side[::STEP, ::STEP])[picked] for side in (pair.seen, pair.warped))
    if len(one) * STEP * STEP < LEAST_PIXELS or min(float(one.std()), float(other.std())) < FLAT:
        return False
    return float(np.corrcoef(one, other)[0, 1]) < NEGATIVE


def curve(levels: Bytes, others: Bytes) -> Bytes:
    """What each of 256 levels of one picture became in the other: the median, never falling, `(256,)` uint8."""
    cells = (levels.astype(np.intp) >> 2) * 128 + (others >> 1)
    counts = np.bincount(cells, minlength=64 * 128).reshape(64, 128)
    sums = counts.cumsum(axis=1)
    medians = 2.0 * (sums < (sums[:, -1:] + 1) // 2).sum(axis=1) + 0.5
    known = sums[:, -1] >= max(4, len(levels) // 2000)
    centres = 4.0 * np.flatnonzero(known) + 1.5
    risen = np.maximum.accumulate(medians[known])
    return np.clip(np.interp(np.arange(256), centres, risen) + 0.5, 0, 255).astype(np.uint8)


def _beyond(one: Bytes, other: Bytes) -> Bytes:
    """How far levels are outside of what the other picture has within two pixels, both ways round."""
    around = np.ones((5, 5), np.uint8)
    over = np.maximum(cv2.subtract(one, cv2.dilate(other, around)), cv2.subtract(cv2.erode(other, around), one))
    under = np.maximum(cv2.subtract(other, cv2.dilate(one, around)), cv2.subtract(cv2.erode(one, around), other))
    return np.asarray(np.maximum(over, under))


def _light(one: Levels, other: Levels) -> float:
    return float(np.median(one - other))


def _contrast(levels: Sequence[Levels], curves: tuple[Bytes, Bytes]) -> float:
    """The logarithm of the slope on which both curves agree, in the middle of the levels; 0 where they do not."""
    slopes = []
    for mine, table, sign in ((levels[1], curves[0], 1), (levels[0], curves[1], -1)):
        low, high = (int(level) for level in np.percentile(mine, [20, 80]))
        risen = float(table[high]) - float(table[low])
        slopes.append(sign * math.log(max(risen, 1.0) / max(high - low, 1)))
    return min(slopes, key=abs) if slopes[0] * slopes[1] > 0 else 0.0


def without(tone: Toned, boxes: Sequence[Cell]) -> Toned:
    """The same, with nothing agreeing in and around some boxes."""
    agreeing = tone.agreeing.copy()
    for x, y, width, height in boxes:
        agreeing[max(0, y - MARGIN) : y + height + MARGIN, max(0, x - MARGIN) : x + width + MARGIN] = 0
    return replace(tone, agreeing=agreeing)


def tones(pair: Laid, tone: Toned) -> list[Change]:
    """Brighter or darker, more or less contrast, grey, more or less colourful, tinted: the query against the match."""
    # Coarsely, for what compression takes from colours is their detail.
    size = max(1, tone.seen.shape[1] // 4), max(1, tone.seen.shape[0] // 4)
    seen, warped, mask = (_averaged(one, size) for one in (tone.seen, tone.warped, tone.agreeing))
    whole = (mask > 254).astype(np.uint8)
    if cv2.countNonZero(whole) < LEAST_PIXELS // 16:
        return []
    looks = []
    for side in (seen, warped):
        mean, spread = cv2.meanStdDev(side, mask=whole)
        looks.append(_Look(mean[1:, 0] - 128, math.hypot(*spread[1:, 0])))
    query, match = looks if pair.is_query_still else looks[::-1]
    sign = 1 if pair.is_query_still else -1
    light, contrast = sign * tone.light, math.exp(sign * tone.contrast)
    found = [Change(ChangeKind.RECOLOURED, how="negative")] if tone.is_negative else []
    if abs(light) > LIGHT:
        how = "brighter" if light > 0 else "darker"
        found.append(Change(ChangeKind.RECOLOURED, how=how, numbers={"levels": light}))
    if abs(math.log(contrast)) > CONTRAST:
        how = "more contrast" if contrast > 1 else "less contrast"
        found.append(Change(ChangeKind.RECOLOURED, how=how, numbers={"factor": contrast}))
    return [*found, *_colours(query, match)]


def _averaged(pixels: Bytes, size: tuple[int, int]) -> Bytes:
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA))


@dataclass(frozen=True)
class _Look:
    """Mean (Cr, Cb) and spread of the chroma of a picture, in levels, where another one agrees."""

    cast: npt.NDArray[np.float64]
    colour: float


def _colours(query: _Look, match: _Look) -> Iterator[Change]:
    """Grey, paler, more colourful, tinted."""
    is_query_dull = query.colour < match.colour
    dull, colourful = (query, match) if is_query_dull else (match, query)
    if colourful.colour > COLOURFUL and dull.colour < GREY * colourful.colour:
        yield Change(ChangeKind.RECOLOURED, "query" if is_query_dull else "match", "grey")
        if np.hypot(*dull.cast) > 2 * TINT:
            yield _tint(dull.cast if is_query_dull else -dull.cast)
        return
    ratio = 1.0
    if dull.colour > COLOURLESS:
        ratio = query.colour / match.colour
        if abs(math.log(ratio)) > SATURATION:
            how = "more colourful" if ratio > 1 else "paler"
            yield Change(ChangeKind.RECOLOURED, how=how, numbers={"factor": ratio})
    # What lies more or less far from grey altogether is not tinted by that; seen from either side alike.
    scale = math.sqrt(ratio)
    shift = query.cast / scale - match.cast * scale
    if np.hypot(*shift) > TINT:
        yield _tint(shift)


def _tint(shift: npt.NDArray[np.float64]) -> Change:
    """Towards red and blue (Cr and Cb of ITU-R BT.601), in levels."""
    numbers = {"red": float(shift[0]), "blue": float(shift[1])}
    return Change(ChangeKind.RECOLOURED, how="tinted", numbers=numbers)


BLURRED = 0.62
"""Logarithm of the finest octave that is lost; half a size costs up to 0.52, a visible blur at least 0.65."""

BLURRED_TOO = 0.17
"""The same of the next octave: half a size 0.12, a visible blur 0.22."""

SHARPENED = 0.35
SHARPENED_MOST = 0.8
SHARPENED_TOO = 0.39
"""Share of the finest octave that the next one gained: sharpening 0.39 to 0.6, blur 0.26 to 0.39."""

RIM = 13
"""Pixels."""


AS_SHARP = 0.15
"""Logarithm of the finest octave; JPEG quality 30 costs 0.02, a blur that is hardly seen 0.24."""


DISTURBED = 0.02
"""Share of the overlap that is apart without being an overlay, so that no blur can be told."""

DISTURBED_LITTLE = 0.008
"""The same for sharpening, which the edges of letters look like."""


def details(pair: Laid, ratios: tuple[float, float], disturbed: float, *, is_clear: bool) -> list[Change]:
    """Which of the pictures is blurred, or was sharpened, at the scale of the coarser one.

    A blur takes the finest octave most, and ever more the more there is of it; sharpening stops short.
    """
    fine, middle = ratios
    if not pair.is_query_still:
        fine, middle = -fine, -middle
    sharp: Which = "query" if fine > 0 else "match"
    soft: Which = "match" if fine > 0 else "query"
    numbers = {"detail": math.exp(fine)}
    can_be_sharp = is_clear and disturbed < DISTURBED_LITTLE
    if can_be_sharp and SHARPENED < abs(fine) < SHARPENED_MOST and middle / fine > SHARPENED_TOO:
        return [Change(ChangeKind.SHARPENED, sharp, numbers=numbers)]
    if disturbed < DISTURBED and abs(fine) > BLURRED and abs(middle) > BLURRED_TOO and middle * fine > 0:
        return [Change(ChangeKind.BLURRED, soft, numbers=numbers)]
    return []


def detail(pair: Laid, tone: Toned) -> tuple[float, float]:
    """Logarithms of how much more fine and middle detail the still picture has, against its coarse one."""
    enlarged = stretch(pair.onto, pair.moving.shape[1] / 2, pair.moving.shape[0] / 2)
    still, moving = luma(pair.still), luma(pair.moving)
    # The coarsest band would take in what lies beyond the edges of the overlap.
    mask = cv2.morphologyEx(tone.agreeing, cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8))
    mask = cv2.erode(mask, np.ones((RIM, RIM), np.uint8), borderValue=255)
    there = between_middles(np.linalg.inv(pair.onto))
    back = cv2.warpPerspective(mask, there, moving.shape[::-1], flags=cv2.INTER_NEAREST)
    if enlarged > 1:
        still, mask = _shrunk(still, 1 / enlarged), _shrunk(mask, 1 / enlarged, cv2.INTER_NEAREST)
    else:
        moving, back = _shrunk(moving, enlarged), _shrunk(back, enlarged, cv2.INTER_NEAREST)
    one, other = _bands(still, mask), _bands(moving, back)
    if one is None or other is None:
        return 0.0, 0.0
    ratios = np.log(one) - np.log(other)
    return float(ratios[0] - ratios[2]), float(ratios[1] - ratios[2])


def _shrunk(pixels: Levels, share: float, way: int = cv2.INTER_AREA) -> Levels:
    size = max(1, round(pixels.shape[1] * share)), max(1, round(pixels.shape[0] * share))
    return np.asarray(cv2.resize(pixels, size, interpolation=way))


def _bands(grey: Levels, inside: Bytes) -> npt.NDArray[np.float64] | None:
    """Strength of detail in three octaves, finest first; None where there is none at all."""
    if cv2.countNonZero(inside) < LEAST_PIXELS:
        return None
    levels = [cv2.GaussianBlur(grey, (0, 0), sigma) for sigma in (0.5, 1.0, 2.0, 4.0)]
    bands = (fine - coarse for fine, coarse in itertools.pairwise(levels))
    strengths = np.array([cv2.meanStdDev(band, mask=inside)[1].item() for band in bands])
    return None if strengths.min() < 0.05 else strengths
