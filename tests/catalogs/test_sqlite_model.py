"""Any sequence of writes leaves the SQLite catalog as a plain dictionary would be."""

import tempfile
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from pictrace.catalogs import Entry
from pictrace.catalogs.sqlite import Catalog
from pictrace.testing._samples import RECIPE, place, trace

SEEDS = st.integers(0, 5)
NAMES = st.sampled_from(["a", "b", "c", None])


class Model(RuleBasedStateMachine):
    """The catalog beside two dictionaries: places of pictures, and pictures that need none."""

    @initialize()
    def create(self):
        """Both start empty."""
        self.folder = tempfile.TemporaryDirectory()
        self.path = str(Path(self.folder.name, "model.pictrace"))
        self.catalog = Catalog.create(self.path, RECIPE)
        self.keys: dict[int, int] = {}
        self.places: dict[str, int] = {}
        self.placeless: set[int] = set()
        self.highest = 0

    @rule(batch=st.lists(st.tuples(SEEDS, NAMES), max_size=6))
    def put(self, batch):
        """Pictures come, and their places move."""
        entries = [Entry(place(name) if name else None, trace(seed)) for seed, name in batch]
        given = self.catalog.put(entries)
        for (seed, name), key in zip(batch, given, strict=True):
            assert self.keys.setdefault(seed, key) == key
            if name:
                self.places[name] = seed
            else:
                self.placeless.add(seed)
        assert all(key > self.highest for key in set(given) - set(self.known))
        self.highest = max([self.highest, *given])

    @rule(seeds=st.lists(SEEDS, max_size=3))
    def forget(self, seeds):
        """Pictures go with their places."""
        self.catalog.forget([self.keys[seed] for seed in seeds if seed in self.keys])
        self.places = {name: seed for name, seed in self.places.items() if seed not in seeds}
        self.placeless -= set(seeds)
        self.keys = {seed: key for seed, key in self.keys.items() if seed not in seeds}

    @rule(names=st.lists(st.sampled_from("abc"), max_size=2))
    def forget_locations(self, names):
        """Places go, and their pictures stay."""
        self.catalog.forget_locations([f"/photos/{name}" for name in names])
        self.places = {name: seed for name, seed in self.places.items() if name not in names}

    @rule()
    def drop_unplaced(self):
        """Pictures without a place go, but for those put without one."""
        self.catalog.drop_unplaced()
        needed = set(self.places.values()) | self.placeless
        self.keys = {seed: key for seed, key in self.keys.items() if seed in needed}

    @rule()
    def reopen(self):
        """Closing and opening changes nothing."""
        self.catalog.close()
        self.catalog = Catalog.open(self.path, writable=True)

    @property
    def known(self):
        """The keys in use before the last write."""
        return {record.id for record in self.before}

    @invariant()
    def agree(self):
        """Both tell the same pictures, places and rows."""
        records = self.before = self.catalog.records()
        assert {record.sha256: record.id for record in records} == {
            trace(seed).sha256: key for seed, key in self.keys.items()
        }
        assert {found.uri[8:]: record.id for record in records for found in record.locations} == {
            name: self.keys[seed] for name, seed in self.places.items()
        }
        rows = [key for keys, _ in self.catalog.rows("bits") for key in keys.tolist()]
        assert rows == sorted(self.keys.values())
        assert self.catalog.watermark == self.highest
        assert self.catalog.problems() == []

    def teardown(self):
        """Nothing stays behind."""
        self.catalog.close()
        self.folder.cleanup()


TestModel = Model.TestCase
TestModel.settings = settings(max_examples=25, stateful_step_count=12, deadline=None, derandomize=True)
