"""Whether indexes hold what they say, and what the catalog has: every byte of them is read."""

from pathlib import Path

import numpy as np

from pictrace._generations import Manifest, names, open_index, read_manifest, sha256, sound_path, unfit
from pictrace._stock import batches, kept_stamps_of
from pictrace.catalogs import Catalog
from pictrace.errors import IndexDamagedError, UnknownNameError, UsageError
from pictrace.recipe import EncoderStamp
from pictrace.words import counted


def verify(folder: Path, catalog: Catalog) -> list[str]:
    """What is wrong with the indexes in a folder, one sentence each, after reading every byte of them.

    Keys that the catalog no longer has are no problem: searches pass over them until the next fold.
    """
    stamps = {stamp.name: stamp for stamp in kept_stamps_of(catalog.recipe)}
    problems = []
    try:
        found = names(folder)
    except IndexDamagedError as error:
        return [str(error)]
    for name in found:
        try:
            manifest = read_manifest(folder, name)
            if name not in stamps or manifest is None:
                problems.append(f"{name}.json belongs to no encoder of this collection")
            else:
                problems += _problems(folder, manifest, stamps[name], catalog)
        except FileNotFoundError as error:
            problems.append(f"{Path(error.filename).name} is missing")
        except (IndexDamagedError, UnknownNameError) as error:
            problems.append(str(error))
    return problems


def check_rows(catalog: Catalog, stamp: EncoderStamp) -> None:
    """Nothing, if all rows of a space can be compared; whoever made the collection may have written any.

    Raises:
        IndexDamagedError: some cannot.
    """
    try:
        for _, rows in catalog.rows(stamp.name):
            stamp.space.check(rows)
    except UsageError as error:
        raise IndexDamagedError(
            f"of {stamp.name} {error}",
            hint=f"`pictrace spaces drop {stamp.name}`, then add it again: rows are made anew",
        ) from error


def _problems(folder: Path, manifest: Manifest, stamp: EncoderStamp, catalog: Catalog) -> list[str]:
    if sha256(sound_path(folder, manifest)) != manifest.sha256:
        return [f"{manifest.file} is damaged: its SHA-256 is not the one in {stamp.name}.json"]
    reason = unfit(manifest, stamp, manifest.index, catalog)
    if reason:
        return [reason]
    keys = open_index(folder, manifest, stamp, threads=1).keys()
    known = [np.empty(0, np.uint64), *(np.unique(some) for some, _ in batches(catalog, stamp))]
    missing = np.setdiff1d(np.concatenate(known), keys)
    absent = int((missing <= manifest.watermark).sum())
    problems = [f"{manifest.file} lacks {counted(absent, 'row')} of the catalog"] if absent else []
    if len(keys) != manifest.count or (len(keys) and int(keys.max()) > manifest.watermark):
        problems.append(f"{manifest.file} does not hold what {stamp.name}.json says")
    return problems
