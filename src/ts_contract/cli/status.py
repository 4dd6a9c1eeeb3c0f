"""`ts-contract status`: how far a migration is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from itertools import groupby
from typing import TYPE_CHECKING, Any

import click

from ..timestamps import format_timestamp
from .common import contract, printable
from .output import format_option, json_value, print_json, print_table

if TYPE_CHECKING:
    from ..migration import Status

__all__ = ["command"]

_LISTED = {"text": 20, "json": None, "prometheus": 0}
_LONGEST = 60


@click.command()
@click.argument("db")
@format_option("text", "json", "prometheus")
@click.pass_context
def command(ctx: click.Context, db: str, output_format: str) -> None:
    """Show how far the migration of DB is.

    Column by column, with a list of the quarantine. The format `prometheus` is for the textfile
    collector of node_exporter. Exits 1 if a table is missing that is not optional, or a column.
    """
    from ..migration import status  # noqa: PLC0415

    declared = contract()
    result = status(db, declared, listed=_LISTED[output_format])
    if output_format == "json":
        print_json(_as_json(result))
    elif output_format == "prometheus":
        for line in _metrics(result):
            click.echo(line)
    else:
        _print(result)
    optional = {table.name for table in declared.tables if table.optional}
    is_missing = any(column.phase == "missing" for column in result.columns)
    ctx.exit(0 if optional.issuperset(result.missing) and not is_missing else 1)


# --- text ------------------------------------------------------------------------------------


def _print(status: Status) -> None:
    print_table(
        ("Column", "Phase", "Rows", "Converted", "Left", "Quarantined", *_null_values(status)),
        (
            (
                *(f"{c.table}.{c.legacy}", c.phase, c.rows, c.converted, c.left, c.quarantined),
                *(c.null_values for _ in _null_values(status)),
            )
            for c in status.columns
        ),
    )
    click.echo()
    if status.verified_at is not None:
        click.echo(f"Verified at {format_timestamp(status.verified_at)}.")
    for change in status.changes:
        click.echo(f"The contract is not the one on record: {printable(change)}.")
    if status.running is not None:
        click.echo(f"At work: {printable(status.running)}.")
    if status.missing:
        click.echo(f"Not in this database: {printable(', '.join(status.missing))}.")
    if status.quarantine:
        _print_quarantine(status)


def _null_values(status: Status) -> tuple[str, ...]:
    """Return the column of the table that counts null-values, if there are any."""
    return ("Null values",) if any(column.null_values for column in status.columns) else ()


def _print_quarantine(status: Status) -> None:
    click.echo("\nThe quarantine: correct these in the legacy columns, then verify.\n")
    print_table(
        ("Column", "Row", "Value", "Reason"),
        (
            (f"{row.table}.{row.column}", row.row_key, _shortened(row.value), row.reason)
            for row in status.quarantine
        ),
    )
    more = status.quarantined - len(status.quarantine)
    if more > 0:
        click.echo(f"and {more:,} more: SELECT * FROM _ts_contract_quarantine")


def _shortened(value: object) -> str:
    """Return what stands for a value, which may be of some megabytes."""
    start = value[:_LONGEST] if isinstance(value, str | bytes) else value
    shown = repr(start)
    return shown if start == value else f"{shown[:-1]}…"


# --- JSON ------------------------------------------------------------------------------------


def _as_json(status: Status) -> dict[str, Any]:
    return {
        "contract": status.contract,
        "database": status.database,
        "verified_at": status.verified_at,
        "running": status.running,
        "changes": list(status.changes),
        "tables": {
            table: {
                "columns": {
                    column.legacy: {
                        "epoch": column.epoch,
                        "phase": column.phase,
                        "rows": column.rows,
                        "converted": column.converted,
                        "left": column.left,
                        "quarantined": column.quarantined,
                        "null_values": column.null_values,
                    }
                    for column in columns
                }
            }
            for table, columns in groupby(status.columns, lambda column: column.table)
        },
        "missing": list(status.missing),
        "quarantine": [asdict(row) | {"value": json_value(row.value)} for row in status.quarantine],
    }


# --- Prometheus: https://prometheus.io/docs/instrumenting/exposition_formats/ ------------------


def _metrics(status: Status) -> Iterator[str]:
    of = {"contract": status.contract, "database": status.database}
    yield from _head("values", "Legacy values of a column, by what became of them.")
    for column in status.columns:
        place = of | {"table": column.table, "column": column.legacy}
        yield _sample("values", place | {"state": "converted"}, column.converted)
        yield _sample("values", place | {"state": "left"}, column.left)
        yield _sample("values", place | {"state": "quarantined"}, column.quarantined)
        yield _sample("values", place | {"state": "null_values"}, column.null_values)
    yield from _head("phase", "1 for the last phase that is complete for a column.")
    for column in status.columns:
        place = of | {"table": column.table, "column": column.legacy}
        yield _sample("phase", place | {"phase": column.phase}, 1)
    yield from _head("running", "Whether a run is at work.")
    yield _sample("running", of, int(status.running is not None))
    if status.verified_at is not None:
        yield from _head("verified_timestamp_seconds", "When the last change was verified.")
        yield _sample("verified_timestamp_seconds", of, status.verified_at / 1000)


def _head(name: str, about: str) -> Iterator[str]:
    yield f"# HELP ts_contract_{name} {about}"
    yield f"# TYPE ts_contract_{name} gauge"


_ESCAPES = str.maketrans({"\\": r"\\", '"': r"\"", "\n": r"\n"})


def _sample(name: str, labels: dict[str, str], value: float) -> str:
    pairs = ",".join(f'{label}="{_escaped(text)}"' for label, text in labels.items())
    return f"ts_contract_{name}{{{pairs}}} {value!r}"


def _escaped(text: str) -> str:
    """Return text as a label holds it; a path that is not UTF-8 is spelled in ASCII."""
    return text.encode(errors="backslashreplace").decode().translate(_ESCAPES)
