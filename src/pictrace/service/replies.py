"""What is answered, as the description of the API shows it; the core's records are the truth, and tests compare."""

from typing import Any, Literal

from pictrace.service.evidence import Change, Level, Piece, Reply

Corner = tuple[float, float]


class Status(Reply):
    """How the service is."""

    status: Literal["ok", "ready"]


class Problem(Reply):
    """A refusal (RFC 9457); `code` never changes its meaning."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    request_id: str


class Bounds(Reply):
    """What a request may ask for."""

    body_bytes: int
    file_bytes: int
    zip_bytes: int
    pixels: int
    parts: int
    limit: int
    offset: int


class Info(Reply):
    """What this service is, and what the caller may do."""

    name: str
    version: str
    formats: list[str]
    limits: Bounds
    rights: list[str]
    key_needed: bool
    fetch: bool
    keep_originals: bool
    rescan: bool


class Brief(Reply):
    """A collection; numbers are `null`, and there is a problem, where it cannot be read."""

    name: str
    pictures: int | None
    version: int | None
    problem: Problem | None = None


class Collections(Reply):
    """All of them."""

    collections: list[Brief]


class Index(Reply):
    """How candidates are found; `behind` are compared one by one, `left_out` are not yet found inside of others."""

    name: str
    exhaustive: bool
    recall: float | None
    behind: int
    left_out: int


class Collection(Reply):
    """One collection; `version` grows with every write, and `words` says whether it can be searched with them."""

    name: str
    pictures: int
    version: int
    index: Index
    encoders: list[str]
    words: bool
    signals: list[str]
    jobs: dict[Literal["running", "queued"], int]


class Links(Reply):
    """Where a picture and its files are."""

    self: str
    thumbnail: str
    proxy: str
    original: str


class Record(Reply):
    """One picture, and the first of the `places` where it was seen."""

    id: int
    path: str | None
    locations: list[str]
    places: int
    sha256: str
    format: str
    width: int
    height: int
    size: int
    added: str
    metadata: dict[str, Any]
    links: Links


class Added(Record):
    """A picture that was handed over; `known` if it was there before."""

    known: bool


class Refused(Reply):
    """A file that could not be used."""

    name: str
    problem: Problem


class Results(Reply):
    """What became of several files, in their order."""

    results: list[Added | Refused]


class Pictures(Reply):
    """A page; `count` is that of all pages, `next_cursor` where the next one begins."""

    images: list[Record]
    next_cursor: str | None
    count: int


class Wall(Reply):
    """Every picture in one order; a ratio is 100 times width to height."""

    count: int
    version: int
    ids: list[int]
    ratios: list[int]


class Outline(Reply):
    """What a match shares with the query, in pixels of the match and of the query."""

    covered: list[Corner]
    outline: list[Corner]


class Match(Reply):
    """One related picture; `id` and `links` are `null` for what is in no collection."""

    id: int | None
    path: str | None
    paths: list[str]
    places: int
    vanished: list[str]
    relation: Literal["exact", "copy", "scene", "similar", "different"]
    score: float
    signals: dict[str, float]
    overlap: dict[Literal["query", "match"], float] | None
    transform: list[list[float]] | None
    quad: list[Corner] | None
    mirrored: bool | None
    width: int
    height: int
    sha256: str
    reasons: list[str]
    changes: list[Change]
    metadata: dict[str, Any]
    links: Links | None
    drawing: Outline | None = None


class Query(Reply):
    """What was searched with, its picture, if it has one, and its words; `proxy` if that was asked for."""

    id: int | None
    sha256: str | None
    width: int | None
    height: int | None
    format: str | None
    text: str | None = None
    proxy: str | None = None


class Answer(Reply):
    """Matches, strongest first, and what was searched to find them."""

    results: list[Match]
    query: Query
    searched: int
    exhaustive: bool
    recall: float | None
    signals: list[str]
    index_version: int
    timings_ms: dict[str, float]
    warnings: list[str]
    calibrated: bool
    searched_with: dict[str, str]
    next_offset: int | None


class Unanswered(Reply):
    """A search that failed."""

    problem: Problem


class Answers(Reply):
    """Several searches, in their order."""

    answers: list[Answer | Unanswered]


class Side(Reply):
    """One of two pictures, drawn."""

    width: int
    height: int
    jpeg: str | None


class Drawn(Outline):
    """All that is drawn of a pair, in pixels of the originals."""

    query: Side
    match: Side
    lines: list[tuple[float, float, float, float]]
    aligned: str | None
    difference: str | None


class Comparison(Reply):
    """How two pictures are related, why, and what there is to see."""

    match: Match
    says: str
    levels: list[Level]
    evidence: list[Piece]
    drawing: Drawn


class Job(Reply):
    """Long work, and how far it is."""

    id: str
    kind: str
    name: str
    created: str
    state: Literal["queued", "running", "done", "failed", "cancelled"]
    started: str | None
    ended: str | None
    done: int
    total: int | None
    added: int
    known: int
    failed: int
    latest: str
    problem: Problem | None
    rate: float
    eta_seconds: float | None


class Jobs(Reply):
    """All jobs, newest first."""

    jobs: list[Job]


class Failure(Reply):
    """One input that could not be used."""

    path: str
    code: str
    detail: str


class Failures(Reply):
    """A page of them; `next` is where the next one begins."""

    failures: list[Failure]
    next: int | None
