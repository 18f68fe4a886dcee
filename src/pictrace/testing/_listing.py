"""What every catalog promises of listing: records, orders, filters and shapes."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from pictrace.catalogs import Catalog, Entry
from pictrace.errors import UnknownNameError, UsageError
from pictrace.filters import parse
from pictrace.orders import ORDERS, Position
from pictrace.testing._expect import expect, refuses
from pictrace.testing._samples import RECIPE, place, trace

Kind = type[Catalog]

_SIZES: Sequence[tuple[int, int, int]] = ((3, 2, 70), (9, 1, 50), (2, 3, 90), (1, 1, 50), (5, 5, 60))
"""Width, height and bytes of five pictures, some of which are equal in pixels or in bytes."""

_IN_ORDER = {
    "oldest": [0, 1, 2, 3, 4],
    "newest": [4, 3, 2, 1, 0],
    "smallest": [3, 0, 2, 1, 4],
    "largest": [4, 1, 2, 0, 3],
    "lightest": [1, 3, 4, 0, 2],
    "heaviest": [2, 0, 4, 3, 1],
}

_PICTURES: Sequence[Mapping[str, Any]] = (
    {"title": "Water Lilies", "year": 1906, "artist": {"name": "Claude Monet"}, "tags": ["lake", "garden"]},
    {"title": "water lilies", "year": 1919.5, "artist": {"name": None}, "tags": "lake", "sold": True},
    {"title": "Cafe\u0301 Terrace", "year": "1888", "tags": [], "sold": False, "first name": 1, "size": "large"},
    {"title": "\u00a7 STRASSE", "year": True, "artist": "Monet", "tags": [7, "LAKES", ["garden"]], "a.b": {"c": 0}},
    {"year": 1e30, "artist": {"name": 5, "garden": "garden"}, "tags": {"lake": "lake"}, 'q"\\\u00e4': "\0"},
    {},
)

_MEETING = {
    'title = "Water Lilies"': [0],
    "title ~ LILIES": [0, 1],
    'title = "Caf\u00e9 Terrace"': [2],
    "title ~ 'CAFE\u0301'": [2],
    "title ~ stra\u00dfe": [3],
    "title ~ '\u00a7 '": [3],
    'title > "Water Lilies"': [1, 3],
    'title <= "Water Lilies"': [0, 2],
    "title = null": [4, 5],
    "title != null": [0, 1, 2, 3],
    'title != "Water Lilies"': [1, 2, 3],
    'not title = "Water Lilies"': [1, 2, 3, 4, 5],
    "year = 1906": [0],
    "year > 1906": [1, 4],
    "year >= 1906.0 and year < 1920": [0, 1],
    'year = "1888"': [2],
    "year = 1888": [],
    "year = 1": [],
    "year = true": [3],
    "year > 1e29": [4],
    f"year < 1{'0' * 40}": [0, 1, 4],
    "year ~ 19": [],
    "year != 1906": [1, 2, 3, 4],
    "artist.name = 'Claude Monet'": [0],
    "artist.name = null": [1, 2, 3, 5],
    "artist.name = 5": [4],
    "artist = null": [2, 5],
    "artist ~ monet": [3],
    "artist = garden": [],
    "tags = lake": [0, 1],
    "tags ~ lake": [0, 1, 3],
    "tags = garden": [0],
    "tags = 7": [3],
    "tags > 1": [],
    "tags != lake": [2, 3, 4],
    "tags = null": [5],
    "sold = true": [1],
    "sold != true": [2],
    "sold = false or sold = null": [0, 2, 3, 4, 5],
    "`first name` = 1": [2],
    "metadata.size = large": [2],
    "`a.b`.c = 0": [3],
    "a.b.c = 0": [],
    '`q"\\\u00e4` = "\0"': [4],
    "tags.`0` = lake": [],
    "width >= 644": [4, 5],
    "width = 640.0 or height = 1": [0],
    "width > 640.5 and not (width = 642 or width = 643)": [1, 4, 5],
    "width < wide or width = null or width ~ 6": [],
    "width != wide and width != null": [0, 1, 2, 3, 4, 5],
    "pixels = 307200": [0],
    "size < 1002": [0, 1],
    "format = jpeg": [0, 1, 2, 3, 4, 5],
    "format = PNG or format > z": [],
    "format ~ pe and id > 0": [0, 1, 2, 3, 4, 5],
    f"sha256 = {trace(3).sha256}": [3],
    f"sha256 ~ {trace(2).sha256[9:40].upper()}": [2],
    "path = '/photos/4'": [4],
    "path ~ COPY": [1],
    "path = null": [5],
    "path != '/photos/1'": [0, 2, 3, 4],
    "path ~ '\udcff'": [3],
    "path ~ '\u00c4'": [2],
    "path = true or path ~ '\ud800'": [],
    "added >= 2020": [0, 1, 2, 3, 4, 5],
    "added < 2020 or added = null": [],
}


def pages(kind: Kind, path: str) -> None:
    """Records and rows go on after a key, ascending, each once."""
    catalog = kind.create(path, RECIPE)
    keys = catalog.put([Entry(None, trace(seed)) for seed in range(10)])
    expect([record.id for record in catalog.records(keys[2], 3)] == keys[3:6], "records go on after a key")
    expect(catalog.records(keys[-1]) == [], "after the last there are none")
    batches = list(catalog.rows("bits", keys[3]))
    expect([key for found, _ in batches for key in found.tolist()] == keys[4:], "rows go on after a key")
    wanted = np.concatenate([trace(seed).rows["bits"] for seed in range(4, 10)])
    expect(np.array_equal(np.concatenate([rows for _, rows in batches]), wanted), "rows belong to their keys")
    expect(all(found.dtype == np.uint64 for found, _ in batches), "keys are uint64")
    with refuses(UnknownNameError, "an unknown encoder is refused at once"):
        catalog.rows("strange")
    catalog.close()


def lists_in_every_order(kind: Kind, path: str) -> None:
    """Keys and records come in six orders, and equals by their keys; pages join, whatever is forgotten between."""
    catalog = kind.create(path, RECIPE)
    sizes = enumerate(_SIZES)
    traces = [trace(seed, width=width, height=height, size=size) for seed, (width, height, size) in sizes]
    keys = catalog.put([Entry(None, each) for each in traces])
    expect(sorted(_IN_ORDER) == sorted(ORDERS), "every order is checked")
    for order in ORDERS:
        wanted = [keys[seed] for seed in _IN_ORDER[order]]
        found = catalog.keys(order)
        expect(found.tolist() == wanted and found.dtype == np.uint64, f"keys come {order} first")
        records = catalog.page(order)
        expect([record.id for record in records] == wanted, f"records come {order} first")
        for count, record in enumerate(records, 1):
            rest = [one.id for one in catalog.page(order, after=Position.of(record, order), limit=2)]
            expect(rest == wanted[count : count + 2], f"{order} first goes on after each")
    third = catalog.page("largest")[2]
    catalog.forget([third.id])
    rest = [one.id for one in catalog.page("largest", after=Position.of(third, "largest"))]
    expect(rest == [keys[0], keys[3]], "a place stays when its picture goes")
    expect(catalog.page(limit=0) == [], "no records are no page")
    with refuses(UsageError, "an unknown order is refused"):
        catalog.keys("random")  # type: ignore[arg-type]  # that is the point
    catalog.close()


def filters(kind: Kind, path: str) -> None:
    """A filter is met as docs/filters.md says, and by the same pictures wherever it is given."""
    catalog = kind.create(path, RECIPE)
    names = ("0", "1", "a\u0308", "\udcff", "4")
    entries = [Entry(place(name), trace(seed, metadata=_PICTURES[seed])) for seed, name in enumerate(names)]
    keys = catalog.put([*entries, Entry(None, trace(5, metadata=_PICTURES[5]))])
    catalog.put([Entry(place("copy"), key=keys[1])])
    for text, seeds in _MEETING.items():
        where, wanted = parse(text), [keys[seed] for seed in seeds]
        expect(catalog.keys(where=where).tolist() == wanted, f"{text!r} is met by {seeds}")
        expect(catalog.count(where) == len(wanted), f"what meets {text!r} is counted")
        expect([one.id for one in catalog.page("newest", where)] == wanted[::-1], f"{text!r} is met in every order")
    expect(catalog.count() == len(keys), "without a filter all are counted")
    where, after = parse("width != 641"), Position(keys[4], keys[4])
    found = catalog.page("newest", where, after=after, limit=2)
    expect([one.id for one in found] == [keys[3], keys[2]], "pages of what meets a filter go on")
    catalog.close()


def tells_shapes(kind: Kind, path: str) -> None:
    """Widths and heights come in the order of the keys, and 0 for those that are no picture's."""
    catalog = kind.create(path, RECIPE)
    empty = np.zeros(0, np.uint64)
    expect(catalog.shapes(empty).shape == (0, 2), "no keys have no shapes")
    expect(catalog.shapes(np.ones(1, np.uint64)).tolist() == [[0, 0]], "an empty catalog knows no shape")
    keys = catalog.put([Entry(None, trace(seed)) for seed in range(4)])
    asked = [keys[3], keys[0], 10**6, keys[3], (1 << 64) - 1, 0]
    shapes = catalog.shapes(np.array(asked, np.uint64))
    wanted = [[643, 480], [640, 480], [0, 0], [643, 480], [0, 0], [0, 0]]
    expect(shapes.tolist() == wanted and shapes.dtype == np.int32, "shapes come in the order of the keys")
    many = np.array(asked * 1000, np.uint64)
    expect(np.array_equal(catalog.shapes(many), np.array(wanted * 1000, np.int32)), "many shapes are the same")
    catalog.close()


CHECKS: Sequence[Callable[[Kind, str], None]] = (pages, lists_in_every_order, filters, tells_shapes)
