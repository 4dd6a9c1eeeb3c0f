"""`ts-contract finalize`: drop the legacy columns."""

from __future__ import annotations

from collections.abc import Collection

import click

from .common import contract, printable
from .output import counted
from .progress import progress

__all__ = ["command"]


@click.command()
@click.argument("db")
def command(db: str) -> None:
    """Drop the legacy columns of DB.

    And everything that ts-contract added but the epoch columns and their indexes. There is no way
    back but a backup. Refused unless DB was verified since its last change, the quarantine is
    empty, and nothing else in DB needs a legacy column.
    """
    from ..migration import finalize  # noqa: PLC0415

    with progress() as bar:
        report = finalize(db, contract(), progress=bar)
    dropped = counted(len(report.columns), "legacy column")
    click.echo(f"{printable(report.database)}: {dropped} dropped.")
    _print_names("Indexes that went with them", report.indexes)
    _print_names("CHECKs that went with them", report.checks)
    _print_names("Tables that had to be rebuilt", report.rebuilt)


def _print_names(what: str, names: Collection[str]) -> None:
    if names:
        click.echo(f"{what}: {printable(', '.join(names))}")
