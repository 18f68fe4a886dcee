"""Whether the places of a match are still there: looked at when it is shown, and never while searching."""

import os
from dataclasses import replace

from pictrace.results import Answer, Match
from pictrace.types import Location


def looked_for(answer: Answer) -> Answer:
    """The answer, its matches with the places that are gone, and with one that is there as their path."""
    return replace(answer, matches=tuple(_looked_for(match) for match in answer))


def _looked_for(match: Match) -> Match:
    gone = {place.uri for place in match.locations if _is_gone(place)}
    there = next((path for path in match.paths if path not in gone), match.path)
    return replace(match, path=there, vanished=tuple(path for path in match.paths if path in gone))


def _is_gone(place: Location) -> bool:
    """Whether a file, or the archive of a member, is not there; what cannot be looked at may be.

    A name that was given together with a picture's bytes says nothing of any disk.
    """
    if place.identity is None and place.root == place.uri:
        return False
    try:
        os.lstat(place.root if place.identity is None else place.uri)
    except (FileNotFoundError, NotADirectoryError):
        return True
    except OSError:
        # No permission, or a disk that does not answer, is no proof of absence.
        return False
    return False
