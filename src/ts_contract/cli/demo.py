"""`ts-contract demo`: the whole way on a sample store."""

from __future__ import annotations

import shlex
import shutil
import sys
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING

import click

from ..files.write import write_whole
from .output import print_table
from .progress import progress
from .sample_store import write_sample_store

if TYPE_CHECKING:
    from ..migration import Plan, VerifyReport

__all__ = ["command"]

_CONTRACT = """\
# The contract of the sample store: the one that ships as "agentos", unchanged.
extends = "agentos"
"""

_NEXT = (
    ("plan store.db", "every storage form, column by column"),
    ("verify store.db", "compare every value once more"),
    ("status store.db", "how far it is, and the quarantine"),
    ("rollback store.db", "everything out again, byte for byte"),
    ("migrate store.db", "and in again"),
    ("sql all", "the same as a script for another migrator"),
)


@click.command()
@click.argument(
    "directory", metavar="[DIR]", required=False, type=click.Path(file_okay=False, path_type=Path)
)
def command(directory: Path | None) -> None:
    """Show the whole way on a sample store.

    Writes store.db and its contract to DIR, by default a new temporary directory; shows which
    storage forms its legacy columns hold, migrates it, and verifies the result.
    """
    from ..loading import load_contract  # noqa: PLC0415
    from ..migration import migrate, plan  # noqa: PLC0415

    store = _prepared(directory or Path(mkdtemp(prefix="ts-contract-demo-")))
    contract = load_contract(store.with_name("ts-contract.toml"))
    with progress() as bar:
        found = plan(store, contract, progress=bar)
    _print_forms(store, found)
    with progress() as bar:
        report = migrate(store, contract, progress=bar)
    _print_result(report)
    _print_next(store.parent)


def _prepared(directory: Path) -> Path:
    """Write the store and its contract, and return the store's path."""
    store, config = directory / "store.db", directory / "ts-contract.toml"
    for path in (store, config):
        if path.exists():
            raise click.UsageError(f"{path} is there already; name another directory")
    directory.mkdir(parents=True, exist_ok=True)
    write_whole(config, _CONTRACT.encode())
    write_sample_store(store)
    return store


def _print_forms(store: Path, plan: Plan) -> None:
    from ..migration.forms import FORMS  # noqa: PLC0415

    rows = sum(table.rows for table in plan.tables)
    columns = sum(len(table.columns) for table in plan.tables)
    click.echo(
        f"{store} is a store as years of writers leave one: {len(plan.tables)} tables of the\n"
        f"contract with {rows:,} rows, and {columns} legacy columns, which hold\n"
    )
    forms: dict[str, tuple[int, str]] = {}
    for count in (c for table in plan.tables for column in table.columns for c in column.forms):
        known, example = forms.get(count.form, (0, count.example))
        forms[count.form] = known + count.rows, example
    print_table(
        ("Storage form", "Values", "Example"),
        (
            (f"{form} !" if FORMS[form].reason else form, count, example)
            for form, (count, example) in sorted(forms.items(), key=lambda item: -item[1][0])
        ),
    )
    click.echo("! stands for no instant")


def _print_result(report: VerifyReport) -> None:
    click.echo("\nMigrated, and verified by another computation:\n")
    figures = [
        (
            len(table.columns),
            table.rows,
            sum(column.converted for column in table.columns),
            sum(column.nulls for column in table.columns),
            sum(column.quarantined for column in table.columns),
            sum(column.differences for column in table.columns),
        )
        for table in report.tables
    ]
    names = [table.name for table in report.tables]
    totals = [sum(column) for column in zip(*figures, strict=True)]
    rows = zip([*names, "together"], [*figures, totals], strict=True)
    header = ("Table", "Columns", "Rows", "Converted", "NULL", "Quarantined", "Different")
    print_table(header, ((name, *numbers) for name, numbers in rows))
    click.echo(
        "\nEach legacy column has its epoch column beside it, and sync triggers keep both\n"
        "equal while old and new code write. What stands for no instant is listed in a\n"
        "quarantine, never lost."
    )


def _print_next(directory: Path) -> None:
    call = _own_call()
    click.echo(f"\nTry next:\n\n  cd {shlex.quote(str(directory))}")
    width = max(len(arguments) for arguments, _ in _NEXT)
    for arguments, effect in _NEXT:
        click.echo(f"  {call} {arguments:{width}}  # {effect}")


def _own_call() -> str:
    """Return what a user types to call this program, wherever it is installed."""
    if shutil.which("ts-contract"):
        return "ts-contract"
    script = Path(sys.executable).with_name("ts-contract")
    if script.exists():
        return shlex.quote(str(script))
    return f"{shlex.quote(sys.executable)} -m ts_contract"
