"""Results in words: what the command line and the reports say of them, alike."""

import math
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence

from pictrace.results import Answer, Match
from pictrace.types import Evidence, Relation, Silence

MEANINGS = {
    "same_bytes": "1 if the files are the same byte for byte",
    "same_pixels": "1 if the decoded pixels are the same",
    "pdq_distance": "differing bits of 256 between the perceptual hashes; strangers differ in about 128",
    "cosine": "cosine of the embeddings; 1 is alike in every respect the model sees",
    "matches": "local features much nearer to one than to any other",
    "inliers": "matches that agree on one way to lay the pictures over each other",
    "inlier_ratio": "share of the matches that agree",
    "residual": "median distance by which agreeing places miss each other, in pixels of 512 px proxies",
    "slant": "how unevenly the outline is stretched; 0 if only turned and scaled",
    "coverage": "share of the picture between the places that agree",
    "query_overlap": "share of the query that is in the match",
    "match_overlap": "share of the match that the query covers",
    "ssim": "structural similarity of both pictures as a whole, not aligned",
    "aligned_ssim": "structural similarity where they overlap, after aligning",
    "typical_ssim": "the median of that similarity over the overlap",
    "agreeing": "share of the overlap that looks the same",
    "apart": "share of the overlap in the largest area that looks different throughout",
    "correlation": "correlation of the grey levels where they overlap",
    "colour": "1 where the colours of the overlap are the same",
    "spread": "share of the overlap between the places that agree; of pictures with one caption it is small",
    "texture": "share of the overlap, empty places left out, that looks the same",
    "negative": "1 if one picture is the negative of the other",
    "text_cosine": "cosine of the query's words, or of all that it adds up to, and the picture",
    "text_percentile": "share of the collection's pictures that are less near to the query",
}
"""What each measure of a match means, by its name."""

SIGNALS = {
    "identity": "whether the files, or the pixels in them, are the same",
    "pdq": "how many bits of the perceptual hashes differ, which small changes of the whole picture hardly move",
    "embedding": "how alike a model finds what the pictures show",
    "geometry": "whether corners of both pictures agree on one way to lay them over each other",
    "closer": "the same with finer features, which finds small parts, mirror images and negatives too",
    "structure": "whether the pixels are the same where the pictures overlap, once laid over each other",
    "text": "how near a model finds the words of the query, and what stands beside them, to the picture",
}
"""What each signal looks at, by its name; docs/concepts.md says how."""

RELATIONS = {
    Relation.EXACT: ("the same picture", "the same picture {n} times"),
    Relation.COPY: ("1 copy", "{n} copies"),
    Relation.SCENE: ("1 other photograph of the same scene", "{n} other photographs of the same scene"),
    Relation.SIMILAR: ("1 look-alike", "{n} look-alikes"),
}

_FEATURELESS = "picture is featureless: nothing but the same bytes or pixels can be recognised"

FEATURELESS_QUERY = f"the {_FEATURELESS}"
"""What is said of a query that nothing could be found by."""

NOT_SEARCHED = "{0} is not searched yet: its rows are being made (`pictrace spaces` says how far that is)"
"""What is said of an encoder that is being added."""

MANY_NOT_SEARCHED = "{0} encoders are not searched yet: their rows are being made (`pictrace spaces` names them)"
LOST = "not searched by {0}: no such model can be used here (`pictrace models` says which ones are here)"
"""The same of many; and of an encoder, or of many, whose model was removed or cannot be run here."""

ESTIMATED = (
    "the scores of look-alikes are estimated from how near strangers of this collection are to each other: nobody has "
    "measured what is near for {}"
)
"""What is said where look-alikes are those of an encoder without a calibration."""

LEFT_OUT = (
    "the local features of {} are in no index yet: they are not found inside of other pictures until more is "
    "indexed or `pictrace rebuild` makes it"
)
"""What is said where the index of local features is not there, or far behind."""

TEXT = "text"
"""The signal that compares words with pictures."""

READERS = "the encoder siglip2 (words of many languages) or clip (English)"
"""Encoders that read words, as hints name them."""

UNCALIBRATED = (
    "the scores of words are not calibrated: they say how far a picture stands out of the collection, and not how "
    "likely it is to show what was asked for"
)
"""What is said where nobody has measured how often pictures of a score show what a text says."""

CUT = "the text is longer than what {} reads of it: its end was left out"
"""What is said of a text that is too long for an encoder."""

WHY_NOT = {
    Silence.OTHER_PIXELS: "neither the bytes nor the pixels are the same",
    Silence.NO_HASH: "they have no perceptual hash in common",
    Silence.NO_STRUCTURE: "a picture has too little structure for a perceptual hash",
    Silence.HASHES_DIFFER: "the perceptual hashes differ in more bits than those of copies",
    Silence.NO_EMBEDDING: "they have no embedding in common",
    Silence.NOT_CALIBRATED: "nobody has measured how alike pictures are that the model finds near",
    Silence.FEATURELESS: f"a {_FEATURELESS}",
    Silence.FEW_FEATURES: "a picture has too few local features to lay the pictures over each other",
    Silence.NO_HOMOGRAPHY: "no way to lay the pictures over each other agrees with their local features",
    Silence.NO_VIEW: "the only way to lay the pictures over each other is no possible view",
    Silence.PLAIN_OVERLAP: "what overlaps is too small or too flat to be compared",
}
"""Why a signal has no opinion; that there is no overlap is for geometry to say, which says itself why."""

VANISHED = "vanished"
"""What is said of a place where there is no file any more."""

_PLACES = 9


def shown(text: str) -> str:
    """A path or message for people: one line, without anything that could steer a terminal.

    Control characters, text direction marks and undecodable bytes appear as escapes.
    """
    return "".join(one if one.isprintable() or unicodedata.category(one) == "Zs" else _escaped(one) for one in text)


def _escaped(character: str) -> str:
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:
        return f"\\x{code - 0xDC00:02x}"
    return character.encode("unicode_escape", "surrogatepass").decode("ascii")


def percent(share: float) -> str:
    """A share or probability as people read it; never rounded up to certainty."""
    hundredfold = share * 100
    if hundredfold >= 100:
        return "100 %"
    if hundredfold < 0.1:
        return "0 %" if hundredfold <= 0 else "< 0.1 %"
    return f"{math.floor(hundredfold * 10) / 10:.1f} %" if hundredfold > 99 else f"{round(hundredfold)} %"


def measured(value: float) -> str:
    """A measure to four digits that count, cut and not rounded: what is less than 1 is never told as 1."""
    if not math.isfinite(value) or value == 0:
        return f"{value:g}"
    step = 10.0 ** (3 - math.floor(math.log10(abs(value))))
    # What floating point leaves of a number must not cost it its last digit.
    return f"{math.copysign(math.floor(abs(value) * step + 1e-6) / step, value):.4g}"


def counted(number: int, singular: str, plural: str = "") -> str:
    """`1 picture`, `2,000 pictures`."""
    return f"{number:,} {singular if number == 1 else plural or singular + 's'}"


def found(answer: Answer) -> str:
    """One sentence: what was found, among how many."""
    if not answer.searched:
        return "Nothing was found: the collection is empty."
    among = f"among {counted(answer.searched, 'picture')}"
    if TEXT in answer.signals and answer:
        return f"Found {counted(len(answer), 'picture')} near to the query {among}."
    counts = Counter(match.relation for match in answer)
    parts = [
        singular if counts[relation] == 1 else plural.format(n=counts[relation])
        for relation, (singular, plural) in RELATIONS.items()
        if counts[relation]
    ]
    if not parts:
        return f"Nothing related was found {among}."
    listed = " and ".join([", ".join(parts[:-1]), parts[-1]]) if len(parts) > 1 else parts[0]
    return f"Found {listed} {among}."


def searched(answer: Answer) -> str:
    """How thorough the search was, and by what its scores are corrected if they are."""
    corrected = "; scores of copies are corrected on this collection's own pictures" if answer.calibrated else ""
    if answer.exhaustive:
        return f"every picture was compared{corrected}"
    if answer.recall is None:
        return f"the nearest candidates were compared{corrected}"
    return f"the index finds {percent(answer.recall)} of the true neighbours, measured{corrected}"


def related(match: Match) -> str:
    """One sentence: how two pictures are related."""
    return {
        Relation.EXACT: "The same picture.",
        Relation.COPY: "The same photograph, edited.",
        Relation.SCENE: "Another photograph of the same thing.",
        Relation.SIMILAR: "Another picture that looks alike.",
        Relation.DIFFERENT: "No relation was found.",
    }[match.relation]


def why(supporters: Sequence[Evidence], evidence: Sequence[Evidence]) -> tuple[str, ...]:
    """What speaks for a relation, a clause each; `evidence` is all there is, which some of it builds upon."""
    return tuple(dict.fromkeys(_said(piece, evidence) for piece in supporters))


def read(measures: Mapping[str, float]) -> str:
    """What is said of a picture that was found by words, as a clause."""
    share = percent(measures["text_percentile"])
    return f"it is nearer to the query than {share} of the pictures (cosine {_floor(measures['text_cosine'])})"


def why_not(evidence: Sequence[Evidence]) -> tuple[str, ...]:
    """What speaks against any relation, and why some signals have nothing to say, a clause each."""
    clauses, refuted = [], {piece.family for piece in evidence if piece.refutes}
    for piece in sorted(evidence, key=lambda piece: piece.reason != Silence.FEATURELESS):
        if piece.log_odds is not None:
            enough = "" if piece.log_odds <= 0 or piece.family in refuted else ", which is too little to go by"
            clauses.append(f"{_said(piece, evidence)}{enough}")
        elif piece.reason and piece.reason != Silence.NO_OVERLAP:
            clauses.append(_silence(piece))
    return tuple(dict.fromkeys(clauses))


def _said(piece: Evidence, evidence: Sequence[Evidence]) -> str:
    """A signal's opinion as a clause, the measures of others beside it where it builds upon them."""
    measures, against = piece.measures, (piece.log_odds or 0.0) <= 0
    if piece.signal == "identity" and "same_bytes" in measures:
        return "the files are the same byte for byte" if measures["same_bytes"] else _SAME_PIXELS
    if "pdq_distance" in measures:
        return _hashes(measures["pdq_distance"])
    if "cosine" in measures:
        return f"to the model they look {'unlike' if against else 'alike'} (cosine {_floor(measures['cosine'])})"
    if piece.signal in {*_ALIGNERS, "structure"}:
        told = [one for one in evidence if one.log_odds is not None or one.reason]
        laid = [one for one in told if one.signal in _ALIGNERS]
        best = max(laid, key=lambda one: (one.alignment is not None, one.measures.get("inliers", 0.0)), default=None)
        return _laid(best, next((one for one in told if one.signal == "structure"), None))
    numbers = ", ".join(f"{name} {value:.4g}" for name, value in measures.items())
    return f"{piece.signal} speaks {'against' if against else 'for'} it{f' ({numbers})' if numbers else ''}"


_ALIGNERS = {"geometry", "closer"}
"""Signals that lay the pictures over each other by local features."""

_FRAMED = "what agrees is only something that both have on or around them, such as a caption or a frame"
_SAME_PIXELS = "the pixels are the same, and the files differ only in what is written around them"


def _hashes(distance: float) -> str:
    if distance == 0:
        return "the perceptual hashes are the same"
    return f"the perceptual hashes differ in {distance:.0f} of 256 bits"


def _laid(geometry: Evidence | None, structure: Evidence | None) -> str:
    """How the pictures lie over each other, and what is the same there."""
    agree = "" if geometry is None or geometry.alignment is None else _agreeing(geometry.measures)
    if structure is None or structure.reason == Silence.NO_OVERLAP:
        return agree or "they can be laid over each other"
    if structure.reason == Silence.PLAIN_OVERLAP:
        return f"{agree}; {_silence(structure)}" if agree else _silence(structure)
    if structure.refutes:
        return f"{agree}, but {_FRAMED}" if agree else _FRAMED
    laid = f"{agree}; where they overlap, " if agree else "laid over each other as a whole, "
    against = (structure.log_odds or 0.0) <= 0
    return f"{laid}the structure is {_likeness(structure.measures.get('aligned_ssim'), against=against)}"


def _agreeing(measures: Mapping[str, float]) -> str:
    inliers, matches = (measures.get(name, 0.0) for name in ("inliers", "matches"))
    return f"{inliers:.0f} of {matches:.0f} local features agree on one way to lay the pictures over each other"


def _likeness(ssim: float | None, *, against: bool) -> str:
    """The bounds choose words and decide nothing: what is the same is said by the signal."""
    if ssim is None:
        return "not the same" if against else "the same"
    degrees = ("the same", "nearly the same", "the same in part")
    if against:
        degrees = ("alike but not the same", "alike but not the same", "not the same")
    degree = degrees[0] if ssim >= 0.9 else degrees[1] if ssim >= 0.7 else degrees[2]
    return f"{degree} (SSIM {_floor(ssim)})"


def _floor(value: float) -> str:
    """Two digits, never rounded up to 1."""
    return f"{math.floor(value * 100 + 1e-9) / 100:.2f}"


def _silence(piece: Evidence) -> str:
    """Why a signal has no opinion; distances are told where there are any."""
    said = next((said for reason, said in WHY_NOT.items() if reason == piece.reason), piece.reason)
    if piece.reason == Silence.HASHES_DIFFER and "pdq_distance" in piece.measures:
        return f"{said} ({piece.measures['pdq_distance']:.0f} of 256)"
    return said


def places(match: Match) -> list[str]:
    """Where a match was seen, its path first; those that are gone say so, and beyond some the rest are counted."""
    others = [path for path in match.paths if path != match.path]
    listed = [path for path in (match.path, *others[:_PLACES]) if path is not None]
    told = [f"{path} ({VANISHED})" if path in match.vanished else path for path in listed]
    left = len(others) - _PLACES
    return [*told, f"and {counted(left, 'more place')}"] if left > 0 else told
