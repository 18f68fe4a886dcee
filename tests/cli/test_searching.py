"""`pictrace search`, and what it shares with `pictrace compare`."""

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest
from fetch.upstream import ALLOWED, ok, serving
from photographs import FOLDER, flat, jpeg

GOLDEN = Path(__file__).parents[1] / "golden" / "cli"


def lines(text: str) -> list[dict]:
    return [json.loads(line) for line in text.splitlines()]


def test_search_finds_a_crop(pictrace, shelf, capsys):
    """What people see: a sentence, then a table."""
    code = pictrace("search", shelf.crop, "-c", shelf.collection)
    out = capsys.readouterr().out

    assert code == 0
    assert out.startswith("Found 1 copy among 3 pictures.")
    assert "photos/chelsea.png" in out


def test_search_json_is_one_match_a_line(pictrace, shelf, capsys):
    """Best first, with everything that the HTTP API would say of it."""
    pictrace("search", shelf.crop, "-c", shelf.collection, "--json")
    found = lines(capsys.readouterr().out)

    assert tuple(found[0][name] for name in ("id", "path", "relation")) == (2, "photos/chelsea.png", "copy")
    assert {"score", "signals", "overlap", "transform", "width", "height", "sha256"} <= found[0].keys()


def test_search_says_what_was_done_beside_each_match(pictrace, shelf, capsys):
    """In few words, below the path."""
    pictrace("search", shelf.crop, "-c", shelf.collection)

    assert "(query cropped to 64 %" in capsys.readouterr().out


def test_a_number_that_is_no_file_is_answered_with_how_ids_are_written(pictrace, shelf, tmp_path, capsys):
    """A file of that name is still a file."""
    (tmp_path / "7").write_bytes((FOLDER / "chelsea.png").read_bytes())

    assert pictrace("search", "2", "-c", shelf.collection) != 0
    assert "write `id:2`" in capsys.readouterr().err
    assert pictrace("search", "7", "-c", shelf.collection) == 0


@pytest.mark.parametrize(("options", "end"), [(["-f"], "\n"), (["--paths-only", "-0"], "\0")])
def test_paths_only_is_for_other_programs(pictrace, shelf, capsys, options, end):
    """Paths and nothing else."""
    pictrace("search", "id:1", "-c", shelf.collection, "-n", "1", *options)

    assert f"photos/astronaut.png{end}" == capsys.readouterr().out


def test_paths_keep_bytes_that_are_no_text(pictrace, tmp_path, capsysbinary):
    """A path comes out as the file system has it, and in JSON as a surrogate escape."""
    name = os.fsdecode(b"photos/caf\xe9\n.jpg")
    from pictrace.collection import Collection

    with Collection(tmp_path / "one.pictrace") as one:
        one.add_image((FOLDER / "coffee.png").read_bytes(), name=name)
    pictrace("search", "id:1", "-c", "one.pictrace", "-f")
    pictrace("search", "id:1", "-c", "one.pictrace", "--json")
    path, _, record = capsysbinary.readouterr().out.partition(b".jpg\n")

    assert path == b"photos/caf\xe9\n"
    assert name == json.loads(record)["path"]


def test_search_may_be_held_to_a_filter(pictrace, shelf, capsys):
    """Pictures that do not meet it are not looked at, however alike."""
    pictrace("search", shelf.crop, "-c", shelf.collection, "-f", "--filter", "path ~ chelsea")
    kept = capsys.readouterr().out
    pictrace("search", shelf.crop, "-c", shelf.collection, "-f", "--filter", "not path ~ chelsea", "--mode", "copy")

    assert (kept, capsys.readouterr().out) == ("photos/chelsea.png\n", "")


def test_a_filter_that_no_picture_meets_is_told_as_that(pictrace, shelf, capsys):
    """The collection is not empty."""
    assert pictrace("search", shelf.crop, "-c", shelf.collection, "--filter", "width > 100000") == 0
    assert capsys.readouterr().out == "No picture meets the filter.\n"


def test_a_filter_that_is_none_is_a_mistake(pictrace, shelf, capsys):
    """Told with the place where it goes wrong."""
    assert pictrace("search", shelf.crop, "-c", shelf.collection, "--filter", "width >") == 2
    assert "character" in capsys.readouterr().err


def test_search_reads_stdin(pictrace, shelf, capsys):
    """`-` is a picture from a pipe."""
    pictrace("search", "-", "-c", shelf.collection, "-f", stdin=Path(shelf.crop).read_bytes())

    assert capsys.readouterr().out == "photos/chelsea.png\n"


def test_search_without_a_match_says_what_was_searched(pictrace, shelf, capsys):
    """Nothing found is an answer, and no failure."""
    code = pictrace("search", "-", "-c", shelf.collection, "--mode", "exact", stdin=jpeg(flat()))

    assert code == 0
    assert capsys.readouterr().out.startswith("Nothing related was found among 3 pictures.")


def test_search_with_a_region_finds_what_is_in_it(pictrace, shelf, capsys):
    """A part of a picture is a query like any other."""
    picture = str(FOLDER / "astronaut.png")
    pictrace("search", picture, "-c", shelf.collection, "--region", "100, 20,300,300", "-n1", "--json")
    found = lines(capsys.readouterr().out)[0]

    assert (found["path"], found["relation"]) == ("photos/astronaut.png", "copy")
    assert found["overlap"]["match"] < 0.5


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["id:1", "--region", "1,2,3"], "is no region"),
        (["id:1", "--region", "0,0,9999,10"], "is not inside"),
        (["id:x"], "is no id"),
        (["id:1", "--json", "-f"], "exclude each other"),
        (["id:1", "-0"], "--paths-only is not there"),
        ([""], "names no picture"),
        (["id:1", "--html", "no/such/folder.html"], "cannot be written"),
        (["id:1", "--html", "a\0b"], "cannot be written"),
        (["id:1", "-n", "0"], "invalid value"),
        (["id:1", "--min-score", "1.5"], "invalid value"),
        (["id:1", "--mode", "psychic"], "invalid value"),
    ],
)
def test_search_refuses_what_makes_no_sense(pictrace, shelf, capsys, arguments, said):
    """Exit 2, one line that says why, and no traceback."""
    code = pictrace("search", *arguments, "-c", shelf.collection)
    error = capsys.readouterr().err

    assert code == 2
    assert said in error
    assert "Traceback" not in error


@pytest.mark.parametrize("query", ["crop", "id", "region", "id and region"])
def test_search_writes_a_page(pictrace, shelf, tmp_path, query):
    """Whatever was searched with, the page shows it beside its match."""
    image = "id:2" if "id" in query else shelf.crop
    region = ["--region", "40,30,250,200"] if "region" in query else []
    code = pictrace("search", image, "-c", shelf.collection, "--html", "page.html", *region)
    page = (tmp_path / "page.html").read_text("utf-8")

    assert code == 0
    assert page.count("<article") >= 1
    assert "photos/" in page


def test_a_picture_that_cannot_be_read_is_named(pictrace, shelf, capsys):
    """The query is the input that failed."""
    code = pictrace("search", "missing.jpg", "-c", shelf.collection)
    error = capsys.readouterr().err

    assert code == 1
    assert "missing.jpg" in error
    assert "(source_unreadable)" in error


@pytest.mark.parametrize("arguments", [["search", "."], ["compare", "x.jpg", "."], ["compare", ".", "x.jpg"]])
def test_a_folder_is_no_query(pictrace, shelf, capsys, tmp_path, monkeypatch, arguments):
    """The hint says which command takes folders."""
    monkeypatch.setenv("PICTRACE_COLLECTION", shelf.collection)
    (tmp_path / "x.jpg").write_bytes(Path(shelf.crop).read_bytes())

    assert pictrace(*arguments) == 1
    assert ". is a folder, no picture (source_unreadable)\n  `pictrace index`" in capsys.readouterr().err


def test_errors_are_json_where_results_are(pictrace, shelf, capsys):
    """A program that asked for JSON can read why there is none."""
    pictrace("search", "missing.jpg", "-c", shelf.collection, "--json")

    assert json.loads(capsys.readouterr().err)["code"] == "source_unreadable"


def test_a_large_part_is_not_shown_as_the_whole(match, capsys):
    """The table rounds as the sentences do."""
    from pictrace.cli import searching
    from pictrace.results import Answer

    part = replace(match, alignment=replace(match.alignment, query_overlap=0.996))
    searching._show(Answer((part,), 1, exhaustive=True, recall=None, signals=(), index_version=1, timings_ms={}))

    assert "  99.6 % / 25 %  " in capsys.readouterr().out


@pytest.mark.parametrize("kind", ["search", "nothing"])
def test_what_people_see_is_as_recorded(kind, match, capsys, monkeypatch):
    """Tables are read by people and, in spite of everything, by scripts: a change is meant or a mistake.

    `RECORD_GOLDEN=1` records them anew.
    """
    from pictrace.cli import searching
    from pictrace.results import Answer

    matches = (match,) if kind == "search" else ()
    answer = Answer(matches, 2000, exhaustive=False, recall=0.998, signals=(), index_version=1, timings_ms={"a": 12.3})
    searching._show(answer)
    shown = capsys.readouterr().out
    if os.environ.get("RECORD_GOLDEN") == "1":
        (GOLDEN / f"{kind}.txt").write_text(shown, "utf-8")

    assert (GOLDEN / f"{kind}.txt").read_text("utf-8") == shown


def test_search_takes_a_url(pictrace, shelf, capsys, monkeypatch):
    """Fetched as the settings allow; a refusal names what was given."""
    with serving({"/a.jpg": ok((FOLDER / "coffee.png").read_bytes())}) as server:
        url = f"http://{ALLOWED}:{server.port}/a.jpg"
        refused = pictrace("search", url, "-c", shelf.collection)
        said = capsys.readouterr().err
        monkeypatch.setenv("PICTRACE_FETCH_ALLOW_NETWORKS", f"{ALLOWED}/32")
        monkeypatch.setenv("PICTRACE_FETCH_ALLOW_PORTS", str(server.port))
        found = pictrace("search", url, "-c", shelf.collection, "-f")

    assert (refused, found) == (1, 0)
    assert f"{url}: this address may not be fetched" in said
    assert capsys.readouterr().out.startswith("photos/coffee.png\n")


@pytest.mark.parametrize(
    "command",
    [["search", "CROP", "-c", "SHELF", "--html"], ["compare", "CROP", "CROP", "--html"]],
    ids=["search", "compare"],
)
@pytest.mark.parametrize("content", [b"\xff\xd8\xff a picture", b"<!doctype html><p>mine"])
def test_a_page_never_takes_the_place_of_somebody_elses_file(pictrace, shelf, tmp_path, command, content):
    """A slip of the hand must not cost a photograph."""
    (tmp_path / "mine.jpg").write_bytes(content)
    words = [{"CROP": shelf.crop, "SHELF": shelf.collection}.get(word, word) for word in command]

    assert pictrace(*words, "mine.jpg") == 2
    assert content == (tmp_path / "mine.jpg").read_bytes()


def test_a_page_takes_the_place_of_an_earlier_one(pictrace, shelf, tmp_path):
    """The same command can be given twice."""
    again = ["search", shelf.crop, "-c", shelf.collection, "--html", "page.html"]

    assert (pictrace(*again), pictrace(*again)) == (0, 0)


@pytest.mark.parametrize("url", ["ftp://example.com/x.jpg", "file:///etc/passwd", "s3://bucket/x.jpg"])
def test_other_schemes_are_named(pictrace, shelf, capsys, url):
    """Rather than looked for as a file."""
    assert pictrace("search", url, "-c", shelf.collection) == 2
    assert "http, https" in capsys.readouterr().err
