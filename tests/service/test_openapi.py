"""The description of the API is true: of every route, and of what the service answers to requests made from it."""

import io
import json
import re
import threading
from pathlib import Path

import jsonschema_rs
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from service.desk import fill, opened
from service.desk import settings as settings_of

from pictrace.service.replies import Answer, Match
from pictrace.service.routes import rules_of
from pictrace.service.server import Journal, Server
from pictrace.settings import FetchPolicy, ServicePolicy

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
PUT_WITH_BODY = {("put", f"/v1/collections/{{name}}/{one}") for one in ("decisions", "duplicates/picks")}
UNSHOWN = {("GET", "/"), ("GET", "/web/{path:path}"), ("GET", "/openapi.json")}


@pytest.fixture(scope="module")
def document(desk):
    """What the service says of itself."""
    return desk.ask("GET", "/openapi.json").json()


def test_the_answer_in_the_docs_is_one():
    """Whoever writes a client by the example of docs/http.md misses nothing."""
    text = (Path(__file__).parents[2] / "docs" / "http.md").read_text("utf-8")
    example = next(
        json.loads(block) for block in re.findall(r"```json\n(.+?)```", text, re.DOTALL) if '"results"' in block
    )
    shown = Answer.model_validate(example).results[0]

    assert shown.changes
    assert set(Match.model_fields) - {"drawing"} == set(example["results"][0])


def operations(document):
    """Method, path and operation of each."""
    return [(method, path, one) for path, methods in document["paths"].items() for method, one in methods.items()]


def test_every_route_has_a_rule_and_is_described(document):
    """And nothing else is."""
    shown = {(method.upper(), path) for method, path, _ in operations(document)}

    assert shown | UNSHOWN == set(rules_of(ServicePolicy()))
    assert not shown & UNSHOWN


def test_every_operation_says_what_it_does_and_answers(document):
    """Statuses, media types, and a problem for each refusal."""
    for _, path, one in operations(document):
        statuses = set(one["responses"])
        problems = [said for status, said in one["responses"].items() if status >= "400"]

        assert one["summary"], path
        assert one["description"], path
        assert statuses & {"200", "201", "202", "204"}, path
        assert {"400", "429", "500", "503"} <= statuses, path
        assert {*map(str, (one.get("x-right") and [401, 403]) or [])} <= statuses, path
        assert {kind for said in problems for kind in said["content"]} == {"application/problem+json"}, path


def test_every_body_and_parameter_is_described(document):
    """With a schema that is one."""
    for method, path, one in operations(document):
        content = one.get("requestBody", {}).get("content", {})
        shapes = [kind["schema"] for kind in content.values()] + [it["schema"] for it in one.get("parameters", [])]
        for shape in shapes:
            jsonschema_rs.meta.validate(shape)

        assert bool(content) == ((method == "post" and path != "/v1/session") or (method, path) in PUT_WITH_BODY), path
        assert all(shape for shape in shapes), path


@pytest.mark.parametrize(
    ("method", "path", "status", "is_said"),
    [
        ("get", "/wall", "304", True), ("get", "/images/{key}/original", "304", True),
        ("put", "", "507", True), ("delete", "/images/{key}", "507", True), ("post", "/images", "507", True),
        ("get", "/images", "507", False), ("post", "/search", "507", False), ("post", "/compare", "507", False),
    ],
)  # fmt: skip
def test_a_status_is_described_where_it_can_be(document, method, path, status, is_said):
    """What is known already is not sent again, and only what is written needs room."""
    responses = document["paths"][f"/v1/collections/{{name}}{path}"][method]["responses"]

    assert (status in responses) == is_said


@pytest.mark.parametrize(("path", "name"), [("images", "name"), ("images", "metadata"), ("search", "name")])
def test_what_stands_beside_a_raw_file_is_described(document, path, name):
    """As a parameter of the address, and as a field of the form."""
    operation = document["paths"][f"/v1/collections/{{name}}/{path}"]["post"]
    form = operation["requestBody"]["content"]["multipart/form-data"]["schema"]["properties"]

    assert name in {one["name"] for one in operation["parameters"] if one["in"] == "query"}
    assert name in form


def test_every_reference_leads_somewhere(document):
    """Within the document."""
    text = json.dumps(document)
    names = {part.split('"')[0] for part in text.split('"#/components/schemas/')[1:]}

    assert names <= set(document["components"]["schemas"])


@pytest.mark.parametrize(
    ("path", "is_open"), [("/healthz", True), ("/readyz", True), ("/metrics", False), ("/v1/info", False)]
)
def test_a_key_is_said_to_be_needed_where_it_is(document, path, is_open):
    """In one of three ways."""
    assert ("security" not in document["paths"][path]["get"]) == is_open
    assert set(document["components"]["securitySchemes"]) == {"key", "bearer", "session"}


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """A service with photographs, reached over a socket; it fetches nothing."""
    folder = tmp_path_factory.mktemp("described")
    chosen = settings_of(folder, fetch=FetchPolicy(enabled=False))
    with opened(chosen) as desk:
        fill(desk)
    from pictrace.service.app import Service

    service = Service(chosen)
    server = Server(service, chosen, journal=Journal(io.StringIO()), port=0, stopping=service.stopping)
    thread = threading.Thread(target=server.run)
    thread.start()
    yield server.url
    server.stop()
    thread.join(30)
    assert not thread.is_alive()


@pytest.fixture(scope="module")
def schema(address):
    """The description, as requests are made from it."""
    return schemathesis.openapi.from_url(f"{address}/openapi.json")


@schemathesis.serializer("application/zip")
def as_it_is(_, value):
    """The body of an archive."""
    return value if isinstance(value, bytes) else str(value).encode()


SHOWN = [key for key in rules_of(ServicePolicy()) if key not in UNSHOWN and not key[1].endswith("/events")]
SHOWN.sort(key=lambda key: ("DELETE" in key[0] or "delete" in key[1], key))


@pytest.mark.parametrize(("method", "path"), SHOWN)
def test_good_requests_are_answered_as_described(schema, method, path):
    """No mistake of ours, no status, media type or shape that is not in the document."""
    check(schema[path][method], GenerationMode.POSITIVE)


@pytest.mark.parametrize(("method", "path"), [key for key in SHOWN if "{" in key[1]])
def test_bad_requests_are_answered_as_described(schema, method, path):
    """Nor to what breaks the description."""
    check(schema[path][method], GenerationMode.NEGATIVE)


def check(operation, mode):
    """Asks what was made up from the description, of pictures that are there."""

    @settings(max_examples=20, phases=[Phase.explicit, Phase.generate], suppress_health_check=list(HealthCheck))
    @given(operation.as_strategy(generation_mode=mode))
    def ask(case):
        places = case.path_parameters
        if operation.method.upper() != "PUT" and "name" in places:
            places["name"] = "default"
        if isinstance(places.get("key"), int):
            places["key"] = 1 + places["key"] % 4
        case.validate_response(case.call(), checks=CHECKS)

    ask()
