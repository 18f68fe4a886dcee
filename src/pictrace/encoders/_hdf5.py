"""Whether an HDF5 file is all of its weights: its objects are looked through before anything loads them."""

from pathlib import Path
from typing import Any

_MOST = 100_000


def refers_outside(path: Path) -> str:
    """What in a file is kept elsewhere, by its name; empty if all of it is in the file.

    Datasets may be stored in other files, or put together of those of other files, and links may lead there
    (https://support.hdfgroup.org/documentation/hdf5/latest/_f_m_t3.html); who loads such weights reads any file of
    this machine.

    Raises:
        ValueError: there are more objects than weights have.
        OSError, RuntimeError, KeyError: it is no HDF5, or damaged; h5py has no class of its own.
    """
    import h5py

    with h5py.File(path, "r") as file:
        waiting: list[Any] = [file]
        seen = {_address(file)}
        while waiting:
            group = waiting.pop()
            for name in group:
                called = f"{group.name.rstrip('/')}/{name}"
                if not isinstance(group.get(name, getlink=True), h5py.HardLink):
                    return called
                one = group[name]
                if isinstance(one, h5py.Dataset) and (one.external or one.is_virtual):
                    return called
                # Links may lead in circles, and to the same object over and over.
                if isinstance(one, h5py.Group) and _address(one) not in seen:
                    seen.add(_address(one))
                    waiting.append(one)
                if len(seen) > _MOST:
                    raise ValueError(f"there are more than {_MOST:,} groups")
    return ""


def _address(group: Any) -> int:
    import h5py

    return int(h5py.h5o.get_info(group.id).addr)
