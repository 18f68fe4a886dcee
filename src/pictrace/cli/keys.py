"""`pictrace keys`: who may use the HTTP service."""

from typing import Annotated

import typer

from pictrace.cli._console import tell, write, write_json, write_table
from pictrace.cli._options import JsonOption

keys = typer.Typer(help="Make, list or revoke keys to the HTTP service.", no_args_is_help=True)


@keys.command()
def add(
    name: Annotated[str, typer.Argument(metavar="NAME", help="What the key is for, to tell it from others.")],
    *,
    rights: Annotated[
        str,
        typer.Option("--rights", metavar="RIGHTS", help="Some of search, index, delete, fetch and admin, by commas."),
    ] = "search",
    expires: Annotated[
        int | None, typer.Option("--expires", metavar="DAYS", help="Days after which it is refused.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Make a key and show it, once: only its hash is kept."""
    from pictrace.service.keys import add as made
    from pictrace.settings import load

    key, text = made(load().keys_path, name, rights=rights.split(","), days=expires)
    if as_json:
        write_json(key.to_dict() | {"key": text})
        return
    write(text)
    tell(f"This is key {key.id}, for {', '.join(key.rights)}. Keep it: it is not shown again.")


@keys.command("list")
def list_(*, as_json: JsonOption = False) -> None:
    """Show every key that was made, without the keys themselves."""
    from pictrace.service.keys import load as loaded
    from pictrace.settings import load

    rows = [key.to_dict() for key in loaded(load().keys_path)]
    if as_json:
        for row in rows:
            write_json(row)
        return
    if not rows:
        write("There is no key; `pictrace keys add NAME --rights search` makes one.")
        return
    columns = tuple((title, "left") for title in ("id", "name", "rights", "state", "made", "expires"))
    cells = [
        (row["id"], row["name"], ", ".join(row["rights"]), row["state"], row["created"][:10], row["expires"][:10])
        for row in rows
    ]
    write_table(columns, cells)


@keys.command()
def revoke(
    number: Annotated[str, typer.Argument(metavar="ID", help="The key's id, as `keys list` shows it.")],
    *,
    as_json: JsonOption = False,
) -> None:
    """Refuse a key from now on; a running server follows within a second."""
    from pictrace.service.keys import revoke as revoked
    from pictrace.settings import load

    key = revoked(load().keys_path, number)
    if as_json:
        write_json(key.to_dict())
    else:
        write(f"Key {key.id} is revoked.")
