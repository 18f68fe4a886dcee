"""Judgements that outlive a run: one that was killed goes on where it was, and a later one judges only what is new."""

import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pictrace import _json
from pictrace._regular import open_regular
from pictrace.duplicates.clustering import Judge
from pictrace.duplicates.judging import Judgement
from pictrace.types import Key, Relation

FILE = "judgements.jsonl"
_FORMAT = 1
_SHOWN = 8
"""Bytes of a SHA-256 that say whether an id still means the same picture."""

_LONGEST_LINE = 1 << 20

Pair = tuple[Key, Key]


class Memory:
    """What was judged of pairs of a collection's pictures, in one file that is only added to.

    `basis` names all that judgements depend on; those of another basis are forgotten, and those on pictures that are
    gone passed over. Where the file cannot be written, nothing outlives the run.
    """

    def __init__(self, folder: Path, basis: str, shas: Mapping[Key, bytes]) -> None:
        self._path = folder / FILE
        self._basis, self._shas = basis, shas
        self._known: dict[Pair, Judgement] = {}
        self._is_ours = False
        self._load()

    def __len__(self) -> int:
        return len(self._known)

    def asking(self, judge: Judge) -> Judge:
        """The same judge, asked only for what is not known yet."""

        def remembered(wanted: Mapping[Key, Sequence[Key]]) -> Iterator[tuple[Key, list[Judgement]]]:
            open_: dict[Key, list[Key]] = {}
            for one, others in wanted.items():
                known = [each for other in others if (each := self._of(one, other))]
                met = {each.other for each in known}
                yield one, known
                if missing := [other for other in others if other not in met]:
                    open_[one] = missing
            for one, found in judge(open_) if open_ else ():
                self._learn(one, found)
                yield one, found

        return remembered

    def _of(self, one: Key, other: Key) -> Judgement | None:
        found = self._known.get((min(one, other), max(one, other)))
        return None if found is None else Judgement(other, found.relation, found.score, found.reasons)

    def _learn(self, one: Key, found: Iterable[Judgement]) -> None:
        kept = [each for each in found if each.other in self._shas]
        for each in kept:
            self._known[min(one, each.other), max(one, each.other)] = each
        if kept and one in self._shas:
            others = [(each.other, self._shown(each.other), *_fields(each)) for each in kept]
            self._append({"one": (one, self._shown(one)), "others": others})

    def _shown(self, key: Key) -> str:
        return self._shas[key][:_SHOWN].hex()

    def _append(self, line: Mapping[str, Any]) -> None:
        """One line in one write: two runs at a time, or a killed one, leave whole lines but for the last."""
        lines = [line] if self._is_ours else [{"format": _FORMAT, "basis": self._basis}, line]
        data = "".join(json.dumps(each, separators=(",", ":")) + "\n" for each in lines).encode()
        flags = os.O_WRONLY | os.O_CREAT | (os.O_APPEND if self._is_ours else os.O_TRUNC)
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(self._path, flags | getattr(os, "O_NOFOLLOW", 0), 0o600)
        except OSError:
            return
        with os.fdopen(descriptor, "wb", buffering=0) as file:
            file.write(data)
        self._is_ours = True

    def _load(self) -> None:
        try:
            file = open_regular(self._path)
        except OSError:
            return
        with file:
            if _json.line(file.readline(_LONGEST_LINE)) != {"format": _FORMAT, "basis": self._basis}:
                return
            self._is_ours = True
            while line := file.readline(_LONGEST_LINE):
                self._take(_json.line(line))

    def _take(self, plain: Any) -> None:
        """What a line says, if it is whole; a torn one costs what it says."""
        try:
            one, sha = plain["one"]
            known = [(each[0], each[1], _judgement(each[0], each[2], each[3], each[4])) for each in plain["others"]]
        except (TypeError, KeyError, ValueError, IndexError, OverflowError):
            return
        for other, other_sha, judgement in known:
            if self._is_same(one, sha) and self._is_same(other, other_sha):
                self._known[min(one, other), max(one, other)] = judgement

    def _is_same(self, key: Any, sha: Any) -> bool:
        return type(key) is int and key in self._shas and self._shown(key) == sha


def _judgement(other: Any, rank: Any, score: Any, reasons: Any) -> Judgement:
    """A judgement as it was written; that two files are the same is for their hashes to say, and for no memory.

    Raises:
        ValueError: it is none.
    """
    relation = next((one for one in Relation if type(rank) is int and one.rank == rank), Relation.EXACT)
    is_sound = isinstance(score, float | int) and 0 <= score <= 1 and isinstance(reasons, list)
    if relation is Relation.EXACT or not is_sound or not all(isinstance(one, str) for one in reasons):
        raise ValueError(rank)
    return Judgement(other, relation, float(score), tuple(reasons))


def _fields(judgement: Judgement) -> tuple[Any, ...]:
    return judgement.relation.rank, judgement.score, judgement.reasons
