"""One job as it is kept and told of."""

from dataclasses import asdict, dataclass, field, fields
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any


class State(StrEnum):
    """Where a job stands."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


ENDED = frozenset({State.DONE, State.FAILED, State.CANCELLED})


@dataclass(frozen=True)
class Job:
    """One job; `plan` is what its work needs to know, and stays in the service."""

    id: str
    kind: str
    name: str
    created: str
    plan: dict[str, Any] = field(default_factory=dict)
    state: State = State.QUEUED
    started: str | None = None
    ended: str | None = None
    done: int = 0
    total: int | None = None
    added: int = 0
    known: int = 0
    failed: int = 0
    attempts: int = 0
    latest: str = ""
    problem: dict[str, Any] | None = None

    def to_file(self) -> dict[str, Any]:
        """All of it, as its file holds it."""
        return asdict(self)

    def to_dict(self) -> dict[str, Any]:
        """What clients are told, with the rate so far and the seconds left, if they can be known."""
        # Not by `asdict`, which would copy a plan of a thousand URLs at every step.
        told = {one.name: getattr(self, one.name) for one in fields(self) if one.name not in {"plan", "attempts"}}
        seconds = _seconds(self.started, self.ended)
        rate = self.done / seconds if seconds > 0 else 0.0
        left = (self.total or 0) - self.done
        eta = left / rate if rate > 0 and left > 0 and self.state is State.RUNNING else None
        return {**told, "rate": round(rate, 1), "eta_seconds": None if eta is None else round(eta, 1)}


def now() -> str:
    """This moment, in UTC."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def _seconds(started: str | None, ended: str | None) -> float:
    if started is None:
        return 0.0
    end = datetime.fromisoformat(ended) if ended else datetime.now(UTC)
    return (end - datetime.fromisoformat(started)).total_seconds()
