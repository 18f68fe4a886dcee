"""Lists of URLs: which lines are rows, and what is said of the others."""

import io
import json

import pytest

from pictrace.errors import ListInvalidError
from pictrace.sources import _lines
from pictrace.sources._lines import Mistake, Row, rows

URL = "https://a.example/1.jpg"


def read(data: bytes, name: str = "urls.txt") -> list[Row | Mistake]:
    """All rows of a list."""
    return list(rows(io.BytesIO(data), name))


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_a_text_is_one_url_a_line(end, mark):
    """Whatever editor wrote it; empty lines and those that begin with a hash are none."""
    data = mark + end.join([b"https://a.example/1", b"", b"# comment", b"  https://a.example/2\t", b"nonsense"])

    assert read(data) == [Row(1, "https://a.example/1"), Row(4, "https://a.example/2"), Row(5, "nonsense")]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_csv_names_its_columns(delimiter):
    """All but the URL are metadata; a column `metadata` holds more of them, as JSON; empty cells hold nothing."""
    table = [["id", "url", "title"], ["7", URL, '"a ""b"" "'], ["", URL, ""]]
    data = "\n".join(delimiter.join(cells) for cells in table)

    assert read(data.encode(), "items.CSV") == [Row(2, URL, {"id": "7", "title": 'a "b"'}), Row(3, URL)]


def test_a_csv_may_hold_json():
    """Quoted as CSV has it."""
    data = f'url,id,metadata\n{URL},x,"{{""artist"": ""A"", ""years"": [1, 2]}}"\n'

    assert read(data.encode(), "items.csv") == [Row(2, URL, {"id": "x", "artist": "A", "years": [1, 2]})]


@pytest.mark.parametrize("name", ["items.jsonl", "items.ndjson"])
def test_json_lines_are_objects(name):
    """`metadata` and everything beside it are kept as they are."""
    lines = [{"url": URL, "id": 7, "metadata": {"tags": ["a"]}}, {"url": f" {URL} ", "x": None}]
    data = "\n\n".join(json.dumps(line) for line in lines)

    assert read(data.encode(), name) == [Row(1, URL, {"id": 7, "tags": ["a"]}), Row(3, URL, {"x": None})]


@pytest.mark.parametrize(
    ("name", "line", "why"),
    [
        ("a.jsonl", "no JSON", "the line is no JSON object"),
        ("a.jsonl", "[1]", "the line is no JSON object"),
        ("a.jsonl", "[" * 2000, "the line is no JSON object"),
        ("a.jsonl", '{"url": "x", "y": NaN}', "the line is no JSON object"),
        ("a.jsonl", "{}", "the line has no `url` that is text"),
        ("a.jsonl", '{"url": ["x"]}', "the line has no `url` that is text"),
        ("a.csv", "x,y,z", "the line does not have the 2 columns of the first one"),
        ("a.csv", 'x,"y', "the line does not have the 2 columns of the first one"),
        ("a.txt", "x" * 2049, "the line has more than 2,048 characters, or is no UTF-8"),
        ("a.txt", "x" * 100_000, "the line has more than 2,048 characters, or is no UTF-8"),
        ("a.txt", "\udcff", "the line has more than 2,048 characters, or is no UTF-8"),
    ],
)
def test_a_line_that_is_no_row_costs_itself(name, line, why):
    """The one after it is read."""
    head = "url,metadata\n" if name == "a.csv" else ""
    good = {"a.csv": f"{URL},{{}}", "a.jsonl": json.dumps({"url": URL}), "a.txt": URL}[name]
    data = f"{head}{line}\n{good}\n".encode(errors="surrogateescape")
    first = 2 if head else 1

    assert read(data, name) == [Mistake(first, why), Row(first + 1, URL)]


@pytest.mark.parametrize(
    ("name", "line"), [("a.jsonl", f'{{"url": " {URL} ", "metadata": 1}}'), ("a.csv", f"url,metadata\n{URL},[1]")]
)
def test_a_line_that_is_no_row_keeps_its_url(name, line):
    """It can be read, so it is known which picture the line is about."""
    assert read(line.encode(), name) == [Mistake(line.count("\n") + 1, "`metadata` is no JSON object", URL)]


SURROGATE, INFINITE = r"\ud800", "1e999"


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (f'{{"url": "http://a.example/{SURROGATE}"}}', "the URL is no text"),
        (f'{{"url": "{URL}", "x": {INFINITE}}}', "neither infinity nor NaN"),
        (f'{{"url": "{URL}", "x": "{SURROGATE}"}}', "half a surrogate pair"),
        (f'{{"url": "{URL}", "{SURROGATE}": 1}}', "half a surrogate pair"),
        (f'{{"url": "{URL}", "metadata": {{"x": {"9" * 1900}}}}}', "at most 64 bits"),
        (f'{{"url": "{URL}", "x": {"[" * 900}{"]" * 900}}}', "at most 8 levels"),
    ],
    ids=["url", "infinity", "text", "name", "number", "levels"],
)
def test_what_cannot_be_kept_costs_its_line(line, why):
    """It would otherwise end the run where it is stored, or sent to a worker."""
    mistake, row = read(f'{line}\n{{"url": "{URL}"}}'.encode(), "a.jsonl")

    assert (mistake.number, mistake.url) == (1, "" if "a.example/\\" in line else URL)
    assert why in mistake.why
    assert row == Row(2, URL)


def test_what_a_csv_holds_as_json_is_bounded_too():
    """Its line fails under its URL."""
    data = f'url,metadata\n{URL},"{{""x"": 1e999}}"\n'

    assert [line.url for line in read(data.encode(), "a.csv") if isinstance(line, Mistake)] == [URL]


def test_lines_have_a_limit():
    """In characters, not in bytes."""
    assert read(("ä" * 2048).encode()) == [Row(1, "ä" * 2048)]


@pytest.mark.parametrize("end", ["", "\n"])
@pytest.mark.parametrize(("count", "fits"), [(9, True), (10, True), (11, False)])
def test_lists_have_a_limit(monkeypatch, end, count, fits):
    """Told before the first line is used; the last line may end or not."""
    monkeypatch.setattr(_lines, "MOST_LINES", 10)
    data = ("\n".join([URL] * count) + end).encode()
    if fits:
        assert len(read(data)) == count
    else:
        with pytest.raises(ListInvalidError, match="it has 11 lines, more than the 10 allowed"):
            read(data)


@pytest.mark.parametrize("head", ["link,id", "url,url", URL, '"url'])
def test_a_csv_without_its_columns_is_refused(head):
    """Nobody could tell which of them is the URL."""
    with pytest.raises(ListInvalidError, match="its first line does not name the columns"):
        read(f"{head}\n{URL},1\n".encode(), "a.csv")


@pytest.mark.parametrize("name", ["a.txt", "a.csv", "a.jsonl"])
@pytest.mark.parametrize("data", [b"", b"\xef\xbb\xbf", b"\n\r\n"])
def test_an_empty_list_has_no_rows(name, data):
    """It is a list all the same."""
    assert read(data, name) == []
