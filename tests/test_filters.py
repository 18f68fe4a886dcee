"""The language of filters: what it takes, what it refuses and where, and that text and tree say the same."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pictrace.errors import UsageError
from pictrace.filters import (
    DEEPEST,
    FACTS,
    MOST_CHARACTERS,
    MOST_COMPARISONS,
    TEXT_FACTS,
    And,
    Comparison,
    Fact,
    Member,
    Not,
    Or,
    parse,
)

A = Comparison(Member(("a",)), "=", 1)
B = Comparison(Member(("b",)), "=", 2)
C = Comparison(Member(("c",)), "=", 3)
ORDERED = ("<", "<=", ">", ">=")
NUMBERS = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
NUMBER_FACTS = st.sampled_from([fact for fact in FACTS if fact not in TEXT_FACTS]).map(Fact)
MEMBERS = st.lists(st.text(max_size=8), min_size=1, max_size=3).map(lambda path: Member(tuple(path)))
SUBJECTS = NUMBER_FACTS | st.sampled_from(TEXT_FACTS).map(Fact) | MEMBERS
COMPARISONS = st.one_of(
    st.builds(Comparison, SUBJECTS, st.sampled_from(["=", "!="]), st.none() | st.booleans()),
    st.builds(Comparison, SUBJECTS, st.sampled_from(["=", "!=", "~", *ORDERED]), st.text(max_size=12)),
    st.builds(Comparison, NUMBER_FACTS | MEMBERS, st.sampled_from(["=", "!=", *ORDERED]), NUMBERS),
)
SEVERAL = {"min_size": 2, "max_size": 3}
FILTERS = st.recursive(
    COMPARISONS,
    lambda inner: st.one_of(
        inner.map(Not),
        st.lists(inner, **SEVERAL).map(lambda terms: And(tuple(terms))),
        st.lists(inner, **SEVERAL).map(lambda terms: Or(tuple(terms))),
    ),
    max_leaves=8,
)
WORDS = st.sampled_from(
    ["and", "or", "not", "(", ")", "=", "<=", "~", "width", "`a b`", "a.b", "'x'", '"', "`", "1", "null", ".", " "]
)


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("a=1 or b=2 and c=3", Or((A, And((B, C))))),
        ("(a=1 or b=2) and c=3", And((Or((A, B)), C))),
        ("not a=1 and b=2", And((Not(A), B))),
        ("not (a=1 and b=2)", Not(And((A, B)))),
        ("a = 1 OR b = 2 Or c = 3", Or((A, B, C))),
        ("((a=1))", A),
        ("not not a=1", Not(Not(A))),
    ],
)
def test_not_binds_before_and_before_or(text, tree):
    """As everywhere; brackets say otherwise."""
    assert parse(text) == tree


@pytest.mark.parametrize(
    ("text", "subject"),
    [
        ("width", Fact("width")),
        ("`width`", Fact("width")),
        ("Width", Member(("Width",))),
        ("metadata.width", Member(("width",))),
        ("width.x", Member(("width", "x"))),
        ("artist.name", Member(("artist", "name"))),
        ("metadata.artist.name", Member(("artist", "name"))),
        ("`artist.name`", Member(("artist.name",))),
        ("metadata.`first name`.`in ``Latin```", Member(("first name", "in `Latin`"))),
        ("metadata.metadata", Member(("metadata",))),
        ("`and`", Member(("and",))),
        ("größe-2", Member(("größe-2",))),
        ("``", Member(("",))),
    ],
)
def test_names_are_facts_or_members(text, subject):
    """Whatever is no fact is metadata; what a fact hides is reached through `metadata`."""
    assert parse(f"{text} = 1") == Comparison(subject, "=", 1)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("5", 5),
        ("-0.5", -0.5),
        ("1e3", 1000.0),
        ("007", "007"),
        ("2026-11", "2026-11"),
        ("PNG", "PNG"),
        ("true", True),
        ("FALSE", False),
        ("null", None),
        ('"null"', "null"),
        ("'it''s \"quoted\"'", 'it\'s "quoted"'),
        ('"C:\\new\\"', "C:\\new\\"),
        ('"5"', "5"),
        ('""', ""),
    ],
)
def test_values_are_numbers_words_constants_or_quoted(text, value):
    """A quote within quotes is written twice, and nothing else is special."""
    assert parse(f"a = {text}") == Comparison(Member(("a",)), "=", value)


@pytest.mark.parametrize(("text", "value"), [("added >= 2026", "2026"), ("a ~ 12", "12"), ("sha256 ~ 001e9", "001e9")])
def test_where_only_text_can_be_a_number_is_text(text, value):
    """Nobody has to quote a year or digits of a hash."""
    assert parse(text).value == value


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("", 1),
        ("   ", 1),
        ("width", 6),
        ("width 5", 7),
        ("width > ", 9),
        ("width == 5", 8),
        ("width => 5", 8),
        ("width >= 5 height = 3", 12),
        ("width >= 5 and", 15),
        ("(a = 1", 7),
        ("a = 1)", 6),
        ('"a" = 1', 1),
        ("and = 1", 1),
        ("a = and", 5),
        ("a = `b`", 5),
        ('a = "b', 5),
        ("a ! 1", 3),
        ("a..b = 1", 3),
        ("x = 1 and .a = 1", 11),
        ("`a`b = 1", 4),
        ("metadata = 1", 9),
        ("a < null", 5),
        ("a ~ true", 5),
        ("a = 1e999", 5),
        (f"{'(' * (DEEPEST + 1)}a = 1{')' * (DEEPEST + 1)}", DEEPEST + 2),
        (f"{'not ' * (DEEPEST + 1)}a = 1", 4 * DEEPEST + 5),
        (" or ".join(["a=1"] * (MOST_COMPARISONS + 1)), 7 * MOST_COMPARISONS + 1),
        (f"a = {'b' * MOST_CHARACTERS}", MOST_CHARACTERS + 1),
    ],
)
def test_a_mistake_is_told_with_its_place_and_an_example(text, at):
    """Counted from 1, as people count."""
    with pytest.raises(UsageError, match=f"at character {at:,} of the filter$") as caught:
        parse(text)

    assert caught.value.code == "invalid_parameter"
    assert "for example: width" in caught.value.hint


def test_the_example_in_the_hint_is_a_filter():
    """What is offered as help works."""
    with pytest.raises(UsageError) as caught:
        parse("")

    assert parse(caught.value.hint.removeprefix("for example: "))


@pytest.mark.parametrize(
    "text",
    [
        f"{'(' * DEEPEST}a = 1{')' * DEEPEST}",
        " or ".join(["a=1"] * MOST_COMPARISONS),
        f"a = {'b' * (MOST_CHARACTERS - 4)}",
    ],
)
def test_the_limits_themselves_are_allowed(text):
    """A limit is the most there may be."""
    assert parse(text)


@pytest.mark.parametrize(("one", "other"), [(1, True), (0, False), (1, 1.0), (1, "1"), (None, False)])
def test_values_of_other_kinds_make_other_filters(one, other):
    """In Python 1 equals True; in a filter it does not."""
    assert Comparison(Fact("width"), "=", one) != Comparison(Fact("width"), "=", other)


@given(st.text() | st.lists(WORDS, max_size=40).map(" ".join) | st.lists(WORDS, max_size=40).map("".join))
@example("\ud800 = \udcff")
@example("a = \x00")
@example("`" * MOST_CHARACTERS)
@example('"' * (MOST_CHARACTERS - 1))
@example("`a``" * (MOST_CHARACTERS // 4))
def test_any_text_is_a_filter_or_a_mistake(text):
    """Nothing else is ever raised, and what is a filter says the same as text."""
    try:
        said = str(parse(text))
    except UsageError:
        said = ""

    assert not said or said == str(parse(said))


@given(FILTERS)
def test_text_and_tree_say_the_same(tree):
    """Every tree can be written down and read again."""
    assert parse(str(tree)) == tree
