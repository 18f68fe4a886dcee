"""The description of the API, `openapi.json`: what FastAPI finds in the routes, and what only the guard knows."""

from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from pictrace.service._rules import Rule
from pictrace.service.problems import CODES, MEDIA_TYPE
from pictrace.service.replies import Problem

_PATH = {
    "name": {"type": "string", "pattern": "^[a-z0-9_-]{1,64}$"},
    "key": {"type": "integer", "minimum": 1, "maximum": (1 << 48) - 1},
    "number": {"type": "string", "pattern": "^j[0-9]{6,12}$"},
}
_SAID = {
    "name": "The collection; `default` is always there.",
    "key": "The id of the picture.",
    "number": "The id of the job.",
}
_SCHEMES = {
    "key": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
    "bearer": {"type": "http", "scheme": "bearer"},
    "session": {"type": "apiKey", "in": "cookie", "name": "pictrace_session"},
}
_ALWAYS = (400, 405, 408, 413, 414, 415, 429, 431, 500, 503)
_WITH_RIGHT = (401, 403)
_WITH_PATH = (404, 409)
_WITH_BODY = (422, 502, 504)
_WITH_WRITE = (507,)
_READERS = frozenset({"", "search"})
"""The rights, and the lack of one, with which nothing is written to the disk."""


def describe(app: FastAPI, rules: Mapping[tuple[str, str], Rule]) -> dict[str, Any]:
    """The document, of OpenAPI 3.1."""
    found = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
    schemas = found.setdefault("components", {}).setdefault("schemas", {})
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    schemas["Problem"] = Problem.model_json_schema()
    found["components"]["securitySchemes"] = _SCHEMES
    for path, methods in found["paths"].items():
        for method, operation in methods.items():
            _complete(operation, method, path, rules[method.upper(), path])
    return found


def _complete(operation: dict[str, Any], method: str, path: str, rule: Rule) -> None:
    for parameter in operation.get("parameters", []):
        if parameter["in"] == "path":
            name = parameter["name"]
            parameter |= {"schema": _PATH[name], "description": _SAID[name]}
    operation["responses"].pop("422", None)  # FastAPI's own, which is never sent
    statuses: tuple[int, ...] = _ALWAYS
    if rule.right:
        operation["x-right"] = rule.right
        # On one's own machine nobody needs a key before the first one is made.
        operation["security"] = [{}, *({name: []} for name in _SCHEMES)]
        statuses += _WITH_RIGHT
    if "{" in path:
        statuses += _WITH_PATH
    if "requestBody" in operation:
        statuses += _WITH_BODY
    if method != "get" and rule.right not in _READERS:
        statuses += _WITH_WRITE
    for status in sorted(statuses):
        operation["responses"].setdefault(str(status), _problem(status))


def _problem(status: int) -> dict[str, Any]:
    codes = [f"`{code}`" for code, (wanted, _) in CODES.items() if wanted == status]
    answer: dict[str, Any] = {
        "description": ", ".join(codes),
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    if status in {429, 503}:
        answer["headers"] = {"Retry-After": {"description": "Seconds.", "schema": {"type": "integer"}}}
    return answer
