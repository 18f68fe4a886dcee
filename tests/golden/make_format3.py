"""Wrote `format3.pictrace` when format 3 was released; kept to show how, and never to be run over it."""

import sys
from pathlib import Path

import numpy as np

from pictrace.catalogs import Entry
from pictrace.catalogs.sqlite import Catalog
from pictrace.recipe import EncoderStamp, SpaceState
from pictrace.testing._samples import RECIPE, place, trace

if __name__ == "__main__":
    target = Path(__file__).with_name("format3.pictrace")
    if target.exists():
        sys.exit(f"{target} is there already, and a golden file is never written twice")
    catalog = Catalog.create(str(target), RECIPE)
    keys = catalog.put([Entry(place(f"{seed}.jpg"), trace(seed)) for seed in range(4)])
    for name in ("dropped", "active", "building"):
        catalog.add_space(EncoderStamp(name, "1", "cosine", 3, SpaceState.BUILDING.value))
    catalog.drop_space("dropped")
    rows = {key: np.array([[key, 2, 3]], np.float32) for key in keys}
    catalog.put_rows("active", rows)
    catalog.put_rows("building", dict(list(rows.items())[:2]))
    catalog.switch({"active": SpaceState.ACTIVE, "faces": SpaceState.RETIRED})
    catalog.close()
    (target / "writer.lock").unlink()
