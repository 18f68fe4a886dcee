"""Decisions: on pairs of contents, whichever way round, and safe to carry from one collection to another."""

import tempfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pictrace.decisions import Decision, Ruling, Rulings, dumped, now, parsed
from pictrace.errors import UsageError

HASHES = st.binary(min_size=32, max_size=32).map(bytes.hex)
AT = "2026-11-29T18:00:00+00:00"


def decision(one="a", other="b", verdict=Ruling.DIFFERENT, **changes):
    plain = {"one": one * 64, "other": other * 64, "one_pixels": "1" * 64, "other_pixels": "2" * 64}
    return Decision(**(plain | {"verdict": verdict, "at": AT} | changes))


def identity(digit, pixels):
    return bytes.fromhex(digit * 64), bytes.fromhex(pixels * 64)


def test_a_pair_has_no_order():
    """Whichever picture is named first, it is the same decision."""
    turned = decision("b", "a", one_pixels="2" * 64, other_pixels="1" * 64)

    assert turned == decision("a", "b")


@given(st.lists(st.tuples(HASHES, HASHES, st.sampled_from(Ruling), st.text(max_size=30)), max_size=4))
def test_what_is_written_is_read_again(given_):
    """A file of decisions gives back the decisions."""
    made = [
        Decision(one, other, other, one, verdict, now(), note) for one, other, verdict, note in given_ if one != other
    ]

    assert parsed(dumped(made)) == made


@pytest.mark.parametrize(
    "changes",
    [
        {"one": "x" * 64},
        {"other": "a" * 63},
        {"other": "a" * 64},
        {"one_pixels": 5},
        {"verdict": "maybe"},
        {"at": "yesterday"},
        {"at": "2026-11-29T18:00:00"},
        {"note": "n" * 1001},
    ],
    ids=str,
)
def test_nonsense_is_no_decision(changes):
    """What could not be looked up later is refused at once."""
    with pytest.raises(UsageError):
        decision(**changes)


@pytest.mark.parametrize(
    "line",
    ["{", "[]", "{}", '{"kind": "pictrace-decision"}', "[" * 100_000, '{"kind": "other"}'],
    ids=lambda line: line[:30],
)
def test_a_foreign_file_is_refused_by_its_line(line):
    """Nothing of it is taken, and the message says where it went wrong."""
    lines = [*dumped([decision()]), "", line]

    with pytest.raises(UsageError, match="line 3"):
        parsed(lines)


def test_a_picture_is_known_by_its_pixels_too():
    """Edited metadata change the bytes and not what was decided."""
    rulings = Rulings([decision()])

    by_bytes = rulings.of(identity("b", "9"), identity("a", "8"))
    by_pixels = rulings.of(identity("c", "2"), identity("d", "1"))
    assert (by_bytes, by_pixels) == (decision(), decision())
    assert rulings.of(identity("c", "1"), identity("d", "3")) is None


def test_a_note_of_any_characters_survives_being_written_down():
    """Those that end lines for some readers, too."""
    from pictrace.cli.duplicates import _lines

    made = Decision("a" * 64, "b" * 64, "c" * 64, "d" * 64, "both", now(), "a\u2028b\x85c")
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", suffix=".jsonl") as file:
        file.write("\n".join(dumped([made])))
        file.flush()
        assert parsed(_lines(file.name)) == [made]
