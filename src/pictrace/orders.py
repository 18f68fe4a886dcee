"""The orders in which pictures are listed, and the places in them from which a listing goes on."""

from typing import Literal, NamedTuple, get_args

from pictrace.errors import UnknownNameError
from pictrace.results import PictureRecord
from pictrace.types import Key

Order = Literal["oldest", "newest", "smallest", "largest", "lightest", "heaviest"]
"""By time of finding, which is that of keys; by pixels; by bytes. Equals come by their keys, the same way round."""

ORDERS: tuple[Order, ...] = get_args(Order)


class Position(NamedTuple):
    """A place in an order: behind the picture with that key, which had that value. It stays when the picture goes."""

    value: int
    key: Key

    @classmethod
    def of(cls, record: PictureRecord, order: Order) -> "Position":
        """The place of a picture.

        Raises:
            UnknownNameError: there is no such order.
        """
        return cls(_VALUES[checked(order)](record), record.id)


_VALUES = {
    "oldest": lambda record: record.id,
    "newest": lambda record: record.id,
    "smallest": lambda record: record.width * record.height,
    "largest": lambda record: record.width * record.height,
    "lightest": lambda record: record.size,
    "heaviest": lambda record: record.size,
}


def checked(order: Order) -> Order:
    """The order itself.

    Raises:
        UnknownNameError: there is no such order.
    """
    if order not in ORDERS:
        raise UnknownNameError(f"there is no order {order!r}", hint=f"there are: {', '.join(ORDERS)}")
    return order
