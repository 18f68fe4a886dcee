"""Duplicates among real pictures with made copies: which pairs are found, how long that takes, and how it grows.

Of each photograph there are six files: itself, recompressed, 5 % cut off each side, mirrored, with a border and with a
caption. All of them are indexed and searched for duplicates by the command line; fastdup, where a Python that has it is
named, does the same on the same files in the same run. A pair is right if both files are of one photograph. `--grown`
takes two numbers of files, say 10000 and 100000, makes collections of so many that differ in nothing but their size,
and times finding in each.
"""

import argparse
import csv
import hashlib
import json
import shutil
import sys
import tempfile
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
SEEN = {"cat_dog_breeds_04642", "cat_dog_breeds_04092", "924", "voc_subset_01666"}
"""Pictures that are in the sets a second time, as was seen by looking at them: with a watermark, cut otherwise."""

GROWN = MADE | {"half": "half size", "grey": "grey"}
"""What is made of each picture of a collection that shows growth, which with itself is eight files."""

PART = 150
"""A side that parts of a photograph have at least: there are too few whole ones for 12,500 originals."""

LEAST = (0.0, 0.7, 0.8, 0.9)
"""Scores that a file's link to its medoid must have; the command's default is the first."""

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


def originals(data: Path, files: int) -> tuple[list[Path], list[Path]]:
    """Photographs to make copies of, and others to fill up with, so that there are so many files.

    Of what is known to show the same, one is copied: a catalogue's picture of a painting, the first of a holiday scene.
    Visitors' photographs, the other frames of a scene, and the Berkeley pictures, which are Corel's, fill up: who finds
    pairs among these is neither right nor wrong.
    """
    related = _visitors(data) | _later_frames(data)
    chosen: dict[bytes, Path] = {}
    for name in SETS:
        paths = [path for path in (data / name).rglob("*") if path.suffix.lower() in {".jpg", ".jpeg", ".png"}]
        paths.sort(key=lambda path: hashlib.sha256(str(path.relative_to(data)).encode()).digest())
        for path in paths:
            chosen.setdefault(hashlib.sha256(path.read_bytes()).digest(), path)
    related |= {path for path in chosen.values() if path.stem in SEEN or path.name.startswith("bsds500")}
    apart = [path for path in chosen.values() if path not in related]
    copied = apart[: files // 6]
    rest = [path for path in chosen.values() if path not in set(apart)]
    return copied, rest[: files - 6 * len(copied)]


def _visitors(data: Path) -> set[Path]:
    with (data / "museum/pairs.csv").open() as file:
        return {data / "museum" / row["a"] for row in csv.DictReader(file)}


def _later_frames(data: Path) -> set[Path]:
    """All but the first of each scene."""
    with (data / "holidays_805/groups.csv").open() as file:
        rows = sorted((row["group"], row["path"]) for row in csv.DictReader(file))
    first = dict(reversed(rows))
    return {data / "holidays_805" / path for group, path in rows if path != first[group]}


def made(job: tuple[Path, Path, int, bool]) -> None:
    """Six files of one photograph, or one of what fills up."""
    path, target, number, is_copied = job
    folder = target / f"{number:05d}"[:2]
    folder.mkdir(exist_ok=True, parents=True)
    shutil.copyfile(path, folder / f"{number:05d}_{'original' if is_copied else 'other'}{path.suffix}")
    if is_copied:
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
    everything = pairs_of(groups)
    found = {pair for pair in everything if not any(stem.endswith("_other") for stem in pair)}
    missed = Counter(" ".join(sorted(stem.partition("_")[2] for stem in pair)) for pair in truth - found)
    wrong = sorted(found - truth)
    return {
        "pairs": len(found),
        "precision": round(len(found & truth) / max(1, len(found)), 6),
        "recall": round(len(found & truth) / len(truth), 6),
        "missed": dict(missed.most_common(5)),
        "wrong": [list(pair) for pair in wrong[:10]],
        "wrong_count": len(wrong),
        "pairs_with_what_fills_up": len(everything - found),
    }


def of_pictrace(files: Path, count: int, room: Path) -> dict[str, Any]:
    """Indexing and finding, each a process of its own."""
    collection, out = room / "dedupe.pictrace", room / "groups.jsonl"
    pictrace = [sys.executable, "-m", "pictrace"]
    indexing = timed([*pictrace, "index", str(files), "-c", str(collection), "--json"])
    finding = timed([*pictrace, "dedupe", "find", "-c", str(collection), "--json"], output=out)
    found = [json.loads(line)["members"] for line in out.read_text().splitlines()]
    figures = {
        str(least): judged([[one["path"] for one in group if one["score"] >= least] for group in found], count)
        for least in LEAST
    }
    again = timed([*pictrace, "dedupe", "find", "-c", str(collection), "--json"])
    return {
        "indexing": indexing,
        "finding": finding,
        "finding_again": again,
        "wall_s": round(indexing["wall_s"] + finding["wall_s"], 2),
        "peak_mb": max(indexing["peak_mb"], finding["peak_mb"]),
        "at_least": figures,
    }


def of_fastdup(python: str, files: Path, count: int, room: Path) -> dict[str, Any]:
    """The same files, with its own clustering at its own threshold."""
    out = room / "fastdup.json"
    command = [python, "-c", FASTDUP, str(files), str(room / "fastdup"), "2", str(out)]
    figures: dict[str, Any] = dict(timed(command))
    return figures | judged(json.loads(out.read_text()), count)


def parts(data: Path) -> list[tuple[Path, int, int, int]]:
    """Different pictures: small photographs whole, of larger ones up to nine parts that do not overlap.

    They come in an order by chance, but what shows one scene together: else a tenth of them would have a hundredth of
    the pairs that are related.
    """
    scenes = _scenes(data)
    found = []
    seen = set()
    for path in sorted(path for name in SETS for path in (data / name).rglob("*")):
        if path.suffix.lower() not in {".jpg", ".jpeg", ".png"}:
            continue
        digest = hashlib.sha256(path.read_bytes()).digest()
        if digest in seen:
            continue
        seen.add(digest)
        with Image.open(path) as image:
            across, down = (min(3, max(1, side // PART)) for side in image.size)
        found += [(path, across, down, number) for number in range(across * down)]

    def place(one: tuple[Path, int, int, int]) -> tuple[bytes, Path, int]:
        scene = scenes.get(one[0], str(one[0].relative_to(data)))
        return hashlib.sha256(scene.encode()).digest(), one[0], one[3]

    return sorted(found, key=place)


def _scenes(data: Path) -> dict[Path, str]:
    """Which scene a holiday photograph is of, and which painting a visitor's."""
    with (data / "holidays_805/groups.csv").open() as file:
        scenes = {data / "holidays_805" / row["path"]: f"scene {row['group']}" for row in csv.DictReader(file)}
    with (data / "museum/pairs.csv").open() as file:
        return scenes | {data / "museum" / row["a"]: f"museum/{row['b']}" for row in csv.DictReader(file)}


def grown(job: tuple[Path, tuple[Path, int, int, int], int]) -> None:
    """Eight files of one picture."""
    target, (path, across, down, part), number = job
    folder = target / f"{number:05d}"[:3]
    folder.mkdir(exist_ok=True, parents=True)
    image = Image.open(path).convert("RGB")
    row, column = divmod(part, across)
    edges = [image.width * column // across, image.height * row // down]
    edges += [image.width * (column + 1) // across, image.height * (row + 1) // down]
    image = image.crop((edges[0], edges[1], edges[2], edges[3]))
    image.save(folder / f"{number:05d}_original.jpg", quality=92)
    for name, edit in GROWN.items():
        EDITS[edit](image).save(folder / f"{number:05d}_{name}.jpg", quality=90)


def growth(data: Path, sizes: list[int], room: Path) -> dict[str, Any]:
    """Indexing and finding in collections of these sizes, the smaller ones made of the first pictures of the largest.

    Collections that are in `room` already are taken as they are, and only searched for duplicates.
    """
    pictures = parts(data)
    versions = len(GROWN) + 1
    figures: dict[str, Any] = {"machine": machine(), "versions": versions, "pictures_there_are": len(pictures)}
    for size in sizes:
        files, kept, out = room / f"files{size}", room / f"grown{size}.pictrace", room / f"groups{size}.jsonl"
        counted: dict[str, Any] = {}
        if not kept.exists():
            jobs = [(files, one, number) for number, one in enumerate(pictures[: size // versions])]
            with ProcessPoolExecutor() as pool:
                list(pool.map(grown, jobs, chunksize=16))
            counted["files"] = len(jobs) * versions
            counted["indexing"] = timed(
                [sys.executable, "-m", "pictrace", "index", str(files), "-c", str(kept), "--json"]
            )
        shutil.rmtree(kept / "dedupe", ignore_errors=True)
        command = [sys.executable, "-m", "pictrace", "dedupe", "find", "-c", str(kept), "--json"]
        counted["finding"] = timed(command, output=out)
        groups = [json.loads(line)["members"] for line in out.read_text().splitlines()]
        counted |= {"groups": len(groups), "members": sum(map(len, groups))}
        figures[str(size)] = counted
        print(json.dumps({size: counted}), file=sys.stderr, flush=True)
    spent = {size: figures[str(size)]["finding"]["cpu_s"] for size in sizes}
    return figures | {
        f"cpu_{size}_to_{10 * size}": round(spent[10 * size] / spent[size], 2) for size in sizes if 10 * size in spent
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=lambda text: Path(text).resolve(), required=True)
    parser.add_argument("--pictures", type=int, nargs="*", default=[4_500, 40_000], help="files, six of a photograph")
    parser.add_argument("--fastdup", help="a Python that has fastdup")
    parser.add_argument("--grown", type=int, nargs="+", default=[], help="files of the collections that show growth")
    parser.add_argument("--room", type=Path, help="keep those collections here, or use the ones that are here")
    options = parser.parse_args()
    if not all((options.data / name).is_dir() for name in SETS):
        sys.exit(f"{options.data} must hold the folders {', '.join(SETS)}")
    figures: dict[str, Any] = json.loads(RESULT.read_text()) if RESULT.exists() else {}
    for files in options.pictures:
        with tempfile.TemporaryDirectory() as name:
            room = Path(name)
            copied, rest = originals(options.data, files)
            jobs = [(path, room / "files", number, number < len(copied)) for number, path in enumerate(copied + rest)]
            with ProcessPoolExecutor() as pool:
                list(pool.map(made, jobs, chunksize=16))
            figures[str(files)] = {"machine": machine(), "copied": len(copied), "others": len(rest)}
            figures[str(files)]["pictrace"] = of_pictrace(room / "files", len(copied), room)
            if options.fastdup:
                figures[str(files)]["fastdup"] = of_fastdup(options.fastdup, room / "files", len(copied), room)
        print(json.dumps(figures[str(files)], indent=1), file=sys.stderr, flush=True)
    if options.grown:
        with tempfile.TemporaryDirectory() as name:
            figures["growth"] = growth(options.data, options.grown, options.room or Path(name))
    RESULT.write_text(json.dumps(figures, indent=1) + "\n")
    print(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()
