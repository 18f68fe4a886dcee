"""Wrote `format2.pictrace` with the last PicTrace of format 2; kept to show how, and never to be run over it."""

import sys
from pathlib import Path

from pictrace.catalogs import Entry
from pictrace.catalogs.sqlite import Catalog
from pictrace.decisions import Decision, Ruling
from pictrace.testing._samples import RECIPE, place, trace

if __name__ == "__main__":
    target = Path(__file__).with_name("format2.pictrace")
    if target.exists():
        sys.exit(f"{target} is there already, and a golden file is never written twice")
    catalog = Catalog.create(str(target), RECIPE)
    catalog.put([Entry(place(f"{seed}.jpg"), trace(seed)) for seed in range(4)])
    catalog.put([Entry(place("again.jpg"), trace(1)), Entry(None, trace(4)), Entry(place("\udcff\n"), trace(5))])
    catalog.forget([3])
    one, other = trace(0), trace(1)
    hashes = one.sha256, other.sha256, one.pixel_hash, other.pixel_hash
    catalog.decide([Decision(*hashes, Ruling.DIFFERENT, "2026-11-29T18:00:00+00:00", "Äpfel")])
    catalog.close()
    (target / "writer.lock").unlink()
