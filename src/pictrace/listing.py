"""Records of a catalog one after the other: those that meet a filter, in an order, from one of them on."""

from collections.abc import Iterator
from typing import TypeAlias

from pictrace.catalogs import Catalog
from pictrace.filters import Filter, parse
from pictrace.orders import Order, Position, checked
from pictrace.results import PictureRecord
from pictrace.types import Key

Where: TypeAlias = Filter | str
"""A filter, or text that stands for one."""

_AT_ONCE = 1000


def listed(
    catalog: Catalog, *, order: Order, where: Where | None, after: Key, limit: int | None
) -> Iterator[PictureRecord]:
    """At most `limit` records that meet a filter, in an order, behind the picture with the key `after` if it is not 0.

    Raises:
        UsageError: the filter is none.
        UnknownNameError: there is no such order.
        NotFoundError: where the order is not that of keys, no picture has the key `after`.
    """
    met = filter_of(where)
    start = None
    if after and checked(order) in {"oldest", "newest"}:
        start = Position(after, after)
    elif after:
        start = Position.of(catalog.by_id(after), order)
    return _pages(catalog, checked(order), met, start, limit)


def filter_of(where: Where | None) -> Filter | None:
    """The filter that is meant.

    Raises:
        UsageError: the text stands for none.
    """
    return parse(where) if isinstance(where, str) else where


def _pages(
    catalog: Catalog, order: Order, where: Filter | None, after: Position | None, limit: int | None
) -> Iterator[PictureRecord]:
    while page := catalog.page(order, where, after=after, limit=_AT_ONCE if limit is None else min(_AT_ONCE, limit)):
        yield from page
        after = Position.of(page[-1], order)
        limit = None if limit is None else limit - len(page)
