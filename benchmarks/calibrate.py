"""Fits models/calibration.json: from the measures of each signal to log-odds, on pairs whose relation is known.

pairs.py draws them, fitting.py fits curves to them, and claims.py says what comes of those. Pictures whose path hashes
to the fitting half are fitted on; the other half is only reported on.
What follows a closer look has curves of its own, fitted on closer looks at every pair.
"""

import argparse
import json
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from claims import PRECISION, Fit, calibration_of, reported, threshold, verdict_of
from fitting import CURVES, FRAME_MASS, FRAMES, MASS, Examples, examples, fitted, framed, prior
from measured import machine
from pairs import SETS, Pair, drawn
from pairs import framed as framed_pairs

from pictrace.types import Relation

TARGET = Path(__file__).parents[1] / "src/pictrace/models/calibration.json"
RESULT = Path(__file__).parent / "results/calibration.json"
CAP = 12.0
CERTAIN = 40.0
EXACT_PRIOR = 0.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help=f"folder with {SETS}")
    parser.add_argument("--only-frames", action="store_true", help=f"fit {' and '.join(FRAMES)} alone, keep all else")
    parser.add_argument("--only-report", action="store_true", help="leave the bundled calibration as it is")
    options = parser.parse_args()
    if not (options.data / "museum/pairs.csv").is_file():
        sys.exit(f"{options.data} does not hold the picture sets this needs: {SETS}")
    if options.only_frames:
        refit_frames(framed_pairs(options.data))
    else:
        write(drawn(options.data), bundle=not options.only_report)


def refit_frames(pairs: Sequence[Pair]) -> None:
    """The records of frames in the bundled calibration, and what they do to these pairs."""
    record = json.loads(TARGET.read_text())
    for signal in FRAMES:
        origin = f"benchmarks/calibrate.py --only-frames, {datetime.now(UTC).date()}, pairs of {SETS}"
        record["signals"][signal] = recorded(signal, framed(signal, pairs), origin)
    TARGET.write_text(json.dumps(record, indent=1) + "\n")
    fits = fits_of(record["signals"])
    table: dict[str, Counter[str]] = {}
    for pair in pairs:
        kind = pair.kind if pair.kind in FRAME_MASS else "copies"
        table.setdefault(kind, Counter())[str(verdict_of(pair, fits).relation)] += 1
    print(json.dumps(table, indent=1))


def recorded(signal: str, found: Examples, origin: str) -> dict[str, object]:
    """The record of a signal as it is bundled, with what it was fitted on."""
    return {**fitted(signal, found), "cap": CAP, "origin": f"{origin}; {counted(found)}"}


def counted(found: Examples) -> dict[str, int]:
    """How many examples are at least what a signal tells of, and how many are less."""
    return {"for": sum(found.truth), "against": len(found.truth) - sum(found.truth)}


def fits_of(signals: Mapping[str, Any]) -> dict[str, Fit]:
    """From measures to log-odds, by the records of all signals that are fitted."""
    return {name: calibration_of(signals[name]).log_odds for name in CURVES}


def write(pairs: Sequence[Pair], *, bundle: bool) -> None:
    """The calibration, and what it does on the half it has not seen."""
    import pictrace.verdict as verdicts

    fit_half = [pair for pair in pairs if pair.fitted]
    origin = f"benchmarks/calibrate.py, {datetime.now(UTC).date()}, {len(fit_half)} pairs of {SETS}"
    signals: dict[str, Any] = {
        "identity": {
            "intercept": CERTAIN,
            "curves": {},
            "cap": CERTAIN,
            "origin": "equal hashes are no matter of degree",
        }
    }
    counts = {}
    for signal in CURVES:
        found = framed(signal, fit_half) if signal in FRAMES else examples(signal, fit_half)
        counts[signal] = counted(found)
        signals[signal] = recorded(signal, found, origin)
    relations: dict[str, Any] = {
        "exact": {"prior": EXACT_PRIOR, "threshold": 0.5, "origin": "equal hashes need no prior"}
    }
    masses = ", ".join(f"{name} {mass}" for name, mass in MASS.items())
    for relation in (Relation.COPY, Relation.SCENE, Relation.SIMILAR):
        why = f"holds with precision {PRECISION[relation]} on the fitting half; masses {masses}"
        relations[str(relation)] = {"prior": round(prior(relation), 4), "threshold": 0.5, "origin": why}
    record = {"signals": signals, "relations": relations}
    fits = fits_of(signals)
    for relation in (Relation.COPY, Relation.SCENE):
        relations[str(relation)]["threshold"] = threshold(relation, fit_half, fits)
    if bundle:
        TARGET.write_text(json.dumps(record, indent=1) + "\n")
        verdicts._records.cache_clear()  # noqa: SLF001 - the records were just written anew
    halves = {
        half: reported([p for p in pairs if p.fitted == flag], fits)
        for half, flag in (("fitted", True), ("held_out", False))
    }
    result = {"machine": machine(), "counts": counts, **halves}
    RESULT.write_text(json.dumps(result, indent=1) + "\n")
    json.dump(halves["held_out"], sys.stdout, indent=1)


if __name__ == "__main__":
    main()
