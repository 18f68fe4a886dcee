"""What every catalog promises of the spaces of its encoders: made while it is used, switched at once, dropped."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from pictrace.catalogs import Catalog, Entry
from pictrace.errors import UnknownNameError, UsageError
from pictrace.recipe import EncoderStamp, SpacesChangedError, SpaceState
from pictrace.testing._expect import expect, refuses
from pictrace.testing._samples import RECIPE, trace
from pictrace.types import Key, Rows

Kind = type[Catalog]

STAMP = EncoderStamp("smells", "1", "cosine", 3, SpaceState.BUILDING.value)
ACTIVE, RETIRED = SpaceState.ACTIVE, SpaceState.RETIRED


def row(seed: int) -> Rows:
    """A row of the space that is added."""
    return np.array([[1 + seed % 9, 2, 3]], np.float32)


def makes_a_space_beside(kind: Kind, path: str) -> None:
    """A new space takes rows of any pictures in any order; it is not searched before all have one, and then at once."""
    catalog = kind.create(path, RECIPE)
    keys = catalog.put([Entry(None, trace(seed)) for seed in range(4)])
    catalog.add_space(STAMP)
    expect(catalog.recipe.stamp("smells") == STAMP and catalog.recipe.active == RECIPE.encoders, "it is being made")
    expect(catalog.lacking("smells") == keys, "pictures lack rows of a new space")
    catalog.put_rows("smells", {keys[0]: row(0), keys[2]: row(2)})
    expect(catalog.lacking("smells") == [keys[1], keys[3]], "those that have a row lack none")
    expect(catalog.lacking("smells", keys[1], 1) == [keys[3]], "they are told from a key on")
    expect((catalog.lacking_count("smells"), catalog.lacking_count("faces")) == (2, 0), "and counted")
    with refuses(UsageError, "a space that is not whole is not switched to"):
        catalog.switch({"smells": ACTIVE, "faces": RETIRED})
    expect(catalog.recipe.active == RECIPE.encoders, "and nothing is switched")
    expect("smells" not in catalog.traces(keys)[keys[0]].rows, "nor seen in traces")
    catalog.put_rows("smells", {key: row(place) for place, key in enumerate(keys)})
    catalog.switch({"smells": ACTIVE, "faces": RETIRED})
    expect([stamp.name for stamp in catalog.recipe.active] == ["bits", "smells"], "a whole one is")
    expect(set(catalog.traces(keys)[keys[1]].rows) == {"bits", "smells"}, "traces have rows of the active ones")
    expect(_rows(catalog, "smells") == {key: row(place)[0].tolist() for place, key in enumerate(keys)}, "its own")
    expect(catalog.problems() == [], "a catalog is sound after a switch")
    catalog.close()


def keeps_rows_that_are_there(kind: Kind, path: str) -> None:
    """A row that came with its picture is not made again, and rows of pictures that are gone are passed over."""
    catalog = kind.create(path, RECIPE)
    (old,) = catalog.put([Entry(None, trace(0))])
    catalog.add_space(STAMP)
    with_row = trace(1, rows={**trace(1).rows, "smells": row(1)})
    new, without = catalog.put([Entry(None, with_row), Entry(None, trace(2))])
    expect(catalog.lacking("smells") == [old, without], "a new picture may bring its row, or lack it")
    catalog.forget([old])
    catalog.put_rows("smells", {old: row(5), new: row(5), 999: row(5), 1 << 60: row(5), -1: row(5)})
    expect(_rows(catalog, "smells") == {new: row(1)[0].tolist()}, "what is there stays")
    with refuses(UsageError, "rows that do not fit are refused"):
        catalog.put_rows("smells", {without: np.zeros((1, 3), np.float32)})
    with refuses(UsageError, "an active space takes no single rows"):
        catalog.put_rows("faces", {without: trace(2).rows["faces"]})
    catalog.forget([new])
    expect(_rows(catalog, "smells") == {}, "rows go with their picture")
    expect(catalog.problems() == [], "a catalog is sound while a space is being made")
    catalog.close()


def retires_and_drops(kind: Kind, path: str) -> None:
    """A retired space keeps its rows and gets no more; a dropped one is gone, and one of its name begins anew."""
    catalog = kind.create(path, RECIPE)
    (old,) = catalog.put([Entry(None, trace(0))])
    catalog.switch({"faces": RETIRED})
    with refuses(UsageError, "no rows of a retired space are taken"):
        catalog.put([Entry(None, trace(1))])
    bits = {"bits": trace(1).rows["bits"]}
    (new,) = catalog.put([Entry(None, trace(1, rows=bits))])
    expect(list(_rows(catalog, "faces")) == [old], "a retired space keeps its rows and gets no more")
    with refuses(UsageError, "a space that is no longer whole does not come back"):
        catalog.switch({"faces": ACTIVE})
    for states in ({"bits": RETIRED}, {"bits": SpaceState.BUILDING}):
        with refuses(UsageError, "the last active space stays"):
            catalog.switch(states)
    with refuses(UsageError, "and is not dropped"):
        catalog.drop_space("bits")
    catalog.drop_space("faces")
    with refuses(UnknownNameError, "a dropped space is gone"):
        catalog.rows("faces")
    catalog.sweep()
    catalog.add_space(replace(RECIPE.encoders[0], version="2", state=SpaceState.BUILDING.value))
    expect(catalog.lacking("faces") == [old, new], "one of the same name begins without any rows")
    expect(catalog.problems() == [], "a catalog is sound after a space was dropped")
    catalog.close()


def renews(kind: Kind, path: str) -> None:
    """A space begins anew under another version; no row of the old one is among the new."""
    catalog = kind.create(path, RECIPE)
    (key,) = catalog.put([Entry(None, trace(0))])
    newer = replace(RECIPE.encoders[0], version="2", state=SpaceState.BUILDING.value)
    for stamp, renew in ((newer, False), (STAMP, True), (replace(STAMP, state="active"), False)):
        with refuses(UsageError, "only what is there is renewed, and only what is not is added"):
            catalog.add_space(stamp, renew=renew)
    catalog.add_space(newer, renew=True)
    expect(catalog.recipe.encoders == (newer, RECIPE.encoders[1]), "it has the place of the old one")
    expect((catalog.lacking("faces"), list(catalog.rows("faces"))) == ([key], []), "and none of its rows")
    catalog.put_rows("faces", {key: trace(5).rows["faces"]})
    catalog.switch({"faces": ACTIVE})
    catalog.sweep()
    expect(_rows(catalog, "faces") == {key: trace(5).rows["faces"][0].tolist()}, "the new ones are its own")
    expect(catalog.problems() == [], "a catalog is sound after a renewal")
    catalog.close()


def holds_readers_to_one_set(kind: Kind, path: str) -> None:
    """Who reads steadily reads rows of the encoders of one moment, or is refused; everybody else follows."""
    catalog = kind.create(path, RECIPE)
    (key,) = catalog.put([Entry(None, trace(0))])
    reader = kind.open(path)
    steady, sweep = reader.steady(), reader.rows("faces")
    catalog.add_space(STAMP)
    catalog.put_rows("smells", {key: row(0)})
    expect(set(steady.traces([key])[key].rows) == {"faces", "bits"}, "a space that is being made changes nothing")
    catalog.switch({"smells": ACTIVE, "faces": RETIRED})
    expect(steady.recipe == RECIPE, "a steady reader keeps its recipe")
    for read in (lambda: steady.traces([key]), lambda: list(steady.rows("bits"))):
        with refuses(SpacesChangedError, "a steady reader is refused rows of another set"):
            read()
    expect(set(reader.traces([key])[key].rows) == {"bits", "smells"}, "another one follows")
    catalog.drop_space("faces")
    with refuses(SpacesChangedError, "rows that go while they are read are no end of them"):
        list(sweep)
    reader.close()
    catalog.close()


def _rows(catalog: Catalog, encoder: str) -> dict[Key, list[float]]:
    return {
        key: one.tolist() for keys, rows in catalog.rows(encoder) for key, one in zip(keys.tolist(), rows, strict=True)
    }


CHECKS: Sequence[Callable[[Kind, str], None]] = (
    makes_a_space_beside,
    keeps_rows_that_are_there,
    retires_and_drops,
    renews,
    holds_readers_to_one_set,
)
