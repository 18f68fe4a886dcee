"""Which right, cost and length belong to which route; what is in no rule cannot be reached."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from pictrace.errors import MethodNotAllowedError, NotFoundError, PictraceError


@dataclass(frozen=True)
class Rule:
    """What a route asks of those who call it.

    `right` is one of `keys.RIGHTS`, or empty for everybody. A request counts `cost`, or `upload_cost` if it has
    a body that is not JSON; 0 is never limited. `upload_bytes` is the most such a body may have, `body_bytes` of
    the settings if 0.
    """

    right: str = "admin"
    cost: int = 1
    upload_cost: int = 2
    upload_bytes: int = 0


@dataclass(frozen=True)
class Found:
    """The rule for a request and the template of its route, or why there is none."""

    route: str = ""
    rule: Rule = Rule()
    refusal: PictraceError | None = None


class Rules:
    """Rules by method and route template, such as `("GET", "/v1/images/{id}")`, in the order of the routes."""

    def __init__(self, table: Mapping[tuple[str, str], Rule]) -> None:
        self._routes: dict[str, tuple[re.Pattern[str], dict[str, Rule]]] = {}
        for (method, template), rule in table.items():
            methods = self._routes.setdefault(template, (_pattern(template), {}))[1]
            methods[method] = rule
            if method == "GET":
                methods.setdefault("HEAD", rule)

    def found(self, method: str, path: str) -> Found:
        """The first rule that fits."""
        allowed: dict[str, None] = {}
        first = ""
        for template, (pattern, methods) in self._routes.items():
            if pattern.fullmatch(path):
                if method in methods:
                    return Found(template, methods[method])
                allowed |= dict.fromkeys(methods)
                first = first or template
        if not allowed:
            return Found(
                refusal=NotFoundError(
                    "there is nothing at this address", hint="the API describes itself in openapi.json"
                )
            )
        wanted = ", ".join(allowed)
        return Found(
            first, refusal=MethodNotAllowedError("this method does not fit", hint=f"use {wanted}", allow=tuple(allowed))
        )


def _pattern(template: str) -> re.Pattern[str]:
    parts = re.split(r"\{\w+(:\w+)?\}", template)
    texts = [re.escape(part) for part in parts[::2]]
    holes = ["(?s:.*)" if kind == ":path" else "[^/]+" for kind in parts[1::2]]
    return re.compile("".join(text + hole for text, hole in zip(texts, [*holes, ""], strict=True)))
