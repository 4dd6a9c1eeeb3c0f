"""`ts-contract finalize`: drop the legacy columns."""

from __future__ import annotations

import sys
from collections.abc import Collection
from pathlib import Path

import click

from . import options
from .common import DeclinedError, contract, hint, printable
from .output import counted
from .progress import progress

__all__ = ["command"]


@click.command()
@click.argument("db")
@click.option("--yes", is_flag=True, help="Without a question; needed where there is no terminal.")
@options.backup
@click.option(
    "--table",
    "tables",
    metavar="NAME",
    multiple=True,
    help="This table alone; may be given several times.",
)
def command(db: str, *, yes: bool, backup: Path | None, tables: tuple[str, ...]) -> None:
    """Drop the legacy columns of DB.

    And everything that ts-contract added but the epoch columns and their indexes. There is no way
    back but a backup. Refused unless DB was verified since its last change, the quarantine is
    empty, and nothing else in DB needs a legacy column.
    """
    from ..migration import columns_to_drop, finalize  # noqa: PLC0415

    declared = contract()
    if not yes:
        _confirm(db, columns_to_drop(db, tables=tables or None))
    with progress() as bar:
        report = finalize(db, declared, backup=backup, tables=tables or None, progress=bar)
    dropped = counted(len(report.columns), "legacy column")
    click.echo(f"{printable(report.database)}: {dropped} dropped.")
    _print_names("Indexes that went with them", report.indexes)
    _print_names("Carried over to the epoch columns", report.carried)
    _print_names("Tables that had to be rebuilt", report.rebuilt)
    if report.columns:
        hint('Next: phase = "finalized" in the contract; the file keeps its size until VACUUM')


def _confirm(db: str, columns: Collection[str]) -> None:
    """Ask on a terminal whether columns may go for good.

    Raises:
        click.UsageError: they may not, or nobody can be asked.
    """
    if not columns:  # nothing goes, and why is said by finalize
        return
    names = printable(", ".join(columns))
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise DeclinedError(
            f"{db}: finalize drops {names} for good; give --yes if that is wanted; "
            "nothing was changed"
        )
    click.echo(f"finalize drops these columns of {printable(db)} for good:\n  {names}", err=True)
    try:
        wanted = click.confirm("Drop them?", err=True)
    except click.Abort:
        wanted = False
    if not wanted:
        raise DeclinedError(f"{db}: nothing was changed")


def _print_names(what: str, names: Collection[str]) -> None:
    if names:
        click.echo(f"{what}: {printable(', '.join(names))}")
