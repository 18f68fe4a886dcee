"""Lists of records, and docs/filters.md, which says what is in them."""

import json
import re
from pathlib import Path

import pytest

from pictrace import listing
from pictrace.catalogs import Entry
from pictrace.catalogs.sqlite import Catalog
from pictrace.filters import FACTS, parse
from pictrace.orders import ORDERS
from pictrace.testing._samples import RECIPE, place, trace

DOC = (Path(__file__).parents[1] / "docs" / "filters.md").read_text("utf-8")
MET, UNMET = (block.splitlines() for block in re.findall(r"```filter\n(.*?)\n```", DOC, re.DOTALL))
METADATA = json.loads(re.findall(r"```json\n(.*?)\n```", DOC, re.DOTALL)[0])


@pytest.fixture(scope="module")
def catalog(tmp_path_factory):
    """The picture of docs/filters.md and six more."""
    catalog = Catalog.create(str(tmp_path_factory.mktemp("seven") / "seven.pictrace"), RECIPE)
    shown = trace(0, metadata=METADATA, width=4000, height=3000, format="PNG")
    catalog.put([Entry(place("monet/lilies 1.png"), shown), *(Entry(None, trace(seed)) for seed in range(1, 7))])
    yield catalog
    catalog.close()


@pytest.mark.parametrize("text", MET)
def test_documented_filters_are_met(catalog, text):
    """The picture that the page describes is found by each of its examples."""
    assert 1 in catalog.keys(where=parse(text))


@pytest.mark.parametrize("text", UNMET)
def test_documented_filters_are_not_met(catalog, text):
    """And by none of those that show what is not found."""
    assert 1 not in catalog.keys(where=parse(text))


@pytest.mark.parametrize("name", [*FACTS, *ORDERS])
def test_facts_and_orders_are_documented(name):
    """Each has its place in a table."""
    assert re.search(rf"^\|.*`{name}`.*\|", DOC, re.MULTILINE)


@pytest.mark.parametrize("limit", [None, 0, 1, 2, 3, 5, 99])
def test_lists_join_pages_up_to_their_limit(catalog, monkeypatch, limit):
    """Wherever a page ends, the list goes on."""
    monkeypatch.setattr("pictrace.listing._AT_ONCE", 2)
    found = listing.listed(catalog, order="newest", where="width < 4000", after=0, limit=limit)

    assert [7, 6, 5, 4, 3, 2][:limit] == [record.id for record in found]
