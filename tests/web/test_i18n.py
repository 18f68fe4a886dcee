"""The page's words: every language has the same keys, each is used, and each that is used is there."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from pictrace import errors, words
from pictrace.dedupe import planning
from pictrace.types import Silence

WEB = Path(errors.__file__).parent / "web"
LANGUAGES = ("en", "ru", "de", "ja", "ko", "zh")
FORMS = {
    "en": {"one", "other"},
    "de": {"one", "other"},
    "ru": {"one", "few", "many", "other"},
    "ja": {"other"},
    "ko": {"other"},
    "zh": {"other"},
}
"""The plural forms of each language, https://cldr.unicode.org/index/cldr-spec/plural-rules."""

Words = dict[str, str | dict[str, str]]


def words_of(language: str) -> Words:
    plain: Words = json.loads((WEB / "i18n" / f"{language}.json").read_text("utf-8"))
    return plain


ENGLISH = words_of("en")
NAMESPACES = "|".join(sorted({key.partition(".")[0] for key in ENGLISH}))
KEY = re.compile(rf"""["'`]((?:{NAMESPACES})\.[a-z][a-z0-9_]*)["'`]""")
FAMILY = re.compile(rf"(?:{NAMESPACES})\.[a-z0-9_]*\*?")


def sources() -> Iterator[tuple[str, str]]:
    """Every file that may use a key, with its text."""
    for path in sorted([*WEB.rglob("*.js"), WEB / "index.html"]):
        yield path.name, path.read_text("utf-8")


def literal() -> set[str]:
    """Keys that are written out."""
    return {key for _, text in sources() for key in KEY.findall(text)}


def declared() -> set[str]:
    """Keys, and families that end with `*`, of comments `// i18n: …`: those put together while the page runs."""
    lines = (line for _, text in sources() for line in re.findall(r"// i18n: (.+)", text))
    return {name for line in lines for name in FAMILY.findall(line)}


def are_of(family: str) -> set[str]:
    start = family.removesuffix("*")
    return {key for key in ENGLISH if key == family or (family.endswith("*") and key.startswith(start))}


def texts(entry: str | dict[str, str]) -> list[str]:
    return list(entry.values()) if isinstance(entry, dict) else [entry]


def places(text: str) -> set[str]:
    return set(re.findall(r"\{(\w+)\}", text))


def test_there_are_six_languages() -> None:
    """Every file of words belongs to a language that can be chosen, and the other way round."""
    offered = re.search(r"LANGUAGES = \{(.+?)\}", (WEB / "js" / "i18n.js").read_text("utf-8"))
    assert offered is not None

    assert {path.stem for path in (WEB / "i18n").glob("*.json")} == set(LANGUAGES)
    assert set(re.findall(r"(\w+):", offered[1])) == set(LANGUAGES)


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_key_is_missing(language: str) -> None:
    """A language has the keys of English, in the same order, and none more."""
    assert list(words_of(language)) == list(ENGLISH)


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_key_is_written_twice(language: str) -> None:
    """JSON takes the last of two; the first would never be seen."""
    text = (WEB / "i18n" / f"{language}.json").read_text("utf-8")
    keys = [key for key, _ in json.loads(text, object_pairs_hook=list)]

    assert len(keys) == len(set(keys))


def test_every_key_that_is_used_is_there() -> None:
    """What the code names has words, and so has what it declares to put together."""
    unknown = literal() - set(ENGLISH)
    empty = {family for family in declared() if not are_of(family)}

    assert (unknown, empty) == (set(), set())


def test_no_key_is_unused() -> None:
    """Every key is written out in the code or of a family that is declared there."""
    used = literal().union(*(are_of(family) for family in declared()))

    assert set(ENGLISH) - used == set()


def test_keys_put_together_are_declared() -> None:
    """Who builds a key from parts says so beside it, in the same file."""
    guilty = [
        f"{name}: {start}"
        for name, text in sources()
        for start in re.findall(rf"`((?:{NAMESPACES})\.[a-z0-9_]*)\$\{{", text)
        if not any(found.startswith(start) for line in re.findall(r"// i18n: (.+)", text) for found in line.split())
    ]

    assert guilty == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_plurals_are_whole(language: str) -> None:
    """What is counted has every form that the language has; one with a single form may do with plain words."""
    theirs = words_of(language)
    forms = {key: set(entry) for key, entry in theirs.items() if isinstance(entry, dict)}
    counted = {key for key, entry in ENGLISH.items() if isinstance(entry, dict)} if len(FORMS[language]) > 1 else set()

    assert {key: found for key, found in forms.items() if found != FORMS[language]} == {}
    assert counted - set(forms) == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_words_are_empty_and_no_place_is_lost(language: str) -> None:
    """A translation has words, and the placeholders of English; a form for one thing may do without its number."""
    guilty = []
    for key, entry in words_of(language).items():
        wanted = places(" ".join(texts(ENGLISH[key])))
        optional = {"count", "shown"} if isinstance(entry, dict) and len(entry) > 1 else set()
        guilty += [
            (key, text)
            for text in texts(entry)
            if not text.strip() or places(text) - wanted or wanted - places(text) - optional
        ]

    assert guilty == []


@pytest.mark.parametrize("language", [language for language in LANGUAGES if language != "en"])
def test_languages_are_translated(language: str) -> None:
    """Hardly any words are left as they are in English; names and keys of a keyboard are."""
    theirs = words_of(language)
    same = {key for key, entry in ENGLISH.items() if theirs[key] == entry and any(map(str.isalpha, str(entry)))}

    assert len(same) * 20 <= len(ENGLISH), same


def test_every_error_has_a_sentence() -> None:
    """Whatever code the service may send, the page says it in the reader's language."""
    kinds = [errors.PictraceError]
    codes = set()
    while kinds:
        kind = kinds.pop()
        codes.add(kind.code)
        kinds += kind.__subclasses__()

    assert {f"error.{code}" for code in codes} <= set(ENGLISH)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_same_picture_is_called_one_thing(language: str) -> None:
    """As the relation of a pair and as the class of a group, which stand beside each other."""
    told = words_of(language)

    assert told["duplicates.class_exact"] == told["relation.exact"]


def test_every_measure_has_its_meaning() -> None:
    """The numbers of a match are explained as they are on the command line."""
    assert {f"measure.{name}" for name in words.MEANINGS} <= set(ENGLISH)


def test_every_silence_has_a_sentence() -> None:
    """Why a signal has no opinion is said by the page as by the command line."""
    assert {f"reason.silent_{Silence(reason)}" for reason in words.WHY_NOT} <= set(ENGLISH)


def test_reasons_are_recognised() -> None:
    """What the page looks for in a reason is what the service writes there."""
    wording = (WEB / "js" / "wording.js").read_text("utf-8")
    clues = re.findall(r'^  \w+: "(.+)",$', wording, re.MULTILINE)
    written = "".join(Path(one.__file__).read_text("utf-8") for one in (words, planning))
    parts = [part for clue in clues for part in re.split(r"(?<=look) ", clue)]

    assert len(clues) > 10
    assert [part for part in parts if part not in written] == []
