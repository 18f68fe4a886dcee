"""How much a row made from the stored proxy differs from one made from the picture itself, for lite0.

The rows that the collection holds were made when the pictures were indexed; beside each of `--pictures` of them one is
made as `pictrace spaces` makes it.
"""

import argparse
import json
import random
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from measured import machine

from pictrace.collection import Collection
from pictrace.encoders import encode, load
from pictrace.picture import Picture
from pictrace.settings import Runtime
from pictrace.types import PROXY_SIDE, Key

RESULT = Path(__file__).parent / "results/proxies.json"
SETS = ("photos", "corel1k", "museum", "distractors", "holidays_805")
ENCODER = "lite0"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=lambda text: Path(text).resolve(), required=True)
    parser.add_argument("--pictures", type=int, default=500)
    parser.add_argument("--base", type=Path, help="a collection of the data folder")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as room, Collection(options.base or Path(room) / "real.pictrace") as collection:
        if not options.base:
            collection.add(*(options.data / name for name in SETS))
        records = collection.engine().catalog.records(limit=100_000)
        large = [one.id for one in records if max(one.width, one.height) > PROXY_SIDE]
        small = [one.id for one in records if max(one.width, one.height) <= PROXY_SIDE]
        chosen = [random.Random(6).sample(keys, min(options.pictures, len(keys))) for keys in (large, small)]
        result = {
            "machine": machine(),
            "encoder": ENCODER,
            "larger_than_the_proxy": compared(collection, chosen[0]),
            "not_larger": compared(collection, chosen[1]),
        }
    RESULT.write_text(json.dumps(result, indent=1) + "\n")
    print(json.dumps(result, indent=1))


def compared(collection: Collection, keys: Sequence[Key]) -> dict[str, object]:
    """Cosines of both rows, and how often the row of the proxy has that of its own picture nearest."""
    catalog, lookup = collection.engine().catalog, collection.engine().lookups[ENCODER]
    encoder, cosines, firsts = load(ENCODER, Runtime(threads=1)), [], 0
    for key in keys:
        row = encode(encoder, [Picture.of_proxy(catalog.proxy(key))])
        kept = catalog.traces([key])[key].rows[ENCODER]
        cosines.append(1.0 - float(encoder.space.distance(row, kept)[0, 0]))
        firsts += int(lookup.search(row, 1)[0].keys[0]) == key
    shares = {"least": 0, "p01": 1, "p05": 5, "median": 50}
    return {
        "pictures": len(keys),
        "cosine": {name: round(float(np.percentile(cosines, share)), 4) for name, share in shares.items()},
        "own_picture_nearest": round(firsts / len(keys), 4),
    }


if __name__ == "__main__":
    main()
