"""What is read of a request's body, and how much of it is held at once."""

import contextlib

import pytest

from pictrace.errors import BadRequestError, OverloadedError, TooManyInFlightError
from pictrace.service.bodies import Budget, json_of, single


@pytest.mark.parametrize(("count", "fits"), [(9, True), (10, True), (11, False)])
def test_a_budget_is_never_overdrawn(count, fits):
    """What does not fit is asked to come later."""
    budget = Budget(10)
    if not fits:
        with pytest.raises(OverloadedError) as caught, budget.reserved(count, who="a"):
            pass
        assert caught.value.retry_after_s == 1
    else:
        with budget.reserved(count, who="a"), pytest.raises(OverloadedError), budget.reserved(11 - count, who="b"):
            pass

    with budget.reserved(10, who="a"):
        pass


def test_what_fails_gives_its_bytes_back():
    """Whatever went wrong."""
    budget = Budget(10)
    with pytest.raises(KeyError), budget.reserved(10, who="a"):
        raise KeyError

    with budget.reserved(10, who="a"):
        pass


@pytest.mark.parametrize(("held", "more", "is_refused"), [(5, 1, True), (4, 1, False), (9, 1, True), (0, 9, False)])
def test_one_caller_has_half_of_it(held, more, is_refused):
    """What others need is left, whatever one caller holds; a single large body still fits."""
    budget = Budget(10)
    with contextlib.ExitStack() as stack:
        stack.enter_context(budget.reserved(held, who="a"))
        refusal = pytest.raises(TooManyInFlightError) if is_refused else contextlib.nullcontext()
        with refusal:
            stack.enter_context(budget.reserved(more, who="a"))
        stack.enter_context(budget.reserved(1, who="b"))

    with budget.reserved(10, who="b"):
        pass


def test_a_name_is_given_once():
    """Which of two would be meant is not guessed."""
    assert single([("a", "1"), ("b", "2")], "field") == {"a": "1", "b": "2"}
    with pytest.raises(BadRequestError, match="a field is given twice"):
        single([("a", "1"), ("a", "1")], "field")


@pytest.mark.parametrize(
    "data",
    [
        b"", b"{", b"[]", b"1", b'"a"', b"null", b"\xff", b'{"a":NaN}', b'{"a":-Infinity}', b'{"a":1,"a":2}',
        b'{"a":{"b":1,"b":1}}', b'{"a":"\\ud800"}', b"[" * 100_000, b'{"a":' * 3000,
        b"\xef\xbb\xbf{}", b'{"a":' + b"1" * 5000 + b"}",
    ],
)  # fmt: skip
def test_json_that_could_be_misread_is_refused(data):
    """And so is what is no object."""
    with pytest.raises(BadRequestError):
        json_of(data)


def test_json_is_read_as_it_is():
    """Numbers keep their type."""
    assert json_of('{"a": [1, 1.0, true, null, "é"]}'.encode()) == {"a": [1, 1.0, True, None, "é"]}
