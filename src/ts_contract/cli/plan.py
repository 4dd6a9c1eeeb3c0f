"""`ts-contract plan`: what migrate would do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from itertools import groupby
from typing import TYPE_CHECKING, Any

import click

from ..timestamps import format_iso_z
from .common import console, contract, hint_next, printable
from .output import counted, format_option, print_json, print_script, print_table
from .progress import progress

if TYPE_CHECKING:
    from ..migration.engines.answers import FormCount
    from ..migration.notices import Notice
    from ..migration.plan import Plan
    from ..migration.steps import Step

__all__ = ["command"]


@click.command()
@click.argument("db")
@click.option("--no-sync", is_flag=True, help="Without sync triggers.")
@click.option("--check-range", is_flag=True, help="With a CHECK of the valid range.")
@click.option("--sql", is_flag=True, help="Print every statement, too.")
@click.option(
    "--sample",
    type=click.IntRange(2),
    metavar="N",
    help="Look at N rows of each table, so that counts and times are estimates.",
)
@click.option("--finalize", is_flag=True, help="What finalize would do, instead of migrate.")
@format_option("text", "json")
@click.pass_context
def command(
    ctx: click.Context,
    /,
    db: str,
    *,
    no_sync: bool,
    check_range: bool,
    sql: bool,
    sample: int | None,
    finalize: bool,
    output_format: str,
) -> None:
    """Show what migrate would do to DB, without changing it.

    Shows the storage forms found in each legacy column, what a person should know, the steps that
    are left, and how much space and time they take. Exits as migrate would.

    With --finalize: what finalize would refuse, what goes with the legacy columns, and which
    clauses the epoch columns take over. Exits as finalize would.
    """
    from ..migration import plan  # noqa: PLC0415

    if finalize:
        if no_sync or check_range or sql or sample is not None:
            raise click.UsageError(
                "--no-sync, --check-range, --sql and --sample are about migrate; leave them out "
                "with --finalize"
            )
        ctx.exit(_plan_finalize(db, as_json=output_format == "json"))
    with progress() as bar:
        result = plan(
            db,
            contract(),
            sync=not no_sync,
            check_range=check_range,
            sample=sample,
            progress=bar,
        )
    if output_format == "json":
        print_json(_as_json(result))
    else:
        _print(result, sql=sql)
    code = _exit_code(result)
    if code == 0 and result.steps:
        hint_next("migrate", db)
    ctx.exit(code)


def _plan_finalize(db: str, *, as_json: bool) -> int:
    """Print what finalize would do, and return the code that it would exit with."""
    from ..migration import plan_finalize  # noqa: PLC0415

    notices = plan_finalize(db, contract())
    if as_json:
        print_json({"notices": [asdict(notice) for notice in notices]})
    else:
        _print_notices(notices)
    if any(notice.kind == "refusal" for notice in notices):
        return 2
    if not any("is not migrated yet" in notice.message for notice in notices):
        hint_next("finalize", db)
    return 0


def _exit_code(plan: Plan) -> int:
    if plan.refusals:
        return 2
    columns = (column for table in plan.tables for column in table.columns)
    return int(any(column.unconvertible or column.outside for column in columns))


def _print(plan: Plan, *, sql: bool) -> None:
    click.echo(f"Contract {printable(plan.contract)} on {printable(plan.database)}")
    click.echo()
    _print_forms(plan)
    _print_templates(plan)
    if plan.notices:
        click.echo()
    _print_notices(plan.notices)
    _print_steps(plan)
    if sql:
        for phase, steps in groupby(plan.steps, lambda step: step.phase):
            click.echo(f"\n-- {phase}")
            for step in steps:
                for statement in plan.sql(step):
                    print_script(f"{statement};\n")


def _print_forms(plan: Plan) -> None:
    """Print which storage forms each legacy column holds, one of its values, and how many."""
    from ..migration.forms import FORMS  # noqa: PLC0415

    rows: list[tuple[object, ...]] = []
    for table in plan.tables:
        rows.append((table.paired.name, None, table.rows, None, None))
        for column in table.columns:
            name: str | None = f"  {column.pair.legacy}"
            for count in column.forms:
                mark = " !" if FORMS[count.form].reason else ""
                number = f"{table.estimated}{count.rows:,}" if table.sample else count.rows
                rows.append((name, count.form + mark, number, count.example, _days(count)))
                name = None
    print_table(("Column", "Storage form", "Rows", "Example", "Days"), rows)
    if any(column.unconvertible for table in plan.tables for column in table.columns):
        click.echo("! stands for no instant: goes to the quarantine")
    sampled = max((table.sample or 0 for table in plan.tables), default=0)
    if sampled:
        click.echo(f"estimated by {sampled:,} rows of a table, the first and the last")


def _print_templates(plan: Plan) -> None:
    """Print in which shape the sync triggers write each legacy column."""
    examples = [
        (f"{table.paired.name}.{column.pair.legacy}", column.pair.example)
        for table in plan.tables
        for column in table.columns
        if plan.sync and column.pair.writable
    ]
    if examples:
        click.echo()
        print_table(
            ("Column", "Written by sync triggers like"),
            [
                (name, repr(value) if isinstance(value, str) else str(value))
                for name, value in examples
            ],
        )


def _days(count: FormCount) -> str | None:
    """Return the days of the first and the last instant, by which a wrong epoch is seen."""
    if count.first is None or count.last is None:
        return None
    first, last = (format_iso_z(ms)[: len("1990-05-02")] for ms in (count.first, count.last))
    return f"{first} … {last}"


_STYLES = {"refusal": "bold red", "warning": "yellow", "note": "dim"}


def _print_notices(notices: Sequence[Notice]) -> None:
    from rich.text import Text  # noqa: PLC0415

    for notice in sorted(notices, key=lambda notice: [*_STYLES].index(notice.kind)):
        line = Text(f"{notice.kind}: ", _STYLES[notice.kind])
        console().print(line + Text(printable(notice.message)))


def _print_steps(plan: Plan) -> None:
    click.echo()
    if plan.refusals:
        click.echo("Nothing can be done before this is resolved.")
    elif not plan.steps:
        click.echo("Nothing is left to do.")
    else:
        rows = {table.paired.name: table.rows for table in plan.tables}
        print_table(("Phase", "What"), _phases(plan.steps, rows))
        from ..migration.space import size  # noqa: PLC0415

        online, offline = _time(plan.seconds), _time(plan.seconds_offline)
        click.echo(
            f"\nThe database grows by about {size(plan.growth)}, in about {online}, "
            f"or {offline} with --offline."
        )


def _phases(steps: Sequence[Step], rows: Mapping[str, int]) -> Iterator[tuple[str, str]]:
    """Yield each phase that is left, with a summary of its steps."""
    from ..migration.steps import (  # noqa: PLC0415
        AddColumn,
        Backfill,
        BuildIndex,
        BuildSuccessor,
        InstallSync,
    )

    def number(kind: type[Step]) -> int:
        return sum(isinstance(step, kind) for step in steps)

    def successors(phase: str) -> str:
        built = (s for s in steps if isinstance(s, BuildSuccessor) and s.phase == phase)
        return "".join(f", {step.index.name} for {step.index.source}" for step in built)

    filled = [rows[t.name] for step in steps if isinstance(step, Backfill) for t in step.tables]
    what = {
        "expand": counted(number(AddColumn), "epoch column"),
        "sync": f"triggers on {counted(number(InstallSync), 'table')}{successors('sync')}",
        "backfill": f"{counted(sum(filled), 'row')} of {counted(len(filled), 'table')}",
        "index": f"{counted(number(BuildIndex), 'index')}{successors('index')}",
        "version": "the version row",
    }
    for phase, _ in groupby(steps, lambda step: step.phase):
        yield phase, printable(what[phase])


def _time(measured: float | None) -> str:
    seconds = round(measured or 0)
    return f"{seconds // 60} min {seconds % 60} s" if seconds >= 60 else f"{max(seconds, 1)} s"


def _as_json(plan: Plan) -> dict[str, Any]:
    return {
        "contract": plan.contract,
        "database": plan.database,
        "tables": {
            table.paired.name: {
                "rows": table.rows,
                "sample": table.sample,
                "columns": {
                    column.pair.legacy: {
                        "epoch": column.pair.epoch,
                        "index": column.pair.index,
                        "written_as": column.pair.example,
                        "told_by": column.pair.told_by,
                        "forms": {
                            count.form: {
                                "rows": count.rows,
                                "example": count.example,
                                "first": count.first,
                                "last": count.last,
                                "outside": count.outside,
                            }
                            for count in column.forms
                        },
                        "unconvertible": column.unconvertible,
                        "outside": column.outside,
                    }
                    for column in table.columns
                },
            }
            for table in plan.tables
        },
        "missing": list(plan.missing),
        "notices": [asdict(notice) for notice in plan.notices],
        "steps": [{"phase": step.phase, "sql": list(plan.sql(step))} for step in plan.steps],
        "sync": plan.sync,
        "growth_bytes": plan.growth,
        "space_bytes": {
            "free": plan.space.room.free,
            "online": plan.space.online,
            "offline": plan.space.offline,
            "rollback": plan.space.rollback,
        },
        "seconds": plan.seconds,
        "seconds_offline": plan.seconds_offline,
    }
