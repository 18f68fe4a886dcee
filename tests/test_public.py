"""What others build on: the names, what importing them costs, and the errors with their codes."""

import inspect
import re
import subprocess
import sys
from pathlib import Path

import pytest

import pictrace
from pictrace import errors

ROOT = Path(__file__).parents[1]
HEAVY = {
    "PIL",
    "aiohttp",
    "apsw",
    "cv2",
    "fastapi",
    "filelock",
    "h11",
    "numpy",
    "onnxruntime",
    "prometheus_client",
    "rich",
    "skimage",
    "scipy",
    "starlette",
    "structlog",
    "typer",
    "uvicorn",
    "usearch",
    "yarl",
}
ERRORS = [one for _, one in inspect.getmembers(errors, inspect.isclass) if issubclass(one, errors.PictraceError)]
LEAVES = [one for one in ERRORS if not one.__subclasses__()]


def test_public_names_are_few_and_sorted():
    """The interface is a list that a reviewer can read."""
    assert pictrace.__all__ == sorted(pictrace.__all__)
    assert len(pictrace.__all__) <= 20


@pytest.mark.parametrize("name", pictrace.__all__)
def test_public_names_can_be_imported_and_say_what_they_are(name):
    """Each is there, under its own name, and documented."""
    value = getattr(pictrace, name)

    assert name in {"__version__", getattr(value, "__name__", "")}
    assert inspect.getdoc(value)


def test_dir_shows_the_public_names_only():
    """What completion offers is what is promised."""
    assert dir(pictrace) == pictrace.__all__


def test_unknown_names_are_refused():
    """A misspelt name is an AttributeError as anywhere else."""
    with pytest.raises(AttributeError, match="no attribute 'serach'"):
        _ = pictrace.serach


@pytest.mark.parametrize("code", ["import pictrace", "import pictrace.errors", "from pictrace import open"])
def test_importing_is_light(code):
    """No library is loaded before something is done."""
    asked = f"{code}\nimport sys\nprint(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True).stdout

    assert {module.partition(".")[0] for module in loaded.split()} & HEAVY == set()


def test_importing_changes_nothing():
    """No handlers and no output: a library only offers."""
    asked = "import logging\nfrom pictrace import *\nprint(logging.root.handlers)"
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)

    assert (done.stdout, done.stderr) == ("[]\n", "")


def test_open_takes_the_settings_of_the_process(tmp_path, monkeypatch):
    """A collection opened from Python is set up as the command line would."""
    monkeypatch.setenv("PICTRACE_WORKERS", "3")

    with pictrace.open(tmp_path / "a.pictrace") as collection:
        assert collection.settings == pictrace.Settings(workers=3)


def test_open_takes_settings_as_they_are(tmp_path, monkeypatch):
    """Settings that are given are not mixed with those of the environment."""
    monkeypatch.setenv("PICTRACE_WORKERS", "3")
    given = pictrace.Settings(threads=1)

    with pictrace.open(tmp_path / "a.pictrace", settings=given) as collection:
        assert collection.settings is given


def test_open_refuses_a_wrong_environment(tmp_path, monkeypatch):
    """A setting that does not exist is told of, never passed over."""
    monkeypatch.setenv("PICTRACE_WORKER", "3")

    with pytest.raises(errors.ConfigurationError, match="'PICTRACE_WORKER' is unknown"):
        pictrace.open(tmp_path / "a.pictrace")


def test_error_codes_are_unique():
    """A code names one way to fail."""
    codes = sorted(error.code for error in LEAVES)

    assert codes == sorted(set(codes))


@pytest.mark.parametrize("error", LEAVES)
def test_every_error_is_drawn_with_its_code(error):
    """The tree at the top of errors.py is what the file holds."""
    assert re.search(rf"─ {error.__name__} +{error.code}$", errors.__doc__, re.MULTILINE)


@pytest.mark.parametrize("error", ERRORS)
def test_every_error_is_drawn_below_its_parent(error):
    """An error's line is one step deeper than that of the class it derives from, and after it."""
    depths = {
        match[2]: len(match[1]) // 4 for match in re.finditer(r"^([│├└─ ]*)(\w+Error)\b", errors.__doc__, re.MULTILINE)
    }
    names = list(depths)
    above = [name for name in names[: names.index(error.__name__)] if depths[name] == depths[error.__name__] - 1]

    assert (above or ["Exception"])[-1] == error.__base__.__name__


@pytest.mark.parametrize("error", LEAVES)
def test_every_error_is_documented(error):
    """docs/errors.md explains each code."""
    assert f"`{error.code}`" in (ROOT / "docs" / "errors.md").read_text("utf-8")


@pytest.mark.parametrize("error", ERRORS)
def test_every_error_keeps_its_hint(error):
    """The hint is no part of the message, and is in what programs read."""
    told = error("what happened", hint="what to do").to_dict()

    assert told == {"code": error.code, "detail": "what happened", "hint": "what to do"}
