"""Duplicates among real pictures with made copies: which pairs are found, how long that takes, and how it grows.

Of each photograph there are six files: itself, recompressed, 5 % cut off each side, mirrored, with a border and with a
caption. All of them are indexed and searched for duplicates by the command line; fastdup, where a Python that has it is
named, does the same on the same files in the same run. A pair is right if both files are of one photograph. `--grown`
takes collections of 10,000 and 100,000 pictures, as `latency.py --keep` makes them, and times the finding alone.
"""

import argparse
import hashlib
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from itertools import combinations
from pathlib import Path
from typing import Any

from measured import machine, timed
from PIL import Image

from pictrace.edits import EDITS

RESULT = Path(__file__).parent / "results/dedupe.json"
SETS = ("photos", "corel1k", "museum", "holidays_805", "distractors")
MADE = {
    "recompressed": "JPEG quality 30",
    "crop": "5 % cut off each side",
    "mirrored": "mirrored",
    "border": "border",
    "text": "text bar",
}
FASTDUP = """
import json, sys, fastdup
fd = fastdup.create(input_dir=sys.argv[1], work_dir=sys.argv[2])
fd.run(overwrite=True, num_threads=int(sys.argv[3]), verbose=False)
frame = fd.connected_components_df if hasattr(fd, "connected_components_df") else fd.connected_components()[0]
names = fd.annotations() if callable(fd.annotations) else fd.annotations
merged = frame.merge(names[["index", "filename"]], on="index") if "filename" not in frame else frame
groups = merged.groupby("component_id")["filename"].apply(list)
json.dump([group for group in groups if len(group) > 1], open(sys.argv[4], "w"))
"""


def originals(data: Path, count: int) -> list[Path]:
    """So many different files, the larger photographs first, in the order of the hashes of their names."""
    chosen: dict[bytes, Path] = {}
    for name in SETS:
        paths = [path for path in (data / name).rglob("*") if path.suffix.lower() in {".jpg", ".jpeg", ".png"}]
        paths.sort(key=lambda path: hashlib.sha256(str(path.relative_to(data)).encode()).digest())
        for path in paths:
            chosen.setdefault(hashlib.sha256(path.read_bytes()).digest(), path)
    return list(chosen.values())[:count]


def copied(job: tuple[Path, Path, int]) -> None:
    """Six files of one photograph."""
    path, target, number = job
    folder = target / f"{number:05d}"[:2]
    folder.mkdir(exist_ok=True, parents=True)
    shutil.copyfile(path, folder / f"{number:05d}_original{path.suffix}")
    image = Image.open(path).convert("RGB")
    for name, edit in MADE.items():
        EDITS[edit](image).save(folder / f"{number:05d}_{name}.jpg", quality=90)


def pairs_of(groups: Iterable[Iterable[str]]) -> set[tuple[str, str]]:
    """Every pair of files that a group joins."""
    return {pair for group in groups for pair in combinations(sorted(Path(path).stem for path in group), 2)}


def judged(groups: Iterable[Iterable[str]], count: int) -> dict[str, Any]:
    """Precision and recall of pairs, and which kinds of pairs were missed."""
    names = ["original", *MADE]
    truth = {
        pair for number in range(count) for pair in combinations(sorted(f"{number:05d}_{one}" for one in names), 2)
    }
    found = pairs_of(groups)
    missed = Counter(" ".join(sorted(stem.partition("_")[2] for stem in pair)) for pair in truth - found)
    wrong = sorted(found - truth)
    return {
        "pairs": len(found),
        "precision": round(len(found & truth) / max(1, len(found)), 6),
        "recall": round(len(found & truth) / len(truth), 6),
        "missed": dict(missed.most_common(5)),
        "wrong": [list(pair) for pair in wrong[:10]],
        "wrong_count": len(wrong),
    }


def of_pictrace(files: Path, count: int, room: Path) -> dict[str, Any]:
    """Indexing and finding, each a process of its own."""
    collection, out = room / "dedupe.pictrace", room / "groups.jsonl"
    pictrace = [sys.executable, "-m", "pictrace"]
    indexing = timed([*pictrace, "index", str(files), "-c", str(collection), "--json"])
    finding = timed([*pictrace, "dedupe", "find", "-c", str(collection), "--json"], output=out)
    groups = [[one["path"] for one in json.loads(line)["members"]] for line in out.read_text().splitlines()]
    again = timed([*pictrace, "dedupe", "find", "-c", str(collection), "--json"])
    return {
        "indexing": indexing,
        "finding": finding,
        "finding_again": again,
        "wall_s": round(indexing["wall_s"] + finding["wall_s"], 2),
        "peak_mb": max(indexing["peak_mb"], finding["peak_mb"]),
    } | judged(groups, count)


def of_fastdup(python: str, files: Path, count: int, room: Path) -> dict[str, Any]:
    """The same files, with its own clustering at its own threshold."""
    out = room / "fastdup.json"
    command = [python, "-c", FASTDUP, str(files), str(room / "fastdup"), "2", str(out)]
    figures: dict[str, Any] = dict(timed(command))
    return figures | judged(json.loads(out.read_text()), count)


def growth(collections: list[Path]) -> dict[str, Any]:
    """Seconds of finding alone in collections that differ in size."""
    figures = {}
    for kept in collections:
        shutil.rmtree(kept / "dedupe", ignore_errors=True)
        clock = time.perf_counter()
        command = [sys.executable, "-m", "pictrace", "dedupe", "find", "-c", str(kept), "--json"]
        run = timed(command)
        count = subprocess.run(
            [sys.executable, "-c", "import sys, pictrace; print(len(pictrace.open(sys.argv[1])))", str(kept)],
            capture_output=True,
            text=True,
            check=True,
        )
        figures[count.stdout.strip()] = run | {"wall_s": round(time.perf_counter() - clock, 1)}
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=lambda text: Path(text).resolve(), required=True)
    parser.add_argument("--pictures", type=int, nargs="+", default=[4_500, 40_000], help="files, six of a photograph")
    parser.add_argument("--fastdup", help="a Python that has fastdup")
    parser.add_argument("--grown", type=Path, nargs="*", default=[], help="collections of 10,000 and 100,000 pictures")
    options = parser.parse_args()
    if not all((options.data / name).is_dir() for name in SETS):
        sys.exit(f"{options.data} must hold the folders {', '.join(SETS)}")
    figures: dict[str, Any] = {"machine": machine()}
    for files in options.pictures:
        with tempfile.TemporaryDirectory() as name:
            room, count = Path(name), files // 6
            jobs = [(path, room / "files", number) for number, path in enumerate(originals(options.data, count))]
            with ProcessPoolExecutor() as pool:
                list(pool.map(copied, jobs, chunksize=16))
            figures[f"{6 * len(jobs)}"] = {"pictrace": of_pictrace(room / "files", len(jobs), room)}
            if options.fastdup:
                found = of_fastdup(options.fastdup, room / "files", len(jobs), room)
                figures[f"{6 * len(jobs)}"]["fastdup"] = found
        print(json.dumps(figures[f"{6 * len(jobs)}"], indent=1), file=sys.stderr, flush=True)
    if options.grown:
        figures["growth"] = growth(options.grown)
    RESULT.write_text(json.dumps(figures, indent=1) + "\n")
    print(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()
