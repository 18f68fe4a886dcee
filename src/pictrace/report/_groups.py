"""Groups of duplicates on one page: every file with its picture, the weakest link named."""

from collections.abc import Callable, Sequence

from pictrace import words
from pictrace.duplicates.groups import Group, Member
from pictrace.report._figure import Store, picture
from pictrace.report._shell import page, stats, text

DRAWN = 200
"""Groups with pictures; a page of more is too heavy to open."""

Proxy = Callable[[Member], bytes]


def of_groups(groups: Sequence[Group], proxy: Proxy, *, made: str = "") -> str:
    """The page of all groups, the surest first; `proxy` gives a JPEG of a member's picture."""
    store = Store()
    spare = sum(group.spare for group in groups)
    figures = stats((len(groups), "group", "groups"), (spare, "file more than pictures", "files more than pictures"))
    lead = "Every file was held against the first of its group. Nothing was done to any of them."
    head = f'<h1>{words.counted(len(groups), "group")} of duplicates</h1><p class="lead">{lead}</p>'
    drawn = "".join(_group(store, group, proxy, number) for number, group in enumerate(groups[:DRAWN], 1))
    left = len(groups) - DRAWN
    more = f'<p class="more">{words.counted(left, "more group")} not drawn here.</p>' if left > 0 else ""
    hero = f'<section class="hero bare"><div>{head}{figures}</div></section>'
    return page(hero + drawn + more, store, title="Duplicates · PicTrace", kind="Duplicates", made=made)


def _group(store: Store, group: Group, proxy: Proxy, number: int) -> str:
    said = f'<span class="badge {group.relation}">{group.relation}</span> {words.percent(group.score)}'
    tiles = "".join(_tile(store, group, member, proxy) for member in group)
    return (
        f'<section class="group"><h2>Group {number} · {said}</h2><p>{text(_weakest(group))}</p>'
        f'<div class="sheet">{tiles}</div></section>'
    )


def _weakest(group: Group) -> str:
    if group.weakest is None:
        return "All files hold the same picture."
    name = _name(next(one for one in group if one.id == group.weakest.other and not group.is_led_by(one)))
    return f"The weakest link is {name}: {group.weakest.relation}, {words.percent(group.weakest.score)}."


def _tile(store: Store, group: Group, member: Member, proxy: Proxy) -> str:
    drawn = picture(store, proxy(member), (member.width, member.height), alt=_name(member), css="pair")
    facts = [f"{member.width:,} × {member.height:,}", f"{member.place.size:,} bytes", member.format, f"id {member.id}"]
    sign = _sign(group, member)
    return (
        f'<article class="tile"><div class="window">{drawn}</div><div class="words"><h3>{text(_name(member))}</h3>'
        f'{sign}<p class="small">{text(" · ".join(facts))}</p><p class="small">{text(member.path)}</p></div></article>'
    )


def _sign(group: Group, member: Member) -> str:
    if member.reference:
        return '<span class="badge similar">reference</span>'
    if member is group.members[0] and group.is_led_by(member):
        return '<span class="badge exact">held against</span>'
    return f'<span class="badge {member.relation}">{member.relation}</span> {words.percent(member.score)}'


def _name(member: Member) -> str:
    return member.path.rpartition("/")[2]
