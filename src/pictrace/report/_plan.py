"""A plan on one page: in each group what stays, what goes and why, and what is left alone."""

from collections.abc import Callable

from pictrace import words
from pictrace.dedupe.plans import Kept, Plan, Planned, Removed
from pictrace.report._figure import Store, picture
from pictrace.report._shell import page, stats, text

DRAWN = 200
"""Groups with pictures; a page of more is too heavy to open."""

Seen = Callable[[Kept], tuple[bytes, tuple[int, int]] | None]
"""A JPEG of a file's picture and its size, if the collection has it."""


def of_plan(plan: Plan, seen: Seen, *, made: str = "") -> str:
    """The page of a plan: nothing of it has been done."""
    store = Store()
    drawn = "".join(_group(store, group, seen, number) for number, group in enumerate(plan.groups[:DRAWN], 1))
    left = len(plan.groups) - DRAWN
    more = f'<p class="more">{words.counted(left, "more group")} not drawn here.</p>' if left > 0 else ""
    return page(_hero(plan) + drawn + more, store, title="Plan · PicTrace", kind="Plan", made=made)


def _hero(plan: Plan) -> str:
    goes = [one for _, one in plan.removals()]
    waits = [one for group in plan.groups for one in group.remove if not one.accepted]
    figures = stats(
        (len(plan.groups), "group", "groups"),
        (sum(len(group.keep) for group in plan.groups), "file that stays", "files that stay"),
        (len(goes), "file that goes", "files that go"),
        (sum(one.size for one in goes), "byte of these", "bytes of these"),
        (len(waits), "waits for you", "wait for you"),
        (sum(one.size for one in waits), "byte of these", "bytes of these"),
    )
    rules = ", ".join(plan.rules)
    lead = f"Nothing has been done. Action: {plan.action}. Rules, in their order: {rules}."
    head = f"<h1>Plan for {words.counted(len(plan.groups), 'group')} of duplicates</h1>"
    said = f'<p class="lead">{text(lead)}</p>'
    return f'<section class="hero bare"><div>{head}{said}{figures}</div></section>'


def _group(store: Store, group: Planned, seen: Seen, number: int) -> str:
    sign = f'<span class="badge {text(group.relation)}">{text(group.relation)}</span> {words.percent(group.score)}'
    tiles = "".join(_tile(store, one, seen) for one in (*group.keep, *group.remove))
    left = "".join(f"<li>{text(one.path)}: {text(one.reason)}</li>" for one in group.left)
    alone = f'<ul class="places" aria-label="Left alone">{left}</ul>' if left else ""
    return (
        f'<section class="group"><h2>Group {number} · {sign}</h2><p>{text(_weakest(group))}</p>'
        f'<div class="sheet">{tiles}</div>{alone}</section>'
    )


def _weakest(group: Planned) -> str:
    if group.weakest is None:
        return "All files hold the same picture."
    one, other = group.weakest["ids"]
    surely = words.percent(group.weakest["score"])
    return f"The weakest link is {group.weakest['relation']} with {surely}, of pictures {one} and {other}."


def _tile(store: Store, one: Kept, seen: Seen) -> str:
    name = one.path.rpartition("/")[2]
    found = seen(one)
    drawn = picture(store, *found, alt=name, css="pair") if found else "<p>no picture at hand</p>"
    facts = [f"{one.size:,} bytes", f"id {one.id}"]
    if isinstance(one, Removed) and one.companions:
        facts.append(f"with {', '.join(beside.path.rpartition('/')[2] for beside in one.companions)}")
    lines = "".join(f'<p class="small">{text(line)}</p>' for line in (one.reason, " · ".join(facts), one.path))
    return (
        f'<article class="tile"><div class="window">{drawn}</div><div class="words"><h3>{text(name)}</h3>'
        f"{_sign(one)}{lines}</div></article>"
    )


def _sign(one: Kept) -> str:
    if not isinstance(one, Removed):
        return '<span class="badge copy">stays</span>'
    return f'<span class="badge {"scene" if one.accepted else "similar"}">{"goes" if one.accepted else "waits"}</span>'
