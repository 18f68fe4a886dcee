"""PicTrace beside what one could use instead, in one run on the same files: what of edited pictures each finds again.

Every edit of `pictrace eval` of some photographs is searched for among all of them and the other sets as distractors.
Some of the photographs are not there: what is found for their edits is wrong. Each method ranks everything by its own
measure, equals at their worst, and its ten best claims for each query are judged: is the right one first, and how many
right ones are told by a threshold at which 0.999 of all that it tells is right? That threshold is chosen in hindsight
for each method, which flatters all of them alike; PicTrace's `copy` is told beside it as it comes.

Environments with what peers-hashes.txt and peers-fastdup.txt list are made in `--room`, which takes minutes once.
imagededup's network is left out: its weights are fetched from a model hub when it starts.
"""

import argparse
import io
import json
import multiprocessing
import random
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import peerpage
from measured import machine
from pairs import in_fitting_half
from PIL import Image

from pictrace.accuracy import micro_average_precision, recall_at_precision
from pictrace.collection import Collection
from pictrace.edits import SUITE
from pictrace.settings import Settings
from pictrace.types import Relation

HERE = Path(__file__).parent
RESULT = HERE / "results/peers.json"
PEERS = ("pdq", "phash", "imagededup", "perception", "opencv_phash", "opencv_blockmean", "fastdup")
SETS = ("photos", "corel1k", "museum", "holidays_805", "distractors")
TOLD = 10
AMONG = 8
_open: dict[str, Collection] = {}


@dataclass(frozen=True)
class Query:
    """One edit of one photograph, as a file; `truth` is its place among the pictures, or -1 if it is not there."""

    path: Path
    edit: str
    truth: int


@dataclass(frozen=True)
class Claim:
    """That a picture is the query's: how sure, whether it is, and at which place of the query's answer."""

    query: int
    score: float
    right: bool
    place: int


def asked(data: Path, room: Path, count: int, strangers: int) -> tuple[list[Path], list[Query]]:
    """The pictures to search among, and the queries: photographs that no calibration was fitted on."""
    pictures = sorted(path for name in SETS for path in (data / name).rglob("*.jpg"))
    held_out = [path for path in pictures if path.parent.name == "photos" and not in_fitting_half(path)]
    draw = random.Random(4)
    chosen = draw.sample(held_out, count + strangers + AMONG)
    hidden = set(chosen[count:])
    # What others are put among is not there either: it would be found, and rightly.
    pool = [Image.open(path).convert("RGB") for path in chosen[-AMONG:]]
    del chosen[-AMONG:]
    pictures = [path for path in pictures if path not in hidden]
    place = {path: number for number, path in enumerate(pictures)}
    queries = []
    for number, path in enumerate(chosen):
        image = Image.open(path).convert("RGB")
        for edit in SUITE.values():
            made = edit(image, random.Random(f"{path.name} {edit.name}"), pool)
            file = room / f"{number}-{edit.name}.{'png' if edit.lossless else 'jpg'}"
            made.save(file, **({} if edit.lossless else {"quality": 90}))
            queries.append(Query(file, edit.name, place.get(path, -1)))
    return pictures, queries


def by_rows(rows: npt.NDArray[Any], of_queries: npt.NDArray[Any], truths: Sequence[int]) -> Iterator[Claim]:
    """The best claims of a measure that compares any two pictures: fewest differing bits, or highest cosine."""
    if rows.dtype == np.uint8:
        rows, of_queries = (2.0 * side.astype(np.float32) - 1.0 for side in (rows, of_queries))
    for number, (row, truth) in enumerate(zip(of_queries, truths, strict=True)):
        scores = rows @ row
        right = np.arange(len(rows)) == truth
        best = np.lexsort((right, -scores))[:TOLD]
        yield from (Claim(number, float(scores[one]), bool(right[one]), place) for place, one in enumerate(best))


def start(folder: str) -> None:
    """Opens the collection in one process of the pool."""
    import cv2

    cv2.setNumThreads(1)
    _open["collection"] = Collection(folder, settings=Settings(threads=1))


def searched(path: str) -> tuple[list[tuple[str, float, bool]], float]:
    """What PicTrace answers: path, a number that sorts as it does, and whether it says `copy`; seconds."""
    clock = time.perf_counter()
    answer = _open["collection"].search(path, limit=TOLD)
    seconds = time.perf_counter() - clock
    told = [(m.path or "", m.relation.rank + m.score, m.relation >= Relation.COPY) for m in answer]
    return told, seconds


def of_pictrace(folder: Path, pictures: list[Path], queries: list[Query]) -> tuple[list[Claim], dict[str, Any]]:
    """The claims of PicTrace, and its own figures."""
    clock = time.perf_counter()
    with Collection(folder) as collection:
        collection.add(*sorted({path.parent for path in pictures}))
        keep = {str(path) for path in pictures}
        gone = [one.id for one in collection.list(limit=100_000) if one.path not in keep]
        collection.remove(*gone)
    indexing = time.perf_counter() - clock
    claims, times, copies, wrong = list[Claim](), list[float](), 0, 0
    with multiprocessing.get_context("spawn").Pool(2, start, (str(folder),)) as pool:
        answers = pool.imap(searched, [str(query.path) for query in queries], chunksize=4)
        for number, (query, (told, seconds)) in enumerate(zip(queries, answers, strict=True)):
            right = str(pictures[query.truth]) if query.truth >= 0 else None
            claims += [Claim(number, score, path == right, place) for place, (path, score, _) in enumerate(told)]
            copies += any(is_copy and path == right for path, _, is_copy in told)
            wrong += any(is_copy and path != right for path, _, is_copy in told)
            times.append(1000 * seconds)
            if number % 100 == 99:
                print(f"{number + 1} of {len(queries)} searched for", file=sys.stderr, flush=True)
    known = sum(query.truth >= 0 for query in queries)
    return claims, {
        "index_ms_a_picture": round(1000 * indexing / len(pictures), 2),
        "query_ms": round(float(np.median(times)), 1),
        "called_copy": round(copies / known, 4),
        "wrongly_called_copy": wrong,
    }


def of_peer(python: str, method: str, room: Path, files: Sequence[Path]) -> tuple[npt.NDArray[Any], float]:
    """The rows of a peer for files, and the seconds that it took."""
    listing, output = room / "list.txt", room / f"{method}.npz"
    listing.write_text("\n".join(map(str, files)))
    subprocess.run([python, str(HERE / "peerside.py"), method, str(listing), str(output)], check=True, cwd=room)
    with np.load(output) as found:
        return found["rows"], float(found["seconds"])


def of_embedding(folder: Path, pictures: list[Path], queries: list[Query]) -> tuple[Any, Any]:
    """The rows of the bundled network, of pictures and queries."""
    with Collection(folder) as collection:
        engine = collection.engine()
        rows = {
            int(key): row for keys, rows in engine.catalog.rows("lite0") for key, row in zip(keys, rows, strict=True)
        }
        keys = {one.path: one.id for one in collection.list(limit=100_000)}
        # The same picture may be there twice, under one key.
        places = {place.uri: one.id for one in collection.list(limit=100_000) for place in one.locations}
        known = np.stack([rows[places.get(str(path), keys.get(str(path), 0))] for path in pictures])
        found = np.stack([collection.traced(picture(query.path)).rows["lite0"][0] for query in queries])
    return known, found


def picture(path: Path) -> Any:
    """A file as the core opens it."""
    from pictrace.picture import Picture

    return Picture.open(path)


def figures(claims: Sequence[Claim], queries: Sequence[Query]) -> dict[str, Any]:
    """What a method's claims are worth."""
    known = sum(query.truth >= 0 for query in queries)
    scores, right = [claim.score for claim in claims], [claim.right for claim in claims]
    strict, threshold = recall_at_precision(scores, right, known, least=0.999)
    first = {claim.query for claim in claims if claim.right and claim.place == 0}
    told = {claim.query for claim in claims if claim.right and claim.score >= threshold}
    edits: dict[str, dict[str, float]] = {}
    for edit in SUITE:
        mine = [number for number, query in enumerate(queries) if query.edit == edit and query.truth >= 0]
        edits[edit] = {
            "first": round(sum(number in first for number in mine) / len(mine), 4),
            "told": round(sum(number in told for number in mine) / len(mine), 4),
        }
    return {
        "first": round(len(first) / known, 4),
        "micro_average_precision": round(micro_average_precision(scores, right, known), 4),
        "recall_at_precision_0.9": round(recall_at_precision(scores, right, known, least=0.9)[0], 4),
        "recall_at_precision_0.999": round(strict, 4),
        "edits": edits,
    }


def environment(room: Path, name: str) -> str:
    """A Python with the peers of a list, made if it is not there."""
    python = room / name / "bin/python"
    if not python.exists():
        print(f"an environment for {name} is made in {room}", file=sys.stderr, flush=True)
        venv.create(room / name, with_pip=True)
        listed = str(HERE / f"peers-{name}.txt")
        subprocess.run([str(python), "-m", "pip", "install", "--quiet", "-r", listed], check=True)
    return str(python)


def compared(options: argparse.Namespace, room: Path) -> dict[str, Any]:
    """All methods, one after the other."""
    files = room / "queries"
    files.mkdir()
    pictures, queries = asked(options.data, files, options.pictures, options.strangers)
    truths = [query.truth for query in queries]
    pythons = {name: environment(options.room or room, name) for name in ("hashes", "fastdup")}
    methods: dict[str, Any] = {}
    claims, own = of_pictrace(room / "peers.pictrace", pictures, queries)
    methods["PicTrace"] = figures(claims, queries) | own
    known, found = of_embedding(room / "peers.pictrace", pictures, queries)
    methods["embedding alone"] = figures(list(by_rows(known, found, truths)), queries)
    for method in PEERS:
        python = pythons["fastdup" if method == "fastdup" else "hashes"]
        rows, seconds = of_peer(python, method, room, [*pictures, *(query.path for query in queries)])
        claims = list(by_rows(rows[: len(pictures)], rows[len(pictures) :], truths))
        methods[method] = figures(claims, queries) | {"index_ms_a_picture": round(1000 * seconds / len(rows), 2)}
        print(method, {k: v for k, v in methods[method].items() if k != "edits"}, file=sys.stderr, flush=True)
    return {"pictures": len(pictures), "queries": len(queries), "methods": methods}


def main() -> None:
    """Measures and writes the result."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=lambda text: Path(text).resolve(), required=True)
    parser.add_argument("--pictures", type=int, default=24)
    parser.add_argument("--strangers", type=int, default=6)
    parser.add_argument("--room", type=lambda text: Path(text).resolve(), help="where environments are kept")
    options = parser.parse_args()
    if not all((options.data / name).is_dir() for name in SETS):
        sys.exit(f"{options.data} does not hold the picture sets this needs: {', '.join(SETS)}")
    with tempfile.TemporaryDirectory() as room:
        told = compared(options, Path(room))
    RESULT.write_text(json.dumps({"machine": machine(), **told}, indent=1) + "\n")
    peerpage.write(told)
    stream = io.StringIO()
    for name, found in told["methods"].items():
        stream.write(f"{name:18s} {json.dumps({key: value for key, value in found.items() if key != 'edits'})}\n")
    print(stream.getvalue(), end="")


if __name__ == "__main__":
    main()
