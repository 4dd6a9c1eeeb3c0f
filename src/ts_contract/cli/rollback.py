"""`ts-contract rollback`: remove everything that ts-contract added."""

from __future__ import annotations

from pathlib import Path

import click

from . import options
from .common import contract_if_any, printable
from .output import counted
from .progress import progress

__all__ = ["command"]


@click.command()
@click.argument("db")
@click.option("--discard", is_flag=True, help="Lose instants that only an epoch column holds.")
@options.backup
def command(db: str, *, discard: bool, backup: Path | None) -> None:
    """Remove everything that ts-contract added to DB.

    The schema is then as it was, byte for byte. Works from every phase before finalize, and for a
    run that was stopped. No contract is needed: DB knows it. Refused if an epoch column holds
    instants that its legacy column does not.
    """
    from ..migration import rollback  # noqa: PLC0415

    with progress() as bar:
        report = rollback(db, contract_if_any(), discard=discard, backup=backup, progress=bar)
    place = printable(report.database)
    if report.columns:
        taken = counted(len(report.columns), "epoch column")
        rest = f"all but {', '.join(report.finalized)}" if report.finalized else "all"
        click.echo(f"{place}: {taken} taken out; {printable(rest)} is as it was.")
    else:
        click.echo(f"{place}: nothing to take out.")
