"""The addresses of the service, each a few lines between HTTP and the core; `RULES` says what each asks of a caller."""

from fastapi import FastAPI

from pictrace.service.guard import Rule
from pictrace.service.routes import (
    collections,
    compare,
    decisions,
    deeds,
    duplicates,
    images,
    jobs,
    operation,
    page,
    pictures,
    search,
    session,
    spaces,
)
from pictrace.settings import ServicePolicy

_PARTS = (
    operation,
    session,
    collections,
    images,
    pictures,
    search,
    compare,
    duplicates,
    decisions,
    deeds,
    jobs,
    spaces,
    page,
)


def rules_of(policy: ServicePolicy) -> dict[tuple[str, str], Rule]:
    """What every route asks of a caller; none is reached that is not in it."""
    found = {key: rule for part in _PARTS for key, rule in part.RULES.items()}
    return found | pictures.rules(policy.zip_bytes)


def include_all(app: FastAPI) -> None:
    """All routes, in the order in which they are looked at."""
    for part in _PARTS:
        app.include_router(part.router)
