"""Pairs of pictures whose relation is known, with all evidence on them: what calibrate.py fits on and reports on.

Copies are edits of photographs, scenes are other photographs of the same thing and other pages of the same form;
strangers are drawn at random, and the hard ones are the nearest by embedding. Every pair is looked at as a search does,
and closer, whether a search would or not.
"""

import csv
import hashlib
import io
import multiprocessing
import random
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from pictrace import assessment, tracing
from pictrace.edits import SUITE
from pictrace.picture import Picture
from pictrace.settings import Runtime
from pictrace.types import Evidence, Relation, Trace

SETS = "photos, corel1k, museum, holidays_805 and geometry"
"""The folders of pictures that are needed."""

EDITS_EACH = 2
UNRELATED = 20_000
CLOSER_EACH = 20
"""Of so many random strangers one is looked at closer; of the nearest all are."""

NEAREST = 1
SHARED = ("text-bar", "meme", "caption-bars", "text-across", "watermark", "logo", "emoji", "stickers", "phone", "post")
"""What two strangers may have in common without being related: words, marks, and the page around them."""

FEWER = 200
"""Photographs whose edits are looked at where frames are told apart: nearly all of them are clear cases."""

AMONG_OTHERS = ("collage", "pasted-half", "pasted-third", "clutter")
SHARING, SHARING_OF_A_CLASS, TWICE, WITHIN = 700, 300, 400, 120
ALIKE = 0.6
"""Texture that agrees from which two near strangers were found to show the same, on 49 pairs looked at."""

FORMS = 120
SEED = 20261129


@dataclass(frozen=True)
class Pair:
    """The evidence on two pictures whose relation is known, and which half they belong to.

    `evidence` is what a search finds first, `closer` what a closer look finds, if there was one.
    """

    kind: str
    relation: Relation
    fitted: bool
    evidence: Sequence[Evidence]
    closer: Sequence[Evidence] | None = None


@dataclass(frozen=True)
class Task:
    """Which pair is looked at, and how: the path `one` and the path `other`, or edits of them."""

    kind: str
    relation: Relation
    one: Path
    other: Path
    edit: str = ""
    other_edit: str = ""
    closer: bool = True
    aligned: bool = True


def in_fitting_half(path: Path) -> bool:
    """Whether a picture is fitted on: by the hash of its name and folder, so that nothing else decides."""
    return hashlib.sha256(f"{path.parent.name}/{path.name}".encode()).digest()[0] % 2 == 0


_traces: dict[Path, Trace] = {}
"""Of every picture; the processes that look at pairs inherit them."""

_bench: dict[str, object] = {}


def start() -> None:
    """Loads the models in one process of the pool."""
    import cv2

    cv2.setNumThreads(1)
    _bench["encoders"] = tracing.load_encoders(("lite0", "pdq"), Runtime(threads=1))
    _bench["signals"] = assessment.load_signals(tracing.SIGNALS)


def traced(path: Path) -> Trace:
    """The trace of a file."""
    # The viewpoints are Netpbm files, which the project does not read.
    source = Image.open(path).convert("RGB") if "geometry" in path.parts else path
    return tracing.of_query(Picture.open(source, target=tracing.TARGET), _bench["encoders"])


def form(number: int, words: int) -> Image.Image:
    """One page of one of some forms: the same heads and lines each time, other words between them."""
    layout, text = random.Random(number), random.Random(words * 1000 + number)
    page = Image.new("RGB", (620, 860), (252, 252, 248))
    draw = ImageDraw.Draw(page)
    draw.rectangle((40, 36, 580, 96), fill=tuple(layout.randrange(40, 200) for _ in range(3)))
    draw.text((60, 50), _sentence(layout, 3), (255, 255, 255), ImageFont.load_default(28))
    for row in range(layout.randrange(8, 16)):
        y = 130 + row * 44
        draw.text((44, y), _sentence(layout, 1), (90, 90, 90), ImageFont.load_default(15))
        draw.line((200, y + 24, 580, y + 24), (160, 160, 160))
        draw.text((204, y), _sentence(text, 4), (20, 20, 40), ImageFont.load_default(18))
    return page


def _sentence(draw: random.Random, count: int) -> str:
    letters = "aabcdeeefghiiklmnnoooprrsstttuvwy"
    return " ".join("".join(draw.choice(letters) for _ in range(draw.randrange(3, 9))) for _ in range(count)).title()


def edited(path: Path, name: str, *, again: bool = False) -> Trace:
    """The trace of an edited file, saved as a JPEG as people would, or edited `again`; a form's page is made."""
    if path.parent.name == "forms":
        return tracing.of_query(Picture.open(form(int(path.name), 2)), _bench["encoders"])
    draw = random.Random(f"{path.name} {name}{' again' if again else ''}")
    pool = [Image.open(other).convert("RGB") for other in draw.sample(_bench["pool"], 4)]
    stream = io.BytesIO()
    SUITE[name](Image.open(path).convert("RGB"), draw, pool).save(stream, "JPEG", quality=90)
    return tracing.of_query(Picture.open(stream.getvalue(), target=tracing.TARGET), _bench["encoders"])


def looked_at(task: Task) -> Pair:
    """All evidence on a pair, whatever it is calibrated to."""
    if task.other.parent.name == "forms":
        candidate = tracing.of_query(Picture.open(form(int(task.other.name), 1)), _bench["encoders"])
    else:
        candidate = edited(task.other, task.other_edit, again=True) if task.other_edit else _traces[task.other]
    query = edited(task.one, task.edit) if task.edit else _traces[task.one]
    signals = [one for one in _bench["signals"] if task.aligned or one.family == "embedding"]
    evidence = assessment.assess(query, candidate, signals)[1]
    if assessment.is_aligned(evidence):
        evidence = assessment.either_way(query, candidate, signals, evidence)[1]
    closer = None
    if task.aligned and task.closer and not any(one.ceiling is Relation.EXACT and one.log_odds for one in evidence):
        closer = assessment.closer_evidence(query, candidate, signals, evidence)
    return Pair(task.kind, task.relation, in_fitting_half(task.one), evidence, closer)


def copies(paths: Sequence[Path], draw: random.Random) -> Iterator[Task]:
    """Photographs and their edits."""
    for path in paths:
        for name in draw.sample(sorted(SUITE), EDITS_EACH):
            yield Task(name, Relation.COPY, path, path, edit=name)


def scenes(data: Path) -> Iterator[Task]:
    """Other photographs of the same painting, place or object, and other pages of the same form."""
    for row in csv.DictReader((data / "museum/pairs.csv").open()):
        yield Task("museum", Relation.SCENE, data / "museum" / row["a"], data / "museum" / row["b"])
    groups: dict[str, list[Path]] = {}
    for row in csv.DictReader((data / "holidays_805/groups.csv").open()):
        groups.setdefault(row["group"], []).append(data / "holidays_805" / row["path"])
    for group in groups.values():
        yield from (Task("holidays", Relation.SCENE, group[0], other) for other in group[1:])
    for folder in ("geo_graf", "geo_oxford_affine/boat"):
        views = sorted((data / "geometry" / folder).glob("img*"))
        yield from (Task("viewpoints", Relation.SCENE, views[0], other) for other in views[1:])
    for number in range(FORMS):
        yield Task("form", Relation.SCENE, Path("forms") / str(number), Path("forms") / str(number), edit="form")


def sharing(data: Path, paths: Sequence[Path], draw: random.Random) -> Iterator[Task]:
    """Strangers under the same words or marks, or in screenshots of the same program; some show the same kind."""
    classes: dict[str, list[Path]] = {}
    for row in csv.DictReader((data / "corel1k/groups.csv").open()):
        classes.setdefault(row["group"], []).append(data / "corel1k" / row["path"])
    for number in range(SHARING + SHARING_OF_A_CLASS):
        among = paths if number < SHARING else classes[draw.choice(sorted(classes))]
        one, other = draw.sample(among, 2)
        edit = SHARED[number % len(SHARED)]
        yield Task("same words or frame", Relation.DIFFERENT, one, other, edit=edit, other_edit=edit)


def twice(paths: Sequence[Path], draw: random.Random) -> Iterator[Task]:
    """One photograph under two kinds of words, marks and frames."""
    for _ in range(TWICE):
        path, edits = draw.choice(paths), draw.sample(SHARED, 2)
        yield Task("two overlays", Relation.COPY, path, path, edit=edits[0], other_edit=edits[1])


def within(paths: Sequence[Path], draw: random.Random) -> Iterator[Task]:
    """One photograph in two collages, or pasted into two others: a part of both is the same, and no more."""
    for number in range(WITHIN):
        path, edit = draw.choice(paths), AMONG_OTHERS[number % len(AMONG_OTHERS)]
        yield Task("part of both", Relation.SCENE, path, path, edit=edit, other_edit=edit)


def unlisted(one: Path, other: Path, evidence: Sequence[Evidence]) -> bool:
    """Whether two near strangers may show the same after all, which the sets do not say of all their pictures.

    The holiday photographs have neighbours of one journey in several groups, and visitors photographed works that no
    list names, some of them twice: there the overlap looks the same, where two that share a caption differ.
    """
    if one.parent.name == other.parent.name == "holidays_805":
        return True
    alike = max((piece.measures.get("texture", 0.0) for piece in evidence), default=0.0)
    near = any(piece.ceiling is Relation.EXACT and piece.log_odds is not None for piece in evidence)
    return near or alike >= ALIKE


def kinds(data: Path, draw: random.Random) -> Iterator[Task]:
    """Photographs of the same class, which are similar and nothing more (alignment is not asked about)."""
    rows = list(csv.DictReader((data / "corel1k/groups.csv").open()))
    for _ in range(3000):
        one, other = draw.sample(rows, 2)
        if one["group"] == other["group"]:
            paths = [data / "corel1k" / row["path"] for row in (one, other)]
            yield Task("same class", Relation.SIMILAR, *paths, closer=False, aligned=False)


def related(data: Path) -> Mapping[Path, set[str]]:
    """The names of what each picture is known to show; two that have one in common are no strangers."""
    shows: dict[Path, set[str]] = {}
    for folder in ("corel1k", "holidays_805"):
        for row in csv.DictReader((data / folder / "groups.csv").open()):
            shows.setdefault(data / folder / row["path"], set()).add(f"{folder} {row['group']}")
    for row in csv.DictReader((data / "museum/pairs.csv").open()):
        for side in ("a", "b"):
            shows.setdefault(data / "museum" / row[side], set()).add(row["b"])
    return shows


def unrelated(data: Path, paths: Sequence[Path], draw: random.Random) -> Iterator[Task]:
    """Random pairs, and the nearest of each picture; two that show the same are left out."""
    shows = related(data)
    for number in range(UNRELATED):
        one, other = draw.sample(paths, 2)
        if not shows.get(one, set()) & shows.get(other, set()):
            yield Task("unrelated", Relation.DIFFERENT, one, other, closer=number % CLOSER_EACH == 0)
    rows = np.concatenate([_traces[path].rows["lite0"] for path in paths])
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    for place, path in enumerate(paths):
        order = np.argsort(-(rows @ rows[place]))[1:60]
        others = [paths[near] for near in order if not shows.get(path, set()) & shows.get(paths[near], set())]
        yield from (Task("nearest stranger", Relation.DIFFERENT, path, other) for other in others[:NEAREST])


def framed(data: Path) -> list[Pair]:
    """What features align, of the fitting half: copies and scenes, and strangers that share words or a frame."""
    draw = random.Random(SEED)
    photos = sorted((data / "photos").iterdir()) + sorted((data / "corel1k").glob("*.jpg"))
    _bench["pool"] = sorted((data / "holidays_805").glob("*.jpg"))
    tasks = [*sharing(data, photos, draw), *twice(photos, draw), *within(photos, draw), *scenes(data)]
    tasks += copies(draw.sample(photos, FEWER), draw)
    tasks = [task for task in tasks if in_fitting_half(task.one)]
    plain = {one for task in tasks if not task.other_edit and task.edit != "form" for one in (task.one, task.other)}
    with multiprocessing.get_context("fork").Pool(2, start) as pool:
        _traces.update(zip(sorted(plain), pool.imap(traced, sorted(plain), chunksize=16), strict=True))
    with multiprocessing.get_context("fork").Pool(2, start) as pool:
        return pool.map(looked_at, tasks, chunksize=8)


def drawn(data: Path, share: float = 1.0) -> list[Pair]:
    """All pairs of the picture sets in a folder, or a share of them; the same every time."""
    draw = random.Random(SEED)
    photos = sorted((data / "photos").iterdir()) + sorted((data / "corel1k").glob("*.jpg"))
    shown = sorted((data / "museum/catalogue").iterdir()) + sorted((data / "museum/visitors").rglob("*.jpg"))
    holidays = sorted((data / "holidays_805").glob("*.jpg"))
    views = sorted((data / "geometry").rglob("img*"))
    everything = photos + shown + holidays + views
    _bench["pool"] = holidays
    with multiprocessing.get_context("fork").Pool(2, start) as pool:
        _traces.update(zip(everything, pool.imap(traced, everything, chunksize=16), strict=True))
    print(f"{len(_traces)} pictures", file=sys.stderr, flush=True)
    tasks = [*unrelated(data, photos + shown + holidays, draw), *scenes(data), *kinds(data, draw)]
    tasks += [*copies(photos, draw), *sharing(data, photos, draw), *twice(photos, draw), *within(photos, draw)]
    tasks = tasks if share >= 1 else draw.sample(tasks, round(share * len(tasks)))
    pairs: list[Pair] = []
    with multiprocessing.get_context("fork").Pool(2, start) as pool:
        for task, pair in zip(tasks, pool.imap(looked_at, tasks, chunksize=8), strict=True):
            evidence = [*pair.evidence, *(pair.closer or ())]
            if pair.kind != "nearest stranger" or not unlisted(task.one, task.other, evidence):
                pairs.append(pair)
            if len(pairs) % 2000 == 0:
                print(f"{len(pairs)} of {len(tasks)} pairs", file=sys.stderr, flush=True)
    return pairs
