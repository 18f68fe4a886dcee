"""What is said to have been done to a picture: how often it is right, and how often what was done is said.

Photographs whose path hashes to the half that thresholds were not set on are edited in ways that are known, one or
two at a time, saved as JPEGs and compared with what they were made of. Museum visitors' photographs of paintings, some
of which had a caption put on them, show what is said where nobody edited a copy.
"""

import argparse
import csv
import io
import json
import random
import statistics
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from measured import machine
from pairs import in_fitting_half
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter, ImageOps

from pictrace import assessment, changes, tracing
from pictrace import edits as known
from pictrace.edits import Edit
from pictrace.picture import Picture
from pictrace.results import Change, ChangeKind
from pictrace.settings import Runtime
from pictrace.types import Relation, Trace

RESULT = Path(__file__).parent / "results/changes.json"


def enhanced(kind: Callable[[Image.Image], ImageEnhance._Enhance], factor: float) -> Edit:
    """The picture with more or less of something."""
    return lambda image: kind(image).enhance(factor)


def warm(image: Image.Image) -> Image.Image:
    """The picture with more red and less blue."""
    red, green, blue = image.split()
    return Image.merge("RGB", (red.point(lambda v: min(255, v * 1.12)), green, blue.point(lambda v: v * 0.82)))


def both(first: Edit, second: Edit) -> Edit:
    """One edit after the other."""
    return lambda image: second(first(image))


def with_sticker(image: Image.Image) -> Image.Image:
    """The picture with a disc over a part of it."""
    edited = image.copy()
    w, h = image.size
    ImageDraw.Draw(edited).ellipse((0.6 * w, 0.1 * h, 0.9 * w, 0.1 * h + 0.3 * w), fill=(240, 200, 40))
    return edited


def lettered(image: Image.Image) -> Image.Image:
    """The picture with large white letters on it, nothing behind them."""
    edited = image.copy()
    w, h = image.size
    draw = ImageDraw.Draw(edited)
    draw.text((0.12 * w, 0.62 * h), "SALE", fill=(255, 255, 255), font_size=0.22 * w,
              stroke_width=3, stroke_fill=(0, 0, 0))  # fmt: skip
    return edited


def letterboxed(image: Image.Image) -> Image.Image:
    """The picture between two black bars."""
    return ImageOps.expand(image, (0, image.height // 7), fill=(0, 0, 0))


def stretched(image: Image.Image) -> Image.Image:
    """The picture 15 % wider and as high as before."""
    return image.resize((round(image.width * 1.15), image.height), Image.Resampling.LANCZOS)


def in_perspective(image: Image.Image) -> Image.Image:
    """The picture as if its top were further away, without what is beyond."""
    w, h = image.size
    quad = (0.04 * w, 0.03 * h, 0.0, h, w, h, 0.96 * w, 0.03 * h)
    return image.transform(image.size, Image.Transform.QUAD, quad, Image.Resampling.BICUBIC)


def pasted(other: Image.Image) -> Edit:
    """The picture at 0.6 of its size within another one."""

    def edit(image: Image.Image) -> Image.Image:
        ground = other.convert("RGB").resize(image.size)
        inner = image.resize((round(image.width * 0.6), round(image.height * 0.6)), Image.Resampling.LANCZOS)
        ground.paste(inner, (round(image.width * 0.17), round(image.height * 0.28)))
        return ground

    return edit


SAVED = 90
"""The JPEG quality that edited pictures are saved with; an original of a higher one is recompressed by that."""

Made = tuple[Edit, frozenset[str], frozenset[str]]


def made(edit: Edit, expected: str, allowed: str = "") -> Made:
    """An edit, what has to be said of it, and what may be."""
    return edit, frozenset(expected.split()), frozenset(allowed.split())


def table(ground: Image.Image) -> dict[str, Made]:
    """Every edit by name; `ground` is another photograph."""
    return {
        "JPEG quality 30": made(lambda image: image, "recompressed:query"),
        "half size": made(known.scaled(0.5), "resized"),
        "0.7 of the size": made(known.scaled(0.7), "resized"),
        "1.5 times the size": made(known.scaled(1.5), "resized"),
        "15 % wider": made(stretched, "stretched", "resized"),
        "5 % cut off each side": made(known.cropped(0.05), "cropped"),
        "15 % cut off each side": made(known.cropped(0.15), "cropped"),
        "25 % cut off each side": made(known.cropped(0.25), "cropped"),
        "turned 5°": made(known.turned(5), "turned"),
        "turned -25°": made(known.turned(-25), "turned"),
        "turned 90°": made(known.turned(90), "turned"),
        "turned 180°": made(known.turned(180), "turned"),
        "mirrored": made(known.mirrored, "mirrored"),
        "upside down mirrored": made(ImageOps.flip, "mirrored"),
        "perspective": made(in_perspective, "perspective", "cropped resized stretched turned"),
        "brighter": made(enhanced(ImageEnhance.Brightness, 1.3), "recoloured:brighter",
                         "recoloured:more_contrast recoloured:less_contrast recoloured:more_colourful"
                         " recoloured:paler recoloured:tinted"),
        "darker": made(enhanced(ImageEnhance.Brightness, 0.7), "recoloured:darker",
                       "recoloured:less_contrast recoloured:paler recoloured:tinted"),
        "more contrast": made(enhanced(ImageEnhance.Contrast, 1.4), "recoloured:more_contrast",
                              "recoloured:more_colourful recoloured:brighter recoloured:darker recoloured:tinted"),
        "less contrast": made(enhanced(ImageEnhance.Contrast, 0.65), "recoloured:less_contrast",
                              "recoloured:paler recoloured:brighter recoloured:darker recoloured:tinted"),
        "grey": made(known.grey, "recoloured:grey"),
        "more colourful": made(enhanced(ImageEnhance.Color, 1.8), "recoloured:more_colourful", "recoloured:tinted"),
        "paler": made(enhanced(ImageEnhance.Color, 0.5), "recoloured:paler", "recoloured:tinted"),
        "warm": made(warm, "recoloured:tinted",
                     "recoloured:more_colourful recoloured:paler recoloured:brighter recoloured:darker"
                     " recoloured:grey"),
        "blurred": made(known.blurred, "blurred"),
        "slightly blurred": made(lambda i: i.filter(ImageFilter.GaussianBlur(0.0025 * max(i.size))), "", "blurred"),
        "sharpened": made(lambda i: i.filter(ImageFilter.UnsharpMask(2, 180, 2)), "sharpened",
                          "recoloured:more_contrast"),
        "text bar": made(known.captioned, "overlaid"),
        "letters": made(lettered, "overlaid"),
        "sticker": made(with_sticker, "overlaid"),
        "border": made(known.bordered, "bordered"),
        "letterbox": made(letterboxed, "bordered"),
        "pasted": made(pasted(ground), "pasted resized"),
        "cropped and recompressed": made(both(known.cropped(0.1), known.recompressed(40)), "cropped"),
        "mirrored and cropped": made(both(known.mirrored, known.cropped(0.08)), "mirrored cropped"),
        "turned and smaller": made(both(known.turned(12), known.scaled(0.6)), "turned resized"),
        "sticker, brighter": made(both(with_sticker, enhanced(ImageEnhance.Brightness, 1.25)),
                                  "overlaid recoloured:brighter",
                                  "recoloured:more_contrast recoloured:less_contrast recoloured:more_colourful"
                                  " recoloured:paler recoloured:tinted"),
        "border, half size": made(both(known.bordered, known.scaled(0.5)), "bordered resized"),
    }  # fmt: skip


def name_of(change: Change) -> str:
    """The kind, and how of recoloured ones."""
    more = {"recoloured": change.how.replace(" ", "_"), "recompressed": str(change.side)}.get(change.kind, "")
    return f"{change.kind}:{more}" if more else str(change.kind)


@dataclass
class Tally:
    """How often each change was said rightly and wrongly, and how often it was to be said."""

    right: Counter[str] = field(default_factory=Counter)
    wrong: Counter[str] = field(default_factory=Counter)
    due: Counter[str] = field(default_factory=Counter)
    per_edit: dict[str, Counter[str]] = field(default_factory=dict)
    unproved: Counter[str] = field(default_factory=Counter)
    owners: Counter[str] = field(default_factory=Counter)
    milliseconds: list[float] = field(default_factory=list)

    def add(self, edit: str, said: set[str], expected: frozenset[str], allowed: frozenset[str]) -> None:
        """What was said of one pair."""
        self.due.update(expected)
        self.right.update(said & (expected | allowed))
        self.wrong.update(said - expected - allowed)
        row = self.per_edit.setdefault(edit, Counter())
        row.update(said)
        row["pairs"] += 1
        self.due["of:" + edit] += 1

    def summary(self, hits: Counter[str]) -> dict[str, object]:
        """Precision and recall of each change."""
        names = sorted({*self.right, *self.wrong, *(n for n in self.due if not n.startswith("of:"))})
        return {
            name: {
                "precision": _share(self.right[name], self.right[name] + self.wrong[name]),
                "recall": _share(hits[name], self.due[name]),
                "said": self.right[name] + self.wrong[name],
                "due": self.due[name],
            }
            for name in names
        }


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None


class Looker:
    """Traces and changes of pictures, by everything but the model."""

    def __init__(self) -> None:
        self.encoders = tracing.load_encoders(("pdq",), Runtime(threads=1))
        self.signals = assessment.load_signals([name for name in tracing.SIGNALS if name != "embedding"])

    def trace(self, picture: object) -> Trace:
        """The trace of a picture to search with."""
        return tracing.of_query(Picture.open(picture), self.encoders)  # type: ignore[arg-type]

    def look(self, query: Trace, candidate: Trace) -> tuple[Relation, tuple[Change, ...], float]:
        """The relation, what is said of it, and the milliseconds that saying takes."""
        match, _ = assessment.compare(query, candidate, self.signals)
        started = time.perf_counter()
        found = changes.changes(query, candidate, match.alignment, match.relation)
        return match.relation, found, (time.perf_counter() - started) * 1000


def photographs(looker: Looker, paths: Sequence[Path], only: Sequence[str]) -> dict[str, object]:
    """Precision and recall on edits of photographs."""
    tally, hits = Tally(), Counter[str]()
    for place, path in enumerate(paths):
        # As it is decoded, for a colour profile that is lost would be a change of its own.
        image = Image.fromarray(Picture.open(path).pixels)
        # As a collection keeps it: of the file's coding only its size is known.
        original = replace(looker.trace(path), coded_quality=0)
        coded = Picture.open(path).coded_quality
        lossy = frozenset({"recompressed:query"} if coded >= SAVED - 5 else {"recompressed:match"})
        for edit, (make, expected, allowed) in table(Image.open(paths[place - 1])).items():
            if only and edit not in only:
                continue
            stream = io.BytesIO()
            make(image).save(stream, "JPEG", quality=30 if edit == "JPEG quality 30" else SAVED)
            relation, found, spent = looker.look(looker.trace(stream.getvalue()), original)
            if relation is not Relation.COPY:
                tally.unproved[edit] += 1
                continue
            said = {name_of(change) for change in found}
            tally.add(edit, said, expected, allowed | lossy)
            tally.milliseconds.append(spent)
            if "overlaid" in expected:
                tally.owners.update(str(change.side) for change in found if change.kind is ChangeKind.OVERLAID)
            hits.update(said & expected)
    return {
        "photographs": len(paths),
        "pairs": len(tally.milliseconds),
        "not_called_copy": dict(tally.unproved),
        "ms_a_pair": {"median": round(statistics.median(tally.milliseconds), 2),
                      "p95": round(sorted(tally.milliseconds)[int(0.95 * len(tally.milliseconds))], 2)},
        "changes": tally.summary(hits),
        "overlays_of": {
            "the edited one, which is right": tally.owners["query"],
            "the other one": tally.owners["match"],
            "nobody": tally.owners["None"],
        },
        "said_of": {edit: dict(row) for edit, row in tally.per_edit.items()},
    }  # fmt: skip


def visitors(looker: Looker, data: Path, *, fitted: bool) -> dict[str, object]:
    """What is said of museum visitors' photographs: of those called copies, and of the others."""
    said: dict[str, Counter[str]] = {}
    for row in csv.DictReader((data / "museum/pairs.csv").open()):
        one, other = (data / "museum" / row[name] for name in ("a", "b"))
        if in_fitting_half(one) != fitted:
            continue
        relation, found, _ = looker.look(looker.trace(one), looker.trace(other))
        tally = said.setdefault(str(relation), Counter())
        tally["pairs"] += 1
        tally.update({name_of(change) for change in found})
    return {relation: dict(tally) for relation, tally in said.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder with photos and museum")
    parser.add_argument("--pictures", type=int, default=10_000, help="how many photographs, all of the half by default")
    parser.add_argument("--fitted", action="store_true", help="the half that thresholds are set on; writes nothing")
    parser.add_argument("--edit", action="append", default=[], help="only this edit; may be repeated")
    options = parser.parse_args()
    if not (options.data / "museum/pairs.csv").is_file():
        sys.exit(f"{options.data} does not hold the picture sets this needs: photos, museum")
    paths = [p for p in sorted((options.data / "photos").iterdir()) if in_fitting_half(p) == options.fitted]
    paths = random.Random(5).sample(paths, min(options.pictures, len(paths)))
    looker = Looker()
    result: Mapping[str, object] = {
        "machine": machine(),
        **photographs(looker, paths, options.edit),
        "visitors": {} if options.edit else visitors(looker, options.data, fitted=options.fitted),
    }
    if not options.fitted and not options.edit:
        RESULT.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n")
    json.dump({name: value for name, value in result.items() if name != "machine"}, sys.stdout, ensure_ascii=False)


if __name__ == "__main__":
    main()
