"""Which file of a group to keep: rules in an order of one's own, each of which says in words what it saw."""

import difflib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from pictrace.companions import is_raw
from pictrace.dedupe.contenders import Contender
from pictrace.duplicates.wholeness import LESS
from pictrace.errors import UnknownNameError, UsageError

Value = float | tuple[float, ...] | str
Seen = tuple[Value, str]
"""What a rule sees in a file: the higher value is kept, and the words go into the reason."""

_LOSSLESS = frozenset({"PNG", "BMP", "TIFF"})
_LESS = {str(kind) for kind in LESS}


@dataclass(frozen=True)
class Rule:
    """One rule: its name, what it prefers in a sentence, and what it sees in each of several files."""

    name: str
    sentence: str
    see: Callable[[Sequence[Contender]], list[Seen]]
    is_reversed: bool = False

    @property
    def given(self) -> str:
        """As it is written in a list of rules."""
        return f"-{self.name}" if self.is_reversed else self.name


@dataclass(frozen=True)
class Choice:
    """The file to keep, why, and why not each of the others."""

    kept: Contender
    reason: str
    others: tuple[tuple[Contender, str], ...]


def _reference(files: Sequence[Contender]) -> list[Seen]:
    return [(float(one.is_protected), "protected" if one.is_protected else "not protected") for one in files]


def _favourite(files: Sequence[Contender]) -> list[Seen]:
    return [(float(one.description.rating), f"rated {one.description.rating}") for one in files]


def _companion(files: Sequence[Contender]) -> list[Seen]:
    return [(float(bool(one.set_kinds)), f"{' and '.join(one.set_kinds) or 'nothing'} beside it") for one in files]


def _whole(files: Sequence[Contender]) -> list[Seen]:
    found: list[Seen] = []
    for one in files:
        done = sorted(_LESS & set(one.member.reasons))
        found.append((float(not done), ", ".join(done) or "whole"))
    return found


def _original(files: Sequence[Contender]) -> list[Seen]:
    return [_origin(one, files) for one in files]


def _origin(one: Contender, files: Sequence[Contender]) -> Seen:
    """How near to the first file one is by its format, as far as formats tell."""
    name = one.member.format
    if is_raw(one.member.path):
        return 3.0, "RAW"
    lossy = [other for other in files if other.member.format not in _LOSSLESS]
    if name == "HEIF" and any(other.member.format == "JPEG" and other.area <= one.area for other in lossy):
        return 2.0, "HEIF, as cameras write it"
    if name not in _LOSSLESS:
        return 0.0, name
    if one.member.pixel_hash and any(other.member.pixel_hash == one.member.pixel_hash for other in lossy):
        # Its pixels bear the marks of the lossy file, so it was made from that and not the other way round.
        return -1.0, f"{name} made from a lossy file"
    # A small lossless export is no reason to lose a large photograph.
    is_largest = all(other.area <= one.area for other in lossy)
    return (1.0, f"{name}, lossless") if is_largest else (0.0, name)


def _resolution(files: Sequence[Contender]) -> list[Seen]:
    found: list[Seen] = []
    for one in files:
        shape = f"{one.member.width} x {one.member.height}"
        shown = next((other for other in sorted(files, key=lambda file: file.area) if one.is_enlarged(other)), None)
        # As large as what it shows, less a little, for the one it was enlarged from is better.
        found.append((float(one.area), shape) if shown is None else (shown.area - 0.5, f"enlarged to {shape}"))
    return found


def _quality(files: Sequence[Contender]) -> list[Seen]:
    # What has the same bytes or pixels was saved alike, and need not be opened.
    is_one = len({one.member.pixel_hash or one.member.sha256 for one in files}) == 1
    if is_one or not all(one.member.format == "JPEG" for one in files):
        return [(0.0, one.member.format) for one in files]
    return [(float(one.quality), f"JPEG quality {one.quality}") for one in files]


def _metadata(files: Sequence[Contender]) -> list[Seen]:
    found: list[Seen] = []
    for one in files:
        said = one.description
        words = f"{said.fields} fields of metadata{', with the place' if said.has_place else ''}"
        dated = said.taken is not None
        found.append(((float(said.has_place), float(dated), float(said.fields)), words))
    return found


def _older(files: Sequence[Contender]) -> list[Seen]:
    taken = [one.description.taken for one in files]
    if len({None if time is None else round(time) for time in taken}) > 1 and None not in taken:
        return [(-(time or 0.0), f"taken {_day(time or 0.0)}") for time in taken]
    # In whole seconds, as they are told: what copied both files may have been a moment late.
    written = [one.mtime_ns // 1_000_000_000 for one in files]
    return [(-float(second), f"written {_day(second)}") for second in written]


def _day(seconds: float) -> str:
    try:
        return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M:%S}"
    except (ValueError, OverflowError, OSError):
        return f"{seconds:.0f} s after 1970"


def _medoid(files: Sequence[Contender]) -> list[Seen]:
    return [
        (float(one.is_medoid), "the one the others were compared with" if one.is_medoid else "one of the others")
        for one in files
    ]


def _bytes(files: Sequence[Contender]) -> list[Seen]:
    return [(float(one.member.place.size), f"{one.member.place.size} bytes") for one in files]


def _path(files: Sequence[Contender]) -> list[Seen]:
    return [(-float(len(one.member.path)), f"a path of {len(one.member.path)} characters") for one in files]


def _name(files: Sequence[Contender]) -> list[Seen]:
    order = sorted(one.member.path for one in files)
    return [(-float(order.index(one.member.path)), "the order of names") for one in files]


RULES = {
    rule.name: rule
    for rule in (
        Rule("reference", "a file in a reference folder, or a protected one", _reference),
        Rule("favourite", "the higher rating, a favourite counting as 5", _favourite),
        Rule("companion", "a file with its RAW file or the video of its live photo beside it", _companion),
        Rule("whole", "the whole picture rather than one that is cropped, framed or written over", _whole),
        Rule("original", "a RAW file, the camera's HEIF, the lossless one, or what that was made from", _original),
        Rule("resolution", "more pixels, unless they come from enlarging", _resolution),
        Rule("quality", "the higher JPEG quality", _quality),
        Rule("metadata", "the place, the date and more fields of metadata", _metadata),
        Rule("older", "the earlier date of taking, else of writing", _older),
        Rule("medoid", "the picture that the others were held against", _medoid),
        Rule("path", "the shorter path", _path),
        Rule("name", "the first path in alphabetical order", _name),
        Rule("bytes", "the larger file", _bytes),
    )
}
"""All rules by their names, in the order in which they are asked unless another is given; `bytes` only if named."""

DEFAULT = tuple(name for name in RULES if name != "bytes")
ALIASES = {"smaller": "-bytes", "larger": "bytes", "newer": "-older", "oldest": "older", "favorite": "favourite"}


def rules_of(names: Sequence[str] = ()) -> tuple[Rule, ...]:
    """The rules of these names, `-` before one for its reverse; then, so that one file is left, path and name.

    What is protected always comes first.

    Raises:
        UnknownNameError: there is no rule of that name.
        UsageError: one is named twice.
    """
    found: dict[str, Rule] = {"reference": RULES["reference"]}
    for text in [name.strip() for name in names] or list(DEFAULT):
        name = ALIASES.get(text, text)
        rule = RULES.get(name.removeprefix("-"))
        if rule is None:
            near = difflib.get_close_matches(name, [*RULES, *ALIASES], 1)
            hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(RULES)}"
            raise UnknownNameError(f"there is no rule {text!r}", hint=hint)
        if rule.name == "reference" and name != rule.name:
            raise UsageError("what is protected is kept whatever the rules", hint="leave '-reference' out")
        if rule.name in found and rule.name != "reference":
            raise UsageError(f"the rule {rule.name!r} is named twice", hint="name each rule once")
        found[rule.name] = Rule(rule.name, rule.sentence, rule.see, is_reversed=name.startswith("-"))
    for last in ("path", "name"):
        found.setdefault(last, RULES[last])
    return tuple(found.values())


def choose(files: Sequence[Contender], rules: Sequence[Rule]) -> Choice:
    """The file to keep: rule by rule, those that see it lower are out, until one is left.

    Raises:
        UsageError: there is no file.
    """
    if not files:
        raise UsageError("there is no file to choose from")
    left, others, said = list(files), [], ""
    for rule in rules:
        if len(left) == 1:
            break
        seen = dict(zip(left, rule.see(left), strict=True))
        pick = min if rule.is_reversed else max
        best = pick(value for value, _ in seen.values())
        stays = [one for one in left if seen[one][0] == best]
        out = [one for one in left if one not in stays]
        if out:
            words = seen[stays[0]][1]
            said = said or f"{rule.given}: {words} against {seen[out[0]][1]}"
            others += [(one, f"{rule.given}: {seen[one][1]} against {words}") for one in out]
        left = stays
    return Choice(left[0], said or "the only file", tuple(others))
