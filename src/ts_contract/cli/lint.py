"""`ts-contract lint`: the flake8 rules without flake8."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .common import console, contract_if_any, hint, printable
from .output import print_json
from .progress import progress_in_files

if TYPE_CHECKING:
    from ..contract import Contract
    from ..lint.files import Checked, Settings
    from ..source.file import Schema

__all__ = ["command"]


def _codes(_: click.Context, __: click.Parameter, given: Sequence[str]) -> tuple[str, ...]:
    return tuple(code for value in given for code in value.upper().replace(",", " ").split())


@click.command()
@click.argument(
    "paths", metavar="[PATH]...", nargs=-1, type=click.Path(exists=True, allow_dash=True)
)
@click.option(
    "--format",
    "output_format",
    type=click.Choice(["text", "json", "sarif", "github"]),
    default="text",
    show_default=True,
    help="How to print the findings.",
)
@click.option(
    "--only",
    metavar="CODE",
    multiple=True,
    callback=_codes,
    help="Only these rules, the ones that are off by default too; TSC4 means all of TSC4xx.",
)
@click.option("--skip", metavar="CODE", multiple=True, callback=_codes, help="Not these rules.")
@click.option(
    "--baseline",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The findings in FILE pass, new ones fail.",
)
@click.option(
    "--update-baseline",
    is_flag=True,
    help="Write the findings of this run to FILE: fixed ones leave it, new ones enter.",
)
@click.option(
    "--jobs", metavar="N", type=click.IntRange(min=1), help="How many processes; one a core."
)
@click.pass_context
def command(
    ctx: click.Context,
    /,
    paths: Sequence[str],
    *,
    output_format: str,
    only: Sequence[str],
    skip: Sequence[str],
    baseline: Path | None,
    update_baseline: bool,
    jobs: int | None,
) -> None:
    """Find naive clocks, mixed units and legacy columns under PATH.

    In Python files, and in the SQL inside them; by default in the working directory. Heeds
    .gitignore, the contract's `exclude`, and `# noqa: TSC201` as flake8 does. PATH - is standard
    input. Without a contract only clocks and units are checked.

    Exit codes: 0 nothing found; 1 findings; 2 usage or configuration; 3 a file could not be read
    or parsed, while the others were checked.
    """
    if update_baseline and baseline is None:
        raise click.UsageError("--update-baseline needs --baseline FILE, the file to write")
    results = _sorted_out(_check(paths, _settings(only, skip), jobs), baseline, update_baseline)
    _PRINT[output_format](results)
    for result in results:
        if result.error:
            click.echo(printable(result.error), err=True)
    if any(result.error for result in results):
        ctx.exit(3)
    ctx.exit(int(any(result.findings for result in results)))


def _settings(only: Sequence[str], skip: Sequence[str]) -> Settings:
    from ..lint.files import Settings, selected  # noqa: PLC0415

    contract = contract_if_any()
    if contract is not None and contract.tables:
        # Here, so that its absence is one message, and so that the processes share it.
        import sqlglot.optimizer.qualify  # noqa: F401, PLC0415
    try:
        codes = selected(only, skip)
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    return Settings(contract, _schema(contract), codes)


def _schema(contract: Contract | None) -> Schema | None:
    if contract is None or not contract.schema:
        return None
    from ..source.sql.schema import load_schema  # noqa: PLC0415 - only with a schema

    return load_schema(contract)


# --- checking --------------------------------------------------------------------------------


def _check(paths: Sequence[str], settings: Settings, jobs: int | None) -> list[Checked]:
    from ..files.find import python_files  # noqa: PLC0415
    from ..files.pool import cores  # noqa: PLC0415
    from ..files.read import STDIN  # noqa: PLC0415
    from ..lint.files import check_files, check_source  # noqa: PLC0415

    results = []
    if "-" in paths:
        results.append(check_source(sys.stdin.buffer.read(), STDIN, settings))
    named = [Path(path) for path in paths or ["."] if path != "-"]
    files = list(python_files(named, settings.contract))
    with progress_in_files("lint", len(files)) as count:
        for result in check_files(files, settings, jobs or cores()):
            results.append(result)
            count(len(results))
    return results


def _sorted_out(results: list[Checked], file: Path | None, update: bool) -> list[Checked]:
    """Return the results without what the baseline holds, having written it if that is asked."""
    if file is None:
        return results
    from ..lint.baseline import (  # noqa: PLC0415
        Baseline,
        BaselineError,
        load_baseline,
        record,
        save_baseline,
        without_known,
    )

    try:
        before = load_baseline(file) if file.exists() or not update else Baseline({})
    except BaselineError as error:
        raise click.UsageError(str(error)) from error
    after = record(results, before)
    fixed, added = before.minus(after), after.minus(before)
    if update:
        save_baseline(file, after)
        hint(f"{file}: {_findings(after.total)}; {fixed} taken out, {added} put in")
        return without_known(results, after)
    if fixed:
        hint(f"{_findings(fixed)} of {file} fixed; --update-baseline takes them out")
    return without_known(results, before)


# --- printing --------------------------------------------------------------------------------


def _print_text(results: Sequence[Checked]) -> None:
    from ..lint.report import as_text, summary  # noqa: PLC0415

    out = console()
    for result in results:
        for line in as_text(result):
            out.print(line, soft_wrap=True)
    rows = summary(results)
    total = sum(count for _, count, _ in rows)
    if total:
        click.echo()
        width = len(str(rows[0][1]))
        for code, count, what in rows:
            click.echo(f"{count:>{width}} {code} {what}")
        safe = sum(
            f.fix is not None and f.fix.safety == "safe" for r in results for f in r.findings
        )
        files = sum(bool(result.findings) for result in results)
        click.echo(f"{_findings(total)} in {files} of {len(results)} files, {safe} safe to fix")
    else:
        hint(f"Nothing found in {len(results)} files.")


def _findings(count: int) -> str:
    return f"{count} finding" if count == 1 else f"{count} findings"


def _print_json(results: Sequence[Checked]) -> None:
    from ..lint.report import as_json  # noqa: PLC0415

    print_json(as_json(results))


def _print_sarif(results: Sequence[Checked]) -> None:
    from ..lint.report import as_sarif  # noqa: PLC0415

    print_json(as_sarif(results))


def _print_github(results: Sequence[Checked]) -> None:
    from ..lint.report import as_github  # noqa: PLC0415

    for line in as_github(results):
        click.echo(line)


_PRINT: dict[str, Callable[[Sequence[Checked]], None]] = {
    "text": _print_text,
    "json": _print_json,
    "sarif": _print_sarif,
    "github": _print_github,
}
