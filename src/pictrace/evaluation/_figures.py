"""From single trials to figures: shares per edit, precision and recall, calibration, time and memory."""

import math
import statistics
import sys
from collections.abc import Mapping, Sequence

from pictrace.accuracy import (
    curve,
    expected_calibration_error,
    micro_average_precision,
    percentiles,
    recall_at_precision,
    reliability,
)
from pictrace.edits import SUITE
from pictrace.evaluation._bars import BARS, PRECISION
from pictrace.evaluation._drawing import Cast
from pictrace.evaluation._records import (
    FIRST_FEW,
    Calibrated,
    Claim,
    Counts,
    EditFigures,
    Figures,
    Neighbours,
    Trial,
)

_POINTS = 200
_RECALLS = (0.9, PRECISION)


def figures_of(cast: Cast, trials: Sequence[Trial], neighbours: Sequence[Neighbours], *, seconds: float) -> Figures:
    """The figures of all trials."""
    known = [trial for trial in trials if not trial.stranger]
    least = certain_score(trials)
    claims = [claim for trial in trials for claim in trial.claims]
    scores, right = [claim.confidence for claim in claims], [claim.right for claim in claims]
    people = (*cast.pictures, *cast.strangers)
    return Figures(
        pictures=cast.engine.pictures,
        searched=cast.engine.pictures if cast.engine.allowed is None else len(cast.engine.allowed),
        drawn=len(cast.pictures),
        strangers=len(cast.strangers),
        from_proxies=sum(one.from_proxy for one in people),
        relatives=tuple((one.key, other) for one in people for other in sorted(one.relatives)),
        overall=counted(trials, least),
        micro_average_precision=micro_average_precision(scores, right, len(known)),
        recall_at_precision={
            f"{share:g}": recall_at_precision(scores, right, len(known), least=share)[0] for share in _RECALLS
        },
        edits=tuple(_edit(name, [one for one in trials if one.edit == name], least) for name in _names(trials)),
        calibration=_calibrated([claim for claim in claims if claim.is_copy]),
        curve=_points(claims, len(known)),
        neighbours=tuple(neighbours),
        latency_ms=percentiles([trial.milliseconds for trial in trials]),
        stages_ms=_stages(trials),
        peak_memory_bytes=peak_memory_bytes(),
        seconds=seconds,
    )


def certain_score(trials: Sequence[Trial]) -> float:
    """The score from which on at most one claim of a copy in 1,000 is wrong; infinite if there is none."""
    claims = [claim for trial in trials for claim in trial.claims if claim.is_copy]
    scores, right = [claim.confidence for claim in claims], [claim.right for claim in claims]
    return recall_at_precision(scores, right, len(claims), least=PRECISION)[1]


def counted(trials: Sequence[Trial], least: float) -> Counts:
    """The shares of some trials; `least` is the confidence from which a claim of a copy is certain."""
    known = [trial for trial in trials if not trial.stranger]
    strange = [trial for trial in trials if trial.stranger]
    return Counts(
        trials=len(known),
        first=_share([trial.rank == 1 for trial in known]),
        in_first_20=_share([trial.rank is not None and trial.rank <= FIRST_FEW for trial in known]),
        copy=_share([trial.is_found_copy for trial in known]),
        certain=_share([trial.is_found_copy and _confidence(trial) >= least for trial in known]),
        wrong_copies=sum(trial.wrong_copies for trial in known),
        strangers=len(strange),
        false_alarms=sum(trial.wrong_copies for trial in strange),
    )


def _confidence(trial: Trial) -> float:
    return trial.found.confidence if trial.found else 0.0


def _edit(name: str, trials: Sequence[Trial], least: float) -> EditFigures:
    known = [trial for trial in trials if not trial.stranger]
    right = [pair for trial in known for pair in trial.pairs if pair.right]
    signals = dict.fromkeys(signal for pair in right for signal in pair.voices)
    encoders = dict.fromkeys(encoder for trial in known for encoder in trial.ranks)
    return EditFigures(
        name=name,
        family=SUITE[name].family,
        says=SUITE[name].says,
        counts=counted(trials, least),
        bar=BARS[name],
        signals={signal: _share([(pair.voices.get(signal) or 0.0) > 0 for pair in right]) for signal in signals},
        ranks={
            encoder: (
                _share([trial.ranks[encoder] == 1 for trial in known]),
                _share([(trial.ranks[encoder] or math.inf) <= FIRST_FEW for trial in known]),
            )
            for encoder in encoders
        },
        median_ms=statistics.median(trial.milliseconds for trial in trials),
    )


def _calibrated(claims: Sequence[Claim]) -> Calibrated:
    bins = reliability([claim.score for claim in claims], [claim.right for claim in claims])
    return Calibrated(expected_calibration_error(bins), bins)


def _points(claims: Sequence[Claim], positives: int) -> tuple[tuple[float, float, float], ...]:
    """The curve of precision and recall, thinned to what a page can show, its last point kept."""
    found = curve([claim.confidence for claim in claims], [claim.right for claim in claims], positives)
    points = list(zip(found.thresholds.tolist(), found.precision.tolist(), found.recall.tolist(), strict=True))
    step = max(1, len(points) // _POINTS)
    return tuple(points[:-1:step] + points[-1:])


def _stages(trials: Sequence[Trial]) -> Mapping[str, float]:
    """The mean milliseconds of each stage of a search, over all searches: together they are the mean search."""
    names = dict.fromkeys(name for trial in trials for name in trial.stages)
    return {name: sum(trial.stages.get(name, 0.0) for trial in trials) / len(trials) for name in names}


def _names(trials: Sequence[Trial]) -> Sequence[str]:
    present = {trial.edit for trial in trials}
    return [name for name in SUITE if name in present]


def _share(held: Sequence[bool]) -> float:
    return sum(held) / len(held) if held else 0.0


def peak_memory_bytes() -> int | None:
    """The most memory this process ever had; `None` where the system does not say."""
    try:
        import resource
    except ImportError:
        return None
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return int(most if sys.platform == "darwin" else most * 1024)
