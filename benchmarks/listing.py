"""Listing among many pictures: milliseconds for all keys, one page of 50, all shapes, and filters, in the catalog.

The pictures are made: sizes and metadata of museums' lists, drawn at random, and nothing to look at. Each question is
asked several times in a process that has the catalog open.
"""

import argparse
import hashlib
import json
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from measured import machine

from pictrace import registry
from pictrace.catalogs import Catalog, Entry
from pictrace.filters import parse
from pictrace.orders import ORDERS, Position
from pictrace.testing._samples import RECIPE, place, trace

RESULT = Path(__file__).parent / "results/listing.json"
ARTISTS = ("Claude Monet", "Édouard Manet", "Käthe Kollwitz", "Rembrandt")
TAGS = ("river", "portrait", "night", "snow", "city", "garden")
FILTERS = (
    "width > 5900 and height > 5900",
    "format = png",
    'added >= "2000-01"',
    'path ~ "999"',
    "year > 2015",
    "year = 77777",
    "artist.name = Rembrandt",
    "artist.name ~ käthe",
    "artist.name != Rembrandt",
    "tags = night",
    'rights = "© museum"',
    "missing = null",
    "year > 2015 and artist.name ~ monet and not tags = night",
)
"""By facts and by metadata, met by few and by many, of ASCII and not."""


def made(pictures: int) -> Iterator[Entry]:
    """Pictures like those of a museum's list."""
    draw = np.random.default_rng(3)
    like = trace(1)
    for number in range(pictures):
        metadata = {
            "title": f"Work number {number} of a long series",
            "artist": {"name": ARTISTS[draw.integers(4)], "born": int(draw.integers(1600, 1900))},
            "year": int(draw.integers(1600, 2020)),
            "tags": [TAGS[one] for one in draw.permutation(len(TAGS))[:3]],
            "licence": "CC BY 4.0",
            "rights": "© museum",
        }
        width, height, size = (int(one) for one in draw.integers((100, 100, 10_000), (6000, 6000, 9_000_000)))
        digest = hashlib.sha256(b"%d" % number).hexdigest()
        plain = {"sha256": digest, "pixel_hash": digest, "width": width, "height": height, "size": size}
        kind = ("JPEG", "PNG", "WEBP")[draw.integers(3)]
        kept = {"rows": like.rows, "features": like.features, "proxy": like.proxy, "quality": 50}
        made_up = type(like)(**plain, **kept, format=kind, metadata=metadata)
        yield Entry(place(f"some/folder/of/mine/{number % 1000}/picture {number}.jpg"), made_up)


def median_ms(ask: Callable[[], object], *, rounds: int = 7) -> float:
    """The time that a question takes."""
    times = []
    for _ in range(rounds):
        clock = time.perf_counter()
        ask()
        times.append((time.perf_counter() - clock) * 1000)
    return round(float(np.median(times)), 1)


def asked(catalog: Catalog) -> dict[str, object]:
    """All questions, each with its time."""
    middle = {order: catalog.by_id(int(catalog.keys(order)[len(catalog) // 2])) for order in ORDERS}
    places = {order: Position.of(record, order) for order, record in middle.items()}
    every = catalog.keys("largest")
    met = {text: parse(text) for text in FILTERS}
    return {
        "keys_ms": {order: median_ms(lambda order=order: catalog.keys(order)) for order in ORDERS},
        "page_of_50_ms": {
            order: median_ms(lambda order=order: catalog.page(order, after=places[order], limit=50)) for order in ORDERS
        },
        "shapes_ms": median_ms(lambda: catalog.shapes(every)),
        "filtered_keys_ms": {text: median_ms(lambda one=one: catalog.keys(where=one)) for text, one in met.items()},
        "filtered_page_of_50_largest_ms": {
            text: median_ms(lambda one=one: catalog.page("largest", one, limit=50)) for text, one in met.items()
        },
        "met_by": {text: catalog.count(one) for text, one in met.items()},
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pictures", type=int, default=100_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        catalog: Catalog = registry.load("catalogs", "sqlite").create(f"{folder}/made.pictrace", RECIPE)
        batch: list[Entry] = []
        for entry in made(options.pictures):
            batch.append(entry)
            if len(batch) == 1000:
                catalog.put(batch)
                batch = []
        catalog.put(batch)
        result = {"machine": machine(), "pictures": len(catalog), **asked(catalog)}
        catalog.close()
    RESULT.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n")
    print(json.dumps(result, indent=1, ensure_ascii=False))


if __name__ == "__main__":
    main()
