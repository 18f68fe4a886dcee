"""A demonstration with real photographs: index them, edit them, find them again, and show it on a page."""

import importlib.util
import io
import shutil
import statistics
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import platformdirs
from PIL import Image, ImageFilter

from pictrace import explain, report, words
from pictrace.collection import Collection
from pictrace.edits import EDITS, Edit, laid
from pictrace.errors import NotFoundError, UsageError
from pictrace.results import Match
from pictrace.settings import load

PHOTOGRAPHS = (
    "astronaut.png",
    "brick.png",
    "camera.png",
    "cell.png",
    "chelsea.png",
    "coffee.png",
    "coins.png",
    "grass.png",
    "gravel.png",
    "hubble_deep_field.jpg",
    "ihc.png",
    "moon.png",
    "motorcycle_left.png",
    "retina.jpg",
    "rocket.jpg",
)
"""What is indexed, of what scikit-image ships; whose photographs they are is said at
https://scikit-image.org/docs/stable/api/skimage.data.html."""

EDITED = ("astronaut.png", "chelsea.png", "coffee.png", "motorcycle_left.png", "rocket.jpg", "retina.jpg")
OTHERS = {
    "another photograph of the motorcycle": "motorcycle_right.png",
    "a clock that is not in the collection": "clock_motion.png",
    "fundus spots that are not in the collection": "microaneurysms.png",
}

_THUMB = 288
_MARK = "demo.pictrace"


@dataclass(frozen=True)
class Trial:
    """One search: the photograph, what was done to it, the best match, the name of its file, and the time."""

    photograph: str
    edit: str
    query: bytes
    match: Match | None
    found: str
    stored: bytes
    milliseconds: float

    @property
    def right(self) -> bool:
        """Whether the best match is the photograph that was edited."""
        return self.match is not None and self.found == self.photograph


@dataclass(frozen=True)
class Outcome:
    """All searches with edits and with other pictures, and where everything lies."""

    trials: Sequence[Trial]
    others: Sequence[Trial]
    indexed: int
    page: Path
    collection: Path
    example: Path


def run(out: str | None = None, *, tell: Callable[[str], None] = lambda _: None) -> Outcome:
    """Everything the demonstration shows, in a folder: photographs, edits, a collection and `demo.html`.

    Raises:
        UsageError: the folder holds something else, or cannot be written.
        NotFoundError: the photographs are not installed.
    """
    source, folder = _photographs(), _folder(out)
    (folder / "edits").mkdir(exist_ok=True)
    samples(folder / "photographs")
    settings = load()
    with Collection(folder / _MARK, settings=settings) as collection:
        added = collection.add(folder / "photographs")
        tell(f"{words.counted(len(PHOTOGRAPHS), 'photograph')} indexed in {added.seconds:.1f} s")
        collection.search(source / PHOTOGRAPHS[0])
        trials = list(_trials(collection, folder))
        others = [_trial(collection, name, title, (source / name).read_bytes()) for title, name in OTHERS.items()]
        outcome = Outcome(
            trials=trials,
            others=others,
            indexed=len(collection),
            page=folder / "demo.html",
            collection=folder / _MARK,
            example=folder / "edits" / _file_name(EDITED[1], "turned 25°"),
        )
    made = datetime.now().astimezone().strftime("%Y-%m-%d %H:%M")
    outcome.page.write_text(report.contact_sheet(_sheet(outcome), made=made), "utf-8")
    return outcome


def samples(folder: Path) -> None:
    """Photographs to try things with, put into a folder, which is made if it is not there.

    Raises:
        NotFoundError: the photographs are not installed.
    """
    source = _photographs()
    folder.mkdir(parents=True, exist_ok=True)
    for name in PHOTOGRAPHS:
        shutil.copyfile(source / name, folder / name)


def summary(outcome: Outcome) -> str:
    """One sentence on all of it."""
    middle = statistics.median(trial.milliseconds for trial in outcome.trials)
    counts = f"{_right(outcome)} of {len(outcome.trials)} edited copies found first ({_relations(outcome)})"
    return f"{counts} among {outcome.indexed} photographs, {middle:.0f} ms each."


def _right(outcome: Outcome) -> int:
    return sum(trial.right for trial in outcome.trials)


def _relations(outcome: Outcome) -> str:
    """How they were called: a copy that is only called similar was found, and yet not recognised."""
    counts = Counter(trial.match.relation for trial in outcome.trials if trial.right and trial.match)
    return ", ".join(f"{counts[relation]} as {relation}" for relation in sorted(counts, reverse=True))


def photographed(image: Image.Image) -> Image.Image:
    """The picture as a print on a table, photographed from one side."""
    width, height = image.size
    ground = Image.new("RGB", image.size, (104, 88, 72))
    corners = [(0.12, 0.10), (0.90, 0.03), (0.84, 0.93), (0.05, 0.82)]
    quad = [(x * width, y * height) for x, y in corners]
    paper, mask = laid(image, quad, image.size)
    ground.paste(paper, mask=mask.filter(ImageFilter.GaussianBlur(1)))
    light = Image.linear_gradient("L").rotate(90).resize(image.size).point(lambda level: 150 + level * 105 // 255)
    return Image.composite(ground, Image.new("RGB", image.size), light)


def halved(image: Image.Image) -> Image.Image:
    """The middle of the picture: half of each side."""
    width, height = image.size
    return image.crop((width // 4, height // 4, width - width // 4, height - height // 4))


TRIED: dict[str, Edit] = {**EDITS, "middle quarter": halved, "photographed at an angle": photographed}
"""Every edit of the demonstration by the name it shows."""


def _photographs() -> Path:
    # Only found, not imported: scikit-image is loaded where structure is compared.
    spec = importlib.util.find_spec("skimage")
    for place in (spec.submodule_search_locations or ()) if spec else ():
        folder = Path(place) / "data"
        if all((folder / name).is_file() for name in (*PHOTOGRAPHS, *OTHERS.values())):
            return folder
    raise NotFoundError("the photographs of scikit-image are not here", hint="install scikit-image again")


def _folder(out: str | None) -> Path:
    """A folder for the demonstration: new, empty, or of an earlier one."""
    places = (
        [Path(out)] if out else [Path("demo"), Path(platformdirs.user_data_dir("pictrace", appauthor=False), "demo")]
    )
    for place in places:
        try:
            place.mkdir(parents=True, exist_ok=True)
            if any(place.iterdir()) and not (place / _MARK).is_dir():
                raise UsageError(f"{place} holds something else", hint="name an empty or new folder with --out")
            (place / _MARK).mkdir(exist_ok=True)
        except OSError as error:
            refused = error
            continue
        return place
    raise UsageError(
        f"{places[-1]} cannot be written: {refused.strerror}", hint="name a folder that is yours with --out"
    ) from refused


def _trials(collection: Collection, folder: Path) -> Iterator[Trial]:
    for name in EDITED:
        with Image.open(folder / "photographs" / name) as file:
            image = file.convert("RGB")
        for title, edit in TRIED.items():
            data = _jpeg(edit(image))
            (folder / "edits" / _file_name(name, title)).write_bytes(data)
            yield _trial(collection, name, title, data)


def _trial(collection: Collection, name: str, title: str, data: bytes) -> Trial:
    started = time.perf_counter()
    answer = collection.search(data, limit=1)
    spent = (time.perf_counter() - started) * 1000
    match = answer.matches[0] if answer.matches else None
    if match is None or match.id is None:
        return Trial(name, title, data, None, "", b"", spent)
    return Trial(name, title, data, match, Path(match.path or "").name, collection.proxy(match.id), spent)


def _file_name(photograph: str, edit: str) -> str:
    words_only = "".join(one if one.isalnum() or one == "-" else " " for one in edit.replace("%", "percent"))
    return f"{Path(photograph).stem}-{'-'.join(words_only.split())}.jpg"


def _jpeg(image: Image.Image, *, most: int = 0) -> bytes:
    if most:
        image = image.copy()
        image.thumbnail((most, most))
    stream = io.BytesIO()
    image.convert("RGB").save(stream, "JPEG", quality=82 if most else 90)
    return stream.getvalue()


def _sheet(outcome: Outcome) -> report.Sheet:
    middle = statistics.median(trial.milliseconds for trial in outcome.trials)
    return report.Sheet(
        headline=f"{_right(outcome)} of {len(outcome.trials)} edited copies found again",
        lead=(
            f"{outcome.indexed} photographs were indexed, {len(EDITED)} of them edited in {len(TRIED)} ways "
            "each. Every edited copy was searched for; here is the first match of each. "
            f"Recognised: {_relations(outcome)}."
        ),
        figures=[
            ("photographs indexed", str(outcome.indexed)),
            ("searches", str(len(outcome.trials))),
            ("a search, median", f"{middle:.0f} ms"),
        ],
        columns=[
            _section(Path(name).stem.replace("_", " "), [one for one in outcome.trials if one.photograph == name])
            for name in EDITED
        ],
        others=[_strangers(outcome.others)],
    )


def _section(title: str, trials: Sequence[Trial]) -> report.Section:
    right = sum(trial.right for trial in trials)
    tiles = [_tile(trial) for trial in trials]
    first = next((tile.drawing for tile in tiles if tile.drawing), None)
    jpeg, size = (first.match_jpeg, first.match_size) if first else (tiles[0].query_jpeg, tiles[0].query_size)
    return report.Section(title.capitalize(), f"{right} of {len(trials)} found first.", jpeg, size, tiles)


def _strangers(trials: Sequence[Trial]) -> report.Section:
    tiles = [_tile(trial) for trial in trials]
    note = "Other pictures: none of these is a copy of anything in the collection."
    return report.Section("Not in the collection", note, tiles[0].query_jpeg, tiles[0].query_size, tiles)


def _tile(trial: Trial) -> report.Tile:
    with Image.open(io.BytesIO(trial.query)) as image:
        size = image.size
        query = _jpeg(image.convert("RGB"), most=_THUMB)
    drawing = None
    if trial.match is not None:
        with Image.open(io.BytesIO(trial.stored)) as image:
            drawing = explain.sketch(query, size, _jpeg(image, most=_THUMB), trial.match)
    title = trial.edit[0].upper() + trial.edit[1:]
    return report.Tile(title, query, size, trial.match, trial.found, drawing, trial.milliseconds, right=trial.right)
