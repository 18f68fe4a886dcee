"""Errors as HTTP tells them."""

import inspect
import json
import re

import pytest

from pictrace import errors
from pictrace.errors import (
    ConfigurationError,
    IndexDamagedError,
    MethodNotAllowedError,
    ModelMissingError,
    NotFoundError,
    PictraceError,
    RateLimitedError,
    UnauthenticatedError,
    UsageError,
)
from pictrace.service.problems import CODES, Problem, problem

ERRORS = [one for _, one in inspect.getmembers(errors, inspect.isclass) if issubclass(one, PictraceError)]
LEAVES = [one for one in ERRORS if not one.__subclasses__()]
STATUSES = {
    400: "invalid_parameter unknown_name invalid_url bad_request bad_host",
    401: "unauthenticated",
    403: "forbidden source_not_allowed",
    404: "not_found root_missing",
    405: "method_not_allowed",
    408: "request_timeout",
    409: "conflict index_locked not_as_planned link_refused last_copy place_taken no_text_encoder",
    413: "payload_too_large",
    414: "uri_too_long",
    415: "unsupported_format",
    422: "image_corrupt image_too_many_pixels image_too_small image_too_complex archive_unsafe archive_too_large "
    "filter_too_slow not_an_image list_invalid source_unreadable too_many_places plan_invalid "
    "text_refused",
    429: "rate_limited too_many_in_flight",
    431: "headers_too_large",
    500: "internal",
    501: "missing_extra action_impossible",
    502: "source_unreachable source_error source_too_large",
    503: "overloaded not_ready shutting_down configuration_refused index_damaged index_newer recipe_mismatch "
    "model_missing model_damaged journal_damaged",
    504: "source_timeout",
    507: "insufficient_storage",
}


@pytest.mark.parametrize("kind", LEAVES)
def test_every_error_has_its_status(kind):
    """No code falls back to 500, which is for mistakes of ours."""
    status, document = problem(kind("what happened"))

    assert document["code"] == kind.code
    assert (status, document["status"]) == (CODES[kind.code][0],) * 2
    assert status not in {500, 200}


def test_the_statuses_are_those_of_the_contract():
    """Programs count on them."""
    told = {code: status for status, codes in STATUSES.items() for code in codes.split()}

    assert {code: status for code, (status, _) in CODES.items()} == told


def test_no_code_is_left_over():
    """The table knows the error tree, and nothing else."""
    assert CODES.keys() == {one.code for one in ERRORS}


def test_a_problem_says_everything():
    """The five members of RFC 9457 that fit, code and request."""
    _, document = problem(UsageError("limit is 0", hint="it must be 1 to 200"), request_id="abc")

    assert document == {
        "type": "https://github.com/Solrikk/PicTrace/blob/main/docs/errors.md#invalid_parameter",
        "title": "A parameter does not fit",
        "status": 400,
        "code": "invalid_parameter",
        "detail": "limit is 0; it must be 1 to 200",
        "request_id": "abc",
    }


@pytest.mark.parametrize("length", [299, 300, 301, 100_000])
def test_details_are_short(length):
    """At most 300 characters, of which the middle is left out."""
    detail = problem(UsageError("x" * length, hint="y" * 300))[1]["detail"]

    assert len(detail) == min(length, 300)
    assert ("…" in detail) == (length > 300)


@pytest.mark.parametrize(
    "error",
    [
        ConfigurationError("settings file '/home/ann/pictrace.toml' cannot be read"),
        IndexDamagedError("/srv/photos.pictrace/lite0.hnsw is damaged", hint="run `pictrace rebuild -c /srv/photos`"),
        NotFoundError("there is no collection at '/home/ann/a b.pictrace'", hint="or C:\\Users\\ann"),
        PictraceError("[Errno 2] in sqlite3.connect at 0xdeadbeef"),
    ],
)
def test_nothing_of_this_machine_is_told(error):
    """No path, no library, no address of memory."""
    text = json.dumps(problem(error)[1]["detail"])

    assert not re.search(r"/home|/srv|Users|Errno|sqlite3|0x|toml", text)


@pytest.mark.parametrize("said", ["limit is 0/min", "fetch of http://a.example/b.jpg", "either/or"])
def test_what_is_no_path_is_left_as_it_is(said):
    """Slashes have other uses."""
    assert problem(UsageError(said))[1]["detail"] == said


@pytest.mark.parametrize(
    ("error", "name", "value"),
    [
        (RateLimitedError("too many", retry_after_s=7), "retry-after", "7"),
        (UnauthenticatedError("no key"), "www-authenticate", 'Bearer realm="pictrace"'),
        (MethodNotAllowedError("no", allow=("GET", "HEAD")), "allow", "GET, HEAD"),
        (UsageError("no"), "content-type", "application/problem+json"),
    ],
)
def test_headers_go_with_the_status(error, name, value):
    """As RFC 9110 asks for them."""
    assert Problem.of(error).headers()[name] == value


def test_a_picture_that_is_not_there_is_no_matter_of_the_shell():
    """Who asks over HTTP is not sent to a command line; hints that help there as well are told."""
    missing = NotFoundError("no picture has the id 66", hint="`pictrace list` shows those there are")
    unnamed = NotFoundError("there is no such collection", hint="names are of small letters")

    assert problem(missing)[1]["detail"] == "no picture has the id 66"
    assert problem(unnamed)[1]["detail"] == "there is no such collection; names are of small letters"


def test_who_can_do_nothing_about_it_is_told_what_to_pass_on():
    """A command for whoever runs the service, and none of the places that the error names."""
    error = ModelMissingError("/srv/models/clip.onnx is not here", hint="pictrace models pull clip")
    detail = problem(error)[1]["detail"]

    assert detail.startswith("The model is not on the server; whoever runs the service")
    assert "`pictrace models pull`" in detail
    assert "/srv" not in detail
