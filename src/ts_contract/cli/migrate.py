"""`ts-contract migrate`: from the legacy to the migrated schema."""

from __future__ import annotations

from pathlib import Path

import click
from click.core import ParameterSource

from . import options
from .common import contract, hint, hint_next
from .progress import progress
from .verify import hint_repair, print_report

__all__ = ["command"]


@click.command()
@click.argument("db")
@click.option("--offline", is_flag=True, help="One fast pass a table, under an exclusive lock.")
@click.option(
    "--batch-size",
    type=click.IntRange(1, 1_000_000_000),
    default=None,
    help="Rows in one transaction.  [default: 2000; 20000 without a pause]",
)
@options.pause
@options.backup
@click.option(
    "--take-over",
    is_flag=True,
    help="Go on although another run seems to be at work: it is dead, or ends before its next "
    "change.",
)
@click.option(
    "--table",
    "tables",
    metavar="NAME",
    multiple=True,
    help="This table alone; may be given several times.",
)
@click.option("--no-sync", is_flag=True, help="Without sync triggers.")
@click.option(
    "--check-range", is_flag=True, help="With a CHECK of the valid range on the epoch columns."
)
@click.pass_context
def command(
    ctx: click.Context,
    /,
    db: str,
    *,
    offline: bool,
    batch_size: int | None,
    pause: float,
    backup: Path | None,
    take_over: bool,
    tables: tuple[str, ...],
    no_sync: bool,
    check_range: bool,
) -> None:
    """Give DB its epoch columns, filled and verified.

    Expand, sync, backfill, index, verify. DB stays in use meanwhile: the work is done in short
    transactions. A run that was stopped goes on where it was when it is run again.
    What cannot be converted is listed in the table
    _ts_contract_quarantine, and the exit code is 1.
    """
    from ..migration import migrate  # noqa: PLC0415

    _refuse_paced_offline(ctx, batch_size)
    with progress() as bar:
        report = migrate(
            db,
            contract(),
            offline=offline,
            sync=not no_sync,
            check_range=check_range,
            batch_size=batch_size,
            pause=pause,
            backup=backup,
            take_over=take_over,
            tables=tables or None,
            progress=bar,
        )
    print_report(report)
    hint_repair(report)
    if report.quarantined:
        hint("`ts-contract status` lists the quarantine; correct the legacy values, then verify.")
    if report.ok and any(table.columns for table in report.tables):
        hint_next("lint")
        hint_next("codemod", "--diff")
    ctx.exit(0 if report.ok else 1)


def _refuse_paced_offline(ctx: click.Context, batch_size: int | None) -> None:
    """Refuse a pace where there are no batches that would have one."""
    is_paused = ctx.get_parameter_source("pause") is not ParameterSource.DEFAULT
    if ctx.params["offline"] and (batch_size is not None or is_paused):
        raise click.UsageError(
            "--offline takes each table in one transaction; leave --batch-size and --pause out"
        )
