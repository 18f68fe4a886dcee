"""The commands that look after a collection and this installation: verify, rebuild, doctor and models."""

from typing import Any

import typer

from pictrace.cli._console import opened, tell, write, write_json, write_table
from pictrace.cli._options import CollectionOption, JsonOption
from pictrace.errors import IndexDamagedError, ModelError


def verify(*, collection: CollectionOption = None, as_json: JsonOption = False) -> None:
    """Read all of a collection's files and name everything that is wrong with them."""
    from pictrace.words import counted, shown

    with opened(collection) as source:
        problems = source.verify()
        count = len(source)
    if as_json:
        write_json({"pictures": count, "problems": list(problems)})
    for problem in () if as_json else problems:
        write(shown(problem))
    if problems:
        tell(f"{counted(len(problems), 'problem')} found; `pictrace rebuild` makes indexes anew")
        raise typer.Exit(IndexDamagedError.exit_code)
    if not as_json:
        write(f"No problem found in {counted(count, 'picture')}.")


def rebuild(*, collection: CollectionOption = None) -> None:
    """Make the indexes of a collection anew; searches give the same answers before and after."""
    from pictrace.cli._progress import progress
    from pictrace.words import counted

    with opened(collection) as target, progress() as watcher:
        target.rebuild(progress=watcher)
        many = counted(len(target), "picture")
    write(f"Made the indexes of {many} anew.")


def doctor(*, collection: CollectionOption = None, as_json: JsonOption = False) -> None:
    """Look at this installation and a collection, and say what may go wrong."""
    from pictrace.cli import _doctor

    findings = _doctor.examine(collection)
    if as_json:
        write_json(_doctor.to_dict(findings))
    else:
        marks = {"ok": "ok", "warning": "WARNING", "error": "ERROR"}
        rows = [(marks[one.state], one.name, one.detail) for one in findings]
        write_table((("", "left"), ("what", "left"), ("found", "left")), rows)
        bad = sum(one.state != "ok" for one in findings)
        write(f"{bad} to look at." if bad else "All is well.")
    raise typer.Exit(max(one.exit_code for one in findings))


models = typer.Typer(help="Show the models, or check their files.", invoke_without_command=True)


@models.callback()
def _models(context: typer.Context) -> None:
    if context.invoked_subcommand is None:
        models_list(as_json=False)


@models.command("list")
def models_list(*, as_json: JsonOption = False) -> None:
    """Show every model, what it is for and where it comes from."""
    rows = [_facts(card) for card in _cards()]
    if as_json:
        for row in rows:
            write_json(row)
        return
    columns = (("model", "left"), ("bytes", "right"), ("values", "right"), ("licence", "left"))
    cells = [(row["name"], f"{row['size']:,}", str(row["width"]), row["licence"]) for row in rows]
    write_table(columns, cells)
    for row in rows:
        write(f"{row['name']}: {row['origin']}")


@models.command("verify")
def models_verify(*, as_json: JsonOption = False) -> None:
    """Read every model's file and compare it with its card, byte for byte."""
    from pictrace import weights
    from pictrace.settings import load

    folder, code = load().models, 0
    for card in _cards():
        record = {"name": card.name, "sha256": card.sha256, "ok": True, "detail": ""}
        try:
            record["detail"] = str(weights.verified(card, folder))
        except ModelError as error:
            record |= {"ok": False, "detail": str(error)}
            code = error.exit_code
        if as_json:
            write_json(record)
        else:
            write(f"{card.name}: {'sound' if record['ok'] else 'NOT SOUND'}, {record['detail']}")
    raise typer.Exit(code)


def _cards() -> Any:
    from pictrace import weights

    return weights.cards()


def _facts(card: Any) -> dict[str, Any]:
    names = ("name", "file", "size", "width", "side", "licence", "origin", "revision", "sha256")
    return {name: getattr(card, name) for name in names}
