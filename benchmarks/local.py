"""Things inside of pictures by their local features: are they found, by how many bytes, and in what time?

All pictures of the data folder are sorted into the index. Then visitors' photographs of paintings, and photographs
pasted in perspective onto a tenth of the area of others, are looked for: only those of the half that the visual words
were not learned on. With `--padded`, a copy of a collection that benchmarks/latency.py kept, the same queries are only
timed, among its pictures, and whole searches with and without local features.
"""

import argparse
import csv
import io
import json
import resource
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from measured import machine
from pairs import in_fitting_half
from PIL import Image

from pictrace import folding, keypoints, registry, search, tracing
from pictrace.candidates import Engine, of_details
from pictrace.collection import Collection
from pictrace.errors import PictureError
from pictrace.indexes.local import Index
from pictrace.picture import Picture
from pictrace.settings import Settings
from pictrace.types import FEATURE_SPACE, Relation, Rows

RESULT = Path(__file__).parent / "results/local.json"
SETS = ("photos", "distractors", "corel1k", "holidays_805", "museum")
SHARE = 0.1
"""Of the query's area that what is looked for covers."""


@dataclass(frozen=True)
class Query:
    """A picture to search with, the paths that are right, and those that are neither, being known to be in it."""

    data: bytes
    right: frozenset[str]
    besides: frozenset[str]


def features_of(path: Path) -> Rows | None:
    """What is kept of a picture."""
    try:
        features = keypoints.extract(Picture.open(path, target=tracing.TARGET).grey)
    except PictureError:
        return None
    return features.view(np.uint8).reshape(len(features), FEATURE_SPACE.columns)


def details_of(query: Query) -> Rows:
    """What a query is looked up by."""
    return tracing.details_of(Picture.open(query.data, target=tracing.TARGET))


def pasted(image: Image.Image, ground: Image.Image, draw: np.random.Generator) -> bytes:
    """A picture on another's, a little turned and seen from the side, in other light and noise, recompressed."""
    width, height = ground.size
    scale = (SHARE * width * height / (image.width * image.height)) ** 0.5
    shown = (image.width * scale, image.height * scale)
    small = image.resize((round(shown[0]), round(shown[1])), Image.Resampling.LANCZOS) if scale < 1 else image
    turn = np.deg2rad(draw.uniform(-25, 25))
    corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) / 2 * shown * (1 + draw.uniform(-0.12, 0.12, (4, 2)))
    corners = corners @ np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    least, most = -corners.min(axis=0), np.array([width, height]) - corners.max(axis=0)
    middle = least + np.maximum(most - least, 0) * draw.uniform(0, 1, 2)
    w, h = small.size
    onto = cv2.getPerspectiveTransform(
        np.array([[0, 0], [w, 0], [w, h], [0, h]], np.float32), (corners + middle).astype(np.float32)
    )
    over = cv2.warpPerspective(np.asarray(small), onto, (width, height))
    mask = cv2.warpPerspective(np.ones((h, w), np.float32), onto, (width, height))[..., None]
    mixed = (np.asarray(ground) * (1 - mask) + over * mask) * draw.uniform(0.75, 1.15)
    noisy = np.clip(mixed + draw.normal(0, 4, mixed.shape), 0, 255).astype(np.uint8)
    stream = io.BytesIO()
    Image.fromarray(noisy).save(stream, "JPEG", quality=80)
    return stream.getvalue()


def cluttered(data: Path, count: int) -> Iterator[Query]:
    """Photographs inside of others at 1,024 px, both of the half that nothing was learned on; these are of holidays."""
    owns, grounds = (
        [path for name in names for path in sorted((data / name).rglob("*.jpg")) if not in_fitting_half(path)]
        for names in (("photos", "corel1k", "museum/catalogue"), ("holidays_805",))
    )
    draw = np.random.default_rng(5)
    for own, other in zip(draw.permutation(owns)[:count], np.resize(draw.permutation(grounds), count), strict=False):
        ground = Image.open(other).convert("RGB")
        scale = 1024 / max(ground.size)
        ground = ground.resize((round(ground.width * scale), round(ground.height * scale)), Image.Resampling.BICUBIC)
        made = pasted(Image.open(own).convert("RGB"), ground, draw)
        yield Query(made, frozenset({str(own)}), frozenset({str(other)}))


def visitors(data: Path) -> list[Query]:
    """Visitors' photographs of paintings; other visitors' are neither right nor wrong."""
    right: dict[Path, set[str]] = {}
    with (data / "museum/pairs.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            photo = data / "museum" / row["a"]
            if row["label"] == "1" and not in_fitting_half(photo):
                right.setdefault(photo, set()).add(str(data / "museum" / row["b"]))
    others = frozenset(str(path) for path in (data / "museum/visitors").rglob("*.jpg"))
    return [Query(path.read_bytes(), frozenset(found), others) for path, found in right.items()]


def standing(index: Index, names: dict[int, str], queries: Sequence[Query], rows: Sequence[Rows]) -> dict[str, Any]:
    """At which place the right one comes, and the time that takes."""
    places, seconds = [], []
    for query, details in zip(queries, rows, strict=True):
        clock = time.process_time()
        hits = index.search(details, 300)[0]
        seconds.append(time.process_time() - clock)
        found = [names[key] for key in hits.keys.tolist() if names[key] not in query.besides]
        places.append(next((place for place, name in enumerate(found) if name in query.right), len(names)))
    shares = {f"in_{most}": round(float(np.mean(np.array(places) < most)), 4) for most in (1, 10, 20, 100)}
    return {"queries": len(places), **shares, "cpu_ms_p50": round(float(np.median(seconds)) * 1000, 1)}


def built(paths: Sequence[Path], features: Sequence[Rows | None]) -> tuple[Index, dict[int, str], dict[str, Any]]:
    """The index of all pictures, their names by key, and what it took."""
    index, names, room = Index(FEATURE_SPACE), {}, tempfile.TemporaryDirectory()
    clock = time.process_time()
    for start in range(0, len(paths), 200):
        some = [(start + place + 1, one) for place, one in enumerate(features[start : start + 200])]
        kept = [(key, one) for key, one in some if one is not None and len(one)]
        names |= {key: str(paths[key - 1]) for key, _ in kept}
        keys = np.repeat(np.array([key for key, _ in kept], np.uint64), [len(one) for _, one in kept])
        index.add(keys, np.concatenate([one for _, one in kept]))
    with room as folder:
        target = Path(folder) / "all.local"
        index.save(target)
        seconds = time.process_time() - clock
        size = target.stat().st_size
    index.search(next(one for one in features if one is not None), 1)  # sorts it in memory too
    figures = {
        "pictures": len(names),
        "features_a_picture": round(sum(len(one) for one in features if one is not None) / len(names), 1),
        "bytes_a_picture": round(size / len(names)),
        "pictures_per_cpu_second": round(len(names) / seconds),
    }
    return index, names, figures


def whole(engine: Engine, queries: Sequence[Query], *, local: bool) -> dict[str, Any]:
    """Searches from bytes to answers, with local features or without."""
    engine = engine if local else replace(engine, local=None)
    seconds, right = [], 0
    for query in queries:
        clock = time.process_time()
        answer = search.search(engine, Picture.open(query.data, target=tracing.TARGET))
        seconds.append(time.process_time() - clock)
        # Made pictures have the features of real ones, so that a right one may be one of them.
        right += any(match.relation >= Relation.SCENE for match in answer)
    return {"proved": right, "cpu_ms_p50": round(float(np.median(seconds)) * 1000, 1)}


def among_padded(folder: Path, queries: Sequence[Query]) -> dict[str, Any]:
    """A large collection: its fold, the index alone, and whole searches, also of what is not in it."""
    # The grounds of queries are of a set that is not in that collection.
    grounds = [Path(name) for query in queries for name in query.besides]
    strangers = [Query(path.read_bytes(), frozenset(), frozenset()) for path in grounds]
    catalog = registry.load("catalogs", "sqlite").open(str(folder), writable=True)
    clock = time.process_time()
    place = next(one for one in folding.places(folder / "indexes", catalog) if one.stamp.name == "local")
    figures: dict[str, Any] = {"pictures": len(catalog)}
    if folding.fold(place):
        figures["fold_cpu_s"] = round(time.process_time() - clock, 1)
        figures["fold_peak_mb"] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    catalog.close()
    file = next((folder / "indexes").glob("local-*.local"))
    figures["bytes_a_picture"] = round(file.stat().st_size / figures["pictures"])
    with Collection(folder, settings=Settings(threads=1)) as collection:
        engine = collection.engine()
        assert engine.local is not None  # noqa: S101 - a collection with local features has it
        clock = time.process_time()
        engine.local.prepare()
        figures["open_cpu_s"] = round(time.process_time() - clock, 2)
        seconds = []
        for details in map(details_of, queries):
            clock = time.process_time()
            of_details(engine, details, search.INSIDE)
            seconds.append(time.process_time() - clock)
        figures["cpu_ms_p50"], figures["cpu_ms_p95"] = (
            round(float(np.percentile(seconds, share)) * 1000, 1) for share in (50, 95)
        )
        for name, some in (("inside", queries), ("strangers", strangers)):
            without, with_it = (whole(engine, some, local=local) for local in (False, True))
            ratio = round(with_it["cpu_ms_p50"] / without["cpu_ms_p50"], 2)
            figures[name] = {"queries": len(some), "without": without, "with": with_it, "ratio": ratio}
    return figures


def among_real(data: Path, paths: Sequence[Path], hidden: Sequence[Query], processes: int) -> dict[str, Any]:
    """All pictures of the folder: what the index costs, and what it finds."""
    seen = visitors(data)
    with ProcessPoolExecutor(processes) as pool:
        features = list(pool.map(features_of, paths, chunksize=50))
        inside, museum = (list(pool.map(details_of, some, chunksize=10)) for some in (hidden, seen))
    index, names, figures = built(paths, features)
    figures |= {"inside": standing(index, names, hidden, inside), "museum": standing(index, names, seen, museum)}
    asked = {name for query in hidden for name in query.right}
    index.remove([key for key, name in names.items() if key % 5 == 0 and name not in asked])
    figures["inside_after_a_fifth_was_removed"] = standing(index, names, hidden, inside)
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=lambda text: Path(text).resolve(), required=True)
    parser.add_argument("--queries", type=int, default=200)
    parser.add_argument("--whole", type=int, default=40, help="whole queries in the padded collection")
    parser.add_argument("--padded", type=Path, help="a copy of a collection that benchmarks/latency.py kept")
    parser.add_argument("--processes", type=int, default=2)
    options = parser.parse_args()
    paths = [path for name in SETS for path in sorted((options.data / name).rglob("*.jpg"))]
    if not (options.data / "museum/pairs.csv").exists():
        sys.exit(f"{options.data} does not hold the picture sets this needs: {', '.join(SETS)}")
    before = json.loads(RESULT.read_text("utf-8")) if RESULT.exists() else {}
    hidden = list(cluttered(options.data, options.queries))
    if options.padded:
        figures = before | {"padded": {"machine": machine(), **among_padded(options.padded, hidden[: options.whole])}}
    else:
        figures = {"machine": machine(), **among_real(options.data, paths, hidden, options.processes)}
        figures |= {"padded": before["padded"]} if "padded" in before else {}
    RESULT.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()
