"""`ts-contract repair`: settle the rows that verify lists."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from . import options
from .common import contract
from .output import counted
from .progress import progress
from .verify import print_report

if TYPE_CHECKING:
    from ..migration.repair import Keep

__all__ = ["command"]


@click.command()
@click.argument("db")
@click.option(
    "--keep",
    type=click.Choice(["legacy", "epoch"]),
    required=True,
    help="The column that is right; the other one is written anew.",
)
@click.option(
    "--batch-size",
    type=click.IntRange(1, 1_000_000_000),
    default=2_000,
    show_default=True,
    help="Rows that one transaction looks at.",
)
@options.pause
@options.backup
@click.pass_context
def command(
    ctx: click.Context, db: str, *, keep: Keep, batch_size: int, pause: float, backup: Path | None
) -> None:
    """Settle each row that verify lists, the quarantine included.

    The column that is kept stays as it is. An epoch value that is not an instant is taken from
    the legacy column; a legacy value without an instant goes to the quarantine, and its epoch
    value becomes NULL. DB stays in use meanwhile; a run that was stopped goes on when it is run
    again. Exits as verify does afterwards.
    """
    from ..migration import repair  # noqa: PLC0415

    with progress() as bar:
        report = repair(
            db,
            contract(),
            keep=keep,
            batch_size=batch_size,
            pause=pause,
            backup=backup,
            progress=bar,
        )
    print_report(report.verified)
    cleared = f", of which {report.cleared:,} epoch values became NULL" if report.cleared else ""
    click.echo(f"{counted(report.settled, 'value')} settled{cleared}.")
    ctx.exit(0 if report.verified.ok else 1)
