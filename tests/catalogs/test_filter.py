"""The SQLite catalog meets filters as plain Python does, and reads no more than it can rely on."""

import contextlib
import unicodedata

import apsw
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pictrace.catalogs import Entry
from pictrace.catalogs.sqlite import Catalog
from pictrace.errors import IndexDamagedError, UsageError
from pictrace.filters import And, Comparison, Fact, Member, Not, Or, parse
from pictrace.metadata import checked
from pictrace.testing._samples import RECIPE, place, trace

NAMES = ["a", "b", "a.b", "é", 'q"\\', ""]
VALUES = [
    None,
    True,
    False,
    0,
    1,
    -2,
    1.5,
    2**63,
    -(2**70),
    1e300,
    "",
    "1",
    "true",
    "Monet",
    "MONET",
    "e\u0301tude",
    "étude",
    "ÉTUDES",
    "straße",
    "STRASSE",
    "\ud800",
    "\udcff",
    "a\0b",
    "🍎",
    "\u212a",
    "k",
]


def is_kept(said):
    """Whether a catalog takes it; filters may compare with anything."""
    try:
        return bool(checked(said))
    except UsageError:
        return False


LISTS = [[], [1, "Monet", None], [[1]], ["étude", True, {"a": 1}], [1.5, "a\0b"]]
OBJECTS = [{}, {"a": 1}, {"b": "Monet"}, {"a": {"b": None}}, {"a.b": "1", "": "étude"}]
METADATA = [{}, *({name: value} for name in NAMES for value in [*VALUES, *LISTS, *OBJECTS] if is_kept({name: value}))]
NUMBERS = {"id", "width", "height", "pixels", "size"}
PATHS = ["/photos/a", "/photos/É", "/photos/\udcff.jpg", "/photos/e\u0301\udcfe", "/photos/Monet"]

PATH = st.lists(st.sampled_from(NAMES), min_size=1, max_size=2).map(lambda path: Member(tuple(path)))
NUMBER = st.sampled_from(["id", "width", "pixels"]).map(Fact)
TEXT = st.sampled_from(["format", "sha256", "path"]).map(Fact)
PIECES = [*(value for value in VALUES if isinstance(value, str)), *PATHS, "/PHOTOS/é", "jpeg", "ab", 640, 307_200]
COMPARISONS = st.builds(
    Comparison,
    PATH | NUMBER | TEXT,
    st.sampled_from(["=", "!=", "<", "<=", ">", ">=", "~"]),
    st.sampled_from([*VALUES, *PIECES]),
)
PAIRS = st.tuples(COMPARISONS, COMPARISONS)


def normal(text, *, is_caseless):
    text = unicodedata.normalize("NFC", text)
    return unicodedata.normalize("NFC", text.casefold()) if is_caseless else text


def known(record, subject):
    """What is compared: one value, or several of which any may do."""
    if isinstance(subject, Fact):
        if subject.name == "path":
            return [found.uri for found in record.locations] or None
        return record.width * record.height if subject.name == "pixels" else getattr(record, subject.name)
    found = record.metadata
    for name in subject.path:
        found = found.get(name) if isinstance(found, dict) else None
    return found


def is_met(operator, found, value, *, is_caseless=False):
    """One plain value beside another."""
    if isinstance(found, str) and isinstance(value, str):
        is_caseless |= operator == "~"
        left, right = (normal(text, is_caseless=is_caseless) for text in (found, value))
    else:
        are_numbers = all(isinstance(one, int | float) and not isinstance(one, bool) for one in (found, value))
        are_bools = all(isinstance(one, bool) for one in (found, value)) and operator == "="
        if not (are_numbers or are_bools) or operator == "~":
            return False
        left, right = found, value
    return {
        "=": lambda: left == right,
        "<": lambda: left < right,
        "<=": lambda: left <= right,
        ">": lambda: left > right,
        ">=": lambda: left >= right,
        "~": lambda: right in left,
    }[operator]()


def meets(record, where):
    """What docs/filters.md says, in Python."""
    if isinstance(where, Not):
        return not meets(record, where.term)
    if isinstance(where, And | Or):
        return (all if isinstance(where, And) else any)(meets(record, term) for term in where.terms)
    subject, found = where.subject, known(record, where.subject)
    if where.value is None:
        return {"=": found is None, "!=": found is not None}.get(where.operator, False)
    if where.operator == "!=":
        return found is not None and not meets(record, Comparison(subject, "=", where.value))
    is_caseless = subject in {Fact("format"), Fact("sha256")}
    does_any = where.operator in {"=", "~"} or subject == Fact("path")
    several = found if isinstance(found, list) and does_any else [found]
    return any(is_met(where.operator, one, where.value, is_caseless=is_caseless) for one in several)


@pytest.fixture(scope="module")
def catalog(tmp_path_factory):
    """One picture for each kind of metadata, some at odd places."""
    catalog = Catalog.create(str(tmp_path_factory.mktemp("odd") / "odd.pictrace"), RECIPE)
    entries = [Entry(None, trace(seed, metadata=each)) for seed, each in enumerate(METADATA)]
    keys = catalog.put(entries)
    catalog.put([Entry(place(path.removeprefix("/photos/")), key=keys[n // 2]) for n, path in enumerate(PATHS)])
    yield catalog
    catalog.close()


@given(COMPARISONS | COMPARISONS.map(Not) | PAIRS.map(And) | PAIRS.map(Or))
def test_a_filter_is_met_as_in_python(catalog, where):
    """Whatever is compared with whatever, nothing fails and both agree."""
    expected = [record.id for record in catalog.records(limit=1000) if meets(record, where)]

    assert expected == catalog.keys(where=where).tolist()


def test_what_users_write_is_no_sql():
    """Names and values are bound."""
    from pictrace.catalogs._filter import condition

    made = condition(parse("`x'); DROP TABLE picture; --` = 'y''); DROP TABLE picture; --' or format = \"z\"\"\""))

    assert "DROP" not in made.sql
    assert made.sql.count("?") == len(made.bindings)


def test_a_filter_at_every_limit_can_be_asked(catalog):
    """SQLite's own limits on expressions are farther away."""
    text = f"{'not (' * 8}{' or '.join(['a != é'] * 64)}{')' * 8}"

    assert len(catalog) == catalog.count(parse(text)) + catalog.count(Not(parse(text)))


def test_metadata_nested_deeper_than_sqlite_reads_is_missing(tmp_path):
    """Some versions of Python take what SQLite calls malformed."""
    path = tmp_path / "deep.pictrace"
    catalog = Catalog.create(str(path), RECIPE)
    catalog.put([Entry(None, trace(1, metadata={"a": 1})), Entry(None, trace(2, metadata={"a": 1}))])
    deep = f'{{"a": 1, "b": {"[" * 1500}{"]" * 1500}}}'
    with apsw.Connection(str(path / "catalog.sqlite")) as other:
        other.execute("UPDATE picture SET metadata = ? WHERE id = 1", (deep,))

    assert [catalog.keys(where=parse(text)).tolist() for text in ("a = 1", "a = null", "a != 2")] == [[2], [1], [2]]
    catalog.close()


@pytest.mark.parametrize(
    "ask", [lambda catalog: catalog.shapes(catalog.keys()), lambda catalog: catalog.page("largest")]
)
def test_sizes_that_are_no_numbers_are_damage(tmp_path, ask):
    """A damaged file raises an error that names it, whatever is asked."""
    path = tmp_path / "loose.pictrace"
    with contextlib.closing(Catalog.create(str(path), RECIPE)) as catalog:
        catalog.put([Entry(None, trace(1)), Entry(None, trace(2))])
    connection = apsw.Connection(str(path / "catalog.sqlite"))
    connection.execute(
        "PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = replace(sql, ') STRICT', ')');"
        "PRAGMA writable_schema = RESET; UPDATE picture SET width = 'wide'"
    )
    connection.close()

    with (
        contextlib.closing(Catalog.open(str(path))) as damaged,
        pytest.raises(IndexDamagedError, match=r"catalog\.sqlite is damaged"),
    ):
        ask(damaged)
