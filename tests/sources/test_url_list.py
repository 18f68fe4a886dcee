"""Lists of URLs as a source: what is fetched, what is passed over, and what fails."""

import pytest
from fetch.upstream import ok, policy

from pictrace.errors import ListInvalidError, RootMissingError
from pictrace.results import Failure
from pictrace.sources import Item
from pictrace.sources.url_list import UrlList
from pictrace.types import UNKNOWN_SIZE, Location


@pytest.fixture
def answers():
    """A server with two files."""
    return {"/1.jpg": ok(b"one"), "/2.jpg": ok(b"other")}


@pytest.fixture
def listed(tmp_path, upstream):
    """The source of a list with these lines."""

    def listed(*lines, name="urls.txt", **options):
        path = tmp_path / name
        path.write_text("\n".join(lines))
        return UrlList(path, policy(upstream), **options)

    return listed


def by_place(source):
    """What a source yields, in the order of places."""
    return sorted(source.items(), key=lambda one: one.location.uri if isinstance(one, Item) else one.path)


def test_pictures_come_with_their_bytes_and_metadata(listed, base):
    """A place is the URL, found under the list."""
    source = listed(f'{{"url": "{base}/1.jpg", "id": "a", "metadata": {{"b": 2}}}}', name="items.jsonl")
    place = Location(uri=f"{base}/1.jpg", root=source.root, size=3, mtime_ns=0)

    assert list(source.items()) == [Item(place, b"one", {"id": "a", "b": 2})]


def test_what_is_known_is_not_fetched(listed, base, upstream):
    """It comes as a place of unknown size."""
    source = listed(f"{base}/1.jpg", f"{base}/2.jpg", known=lambda place: place.uri.endswith("1.jpg"))
    first, second = by_place(source)

    assert (first.location.size, first.data) == (UNKNOWN_SIZE, None)
    assert (second.data, upstream.paths) == (b"other", ["/2.jpg"])


def test_a_list_of_which_all_is_known_needs_no_network(listed, base, upstream):
    """As when pictures are counted before they are indexed."""
    items = list(listed(*[f"{base}/{n}" for n in range(1000)], known=lambda _: True).items())

    assert (len(items), upstream.hits) == (1000, 0)


def test_every_bad_line_is_one_failure(listed, base):
    """With the URL, or if there is none with the number of the line."""
    source = listed(f"{base}/1.jpg", f"{base}/gone.jpg", "nonsense", "http://127.0.0.1/", "x" * 3000)
    failures = {(one.path, one.code) for one in source.items() if isinstance(one, Failure)}

    assert failures == {
        (f"{base}/gone.jpg", "source_error"),
        ("nonsense", "invalid_url"),
        ("http://127.0.0.1/", "source_not_allowed"),
        (f"{source.root}:5", "list_invalid"),
    }


def test_a_line_that_is_wrong_fails_under_its_url(listed, base):
    """Whatever else the line says cannot be read, it still names the picture."""
    (failure,) = listed(f'{{"url": "{base}/1.jpg", "metadata": 3}}', name="items.jsonl").items()

    assert failure == Failure(f"{base}/1.jpg", "list_invalid", "line 1: `metadata` is no JSON object")


def test_a_url_that_is_listed_twice_is_fetched_once(listed, base, upstream):
    """The first line counts, in every run."""
    source = listed(f"{base}/1.jpg", f"{base}/2.jpg", f"{base}/1.jpg")
    for _ in range(2):
        assert [one.data for one in by_place(source)] == [b"one", b"other"]
        assert source.skipped == 1

    assert upstream.hits == 4


def test_a_list_that_is_not_there_is_missing(tmp_path):
    """So that nothing is pruned."""
    with pytest.raises(RootMissingError):
        list(UrlList(tmp_path / "gone.txt").items())


def test_a_list_that_is_none_is_refused_by_name(listed):
    """The hint says how it begins."""
    with pytest.raises(ListInvalidError, match=r"list 'items\.csv' is refused: its first line") as caught:
        list(listed("a,b", name="items.csv").items())

    assert "url,id,metadata" in caught.value.hint


def test_leaving_early_closes_everything(listed, base, upstream):
    """Nothing is fetched after that."""
    items = listed(*[f"{base}/1.jpg?{n}" for n in range(100)]).items()
    next(items)
    items.close()

    assert upstream.hits <= 16
