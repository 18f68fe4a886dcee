"""How the description of the API shows what a route reads by itself: parameters and bodies."""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel

_FILE: dict[str, Any] = {"type": "string", "format": "binary"}

NOT_MODIFIED: dict[int | str, dict[str, Any]] = {304: {"description": "It is the one named in `If-None-Match`."}}
"""The answer of a route to a client that has it already."""


def parameters(model: type[BaseModel]) -> dict[str, Any]:
    """The members of a model as parameters of the address."""
    schema = _plain(model)
    return {
        "parameters": [
            {"name": name, "in": "query", "required": name in schema.get("required", []), "schema": _text(shape)}
            for name, shape in schema["properties"].items()
        ]
    }


def body(
    model: type[BaseModel] | None = None,
    *,
    files: Mapping[str, str] | None = None,
    fields: type[BaseModel] | None = None,
    several: bool = False,
    raw: Sequence[str] = (),
) -> dict[str, Any]:
    """A body: JSON of a model, a form with files and the members of `fields` as text, or one file as it is."""
    content: dict[str, Any] = {}
    if model is not None:
        content["application/json"] = {"schema": _plain(model)}
    if files:
        texts = {} if fields is None else _plain(fields)["properties"]
        shapes: dict[str, Any] = {name: _FILE | {"description": said} for name, said in files.items()}
        if several:
            shapes = {name: {"type": "array", "minItems": 1, "items": shape} for name, shape in shapes.items()}
        form = {
            "type": "object",
            "additionalProperties": False,
            "properties": shapes | {name: _text(shape) for name, shape in texts.items()},
        }
        if len(files) == 1:
            form["required"] = list(files)
        content["multipart/form-data"] = {"schema": form}
    content |= {kind: {"schema": _FILE} for kind in raw}
    return {"requestBody": {"required": True, "content": content}}


def events(first: str) -> dict[int | str, dict[str, Any]]:
    """The answer of a route that tells events."""
    return {200: {"description": first, "content": {"text/event-stream": {"schema": {"type": "string"}}}}}


def file(*kinds: str) -> dict[int | str, dict[str, Any]]:
    """The answers of a route that sends a file, or that the client has it already."""
    return {
        200: {"description": "The file.", "content": {kind: {"schema": _FILE} for kind in kinds}},
        **NOT_MODIFIED,
    }


def _plain(model: type[BaseModel]) -> dict[str, Any]:
    """The schema of a model with everything it refers to in its place."""
    schema = model.model_json_schema()
    known = schema.pop("$defs", {})
    plain: dict[str, Any] = _inlined(schema, known)

    return plain


def _inlined(shape: Any, known: Mapping[str, Any]) -> Any:
    if isinstance(shape, list):
        return [_inlined(one, known) for one in shape]
    if not isinstance(shape, dict):
        return shape
    if "$ref" in shape:
        return _inlined(known[shape["$ref"].rpartition("/")[2]], known)
    return {name: _inlined(one, known) for name, one in shape.items()}


def _text(shape: Mapping[str, Any]) -> dict[str, Any]:
    """A member as text of a form or address, where it is left out instead of being null, and no list."""
    options = [one for one in shape.get("anyOf", []) if one.get("type") not in {"null", "array"}]
    if not options:
        return dict(shape)
    rest = {name: value for name, value in shape.items() if name not in {"anyOf", "default"}}
    return {**rest, **(options[0] if len(options) == 1 else {"anyOf": options})}
