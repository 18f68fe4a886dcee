"""The calls of imagededup, answered by PicTrace: change one import, and crops and mirror images are found.

    from pictrace.imagededup import PHash      # instead of: from imagededup.methods import PHash

    hasher = PHash()
    duplicates = hasher.find_duplicates(image_dir="Pictures")
    spare = hasher.find_duplicates_to_remove(image_dir="Pictures")

What comes back has the shapes that https://idealo.github.io/imagededup/ describes; docs/dedupe.md says what differs.
"""

import json
import os
import tempfile
import warnings
from collections.abc import Container, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from itertools import permutations
from pathlib import Path
from typing import Any, ClassVar, TypeAlias

from pictrace._atomic import replacing
from pictrace.collection import Collection
from pictrace.dedupe.keeping import rules_of
from pictrace.dedupe.planning import plan_of
from pictrace.duplicates.groups import Group, Member
from pictrace.duplicates.wholeness import told_apart
from pictrace.errors import UsageError
from pictrace.settings import load

Duplicates: TypeAlias = dict[str, list[Any]]
"""For every file its duplicates' names, or with scores `(name, score)`; files without any have an empty list."""

_THRESHOLDS = {"max_distance_threshold", "min_similarity_threshold"}
_IDLE = {"search_method", "num_enc_workers", "num_dist_workers", "num_sim_workers"}
"""Options of imagededup that tune what is not done here."""


class Encodings(dict[str, str]):
    """The perceptual hash of every file of a folder, in hexadecimal, and the folder itself for `find_duplicates`."""

    def __init__(self, hashes: Mapping[str, str], folder: str, *, recursive: bool) -> None:
        super().__init__(hashes)
        self.folder = folder
        self.recursive = recursive


class PicTrace:
    """All of PicTrace's signals behind the methods of imagededup's hashes and networks.

    `collection` is where what is known of the pictures is kept, so that a second call is quick; without one it is
    forgotten after each call.
    """

    relation: ClassVar[str] = "copy"

    def __init__(self, *, collection: str | os.PathLike[str] | None = None, verbose: bool = True, **_: Any) -> None:
        del verbose
        self._collection = collection

    def encode_images(self, image_dir: str | os.PathLike[str], *, recursive: bool = False, **options: Any) -> Encodings:
        """The perceptual hash of every picture of a folder by its name, or by its path below it if `recursive`."""
        _check(options)
        with self._filled(image_dir, recursive=recursive) as (collection, names):
            rows = {key: row for keys, rows in collection.engine().catalog.rows("pdq")
                    for key, row in zip(keys.tolist(), rows, strict=True)}  # fmt: skip
            hashes = {name: rows[record.id].tobytes().hex() for name, record in names.items()}
        return Encodings(hashes, os.fspath(image_dir), recursive=recursive)

    def find_duplicates(
        self,
        image_dir: str | os.PathLike[str] | None = None,
        encoding_map: Mapping[str, Any] | None = None,
        *,
        scores: bool = False,
        outfile: str | None = None,
        recursive: bool = False,
        **options: Any,
    ) -> Duplicates:
        """For every file the names of its duplicates; with `scores` each with the probability that it is one.

        Raises:
            UsageError: neither a folder nor encodings that `encode_images` made were given.
        """
        _check(options)
        folder, deep = _folder(image_dir, encoding_map, recursive=recursive)
        with self._filled(folder, recursive=deep) as (collection, names):
            found: Duplicates = {name: [] for name in names}
            for group in collection.duplicates(self.relation):
                for one, other in permutations(_named(group, folder), 2):
                    if one[0] in found and other[0] in found:
                        found[one[0]].append((other[0], min(one[1].score, other[1].score)))
        for mine in found.values():
            mine.sort(key=lambda pair: (-pair[1], pair[0]))
        told = found if scores else {name: [other for other, _ in mine] for name, mine in found.items()}
        _saved(told, outfile)
        return told

    def find_duplicates_to_remove(
        self,
        image_dir: str | os.PathLike[str] | None = None,
        encoding_map: Mapping[str, Any] | None = None,
        *,
        outfile: str | None = None,
        recursive: bool = False,
        **options: Any,
    ) -> list[str]:
        """The names of the files beside which a better one stays, by the rules of `pictrace dedupe plan`.

        Raises:
            UsageError: neither a folder nor encodings that `encode_images` made were given.
        """
        _check(options)
        folder, deep = _folder(image_dir, encoding_map, recursive=recursive)
        with self._filled(folder, recursive=deep) as (collection, names):
            # What stays has to be among the files that were asked about.
            inside = [_among(group, names, folder) for group in collection.duplicates(self.relation)]
            found = told_apart([group for group in inside if len(group) > 1], collection.compare)
            plan = plan_of(list(found), rules_of(), collection=collection.path)
            spare = [_name(removed.path, folder) for group in plan.groups for removed in group.remove]
        told = [name for name in spare if name in names]
        _saved(told, outfile)
        return told

    @contextmanager
    def _filled(
        self, image_dir: str | os.PathLike[str], *, recursive: bool
    ) -> Iterator[tuple[Collection, dict[str, Any]]]:
        """A collection of a folder's pictures, with their records by the names that are asked about."""
        folder = Path(image_dir)
        if not folder.is_dir():
            raise UsageError(f"{folder} is no folder", hint="image_dir is the folder that holds the pictures")
        with tempfile.TemporaryDirectory() as room:
            place = Path(self._collection or Path(room) / "imagededup.pictrace")
            with Collection(place, settings=load()) as collection:
                collection.add(folder, prune=True)
                below = _below(folder)
                names = {
                    place.uri.removeprefix(below): record
                    for record in collection.list()
                    for place in record.locations
                    if place.uri.startswith(below)
                }
                yield collection, {name: one for name, one in names.items() if recursive or os.sep not in name}


class PHash(PicTrace):
    """In the place of `imagededup.methods.PHash`."""


class DHash(PicTrace):
    """In the place of `imagededup.methods.DHash`."""


class AHash(PicTrace):
    """In the place of `imagededup.methods.AHash`."""


class WHash(PicTrace):
    """In the place of `imagededup.methods.WHash`."""


class CNN(PicTrace):
    """In the place of `imagededup.methods.CNN`."""


def _check(options: Mapping[str, Any]) -> None:
    unknown = set(options) - _THRESHOLDS - _IDLE
    if unknown:
        raise UsageError(
            f"there is no option {', '.join(sorted(unknown))}", hint="docs/migrating.md names those that are taken"
        )
    if thresholds := _THRESHOLDS & set(options):
        warnings.warn(
            f"{', '.join(sorted(thresholds))} is passed over: pairs are verified, and scores are probabilities",
            stacklevel=3,
        )


def _folder(
    image_dir: str | os.PathLike[str] | None, encoding_map: Mapping[str, Any] | None, *, recursive: bool
) -> tuple[str, bool]:
    if isinstance(encoding_map, Encodings):
        return encoding_map.folder, encoding_map.recursive
    if image_dir is None or encoding_map is not None:
        raise UsageError(
            "give image_dir, or as encoding_map what encode_images of PicTrace gave",
            hint="hashes of other programs say nothing here",
        )
    return os.fspath(image_dir), recursive


def _named(group: Group, folder: str) -> list[tuple[str, Member]]:
    return [(_name(member.path, folder), member) for member in group]


def _among(group: Group, names: Container[str], folder: str) -> Group:
    return replace(group, members=tuple(one for one in group if _name(one.path, folder) in names))


def _name(path: str, folder: str) -> str:
    return path.removeprefix(_below(folder))


def _below(folder: str | os.PathLike[str]) -> str:
    """What paths below a folder begin with: a collection knows them without the links that may lead to it."""
    return os.path.realpath(folder).rstrip(os.sep) + os.sep


def _saved(told: Any, outfile: str | None) -> None:
    if outfile is not None:
        with replacing(Path(outfile)) as fresh:
            fresh.write_text(json.dumps(told, indent=2), "utf-8")
