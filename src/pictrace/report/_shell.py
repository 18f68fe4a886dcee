"""The page around every report: one file that loads nothing, by a policy that lets nothing else run."""

import base64
import hashlib
from functools import cache
from html import escape
from importlib import resources
from string import Template

from pictrace._version import __version__
from pictrace.report._figure import Store
from pictrace.words import shown


def text(words: str) -> str:
    """Words as HTML, without control characters."""
    return escape(shown(words))


def page(body: str, store: Store, *, title: str, kind: str, made: str) -> str:
    """A whole page around a body."""
    style, script = _read("report.css"), _read("report.js")
    policy = (
        f"default-src 'none'; img-src data:; style-src {_digest(style)}; script-src {_digest(script)}; "
        "base-uri 'none'; form-action 'none'"
    )
    return Template(_read("report.html")).substitute(
        version=escape(__version__),
        policy=escape(policy),
        title=text(title),
        kind=text(kind),
        made=text(made),
        style=style,
        script=script,
        store=store.html(),
        body=body,
    )


def stats(*figures: tuple[int, str, str]) -> str:
    """Numbers in a row, each with what it counts: what one is called, and several."""
    told = ((one if number == 1 else several, number) for number, one, several in figures)
    rows = "".join(f"<div><dt>{label}</dt><dd>{number:,}</dd></div>" for label, number in told)
    return f'<dl class="stats">{rows}</dl>'


@cache
def _read(name: str) -> str:
    return resources.files("pictrace.report").joinpath(name).read_text("utf-8")


def beginning() -> str:
    """What every page of PicTrace begins with, of any version."""
    return _read("report.html").partition("$version")[0]


def _digest(content: str) -> str:
    """What allows exactly this inline content: Content Security Policy Level 3, https://www.w3.org/TR/CSP3/."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(content.encode()).digest()).decode('ascii')}'"
