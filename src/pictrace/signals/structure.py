"""Once aligned, is it the same photograph? SSIM where two pictures overlap tells copies from scenes."""

import functools
import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

import cv2
import numpy as np
import numpy.typing as npt

from pictrace.frames import between_middles, scaling
from pictrace.picture import Picture
from pictrace.signals._cosine import cosine
from pictrace.signals._detail import SIDE, small
from pictrace.signals._view import shared_view
from pictrace.types import Alignment, Evidence, Relation, Silence, Trace
from pictrace.verdict import calibration

_WINDOW = 7
_LEAST_AREA = 24 * 24
_AGREES = 0.5
_TEXTURE = 6.0
"""Standard deviation of a window, in levels, from which there is something to see in it."""

_LEAST_TEXTURED = 0.02
_DIFFERS, _LEVELS_APART = 0.3, 30.0
"""SSIM below which, and levels of brightness from which, windows show something else."""

_LEAST_APART = 0.02
_AREA_SIDE, _THROUGHOUT = 0.08, 0.6
"""How large a window is in which most has to differ, as a share of the overlap's side, and which share of it; of sides
of 0.08, 0.12 and 0.18 the smallest parted frames around strangers best from scenes and stickers."""

_FITTED = "lite0"

_DARK, _FLAT = np.float32((0.01 * 255) ** 2), np.float32((0.03 * 255) ** 2)
"""The paper's constants C1 and C2, which keep dark and flat windows from dividing by nothing."""

_LEVELS = npt.NDArray[np.float32]


class Signal:
    """SSIM of the overlap after the warp.

    Wang et al., Image quality assessment: from error visibility to structural similarity, 2004,
    https://doi.org/10.1109/TIP.2003.819861
    """

    name: ClassVar[str] = "structure"
    family: ClassVar[str] = "alignment"
    ceiling: ClassVar[Relation] = Relation.COPY

    def __init__(self, side: int = SIDE) -> None:
        """One that looks at overlaps of at most `side` pixels; what is calibrated is the default."""
        self._side = side

    def compare(self, query: Trace, candidate: Trace, before: Sequence[Evidence]) -> Evidence:
        """Evidence with `aligned_ssim`, `typical_ssim`, `agreeing`, `apart`, `correlation`, `colour`, mostly `texture`.

        It refutes an alignment that rests on a caption, a mark or a frame around two pictures with nothing else in
        common.
        """
        alignments = [(piece.family != self.family, piece.alignment) for piece in before if piece.alignment]
        if not alignments:
            return self._silent(Silence.NO_OVERLAP)
        known = {name: value for piece in before for name, value in piece.measures.items()}
        alignment = min(alignments, key=lambda pair: pair[0])[1]
        measures = _aligned(query, candidate, alignment, negative="negative" in known, side=self._side)
        # Features of a closer look lie nearer to where they belong, and there are more of them.
        suffix = ".closer" if any(piece.signal == "closer" for piece in before) else ""
        if measures is None:
            # Of nine scenes that only a first look had proved there, a closer look proved each that was one.
            return replace(self._silent(Silence.PLAIN_OVERLAP), refutes=not suffix)
        known = _with_fitted(query, candidate, known) | measures
        log_odds = calibration(f"{self.name}{suffix}").log_odds(known)
        framed = calibration(f"frame{suffix}").log_odds(known)
        if framed > 0:
            return Evidence(self.name, self.family, self.ceiling, min(log_odds, -framed), measures, refutes=True)
        return Evidence(self.name, self.family, self.ceiling, log_odds, measures)

    def _silent(self, reason: str) -> Evidence:
        return Evidence(self.name, self.family, self.ceiling, None, reason=reason)


def _with_fitted(query: Trace, candidate: Trace, known: Mapping[str, float]) -> dict[str, float]:
    """The measures of other signals, their `cosine` that of the encoder which frames were fitted with, if at all.

    That of another encoder means something else; without one it adds nothing, as where no model was asked.
    """
    if "cosine" not in known:
        return dict(known)
    rest = {name: value for name, value in known.items() if name != "cosine"}
    if _FITTED not in query.rows or _FITTED not in candidate.rows:
        return rest
    return {**rest, "cosine": cosine(query, candidate, _FITTED)}


def classic(query: Trace, candidate: Trace) -> float:
    """SSIM of both pictures squashed to 256 x 256 grey, aligned or not: the number people know."""
    return ssim(_squashed(query), _squashed(candidate))[0]


def difference(
    query: Trace, candidate: Trace, alignment: Alignment, *, negative: bool = False
) -> npt.NDArray[np.uint8]:
    """Where the aligned pictures differ, over the match's proxy: `(h, w, 3)` uint8 RGB, black where the query is not.

    Bright is different; what only the brightness or contrast as a whole changes is evened out before, and that one is
    the `negative` of the other.
    """
    still, moving = (Picture.of_proxy(trace.proxy).pixels for trace in (candidate, query))
    homography = _between(still, moving, candidate, query, np.array(alignment.transform))
    size = still.shape[1], still.shape[0]
    warped = cv2.warpPerspective(moving, homography, size, flags=cv2.INTER_AREA).astype(np.float32)
    mask = cv2.warpPerspective(np.full(moving.shape[:2], 255, np.uint8), homography, size, flags=cv2.INTER_NEAREST)
    # The blur mixes what is outside into the rim, which would look like a difference.
    inside = cv2.erode(mask, np.ones((7, 7), np.uint8)) > 0
    if not inside.any():
        return np.zeros_like(still)
    blurred = [cv2.GaussianBlur(part.astype(np.float32), (0, 0), 1.5) for part in (still, warped)]
    one, other = (part[inside] for part in blurred)
    gain = one.std(axis=0) / np.maximum(other.std(axis=0), 1.0)
    levelled = (blurred[1] - other.mean(axis=0)) * (-gain if negative else gain) + one.mean(axis=0)
    apart = np.abs(blurred[0] - levelled).mean(axis=2)
    heat = cv2.applyColorMap(np.clip(apart * 4, 0, 255).astype(np.uint8), cv2.COLORMAP_INFERNO)
    shown = cv2.cvtColor(heat, cv2.COLOR_BGR2RGB)
    shown[~inside] = 0
    return np.asarray(shown)


def ssim(left: _LEVELS, right: _LEVELS) -> tuple[float, _LEVELS]:
    """Mean SSIM and its map `(h, w)` float32 for two grey pictures `(h, w)` float32 of one shape, levels 0 to 255.

    Windows of 7 x 7, evenly weighted, with sample variances; the mean leaves out the rim that windows stick out of.
    The numbers are those of scikit-image's `structural_similarity`, its oracle in the tests, in a fifth of the time.
    """
    mean, other = (cv2.blur(side, (_WINDOW, _WINDOW), borderType=cv2.BORDER_REFLECT) for side in (left, right))
    squares, others, products = (
        cv2.blur(one * two, (_WINDOW, _WINDOW), borderType=cv2.BORDER_REFLECT)
        for one, two in ((left, left), (right, right), (left, right))
    )
    sample = np.float32(_WINDOW**2 / (_WINDOW**2 - 1))
    both = mean * other
    powers = mean * mean + other * other
    top = (2 * both + _DARK) * (2 * sample * (products - both) + _FLAT)
    local: _LEVELS = top / ((powers + _DARK) * (sample * (squares + others - powers) + _FLAT))
    rim = _WINDOW // 2
    return float(local[rim:-rim, rim:-rim].mean(dtype=np.float64)), local


def _aligned(
    query: Trace, candidate: Trace, alignment: Alignment, *, negative: bool, side: int
) -> dict[str, float] | None:
    """Measures of the overlap, looked at in the frame of the picture that is covered more."""
    onto = np.array(alignment.transform) if alignment.match_overlap >= alignment.query_overlap else None
    if onto is None:
        query, candidate, onto = candidate, query, np.linalg.inv(np.array(alignment.transform))
    view = shared_view(query, candidate, onto, side=side)
    if view is None:
        return None
    still, moving, homography = view
    if negative:
        moving = np.float32(255) - moving
    stretch = math.sqrt(abs(np.linalg.det(homography[:2, :2] / homography[2, 2])))
    size = still.shape[1], still.shape[0]
    blurred, coarse = _evened(still, moving, stretch)
    warped = cv2.warpPerspective(coarse, homography, size, flags=cv2.INTER_LINEAR)
    mask = cv2.warpPerspective(np.full(moving.shape[:2], 255, np.uint8), homography, size, flags=cv2.INTER_NEAREST)
    mask = cv2.copyMakeBorder(mask, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
    inside = cv2.erode(mask, np.ones((_WINDOW, _WINDOW), np.uint8))[1:-1, 1:-1] > 0
    if np.count_nonzero(inside) < _LEAST_AREA:
        return None
    return _measured(blurred, warped, inside)


def _between(
    still: npt.NDArray[Any],
    moving: npt.NDArray[Any],
    candidate: Trace,
    query: Trace,
    onto: npt.NDArray[np.float64],
) -> npt.NDArray[np.float64]:
    """A transform between originals as one between middles of the pixels of pictures of other sizes."""
    scale_still = scaling(still.shape[1] / candidate.width, still.shape[0] / candidate.height)
    scale_moving = scaling(query.width / moving.shape[1], query.height / moving.shape[0])
    return between_middles(scale_still @ onto @ scale_moving)


def _evened(still: _LEVELS, moving: _LEVELS, stretch: float) -> tuple[_LEVELS, _LEVELS]:
    """Both pictures as blurred as the coarser of them will be after the warp."""
    base = 0.75
    on_still = math.hypot(base, 0.6 * max(0.0, stretch - 1))
    on_moving = max(base, 0.6 / max(stretch, 1e-3)) if stretch < 1 else base / stretch
    return cv2.GaussianBlur(still, (0, 0), on_still), cv2.GaussianBlur(moving, (0, 0), max(0.3, on_moving))


def _measured(still: _LEVELS, warped: _LEVELS, inside: npt.NDArray[np.bool_]) -> dict[str, float] | None:
    grey_still, grey_warped = _luma(still), _luma(warped)
    one, other = grey_still[inside], grey_warped[inside]
    (mean, spread), (other_mean, other_spread) = ((float(part.mean()), float(part.std())) for part in (one, other))
    if min(spread, other_spread) < 2.0:
        return None
    levelled = (grey_warped - np.float32(other_mean)) * np.float32(spread / other_spread) + np.float32(mean)
    textured = _textured(grey_still) | _textured(levelled)
    everywhere = ssim(grey_still, levelled)[1]
    local = everywhere[inside]
    covariance = float(np.dot(one - np.float32(mean), other - np.float32(other_mean))) / len(one)
    found = {
        "aligned_ssim": float(local.mean()),
        "typical_ssim": float(np.median(local)),
        "agreeing": float((local > _AGREES).mean()),
        "apart": _apart(textured & (everywhere < _DIFFERS) | _lit_otherwise(grey_still, levelled), inside),
        "correlation": covariance / (spread * other_spread),
        "colour": _colour(still, warped, inside),
    }
    seen = textured[inside]
    if seen.mean() >= _LEAST_TEXTURED:
        found["texture"] = float((local[seen] > _AGREES).mean())
    return found


def _apart(differs: npt.NDArray[np.bool_], inside: npt.NDArray[np.bool_]) -> float:
    """Share of the overlap in the largest area that differs throughout: a photograph in a frame, not an edge."""
    whole = int(np.count_nonzero(inside))
    # Most copies: there is no such area, and looking for one would take a fifth of the time of this signal.
    if np.count_nonzero(differs & inside) < _LEAST_APART * whole:
        return 0.0
    side = max(_WINDOW, round(_AREA_SIDE * math.sqrt(whole)) | 1)
    shares = [
        cv2.blur(part.astype(np.float32), (side, side), borderType=cv2.BORDER_CONSTANT)
        for part in (differs & inside, inside)
    ]
    core = (shares[0] > _THROUGHOUT * shares[1]) & inside
    grown = cv2.dilate(core.astype(np.uint8), np.ones((side // 2 | 1, side // 2 | 1), np.uint8))
    _, _, areas, _ = cv2.connectedComponentsWithStats(np.where(inside, grown, np.uint8(0)))
    return float(areas[1:, cv2.CC_STAT_AREA].max(initial=0)) / whole


def _lit_otherwise(left: _LEVELS, right: _LEVELS) -> npt.NDArray[np.bool_]:
    """Where windows differ in brightness, whatever is in them."""
    means = (cv2.blur(grey, (_WINDOW, _WINDOW)) for grey in (left, right))
    return np.asarray(cv2.absdiff(*means) > _LEVELS_APART)


def _textured(grey: _LEVELS) -> npt.NDArray[np.bool_]:
    """Where windows are not flat: two pages of one form are alike wherever they are empty."""
    mean, squares = (cv2.blur(one, (_WINDOW, _WINDOW), borderType=cv2.BORDER_REFLECT) for one in (grey, grey * grey))
    return np.asarray(squares - mean * mean > _TEXTURE**2)


def _colour(still: _LEVELS, warped: _LEVELS, inside: npt.NDArray[np.bool_]) -> float:
    """1 for the same chroma everywhere, falling to 0 at a mean difference of 32 levels; grey is neutral."""
    chromas = [_chroma(pixels, inside) for pixels in (still, warped)]
    if min(float(np.abs(chroma).mean()) for chroma in chromas) < 1.0:
        return 1.0
    return max(0.0, 1.0 - float(np.abs(chromas[0] - chromas[1]).mean()) / 32.0)


def _chroma(pixels: _LEVELS, inside: npt.NDArray[np.bool_]) -> _LEVELS:
    """Red and green less the mean of all three, `(2, n)`; plane by plane, which is five times as fast as by pixel."""
    red, green, blue = (plane[inside] for plane in cv2.split(pixels))
    mean = (red + green + blue) / np.float32(3)
    return np.stack([red - mean, green - mean])


def _luma(pixels: _LEVELS) -> _LEVELS:
    return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY))


@functools.lru_cache(maxsize=8)
def _squashed(trace: Trace) -> _LEVELS:
    """The proxy as the classic comparison takes it, grey `(256, 256)` float32."""
    return np.asarray(cv2.resize(_luma(small(trace)), (SIDE, SIDE), interpolation=cv2.INTER_LINEAR))
