"""What `pictrace doctor` looks at; each look finds something to tell and none of them raises."""

import importlib.util
import platform
import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path
from typing import Any, Literal

from pictrace._version import __version__
from pictrace.errors import ConfigurationError, NotFoundError, PictraceError, RecipeMismatchError
from pictrace.settings import FORMATS, Settings, load

FLOORS = {
    "apsw": "3.51.3",
    "filelock": "3.20.3",
    "numpy": "2.1",
    "onnxruntime": "1.22",
    "opencv-python-headless": "4.10",
    "pdqhash": "0.2.7",
    "pi-heif": "1.1",
    "pillow": "12.3",
    "platformdirs": "4.3",
    "rich": "14.0",
    "scikit-image": "0.25",
    "typer": "0.16",
    "usearch": "2.21",
}
"""The least versions that are safe to use; pyproject.toml gives the reasons."""

FLOORS_IF_PRESENT = {"torch": "2.6", "keras": "3.11.3", "onnx": "1.21", "aiohttp": "3.14.1", "starlette": "1.0.1"}
PYTHON_FLOORS = {11: "3.11.8", 12: "3.12.2", 13: "3.13.0"}
SQLITE_FLOOR = "3.51.3"


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at."""

    name: str
    state: Literal["ok", "warning", "error"]
    detail: str
    exit_code: int = 0


def examine(collection: str | None) -> Sequence[Finding]:
    """Everything that was found, in the order in which people want to know it."""
    findings = [Finding("pictrace", "ok", __version__), _python(), *_libraries(), _sqlite()]
    settings = Settings()
    try:
        settings = load(collection=collection or None)
    except ConfigurationError as error:
        findings.append(_failed("settings", error))
    findings += [Finding("cores", "ok", str(settings.cores)), _formats(settings)]
    return [*findings, _providers(settings), *_models(settings), _collection(settings), *_correction(settings)]


def to_dict(findings: Sequence[Finding]) -> dict[str, Any]:
    """One JSON object: the worst state of all, and every finding."""
    worst = max((one.state for one in findings), key=["ok", "warning", "error"].index)
    return {"state": worst, "findings": [asdict(one) for one in findings]}


def _python() -> Finding:
    floor = PYTHON_FLOORS.get(int(platform.python_version_tuple()[1]), "3.13.0")
    return _held("python", platform.python_version(), floor)


def _libraries() -> Iterator[Finding]:
    for name, floor in FLOORS.items():
        try:
            yield _held(name, metadata.version(name), floor)
        except metadata.PackageNotFoundError:
            yield Finding(
                name, "error", "not installed; install PicTrace again", exit_code=ConfigurationError.exit_code
            )
    for name, floor in FLOORS_IF_PRESENT.items():
        try:
            yield _held(name, metadata.version(name), floor)
        except metadata.PackageNotFoundError:
            continue


def _sqlite() -> Finding:
    try:
        import apsw
    except ImportError as error:
        return Finding("SQLite", "error", f"apsw cannot be loaded: {error}", exit_code=ConfigurationError.exit_code)
    return _held("SQLite", str(apsw.sqlite_lib_version()), SQLITE_FLOOR)


def _formats(settings: Settings) -> Finding:
    from PIL import features

    can = {
        "JPEG": features.check("jpg"),
        "PNG": features.check("zlib"),
        "WEBP": features.check("webp"),
        "TIFF": features.check("libtiff"),
        "AVIF": features.check("avif"),
        "HEIF": importlib.util.find_spec("pi_heif") is not None,
    }
    allowed = [name for name in FORMATS if name in settings.limits.formats]
    lacking = [name for name in allowed if not can.get(name, True)]
    readable = ", ".join(name for name in allowed if name not in lacking)
    if lacking:
        return Finding("formats", "warning", f"{readable}; cannot be read here: {', '.join(lacking)}")
    return Finding("formats", "ok", readable)


def _providers(settings: Settings) -> Finding:
    from pictrace.encoders import providers

    try:
        offered, chosen = providers(settings.runtime)
    except PictraceError as error:
        return _failed("providers", error)
    return Finding("providers", "ok", f"{', '.join(offered)}; models are tried on {chosen} first")


def _models(settings: Settings) -> Iterator[Finding]:
    """Those that are here; what was never fetched is nothing to mend."""
    from pictrace import weights

    models = settings.models_path
    for name, card in weights.known(models).items():
        if isinstance(card, PictraceError):
            yield _failed(f"model {name}", card)
        elif weights.state(card, models) != "not here":
            yield _model(name, card.files, models, runs_on=_chosen(card, settings))
    yield _model("words", [weights.words_card()], models)


def _chosen(card: Any, settings: Settings) -> str:
    """What a model runs on once its rows were compared there, which takes a second for each."""
    from pictrace.encoders import load

    if card.runtime != "onnx":
        return f"; {card.runtime} runs it"
    try:
        provider = getattr(load(f"onnx:{card.name}", settings.runtime), "provider", "")
    except PictraceError as error:
        return f"; cannot be run: {error}"
    return f"; runs on {provider}"


def _model(name: str, files: Sequence[Any], models: Path, *, runs_on: str = "") -> Finding:
    from pictrace import weights

    try:
        for one in files:
            weights.verified(one, models)
    except PictraceError as error:
        return _failed(f"model {name}", error)
    return Finding(f"model {name}", "ok", f"{sum(one.size for one in files):,} bytes, SHA-256 as on its card{runs_on}")


def _collection(settings: Settings) -> Finding:
    from pictrace.collection import Collection
    from pictrace.words import counted

    place = settings.collection_path
    try:
        with Collection(place, settings=settings) as found:
            many, there = counted(len(found), "picture"), found.spaces()
    except NotFoundError:
        return Finding("collection", "ok", f"{place}: none there yet; `pictrace index` makes one")
    except PictraceError as error:
        return _failed("collection", error)
    for one in there:
        if one.problem and one.state == "active":
            advice = (
                f"{one.problem}: it cannot be searched by {one.name} until that is here again (`pictrace models`, the "
                f"setting `plugins`), made anew (`pictrace spaces renew {one.name}`) or gone "
                f"(`pictrace spaces drop {one.name}`)"
            )
            return Finding("collection", "error", advice, exit_code=RecipeMismatchError.exit_code)
    encoders = ", ".join(_space(one) for one in there)
    return Finding("collection", "ok", f"{place}: opens; {many}, {encoders}. `pictrace verify` reads all of it")


def _space(one: Any) -> str:
    """An encoder, and how far it is where it is not searched."""
    beside = "" if one.state == "active" else f" ({one.state}, {one.rows:,} of {one.pictures:,})"
    return f"{one.name} {one.version}{beside}"


def _correction(settings: Settings) -> Iterator[Finding]:
    """The collection's own calibration, if it has one."""
    from pictrace import corrections
    from pictrace.collection import Collection
    from pictrace.words import counted

    try:
        found = corrections.read(Path(settings.collection_path))
    except PictraceError as error:
        yield _failed("calibration", error)
        return
    if found is None:
        return
    try:
        with Collection(settings.collection_path, settings=settings) as collection:
            active = collection.recipe.active
    except PictraceError:
        return  # told of the collection already
    made = f"fitted {found.fitted[:10]} on {counted(found.pairs, 'claim')}, {found.wrong} of them wrong"
    if found.is_of(active):
        yield Finding("calibration", "ok", f"scores of copies are corrected on the collection's own pictures, {made}")
    else:
        made = f"of another version of PicTrace or of other encoders, {made}"
        yield Finding("calibration", "warning", f"{made}: not used; `pictrace eval --calibrate` makes it anew")


def _held(name: str, version: str, floor: str) -> Finding:
    if _numbers(version) < _numbers(floor):
        return Finding(name, "warning", f"{version}; {floor} or later is advised")
    return Finding(name, "ok", version)


def _numbers(version: str) -> tuple[int, ...]:
    numbers = tuple(int(number) for number in re.findall(r"\d+", version)[:3])
    return numbers + (0,) * (3 - len(numbers))


def _failed(name: str, error: PictraceError) -> Finding:
    hint = f"; {error.hint}" if error.hint else ""
    return Finding(name, "error", f"{error}{hint}", exit_code=error.exit_code)
