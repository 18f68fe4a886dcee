"""`pictrace index`: what it says, and what it exits with."""

import json
import os
import shutil

import pytest
from fetch.upstream import ALLOWED, ok, serving
from photographs import FOLDER, jpeg, noise


@pytest.fixture
def folder(tmp_path):
    """Two pictures and a file that is none."""
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    shutil.copyfile(FOLDER / "coffee.png", pictures / "coffee.png")
    (pictures / "blobs.jpg").write_bytes(jpeg(noise(1)))
    (pictures / "broken.jpg").write_bytes(b"no picture at all")
    return pictures


def index(pictrace, *arguments: str) -> int:
    return pictrace("index", "pictures", "-c", "c.pictrace", "--workers", "1", *arguments)


def test_index_counts_and_names_failures(pictrace, folder, capsys):
    """Exit 1: it is done, and something is to be looked at."""
    code = index(pictrace)
    out, error = capsys.readouterr()

    assert code == 1
    assert "2 new" in out
    assert "1 failed" in out
    assert "broken.jpg" in error
    assert "1 input could not be used" in error


def test_index_json_has_each_failure_on_stderr(pictrace, folder, capsys):
    """One object for the run, one line for each failure."""
    index(pictrace, "--json")
    out, error = capsys.readouterr()

    assert tuple(json.loads(out)[name] for name in ("added", "failures")) == (2, 1)
    assert json.loads(error)["code"] == "not_an_image"


def test_index_writes_failures_to_a_file(pictrace, folder, tmp_path):
    """As JSON lines, for whoever repairs them."""
    index(pictrace, "--failures", "failed.jsonl")
    (line,) = (tmp_path / "failed.jsonl").read_text("utf-8").splitlines()

    assert json.loads(line)["path"].endswith("broken.jpg")


def test_index_again_passes_over_what_is_unchanged(pictrace, folder, capsys):
    """The same command twice costs nothing, and excluded names are no failures."""
    index(pictrace, "--exclude", "broken*")
    capsys.readouterr()

    assert index(pictrace, "--exclude", "broken*") == 0
    assert "0 new, 2 unchanged" in capsys.readouterr().out


@pytest.mark.parametrize(("options", "said"), [([], "1 gone and kept"), (["--prune"], "1 gone and forgotten")])
def test_index_forgets_what_is_gone_only_when_told(pictrace, folder, capsys, options, said):
    """An unmounted disk must not empty a collection."""
    index(pictrace)
    (folder / "coffee.png").unlink()
    capsys.readouterr()
    index(pictrace, *options)

    assert said in capsys.readouterr().out


def test_index_makes_a_collection_as_chosen(pictrace, folder, capsys):
    """And refuses to go on with another choice."""
    assert index(pictrace, "--encoder", "pdq", "--index", "exact") == 1
    capsys.readouterr()

    assert index(pictrace, "--encoder", "lite0", "--encoder", "pdq") == 2
    assert "searched by the encoders pdq, not lite0, pdq" in capsys.readouterr().err


@pytest.mark.parametrize(("option", "names"), [("--encoder", "lite0, onnx, pdq, resnet50"), ("--index", "exact, hnsw")])
def test_index_lists_the_names_there_are(pictrace, folder, tmp_path, capsys, option, names):
    """A name that is none makes no collection."""
    assert index(pictrace, option, "psychic") == 2
    assert names in capsys.readouterr().err
    assert list(tmp_path.glob("*.pictrace")) == []


def test_index_refuses_a_source_that_is_not_there(pictrace, capsys):
    """The code says which kind of trouble it is."""
    assert index(pictrace) == 1
    assert "(root_missing)" in capsys.readouterr().err


def test_a_locked_collection_is_exit_three(pictrace, folder, shelf, capsys):
    """Whoever comes second learns who was first."""
    from pictrace.collection import Collection

    with Collection(shelf.collection) as first, first._writing():
        code = pictrace("index", str(folder), "-c", shelf.collection)

    assert code == 3
    assert f"process {os.getpid()}" in capsys.readouterr().err


def test_many_failures_are_counted_not_listed(pictrace, folder, capsys):
    """The first ten say enough."""
    for number in range(11):
        (folder / f"{number}.jpg").write_bytes(b"no picture")
    index(pictrace)
    error = capsys.readouterr().err

    assert "and 2 more; --failures FILE keeps them all" in error
    assert "12 inputs could not be used" in error


def test_copies_and_moves_are_told_apart(pictrace, folder, capsys):
    """The same bytes at another place are no new picture."""
    index(pictrace)
    shutil.copyfile(folder / "coffee.png", folder / "again.png")
    (folder / "blobs.jpg").rename(folder / "moved.jpg")
    capsys.readouterr()
    index(pictrace)

    assert "2 already there by other names, 1 moved" in capsys.readouterr().out


def test_index_takes_a_list_of_urls(pictrace, tmp_path, capsys, monkeypatch):
    """What its lines say is shown with the picture, beside the id that the picture has here."""
    with serving({"/a.jpg": ok(jpeg(noise(1)))}) as server:
        monkeypatch.setenv("PICTRACE_FETCH_ALLOW_NETWORKS", f"{ALLOWED}/32")
        monkeypatch.setenv("PICTRACE_FETCH_ALLOW_PORTS", str(server.port))
        url = f"http://{ALLOWED}:{server.port}/a.jpg"
        (tmp_path / "items.csv").write_text(f"url,id,artist\n{url},A7,somebody\n")
        code = pictrace("index", "items.csv", "-c", "c.pictrace", "--workers", "1")
    pictrace("show", "1", "-c", "c.pictrace")
    shown = [line.split(maxsplit=1) for line in capsys.readouterr().out.splitlines()]

    assert code == 0
    assert [["id:", "1"], ["id:", "A7"], ["artist:", "somebody"], ["path:", url]] == [
        line for line in shown if line[0] in {"id:", "artist:", "path:"}
    ]


def test_failures_never_take_the_place_of_somebody_elses_file(pictrace, folder, tmp_path):
    """And that is known before any work is done."""
    before = (folder / "coffee.png").read_bytes()

    assert index(pictrace, "--failures", "pictures/coffee.png") == 2
    assert before == (folder / "coffee.png").read_bytes()
    assert not (tmp_path / "c.pictrace").exists()
