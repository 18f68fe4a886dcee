"""The commands that look after a collection and this installation: verify, rebuild and doctor."""

import typer

from pictrace.cli._console import opened, tell, write, write_json, write_table
from pictrace.cli._options import CollectionOption, JsonOption
from pictrace.errors import IndexDamagedError


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
