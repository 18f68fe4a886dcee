"""What every catalog promises of hashes and of decisions on pairs."""

from collections.abc import Callable, Sequence

from pictrace.catalogs import Catalog, Entry
from pictrace.decisions import Decision, Ruling
from pictrace.testing._expect import expect
from pictrace.testing._samples import RECIPE, trace

Kind = type[Catalog]


def tells_identities(kind: Kind, path: str) -> None:
    """Every picture's hashes are told, in the order of the keys."""
    catalog = kind.create(path, RECIPE)
    keys = catalog.put([Entry(None, trace(seed)) for seed in range(3)])
    told = [(key, sha.hex(), pixels.hex()) for key, sha, pixels in catalog.identities()]
    expected = [(key, trace(seed).sha256, trace(seed).pixel_hash) for seed, key in enumerate(keys)]
    expect(told == expected, "every picture tells its hashes")
    expect([key for key, *_ in catalog.identities(keys[0])] == keys[1:], "those above a key are told alone")
    catalog.close()


def remembers_decisions(kind: Kind, path: str) -> None:
    """One decision a pair, whichever picture is named first, kept without the pictures and given back as it was."""
    catalog = kind.create(path, RECIPE)
    hashes = {seed: (trace(seed).sha256, trace(seed).pixel_hash) for seed in range(3)}

    def decision(one: int, other: int, verdict: Ruling) -> Decision:
        first, second = hashes[one], hashes[other]
        at = "2026-11-29T18:00:00+00:00"
        return Decision(first[0], second[0], first[1], second[1], verdict, at, "Äpfel 🍎")

    first, second = decision(0, 1, Ruling.DIFFERENT), decision(1, 2, Ruling.BOTH)
    catalog.decide([first, second])
    changed = decision(1, 0, Ruling.DUPLICATE)
    catalog.decide([changed])
    catalog.close()
    again = kind.open(path, writable=True)
    expected = sorted([changed, second], key=lambda one: (one.one, one.other))
    expect(again.decisions() == expected, "a pair has one decision, the last one")
    again.undecide([first])
    expect(again.decisions() == [second], "a decision can be taken back")
    expect(again.problems() == [], "a catalog with decisions is sound")
    again.close()


CHECKS: Sequence[Callable[[Kind, str], None]] = (tells_identities, remembers_decisions)
