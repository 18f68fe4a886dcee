"""The whole suite of edits on real photographs: what `pictrace eval` tells of a collection of 7,400 pictures.

Pictures are drawn from all sets by the hash of their contents, edited in every way of `pictrace.edits.SUITE` and
searched for; strangers, left out of the search, likewise. Held against the bars of `pictrace.evaluation`.
"""

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from measured import machine

from pictrace.collection import Collection
from pictrace.evaluation import AVERAGE_PRECISION, CALIBRATION_ERROR, Figures, Plan, evaluate

RESULT = Path(__file__).parent / "results/suite.json"
SETS = ("photos", "corel1k", "museum", "holidays_805", "distractors")


def told(figures: Figures) -> dict[str, Any]:
    """The figures in the order in which people read them, four digits each."""
    edits = {
        edit.name: {
            "first": round(edit.counts.first, 4),
            "copy": round(edit.counts.copy, 4),
            "certain": round(edit.counts.certain, 4),
            "bar": edit.bar,
            "signals": {name: round(share, 4) for name, share in edit.signals.items()},
            "nearest": {name: [round(share, 4) for share in shares] for name, shares in edit.ranks.items()},
            "median_ms": round(edit.median_ms, 1),
        }
        for edit in figures.edits
    }
    return {
        "collection": figures.pictures,
        "pictures": figures.drawn,
        "strangers": figures.strangers,
        "relatives": len(figures.relatives),
        "first": round(figures.overall.first, 4),
        "copy": round(figures.overall.copy, 4),
        "certain": round(figures.overall.certain, 4),
        "wrong_copies": figures.overall.wrong_copies,
        "false_alarms": figures.overall.false_alarms,
        "micro_average_precision": round(figures.micro_average_precision, 4),
        "micro_average_precision_bar": AVERAGE_PRECISION,
        "recall_at_precision": {at: round(share, 4) for at, share in figures.recall_at_precision.items()},
        "calibration_error": round(figures.calibration.error, 4),
        "calibration_error_bar": CALIBRATION_ERROR,
        "reliability": [one.to_dict() for one in figures.calibration.bins],
        "recall_at_10": {one.encoder: round(one.recall_at_10, 4) for one in figures.neighbours},
        "latency_ms": {name: round(value, 1) for name, value in figures.latency_ms.items()},
        "peak_memory_mb": round((figures.peak_memory_bytes or 0) / 1e6),
        "missed": [edit.name for edit in figures.missed],
        "edits": edits,
    }


def progress(done: int, total: int, edit: str) -> None:
    """A line now and then."""
    if done % 100 == 0:
        print(f"{done} of {total}, {edit}", file=sys.stderr, flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=lambda text: Path(text).resolve(), required=True)
    parser.add_argument("--pictures", type=int, default=24)
    parser.add_argument("--strangers", type=int, default=6)
    parser.add_argument("--edits", nargs="*", default=[], help="names or families; all by default")
    parser.add_argument("--collection", type=Path, help="where to keep the collection, to be used again")
    parser.add_argument("--html", type=Path, help="also write the page")
    options = parser.parse_args()
    if any(not (options.data / name).is_dir() for name in SETS):
        sys.exit(f"{options.data} does not hold the picture sets this needs: {', '.join(SETS)}")
    with tempfile.TemporaryDirectory() as folder:
        place = options.collection or Path(folder) / "suite.pictrace"
        with Collection(place) as collection:
            collection.add(*(options.data / name for name in SETS))
            collection.rebuild()
            plan = Plan(options.pictures, options.strangers, options.edits)
            found = evaluate(collection, plan, progress=progress)
    if options.html:
        from pictrace import report

        options.html.write_text(report.of_evaluation(found, "five sets of photographs"), "utf-8")
    result = {"machine": machine(), **told(found.figures)}
    print(json.dumps({name: value for name, value in result.items() if name not in {"machine", "edits"}}, indent=1))
    if not options.edits:
        RESULT.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
