"""Whether the places of a match are still there: looked at when it is shown, and never while searching."""

from dataclasses import replace

from pictrace.results import Answer, Match
from pictrace.sources.reading import may_be_there


def looked_for(answer: Answer) -> Answer:
    """The answer, its matches with the places that are gone, and with one that is there as their path."""
    return replace(answer, matches=tuple(_looked_for(match) for match in answer))


def _looked_for(match: Match) -> Match:
    gone = {place.uri for place in match.locations if not may_be_there(place)}
    there = next((path for path in match.paths if path not in gone), match.path)
    return replace(match, path=there, vanished=tuple(path for path in match.paths if path in gone))
