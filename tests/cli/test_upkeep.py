"""`pictrace verify`, `rebuild` and `doctor`."""

import json
import shutil
from pathlib import Path

import pytest

from pictrace import corrections, weights
from pictrace.cli import _doctor
from pictrace.collection import Collection


@pytest.fixture
def damaged(shelf, tmp_path) -> str:
    """A copy of the shelf in whose catalog a proxy was changed."""
    import apsw

    shutil.copytree(shelf.collection, tmp_path / "damaged.pictrace")
    connection = apsw.Connection(str(tmp_path / "damaged.pictrace" / "catalog.sqlite"))
    connection.execute("UPDATE proxy SET data = x'00' WHERE id = 2")
    connection.close()
    return str(tmp_path / "damaged.pictrace")


def test_verify_is_content_with_a_sound_collection(pictrace, shelf, capsys):
    """Zero problems, exit 0."""
    assert pictrace("verify", "-c", shelf.collection) == 0
    assert capsys.readouterr().out == "No problem found in 3 pictures.\n"


@pytest.mark.parametrize("options", [[], ["--json"]])
def test_verify_names_what_is_damaged(pictrace, damaged, capsys, options):
    """Exit 5, and one sentence each."""
    assert pictrace("verify", "-c", damaged, *options) == 5
    assert "proxy 2" in capsys.readouterr().out


def test_verify_looks_at_a_collections_own_calibration(pictrace, shelf, tmp_path, capsys):
    """It is one of the collection's files."""
    shutil.copytree(shelf.collection, tmp_path / "own.pictrace")
    (tmp_path / "own.pictrace" / corrections.FILE).write_text("{")

    assert pictrace("verify", "-c", "own.pictrace") == 5
    assert "calibration.json is damaged" in capsys.readouterr().out


def test_rebuild_makes_indexes_anew(pictrace, shelf, tmp_path, capsys):
    """The collection is sound afterwards, and finds the same."""
    shutil.copytree(shelf.collection, tmp_path / "own.pictrace")

    assert pictrace("rebuild", "-c", "own.pictrace") == 0
    assert pictrace("search", "id:2", "-c", "own.pictrace", "-f", "-n", "1") == 0
    assert capsys.readouterr().out.endswith("photos/chelsea.png\n")


def test_doctor_looks_at_everything(pictrace, shelf, capsys):
    """Libraries, SQLite, cores, formats, the model and the collection."""
    assert pictrace("doctor", "-c", shelf.collection, "--json") == 0
    found = {one["name"]: one for one in json.loads(capsys.readouterr().out)["findings"]}

    assert {
        "pictrace",
        "python",
        "pillow",
        "SQLite",
        "cores",
        "formats",
        "model lite0",
        "model words",
        "collection",
    } <= found.keys()
    assert "3 pictures" in found["collection"]["detail"]


@pytest.mark.parametrize(
    ("version", "state"), [("3.51.2", "warning"), ("3.51.3", "ok"), ("3.52", "ok"), ("4rc1", "ok")]
)
def test_versions_below_the_floor_are_warned_of(version, state):
    """What is known to be unsafe is told before it harms."""
    assert state == _doctor._held("SQLite", version, "3.51.3").state


def test_floors_are_those_of_the_package():
    """One truth: pyproject.toml says the same."""
    text = (Path(__file__).parents[2] / "pyproject.toml").read_text("utf-8")

    assert all(f'"{name}>={floor}"' in text for name, floor in _doctor.FLOORS.items())


@pytest.mark.parametrize(
    ("variables", "code", "said"),
    [
        ({"PICTRACE_WORKERS": "many"}, 6, "PICTRACE_WORKERS"),
        ({"PICTRACE_COLLECTION": "nowhere.pictrace"}, 0, "none there yet"),
    ],
)
def test_doctor_tells_what_is_wrong_and_goes_on(pictrace, capsys, monkeypatch, variables, code, said):
    """The worst finding is the exit code."""
    for name, value in variables.items():
        monkeypatch.setenv(name, value)

    assert code == pictrace("doctor")
    assert said in capsys.readouterr().out.replace("\n", "")


def test_doctor_finds_a_model_that_is_not_the_one(pictrace, capsys, monkeypatch, tmp_path):
    """A file that was swapped or cut off is no model."""
    (tmp_path / weights.card("lite0").file).write_bytes(b"something else")
    monkeypatch.setenv("PICTRACE_MODELS", str(tmp_path))

    assert pictrace("doctor", "--json") == 5
    assert "lite0.onnx is not the model lite0" in capsys.readouterr().out


def test_doctor_misses_what_is_not_installed(monkeypatch):
    """A library that went missing is an error with its name."""
    monkeypatch.setitem(_doctor.FLOORS, "no-such-library", "1")

    assert ("no-such-library", "error") in [(one.name, one.state) for one in _doctor._libraries()]


def test_doctor_names_formats_that_this_machine_cannot_read(monkeypatch):
    """A picture library built without a codec is found out before indexing."""
    from PIL import features

    monkeypatch.setattr(features, "check", lambda name: name != "avif")
    found = _doctor._formats(_doctor.Settings())

    assert found.state == "warning"
    assert found.detail.endswith("cannot be read here: AVIF")


def test_doctor_tells_of_a_damaged_collection(pictrace, shelf, tmp_path, capsys):
    """What cannot be opened is the worst finding."""
    shutil.copytree(shelf.collection, tmp_path / "cut.pictrace")
    (tmp_path / "cut.pictrace" / "catalog.sqlite").write_bytes(b"no database" * 1000)

    assert pictrace("doctor", "-c", "cut.pictrace") == 5
    assert "ERROR" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("content", "state", "said"),
    [
        (None, None, ""),
        ("{", "error", "damaged"),
        ("", "ok", "fitted 2026-11-01 on 400 claims, 2 of them wrong"),
        ("0" * 16, "warning", "of another version of PicTrace or of other encoders"),
    ],
)
def test_doctor_tells_of_a_collections_own_calibration(shelf, tmp_path, content, state, said):
    """Whether there is one, when it was made, and whether it is used."""
    shutil.copytree(shelf.collection, tmp_path / "own.pictrace")
    if content == "{":
        (tmp_path / "own.pictrace" / corrections.FILE).write_text(content)
    elif content is not None:
        with Collection(shelf.collection) as own:
            basis = content or corrections.basis(own.recipe.active)
        line = corrections.Correction(1.0, 0.1, 5.0, 400, 2, "2026-11-01T12:00:00+00:00", basis)
        corrections.write(tmp_path / "own.pictrace", line)
    found = {one.name: one for one in _doctor.examine(str(tmp_path / "own.pictrace"))}

    assert (found["calibration"].state if "calibration" in found else None) == state
    assert said in (found["calibration"].detail if state else "")
