"""The groups that were found last, kept beside the collection: what they are of is read anew from its catalog."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pictrace._atomic import replacing
from pictrace._regular import open_regular
from pictrace.catalogs import Catalog
from pictrace.duplicates.finding import Wanted
from pictrace.duplicates.groups import Group, Link, Member, judged_from
from pictrace.results import PictureRecord
from pictrace.sources.reading import may_be_there
from pictrace.types import Key, Relation

FILE = "groups.jsonl"
_FORMAT = 1
_TOLD = "told_apart"
_LONGEST_LINE = 64 << 20
_AT_ONCE = 1000
_SHA_BYTES = 32


@dataclass(frozen=True)
class Asked:
    """What was looked for, and when that ended, ISO 8601 in UTC; `filter` as it was written."""

    relation: str
    min_score: float = 0.0
    filter: str = ""
    references: tuple[str, ...] = ()
    at: str = ""

    def to_dict(self) -> dict[str, Any]:
        """It as JSON output carries it."""
        return {**asdict(self), "references": list(self.references)}


def keep(folder: Path, asked: Asked, groups: Iterable[Group], *, are_told_apart: bool = False) -> None:
    """These groups take the place of those found before; it is kept whether what was done to copies is known.

    Raises:
        InsufficientStorageError: the disk is full.
    """
    folder.mkdir(mode=0o700, exist_ok=True)
    with replacing(folder / FILE) as fresh, fresh.open("w", encoding="ascii") as file:
        file.write(json.dumps({"format": _FORMAT, _TOLD: are_told_apart, **asked.to_dict()}) + "\n")
        file.writelines(json.dumps(_written(group), separators=(",", ":")) + "\n" for group in groups)


def kept(folder: Path, catalog: Catalog) -> tuple[Asked, list[Group]] | None:
    """What was kept last, with the files as the catalog knows them now; `None` if nothing was, or it is damaged.

    Pictures that were forgotten since, and files that are gone, are left out, as are groups of fewer than two then.
    """
    return _kept(folder, catalog)[0]


def told(folder: Path, catalog: Catalog) -> list[Group]:
    """The groups that were kept last if it is known what was done to their copies, else none."""
    known, are_told = _kept(folder, catalog)
    return known[1] if known is not None and are_told else []


def _kept(folder: Path, catalog: Catalog) -> tuple[tuple[Asked, list[Group]] | None, bool]:
    try:
        with open_regular(folder / FILE) as file:
            head = json.loads(file.readline(_LONGEST_LINE))
            if head.pop("format") != _FORMAT:
                return None, False
            are_told = head.pop(_TOLD, False) is True
            asked = Asked(**{**head, "references": tuple(head["references"])})
            plain = [json.loads(line) for line in iter(lambda: file.readline(_LONGEST_LINE), b"")]
            return (asked, list(_read(plain, asked, catalog))), are_told
    except (OSError, ValueError, TypeError, KeyError, AttributeError, IndexError, OverflowError, RecursionError):
        return None, False


def _written(group: Group) -> dict[str, Any]:
    pictures = {
        member.id: [
            member.id, member.sha256, member.pixel_hash, str(member.relation), member.score, list(member.reasons),
        ]
        for member in group
    }  # fmt: skip
    return {"medoid": group.medoid, "pictures": list(pictures.values()), "loose": [_link(one) for one in group.loose]}


def _link(link: Link) -> list[Any]:
    return [link.one, link.other, str(link.relation), link.score]


def _read(plain: Sequence[Mapping[str, Any]], asked: Asked, catalog: Catalog) -> Iterator[Group]:
    keys = {_sha(picture[1]): int(picture[0]) for one in plain for picture in one["pictures"]}
    records = _records(keys, catalog)
    # What the file says of them is not believed: files of the same pixels may go without anybody having looked.
    known = {record.id for record in records.values()}
    pixels = {key: found.hex() for key, _, found in catalog.identities() if key in known}
    wanted = Wanted(references=asked.references)
    for one in plain:
        group = _group(one, records, pixels, wanted)
        if group is not None and group.is_worth_telling:
            yield group


def _records(keys: Mapping[str, Key], catalog: Catalog) -> dict[str, PictureRecord]:
    """What the catalog knows of pictures by their SHA-256; one that left it and came back has another id."""
    records: dict[str, PictureRecord] = {}
    wanted = list(keys.values())
    for start in range(0, len(wanted), _AT_ONCE):
        found = catalog.records_of(wanted[start : start + _AT_ONCE]).values()
        records |= {record.sha256: record for record in found if record.sha256 in keys}
    back = [key for sha in keys.keys() - records.keys() if (key := catalog.by_sha(sha)) is not None]
    return records | {record.sha256: record for record in catalog.records_of(back).values()}


def _sha(given: Any) -> str:
    """A SHA-256 as it was written.

    Raises:
        TypeError: it is no text.
        ValueError: it is no such number.
    """
    if len(bytes.fromhex(given)) != _SHA_BYTES:
        raise ValueError(given)
    return str(given)


def _group(
    one: Mapping[str, Any], records: Mapping[str, PictureRecord], pixels: Mapping[Key, str], wanted: Wanted
) -> Group | None:
    """A group of what is left; where its medoid is gone, the others were never held against each other."""
    members: list[Member] = []
    now: dict[Key, Key] = {}
    for key, sha, _, relation, score, reasons in one["pictures"]:
        record = records.get(sha)
        if record is None or record.id not in pixels:  # gone, perhaps just now
            continue
        now[key] = record.id
        judged = judged_from(relation, score, reasons)
        members += [
            Member.of(record, place, judged, pixels=pixels[record.id], is_reference=wanted.is_reference(place))
            for place in record.locations
            if may_be_there(place)
        ]
    medoid = now.get(one["medoid"])
    if medoid is None or all(member.id != medoid for member in members):
        return None
    of_others = [one for one in members if one.pixel_hash != pixels[medoid]]
    if any(one.relation is Relation.EXACT for one in of_others):
        raise ValueError(medoid)
    loose = tuple(Link.read(now.get(a, a), now.get(b, b), *judged) for a, b, *judged in one["loose"])
    return Group.around(medoid, members, loose)
