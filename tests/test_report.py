"""Reports: one page that loads nothing, shows everything, and believes no name."""

import base64
import hashlib
import html
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st
from photographs import jpeg, noise

from pictrace import report
from pictrace.accuracy import Bin
from pictrace.evaluation import Calibrated, Counts, EditFigures, Evaluation, Figures, Neighbours, Trial
from pictrace.explain import Drawing
from pictrace.results import Answer, Match
from pictrace.types import Alignment, Relation

PICTURE = jpeg(noise(1))
OTHER = jpeg(noise(2))
VOID = {"meta", "link", "input", "br"}
QUERY = report.Query("query.jpg", PICTURE, (160, 120))
DRAWING = Drawing(
    query_jpeg=PICTURE,
    query_size=(160, 120),
    match_jpeg=OTHER,
    match_size=(160, 120),
    lines=((10.0, 10.0, 20.0, 20.0), (30.0, 30.0, 40.0, 40.0)),
    covered=((0.0, 0.0), (80.0, 0.0), (80.0, 120.0), (0.0, 120.0)),
    outline=((80.0, 0.0), (160.0, 0.0), (160.0, 120.0), (80.0, 120.0)),
    aligned_webp=OTHER,
    difference_webp=OTHER,
)
PLAIN = Drawing(PICTURE, (160, 120), OTHER, (160, 120))
MATCH = Match(
    id=3,
    path="photos/copy.jpg",
    relation=Relation.COPY,
    score=0.98,
    signals={"pdq_distance": 12.0, "unheard_of": 1.0},
    alignment=Alignment(
        ((1.0, 0.0, 80.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)),
        0.5,
        0.5,
        ((80.0, 0.0), (240.0, 0.0), (240.0, 120.0), (80.0, 120.0)),
    ),
    width=160,
    height=120,
    sha256="ab" * 32,
    reasons=("the structure is the same (SSIM 0.93)", "<b>"),
)
ANSWER = Answer((MATCH,), 1000, False, 0.998, ("pdq", "structure"), 4, {"encode": 40.0, "verify": 60.0}, ("careful",))


class Page(HTMLParser):
    """Everything a page's tags say; fails on tags that are not closed in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""
        self._open: list[str] = []
        self.feed(text)
        assert self._open == []

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self._open.pop() == tag

    def handle_data(self, data):
        self.words += data

    def values(self, attribute: str) -> list[str]:
        return [attributes[attribute] or "" for _, attributes in self.found if attribute in attributes]


def tile(match: Match | None, *, right: bool = True) -> report.Tile:
    drawing = DRAWING if match else None
    return report.Tile("Turned 5°", PICTURE, (160, 120), match, "copy.jpg", drawing, 12.0, right=right)


def sheet(*tiles: report.Tile) -> report.Sheet:
    column = report.Section("Chelsea", "note", PICTURE, (160, 120), tiles)
    return report.Sheet("All found", "lead", [("searches", "1")], [column], [replace(column, title="Others")])


COUNTS = Counts(10, 0.9, 0.9, 0.8, 0.8, 1, 4, 0)
EDIT = EditFigures("crop-50", "crop", "the middle half", COUNTS, 0.99, {"pdq": 0.0}, {"lite0": (0.5, 1.0)}, 50.0)
FIGURES = Figures(
    pictures=20,
    searched=16,
    drawn=10,
    strangers=4,
    from_proxies=2,
    relatives=((1, 2),),
    overall=COUNTS,
    micro_average_precision=0.91,
    recall_at_precision={"0.9": 0.95, "0.999": 0.8},
    edits=(EDIT, replace(EDIT, name="crop-20", bar=None)),
    calibration=Calibrated(0.03, (Bin(0.9, 1.0, 9, 0.98, 1.0),)),
    curve=((4.9, 1.0, 0.5), (3.5, 0.8, 0.9)),
    neighbours=(Neighbours("lite0", 0.992, 30, exhaustive=False),),
    latency_ms={"p50": 60.0, "p99": 140.0},
    stages_ms={"encode": 40.0},
    peak_memory_bytes=300_000_000,
    seconds=12.0,
)
TRIAL = Trial(1, "crop-50", stranger=False, claims=(), pairs=(), ranks={}, milliseconds=60.0)
EVALUATION = Evaluation(FIGURES, (TRIAL,), dict.fromkeys(("crop-50", "crop-20"), (PICTURE, (160, 120))))
EMPTY = replace(FIGURES, curve=(), calibration=Calibrated(0.0, ()), neighbours=(), relatives=(), peak_memory_bytes=None)

PAGES = {
    "evaluation": report.of_evaluation(EVALUATION, "<my> pictures", made="today"),
    "evaluation of nothing found": report.of_evaluation(replace(EVALUATION, figures=EMPTY), "pictures"),
    "search": report.of_search(ANSWER, [DRAWING], QUERY, made="today"),
    "plain": report.of_search(ANSWER, [PLAIN], QUERY),
    "nothing": report.of_search(replace(ANSWER, matches=(), timings_ms={}), [], QUERY),
    "pair": report.of_pair(MATCH, DRAWING, ("a.jpg", "b.jpg")),
    "sheet": report.contact_sheet(sheet(tile(MATCH), tile(MATCH, right=False), tile(None))),
}


@pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)
def test_a_page_loads_nothing(page):
    """Pictures are inside, links stay in the page, and the policy forbids the rest."""
    parsed = Page(page)
    addresses = [*parsed.values("href"), *parsed.values("src")]

    assert all(address.startswith(("data:image/", "#")) for address in addresses)
    assert "url(" not in re.sub(r"url\(#", "", page)
    assert "default-src 'none'" in html.unescape(page)


@pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)
def test_the_policy_allows_just_the_pages_own_style_and_script(page):
    """Hashes of what is in the page, and nothing inline beside it."""
    policy = html.unescape(page)

    for tag in ("style", "script"):
        content = re.search(f"<{tag}>(.*?)</{tag}>", page, re.DOTALL).group(1)
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy
    assert Page(page).values("style") == Page(page).values("onclick") == []


@pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)
def test_every_picture_has_words_and_every_name_is_unique(page):
    """Whoever cannot see it is told; ids are used once and every reference leads somewhere."""
    parsed = Page(page)
    names = parsed.values("id")

    assert all(facts.get("aria-label") for _, facts in parsed.found if facts.get("role") == "img")
    assert len(names) == len(set(names))
    assert {one[1:] for one in parsed.values("href") if one[0] == "#"} <= set(names)


@pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)
def test_every_picture_is_stored_once(page):
    """A query that is drawn ten times costs its bytes once."""
    pictures = [one for one in Page(page).values("href") if one.startswith("data:image/jpeg")]

    assert len(pictures) == len(set(pictures))


@given(st.text(st.characters(exclude_categories=[]), min_size=1), st.text(st.characters(exclude_categories=[])))
def test_names_are_never_markup(path, reason):
    """Whatever a file or a reason is called, the page stays in shape."""
    hostile = replace(MATCH, path=f"<script>{path}", reasons=(f"<b onclick=x>{reason}",))
    parsed = Page(report.of_search(replace(ANSWER, matches=(hostile,)), [DRAWING], replace(QUERY, name=path)))

    assert sum(tag == "script" for tag, _ in parsed.found) == 1
    assert parsed.values("onclick") == []


def test_a_search_page_says_what_was_found_and_how():
    """The sentence, the thoroughness, the warning, the relation and the score are there to read."""
    words = Page(PAGES["search"]).words

    for said in ("Found 1 copy among 1,000 pictures.", "99.8 %", "careful", "98 %", "shifted", "2 places agree"):
        assert said in words


def test_a_search_without_matches_says_so():
    """An empty page still tells what was searched."""
    assert "Nothing related was found among 1,000 pictures." in Page(PAGES["nothing"]).words


def test_matches_beyond_the_drawn_ones_are_counted():
    """Nothing is left out silently."""
    page = report.of_search(replace(ANSWER, matches=(MATCH,) * 3), [DRAWING], QUERY)

    assert "2 more matches not drawn here." in Page(page).words


def test_a_match_without_alignment_shows_no_views():
    """Two pictures side by side have nothing to lay over."""
    assert [one for one in Page(PAGES["plain"]).values("type") if one == "radio"] == []


def test_a_contact_sheet_tells_found_from_wrong_and_missing():
    """Each cell of the table says which."""
    cells = re.findall(r'class="cell[^>]*>([^<]+)', PAGES["sheet"])

    assert cells == ["98 %", "another", "not found"]


def test_an_evaluation_says_what_it_found_and_missed():
    """The headline, the figures, what is aimed at, and what else is to be known."""
    words = Page(PAGES["evaluation"]).words

    for said in (
        "80 % of 10 edited copies",
        "10 pictures of the collection <my> pictures",
        "0.910",
        "misses 99 %",
        "1 of 10",
        "0.992",
    ):
        assert said in words
    assert "2 pictures could not be read" in words
    assert Page(PAGES["evaluation"]).values("class").count("missed") == 1


def test_diagrams_say_in_words_what_they_show():
    """Whoever cannot see the curves is told what they come to."""
    labels = " ".join(Page(PAGES["evaluation"]).values("aria-label"))

    for said in ("Precision over recall; the area under it is 0.910", "calibration error is 0.030", "at most 60 ms"):
        assert said in labels
