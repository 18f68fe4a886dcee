"""Texts of bounded length, for what they name may come from outside and be as long as it likes."""

import re

MOST_CHARACTERS = 300

# What is quoted, as names are, or has no spaces, as paths and URLs have none.
_NAME = re.compile(r"""(?<!\w)'[^']*'(?!\w)|"[^"]*"|\S+""")
_LEAST = 40
"""Characters that are left of a name; of it, both ends tell the most."""


def shortened(text: str, most: int = MOST_CHARACTERS) -> str:
    """The text, if it has at most so many characters, else with an ellipsis in the middle of its longest names.

    Where that is not enough, the ellipsis is in the middle of the text.
    """
    if len(text) <= most:
        return text
    names = sorted(_NAME.finditer(text), key=lambda name: name.end() - name.start(), reverse=True)
    cuts: list[tuple[int, int]] = []
    surplus = len(text) - most
    for name in names:
        length = name.end() - name.start()
        if surplus <= 0 or length <= _LEAST:
            break
        kept = max(_LEAST, length - surplus - 1)
        surplus -= length - kept - 1
        head = name.start() + kept // 2
        cuts.append((head, head + length - kept))
    for start, end in sorted(cuts, reverse=True):
        text = f"{text[:start]}…{text[end:]}"
    if len(text) > most:
        head = most // 2
        text = f"{text[:head]}…{text[len(text) - (most - head - 1) :]}"
    return text
