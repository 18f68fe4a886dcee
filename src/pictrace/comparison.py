"""How two pictures are related, wherever they are from, and why."""

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pictrace import assessment, search, tracing, words
from pictrace.candidates import Engine
from pictrace.errors import UsageError
from pictrace.explain import Drawing, explain
from pictrace.picture import ImageSource, Picture
from pictrace.results import Match
from pictrace.settings import FetchPolicy, Settings
from pictrace.types import Evidence, Key, Level, Trace
from pictrace.verdict import judge


@dataclass(frozen=True, eq=False)
class Pair:
    """Two pictures side by side: how they are related, what every signal found, and what there is to see of it."""

    match: Match
    evidence: Sequence[Evidence]
    query: Trace
    other: Trace

    @property
    def levels(self) -> tuple[Level, ...]:
        """How far the pair came towards each relation, the strongest first."""
        return judge(self.evidence).levels

    @functools.cached_property
    def drawing(self) -> Drawing:
        """What a person needs to see of it."""
        return explain(self.query, self.other, self.match)

    def grounds(self) -> dict[str, Any]:
        """Why the verdict is what it is, as JSON output carries it."""
        return {
            "says": words.related(self.match),
            "levels": [level.to_dict() for level in self.levels],
            "evidence": [_piece(piece, self.evidence) for piece in self.evidence],
        }

    def to_dict(self) -> dict[str, Any]:
        """The match as JSON output carries it, and why."""
        return {**self.match.to_dict(), **self.grounds()}


def _piece(piece: Evidence, evidence: Sequence[Evidence]) -> dict[str, Any]:
    said = words.why_not([piece]) if piece.log_odds is None else words.why([piece], evidence)
    return {
        "signal": piece.signal,
        "family": piece.family,
        "measures": {name: round(value, 6) for name, value in piece.measures.items()},
        "opinion": None if piece.log_odds is None else round(piece.log_odds, 4),
        "says": "; ".join(said),
    }


def compare(image: ImageSource, other: ImageSource, *, settings: Settings | None = None) -> Match:
    """How two images are related: the record of the second as a match of the first.

    Raises:
        PictureError: one of them cannot be used.
        FetchError: one of them is a URL and cannot be fetched.
    """
    return beside(image, other, settings=settings or Settings()).match


def beside(
    image: ImageSource | Key,
    other: ImageSource | Key,
    *,
    settings: Settings,
    answered: Callable[[Callable[[Engine], Pair]], Pair] | None = None,
) -> Pair:
    """Two images, of a collection by their ids and `answered` by it, and all that is known of how they are related.

    Raises:
        PictureError: one of them cannot be used.
        FetchError: one of them is a URL and cannot be fetched.
        NotFoundError: there is no picture of that id.
        UsageError: an id was given without any collection.
    """
    if isinstance(image, int) or isinstance(other, int):
        if answered is None:
            raise UsageError("an id names a picture of a collection", hint="open the collection that holds it")
        one, two = _side(image, settings), _side(other, settings)
        return answered(lambda engine: pair(engine, one, two))
    threads = settings.threads or settings.cores
    encoders = tracing.load_encoders(tracing.ENCODERS, replace(settings.runtime, threads=threads))
    query, candidate = (tracing.of_query(_opened(one, settings), encoders) for one in (image, other))
    match, evidence = assessment.compare(query, candidate, assessment.load_signals(tracing.SIGNALS))
    return Pair(match, evidence, query, candidate)


def _side(image: ImageSource | Key, settings: Settings) -> Picture | Key:
    return image if isinstance(image, int) else _opened(image, settings)


def _opened(image: ImageSource, settings: Settings) -> Picture:
    return Picture.open(at_hand(image, settings.fetch), limits=settings.limits, target=tracing.TARGET)


def pair(engine: Engine, query: Picture | Key, other: Picture | Key) -> Pair:
    """Two pictures, open or of a collection by their keys, compared and explained.

    Raises:
        NotFoundError: there is no picture of that key.
    """
    one, two = (search.trace_of(engine, picture) for picture in (query, other))
    match, evidence = assessment.compare(one, two, engine.signals)
    if isinstance(other, int):
        record = engine.catalog.by_id(other)
        match = replace(match, id=other, path=record.path, locations=record.locations)
    return Pair(match, evidence, one, two)


def at_hand(image: ImageSource, policy: FetchPolicy) -> ImageSource:
    """The bytes behind an image that is given by its URL; any other image as it is.

    Raises:
        FetchError: it cannot be fetched.
    """
    if not isinstance(image, str) or not image.lower().startswith(("http://", "https://")):
        return image
    # Here, for whoever compares files should not wait for the client to be loaded.
    from pictrace.fetch import Fetcher

    with Fetcher(policy) as fetcher:
        return fetcher.get(image).data
