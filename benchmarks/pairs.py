"""Pairs of pictures whose relation is known, with all evidence on them: what calibrate.py fits on and reports on.

Copies are edits of photographs, scenes are other photographs of the same thing, unrelated pairs are drawn at random.
"""

import csv
import hashlib
import io
import random
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageDraw

from pictrace import assessment, tracing
from pictrace.edits import EDITS, Edit, cropped, mirrored, recompressed, scaled, turned
from pictrace.picture import Picture
from pictrace.types import Evidence, Relation, Trace

SETS = "photos, corel1k, museum, holidays_805 and geometry"
"""The folders of pictures that are needed."""

EDITS_EACH = 4
UNRELATED = 20_000


@dataclass(frozen=True)
class Pair:
    """Two traces whose relation is known, and which half they belong to."""

    kind: str
    relation: Relation
    fitted: bool
    evidence: Sequence[Evidence]


def in_fitting_half(path: Path) -> bool:
    """Whether a picture is fitted on: by the hash of its name and folder, so that nothing else decides."""
    return hashlib.sha256(f"{path.parent.name}/{path.name}".encode()).digest()[0] % 2 == 0


def in_perspective(image: Image.Image) -> Image.Image:
    """The picture seen a little from the side."""
    w, h = image.size
    quad = (0.06 * w, 0.05 * h, 0.0, h, 0.93 * w, 0.94 * h, w, 0.0)
    return image.transform(image.size, Image.Transform.QUAD, quad, Image.Resampling.BICUBIC)


def with_sticker(image: Image.Image) -> Image.Image:
    """The picture with a disc over a part of it."""
    edited = image.copy()
    w, h = image.size
    ImageDraw.Draw(edited).ellipse((0.6 * w, 0.1 * h, 0.9 * w, 0.1 * h + 0.3 * w), fill=(240, 200, 40))
    return edited


def both(first: Edit, second: Edit) -> Edit:
    """One edit after the other."""
    return lambda image: second(first(image))


FITTED_EDITS: Mapping[str, Edit] = {
    **EDITS,
    "quarter size": scaled(0.25),
    "25 % cut off each side": cropped(0.25),
    "perspective": in_perspective,
    "sticker": with_sticker,
    "cropped and recompressed": both(cropped(0.1), recompressed(40)),
    "mirrored and cropped": both(mirrored, cropped(0.08)),
    "turned and smaller": both(turned(12), scaled(0.6)),
}


class Bench:
    """Traces of pictures and of their edits, and all evidence on a pair."""

    def __init__(self) -> None:
        self.encoders = tracing.load_encoders(("lite0", "pdq"), threads=2)
        self.signals = assessment.load_signals(tracing.SIGNALS)
        self._kept: dict[Path, Trace] = {}

    def trace(self, path: Path) -> Trace:
        """The trace of a file."""
        if path not in self._kept:
            # The viewpoints are Netpbm files, which the project does not read.
            source = Image.open(path).convert("RGB") if "geometry" in path.parts else path
            self._kept[path] = tracing.of_query(Picture.open(source), self.encoders)
        return self._kept[path]

    def edited(self, path: Path, edit: Edit) -> Trace:
        """The trace of an edited file, saved as a JPEG as people would."""
        stream = io.BytesIO()
        edit(Image.open(path).convert("RGB")).save(stream, "JPEG", quality=90)
        return tracing.of_query(Picture.open(stream.getvalue()), self.encoders)

    def evidence(self, query: Trace, candidate: Trace) -> list[Evidence]:
        """What every signal says, whatever it is calibrated to."""
        return assessment.assess(query, candidate, self.signals)[1]


def copies(bench: Bench, paths: Iterable[Path], draw: random.Random) -> Iterable[Pair]:
    """Photographs and their edits."""
    for path in paths:
        for name in draw.sample(sorted(FITTED_EDITS), EDITS_EACH):
            found = bench.evidence(bench.edited(path, FITTED_EDITS[name]), bench.trace(path))
            yield Pair(name, Relation.COPY, in_fitting_half(path), found)


def scenes(bench: Bench, data: Path) -> Iterable[Pair]:
    """Other photographs of the same painting, place or object."""
    named = [
        ("museum", data / "museum" / row["a"], data / "museum" / row["b"])
        for row in csv.DictReader((data / "museum/pairs.csv").open())
    ]
    groups: dict[str, list[Path]] = {}
    for row in csv.DictReader((data / "holidays_805/groups.csv").open()):
        groups.setdefault(row["group"], []).append(data / "holidays_805" / row["path"])
    named += [("holidays", group[0], other) for group in groups.values() for other in group[1:]]
    for folder in ("geo_graf", "geo_oxford_affine/boat"):
        views = sorted((data / "geometry" / folder).glob("img*"))
        named += [("viewpoints", views[0], other) for other in views[1:]]
    for kind, one, other in named:
        found = bench.evidence(bench.trace(one), bench.trace(other))
        yield Pair(kind, Relation.SCENE, in_fitting_half(one), found)


def kinds(bench: Bench, data: Path, draw: random.Random) -> Iterable[Pair]:
    """Photographs of the same class, which are similar and nothing more (alignment is not asked about)."""
    rows = list(csv.DictReader((data / "corel1k/groups.csv").open()))
    quick = [signal for signal in bench.signals if signal.family == "embedding"]
    for _ in range(3000):
        one, other = draw.sample(rows, 2)
        if one["group"] == other["group"]:
            paths = [data / "corel1k" / row["path"] for row in (one, other)]
            found = assessment.assess(bench.trace(paths[0]), bench.trace(paths[1]), quick)[1]
            yield Pair("same class", Relation.SIMILAR, in_fitting_half(paths[0]), found)


def unrelated(bench: Bench, data: Path, paths: Sequence[Path], draw: random.Random) -> Iterable[Pair]:
    """Random pairs; two of one class or group are left out."""
    group = {}
    for folder in ("corel1k", "holidays_805"):
        for row in csv.DictReader((data / folder / "groups.csv").open()):
            group[data / folder / row["path"]] = row["group"]
    for _ in range(UNRELATED):
        one, other = draw.sample(paths, 2)
        if one in group and group[one] == group.get(other):
            continue
        found = bench.evidence(bench.trace(one), bench.trace(other))
        yield Pair("unrelated", Relation.DIFFERENT, in_fitting_half(one), found)


def drawn(data: Path) -> list[Pair]:
    """All pairs of the picture sets in a folder; the same every time."""
    draw = random.Random(20261123)
    photos = sorted((data / "photos").iterdir()) + sorted((data / "corel1k").glob("*.jpg"))
    museum = sorted((data / "museum/catalogue").iterdir())
    holidays = sorted((data / "holidays_805").glob("*.jpg"))
    bench = Bench()
    pairs = list(unrelated(bench, data, photos + museum + holidays, draw))
    print(f"{len(pairs)} unrelated pairs", file=sys.stderr)
    pairs += scenes(bench, data)
    pairs += kinds(bench, data, draw)
    print(f"{len(pairs)} pairs with scenes and classes", file=sys.stderr)
    pairs += copies(bench, photos, draw)
    print(f"{len(pairs)} pairs with copies", file=sys.stderr)
    return pairs
