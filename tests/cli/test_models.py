"""`pictrace models`: list, pull, verify, add and remove."""

import dataclasses
import io
import json
from pathlib import Path

import pytest
from fetch.upstream import moved, ok, serving
from hubs import DATA, TEXT, TOKENS, address, card
from rich.console import Console
from rich.progress import Progress

from pictrace import weights
from pictrace.cli import _transfer


@pytest.fixture
def models(monkeypatch, tmp_path) -> Path:
    """The user's folder of models, with one card: its file is on the hub."""
    folder = tmp_path / "models"
    monkeypatch.setenv("PICTRACE_MODELS", str(folder))
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    weights.keep(card(), folder)
    return folder


@pytest.fixture
def hub(monkeypatch):
    """A hub with the file of `mine`, behind a redirect."""
    answers = {address(card()): moved("/blob"), "/blob": ok(DATA)}
    with serving(answers) as server:
        monkeypatch.setenv("PICTRACE_HUB", f"http://{server.server_address[0]}:{server.port}")
        monkeypatch.setenv("PICTRACE_FETCH_ALLOW_NETWORKS", f"{server.server_address[0]}/32")
        monkeypatch.setenv("PICTRACE_FETCH_ALLOW_PORTS", str(server.port))
        yield server


def lines(capsys) -> list[dict]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


@pytest.mark.parametrize("arguments", [[], ["list"]])
def test_models_are_named(pictrace, capsys, models, arguments):
    """Those that came with PicTrace and the user's own, with what is known of each."""
    assert pictrace("models", *arguments) == 0
    said = capsys.readouterr().out

    assert "lite0" in said
    assert "mine" in said
    assert "not pinned" in said


@pytest.mark.parametrize("arguments", [["--json"], ["list", "--json"]])
def test_models_are_listed_as_json(pictrace, capsys, models, arguments):
    """Name, what for, width, size, licence, state and whether its bytes are known."""
    (models / "mine.onnx").write_bytes(DATA)
    (models / "odd.json").write_text("{")
    assert pictrace("models", *arguments) == 0
    told = {row["name"]: row for row in lines(capsys)}

    assert [told["lite0"][key] for key in ("width", "size", "state", "pinned")] == [512, 5_086_855, "bundled", True]
    assert [told["mine"][key] for key in ("state", "licence", "text")] == ["here", "MIT", False]
    assert [told["sscd"][key] for key in ("state", "pinned")] == ["not here", False]
    assert told["siglip2"]["size"] == 1_535_640_448
    assert told["odd"]["state"] == "damaged"
    assert "odd.json" in told["odd"]["purpose"]


def test_a_model_is_pulled(pictrace, capsys, models, hub):
    """And then it is here, and sound."""
    assert pictrace("models", "pull", "mine", "lite0") == 0
    assert f"mine: fetched, {models / 'mine.onnx'}, {len(DATA):,} bytes" in capsys.readouterr().out
    assert pictrace("models", "pull", "mine", "--json") == 0
    assert [(one["name"], one["way"], one["size"]) for one in lines(capsys)] == [("mine", "was here", len(DATA))]
    assert pictrace("models", "verify") == 0
    assert "mine: sound" in capsys.readouterr().out


def test_an_unknown_model_is_told_before_anything_is_fetched(pictrace, capsys, models, hub):
    """All names are looked up first."""
    assert pictrace("models", "pull", "mine", "mime") == 2
    assert "no model is called 'mime'" in capsys.readouterr().err
    assert hub.hits == 0


@pytest.mark.parametrize("variables", [{}, {"PICTRACE_OFFLINE": "1"}, {"HF_HUB_OFFLINE": "1"}])
def test_nothing_is_fetched_while_offline(pictrace, capsys, models, hub, monkeypatch, variables):
    """The option, the setting and the hub's own variable say the same."""
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert pictrace("models", "pull", "mine", *([] if variables else ["--offline"])) == 5
    assert "offline (model_missing)" in capsys.readouterr().err
    assert hub.hits == 0


def test_what_is_not_pinned_is_trusted_when_asked_to(pictrace, capsys, models, hub):
    """From then on its bytes are known."""
    weights.keep(dataclasses.replace(card(), sha256="", size=0), models)
    assert pictrace("models", "pull", "mine") == 2
    assert "--trust" in capsys.readouterr().err
    assert pictrace("models", "pull", "mine", "--trust") == 0
    assert weights.card("mine", models) == card()


def test_one_sha256_is_not_for_several_models(pictrace, capsys, models, hub):
    """It is that of one file."""
    assert pictrace("models", "pull", "mine", "sscd", "--sha256", "a" * 64) == 2
    assert "one model" in capsys.readouterr().err


@pytest.mark.parametrize("options", [[], ["--json"]])
def test_a_damaged_file_is_found(pictrace, capsys, models, options):
    """Exit 5, and the file is named."""
    (models / "mine.onnx").write_bytes(DATA[:-1] + b"x")
    assert pictrace("models", "verify", *options) == 5
    said = capsys.readouterr().out

    assert "mine.onnx is not the model mine" in said
    assert "lite0" in said


def test_a_model_that_is_named_has_to_be_here(pictrace, capsys, models):
    """Of others only those that are here are read."""
    assert pictrace("models", "verify", "lite0") == 0
    assert pictrace("models", "verify") == 0
    assert pictrace("models", "verify", "mine") == 5
    assert "NOT SOUND" in capsys.readouterr().out


def test_a_damaged_card_is_found(pictrace, capsys, models):
    """By list, verify and doctor; it can be removed."""
    (models / "mine.json").write_text('{"name": "mine"}')
    assert pictrace("models", "verify") == 5
    assert pictrace("doctor", "--json") == 5
    assert pictrace("models", "remove", "mine") == 0
    assert pictrace("models", "verify") == 0


@pytest.mark.parametrize("options", [[], ["--json"]])
def test_a_card_is_added(pictrace, capsys, models, hub, tmp_path, options):
    """What it names can be pulled then."""
    other = card("other", text=True)
    (tmp_path / "given.json").write_text(weights.spelled(other))
    assert pictrace("models", "add", "given.json", *options) == 0
    assert "other" in capsys.readouterr().out
    for part, data in zip(other.files, (DATA, TEXT, TOKENS), strict=True):
        hub.answers[address(part)] = ok(data)
    assert pictrace("models", "pull", "other") == 0
    assert weights.state(weights.card("other", models), models) == "here"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"name": "lite0"}, "a model called lite0 already"),
        ({"name": "MINE"}, "a model called mine already"),
        ({"name": "mine"}, "a model called mine already"),
        ({"file": "clip.text.onnx"}, "clip.text.onnx is a file of the model clip"),
        ({"file": "../../.bashrc.onnx"}, "file is '../../.bashrc.onnx', which is not allowed there"),
        ({"name": "../x"}, "name is '../x'"),
    ],
)
def test_a_card_with_what_is_anothers_is_refused(pictrace, capsys, models, tmp_path, change, words):
    """Nothing is written."""
    (tmp_path / "given.json").write_text(json.dumps(json.loads(weights.spelled(card("other"))) | change))
    before = sorted(models.iterdir())
    assert pictrace("models", "add", "given.json") in {2, 5}
    assert words in capsys.readouterr().err
    assert sorted(models.iterdir()) == before


def test_a_file_that_is_not_there_is_not_added(pictrace, capsys, models):
    """In a sentence."""
    assert pictrace("models", "add", "nowhere.json") == 2
    assert "nowhere.json cannot be read" in capsys.readouterr().err


@pytest.mark.parametrize("options", [[], ["--json"]])
def test_a_model_is_removed(pictrace, capsys, models, options):
    """Card, file and what an interrupted pull left of it."""
    (models / "mine.onnx").write_bytes(DATA)
    (models / ".mine.onnx.part").write_bytes(DATA[:9])
    assert pictrace("models", "remove", "mine", *options) == 0
    assert "mine.onnx" in capsys.readouterr().out
    assert list(models.iterdir()) == []


@pytest.mark.parametrize("left", [".dinov2.onnx.part", ".unproved.dinov2.onnx", "..unproved.dinov2.onnx.part"])
def test_what_an_interrupted_pull_left_is_removed(pictrace, capsys, models, left):
    """Though the file itself never came."""
    models.mkdir(exist_ok=True)
    (models / left).write_bytes(b"half")

    assert pictrace("models", "remove", "dinov2") == 0

    assert left in capsys.readouterr().out
    assert not (models / left).exists()


def test_files_that_were_pulled_are_removed_and_the_card_stays(pictrace, capsys, models):
    """What came with PicTrace can be pulled again."""
    (models / "dinov2.onnx").write_bytes(b"\x08")
    assert pictrace("models", "remove", "dinov2") == 0
    assert not (models / "dinov2.onnx").exists()
    assert weights.card("dinov2", models).name == "dinov2"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("lite0", "came with PicTrace and stays"),
        ("dinov2", "no file of the model dinov2 is in"),
        ("../mine", "no model is called '../mine'"),
    ],
)
def test_what_is_not_the_users_is_not_removed(pictrace, capsys, models, name, words):
    """Exit 2."""
    assert pictrace("models", "remove", name) == 2
    assert words in capsys.readouterr().err
    assert (weights.BUNDLED / "lite0.onnx").is_file()


def test_a_pull_is_told_in_lines(capsys):
    """Every few seconds, with how fast it is and how long the rest takes; what was there before is not counted."""
    clock = iter([0, 0, 2, 10, 11, 16])
    tell = _transfer.Lines(lambda: next(clock))
    for file, done in [("a", 500_000_000), ("a", 600_000_000), ("a", 1_000_000_000), ("b", 0), ("b", 1_200)]:
        tell(file, done, 2_000_000_000 if file == "a" else None)

    assert capsys.readouterr().err.splitlines() == [
        "a: 1.00 GB of 2.00 GB, 50.0 MB per second, 20 s left",
        "b: 1.2 kB, 240 B per second",
    ]


def test_a_pull_has_a_bar_on_a_terminal():
    """One for each file, from where it was."""
    with Progress(console=Console(file=io.StringIO())) as display:
        bars = _transfer.Bars(display)
        for file, done in [("a", 5), ("a", 10), ("b", 3)]:
            bars(file, done, 10)

        assert [(one.description, one.completed, one.total) for one in display.tasks] == [("a", 10, 10), ("b", 3, 10)]


def test_nothing_is_told_where_json_is_wanted(capsys):
    """Not on stderr either."""
    with _transfer.transfer(quiet=True) as watch:
        watch("a", 5, 10)

    assert capsys.readouterr().err == ""
