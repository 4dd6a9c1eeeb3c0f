"""`ts-contract verify`: whether a migrated database is right."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from .common import console, contract, hint, printable
from .output import counted, format_option, json_value, print_json, print_table
from .progress import progress

if TYPE_CHECKING:
    from ..migration import VerifyReport

__all__ = ["command", "hint_repair", "print_report"]


@click.command()
@click.argument("db")
@format_option("text", "json")
@click.pass_context
def command(ctx: click.Context, db: str, output_format: str) -> None:
    """Compare every epoch value in DB with its legacy value.

    By another computation than the one that produced it; looks for indexes, sync triggers and the
    version row as well. Exits 1 on any difference, and while values are in the quarantine.
    """
    from ..migration import verify  # noqa: PLC0415

    with progress() as bar:
        report = verify(db, contract(), progress=bar)
    if output_format == "json":
        print_json(_as_json(report))
    else:
        print_report(report)
        hint_repair(report)
    ctx.exit(0 if report.ok else 1)


def hint_repair(report: VerifyReport) -> None:
    """Say what settles the rows that differ, if there are any."""
    if report.differences:
        hint("`ts-contract repair DB --keep legacy`, or `--keep epoch`, settles what differs.")


def print_report(report: VerifyReport) -> None:
    """Print the figures of each column, what differs, and a last line that sums up."""
    columns = [column for table in report.tables for column in table.columns]
    extra = ("Null values",) if any(column.null_values for column in columns) else ()
    rows = [
        (
            f"{table.name}.{column.legacy}",
            column.rows,
            column.converted,
            column.nulls,
            column.quarantined,
            column.differences,
            *(column.null_values for _ in extra),
        )
        for table in report.tables
        for column in table.columns
    ]
    if rows:
        head = ("Column", "Rows", "Converted", "NULL", "Quarantined", "Different", *extra)
        print_table(head, rows)
    for lack in report.healed:
        click.echo(f"made anew: {printable(lack)}")
    for problem in report.problems:
        click.echo(f"problem: {printable(problem)}")
    for difference in report.examples:
        click.echo(printable(f"difference: {report.described(difference)}"))
    _print_verdict(report)


def _print_verdict(report: VerifyReport) -> None:
    style = "green" if report.ok else "yellow" if report.correct else "bold red"
    columns = sum(len(table.columns) for table in report.tables)
    click.echo()
    console().print(
        f"{counted(columns, 'column')} in {counted(len(report.tables), 'table')}: "
        f"{counted(report.differences, 'difference')}, "
        f"{counted(len(report.problems), 'problem')}, "
        f"{counted(report.quarantined, 'value')} in the quarantine",
        style=style,
    )


def _as_json(report: VerifyReport) -> dict[str, Any]:
    return {
        "contract": report.contract,
        "database": report.database,
        "ok": report.ok,
        "tables": {
            table.name: {
                "rows": table.rows,
                "columns": {
                    column.legacy: {
                        "epoch": column.epoch,
                        "rows": column.rows,
                        "converted": column.converted,
                        "nulls": column.nulls,
                        "quarantined": column.quarantined,
                        "null_values": column.null_values,
                        "differences": column.differences,
                        "examples": [
                            {
                                "row_key": example.row_key,
                                "kind": example.kind,
                                "legacy": json_value(example.legacy),
                                "epoch": json_value(example.epoch),
                                "expected": example.expected,
                            }
                            for example in column.examples
                        ],
                    }
                    for column in table.columns
                },
            }
            for table in report.tables
        },
        "missing": list(report.missing),
        "problems": list(report.problems),
    }
