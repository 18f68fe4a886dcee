"""The commands that look at a collection's pictures one by one: list, show and delete."""

from collections.abc import Sequence
from typing import Annotated, Any

import typer

from pictrace.cli._asking import agreed
from pictrace.cli._console import key_of, opened, write, write_json, write_table
from pictrace.cli._options import CollectionOption, FilterOption, IdArgument, JsonOption, OrderName

SortOption = Annotated[
    OrderName, typer.Option("--sort", help="What comes first: by time of finding, by pixels, or by bytes.")
]

_PAGE = 500


def list_(
    *,
    collection: CollectionOption = None,
    limit: Annotated[int | None, typer.Option("--limit", "-n", min=1, help="Most pictures to list.")] = None,
    filter_: FilterOption = None,
    sort: SortOption = OrderName.OLDEST,
    as_json: JsonOption = False,
) -> None:
    """List the pictures of a collection, one line for each place where one was seen."""
    with opened(collection) as source:
        page: list[Any] = []
        is_any = False
        for record in source.list(limit=limit, order=sort.value, where=filter_):
            is_any = True
            if as_json:
                for line in _places(record):
                    write_json(line)
                continue
            page += [record]
            if len(page) == _PAGE:
                _show(page)
                page = []
        if page:
            _show(page)
        if not as_json and not is_any:
            write("The collection is empty." if len(source) == 0 else "No picture meets the filter.")


def show(identifier: IdArgument, *, collection: CollectionOption = None, as_json: JsonOption = False) -> None:
    """Show everything that is known of one picture."""
    from pictrace.words import shown

    with opened(collection) as source:
        record = source.get(key_of(identifier))
    if as_json:
        write_json(record.to_dict())
        return
    facts = {
        "id": str(record.id),
        "size": f"{record.width} x {record.height} pixels, {record.size:,} bytes",
        "format": record.format,
        "added": record.added,
        "sha256": record.sha256,
    }
    # A list, for metadata may have names like ours, `id` above all.
    lines = [*facts.items(), *((name, str(value)) for name, value in record.metadata.items())]
    for name, value in lines:
        write(f"{shown(name) + ':':<10}{shown(value)}")
    for place in record.locations:
        write(f"{'path:':<10}{shown(place.uri)}")


def delete(
    identifiers: Annotated[list[str], typer.Argument(metavar="ID...", help="Ids, as `list` and `search` show them.")],
    *,
    collection: CollectionOption = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Forget pictures, all of those named or none; the files themselves are never touched.

    Without `--yes` it asks; where no terminal is, so that nobody can answer, it refuses.
    """
    from pictrace.words import counted

    keys = [key_of(one) for one in identifiers]
    many = counted(len(set(keys)), "picture")
    with opened(collection) as target:
        back = _coming_back([target.get(key) for key in dict.fromkeys(keys)])
        told = f"the files stay where they are, and {back}" if back else ""
        if not agreed(f"forget {many}", yes=yes, before=told, after="nothing was forgotten"):
            return
        target.remove(*keys)
    write(f"Forgot {many}; the files are where they were{f', and {back}' if back else ''}.")


def _coming_back(records: Sequence[Any]) -> str:
    """What the next look through a folder will do with pictures that are forgotten; nothing where no file is left."""
    from pictrace.sources.reading import may_be_there
    from pictrace.words import counted

    left = [one for one in records if any(not at.is_given and may_be_there(at) for at in one.locations)]
    return f"the next look at where they came from finds {counted(len(left), 'picture')} again" if left else ""


def _places(record: Any) -> list[dict[str, Any]]:
    """One object per place; a picture that was added without one has one object without a path."""
    plain = record.to_dict()
    del plain["locations"]
    return [{**plain, "path": place.uri} for place in record.locations] or [plain]


def _show(page: list[Any]) -> None:
    columns = (("id", "right"), ("pixels", "right"), ("format", "left"), ("path", "left"))
    write_table(
        columns,
        [
            (str(line["id"]), f"{line['width']} x {line['height']}", line["format"], line["path"] or "")
            for record in page
            for line in _places(record)
        ],
    )
