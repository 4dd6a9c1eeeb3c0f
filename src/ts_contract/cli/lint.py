"""`ts-contract lint`: the flake8 rules without flake8."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .common import console, contract_if_any, hint
from .output import print_json
from .progress import progress_in_files
from .selection import (
    jobs_option,
    no_cache_option,
    only_option,
    paths_argument,
    print_errors,
    selected_codes,
    selected_files,
    skip_option,
    timeout_option,
)

if TYPE_CHECKING:
    from ..lint.baseline import Baseline
    from ..lint.files import Checked
    from ..lint.settings import LintSettings

__all__ = ["command"]


@click.command()
@paths_argument
@click.option(
    "--format",
    "output_format",
    type=click.Choice(["text", "json", "sarif", "github"]),
    default="text",
    show_default=True,
    help="How to print the findings.",
)
@only_option
@skip_option
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
    "--unjudged", "list_unjudged", is_flag=True, help="List the places that were not judged."
)
@click.option("--strict", is_flag=True, help="Places that were not judged fail, too.")
@jobs_option
@timeout_option
@no_cache_option
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
    list_unjudged: bool,
    strict: bool,
    timeout: int,
    no_cache: bool,
) -> None:
    """Find naive clocks, mixed units and legacy columns under PATH.

    In Python files, and in the SQL inside them; by default in the working directory. Heeds
    .gitignore, the contract's `exclude`, and `# noqa: TSC201` as flake8 does. PATH - is standard
    input. Without a contract only clocks and units are checked.

    A place that names a legacy column, and that no rule could judge, is counted: nothing is found
    only where everything was judged.

    Exit codes: 0 nothing found; 1 findings; 2 usage or configuration; 3 a file could not be read
    or parsed, while the others were checked.
    """
    if update_baseline and baseline is None:
        raise click.UsageError("--update-baseline needs --baseline FILE, the file to write")
    settings, results = _check(paths, _settings(only, skip, timeout), jobs, is_cached=not no_cache)
    is_tree = any(Path(path).is_dir() for path in paths or ["."])
    is_whole = is_tree and not any(result.error for result in results)
    unnamed = _unnamed(settings, results) if is_whole else ()
    if baseline is not None:
        compare = _update_baseline if update_baseline else _without_known
        results = compare(results, baseline)
    if list_unjudged and output_format == "text":
        _print_unjudged(results)
    _PRINT[output_format](results, unnamed)
    if print_errors(results):
        ctx.exit(3)
    ctx.exit(int(any(r.findings or (strict and r.unjudged) for r in results)))


def _settings(only: Sequence[str], skip: Sequence[str], seconds: float) -> LintSettings:
    from ..lint.settings import LintSettings, schema_of  # noqa: PLC0415

    contract = contract_if_any()
    if contract is not None and contract.tables:
        # Here, so that its absence is one message, and so that the processes share it.
        import sqlglot.optimizer.scope  # noqa: F401, PLC0415

        from ..source.sql.positions import need_positions  # noqa: PLC0415

        need_positions()
    codes = selected_codes(only, skip)
    return LintSettings(contract, schema_of(contract), codes, seconds=seconds)


# --- checking --------------------------------------------------------------------------------


def _check(
    paths: Sequence[str], settings: LintSettings, jobs: int | None, *, is_cached: bool
) -> tuple[LintSettings, list[Checked]]:
    """Return the settings with the index of the project, and what came of each file."""
    from ..files.pool import cores  # noqa: PLC0415
    from ..files.read import STDIN  # noqa: PLC0415
    from ..lint.files import check_files, check_source  # noqa: PLC0415
    from ..lint.project import project_of  # noqa: PLC0415

    results = []
    files = selected_files(paths, settings.contract)
    project = project_of(settings.contract, files, seconds=settings.seconds, is_cached=is_cached)
    settings = replace(settings, project=project)
    if "-" in paths:
        results.append(check_source(sys.stdin.buffer.read(), STDIN, settings))
    with progress_in_files("lint", len(files)) as count:
        for result in check_files(files, settings, jobs or cores()):
            results.append(result)
            count(len(results))
    return settings, results


def _unnamed(settings: LintSettings, results: Sequence[Checked]) -> Sequence[str]:
    """Return the contract tables that no file of the run names."""
    from ..lint.census import named_nowhere  # noqa: PLC0415

    named = (result.tables for result in results)
    return named_nowhere(settings.contract, settings.project, named)


def _without_known(results: list[Checked], file: Path) -> list[Checked]:
    """Return the results without what the baseline in a file holds."""
    from ..lint.baseline import record, without_known  # noqa: PLC0415

    known = _baseline(file)
    fixed = known.minus(record(results, known))
    if fixed:
        hint(f"{_findings(fixed)} of {file} fixed; --update-baseline takes them out")
    return without_known(results, known)


def _update_baseline(results: list[Checked], file: Path) -> list[Checked]:
    """Write the baseline of the results; return what is left of them: nothing that it holds."""
    from ..lint.baseline import Baseline, record, save_baseline, without_known  # noqa: PLC0415

    before = _baseline(file) if file.exists() else Baseline({})
    after = record(results, before)
    save_baseline(file, after)
    fixed, added = before.minus(after), after.minus(before)
    hint(f"{file}: {_findings(after.total)}; {fixed} taken out, {added} put in")
    return without_known(results, after)


def _baseline(file: Path) -> Baseline:
    from ..lint.baseline import BaselineError, load_baseline  # noqa: PLC0415

    try:
        return load_baseline(file)
    except BaselineError as error:
        raise click.UsageError(str(error)) from error


# --- printing --------------------------------------------------------------------------------


def _print_unjudged(results: Sequence[Checked]) -> None:
    from ..lint.report import unjudged_lines  # noqa: PLC0415

    for line in unjudged_lines(results):
        click.echo(line)


def _print_text(results: Sequence[Checked], unnamed: Sequence[str]) -> None:
    from ..lint.report import as_text, counted, summary, unjudged_text, unnamed_text  # noqa: PLC0415

    out = console()
    for result in results:
        for line in as_text(result):
            out.print(line, soft_wrap=True)
    rows = summary(results)
    total = sum(count for _, count, _ in rows)
    places = sum(len(result.unjudged) for result in results)
    files = counted(len(results), "file")
    if total:
        click.echo()
        width = len(str(rows[0][1]))
        for code, count, what in rows:
            click.echo(f"{count:>{width}} {code} {what}")
        safe = sum(
            f.fix is not None and f.fix.safety == "safe" for r in results for f in r.findings
        )
        with_findings = sum(bool(result.findings) for result in results)
        click.echo(f"{_findings(total)} in {with_findings} of {files}, {safe} safe to fix")
    elif not places and not any(result.error for result in results):
        hint(f"Nothing found in {files}.")
    if places:
        click.echo(f"{unjudged_text(places)}; --unjudged lists them")
    if unnamed:
        hint(f"{unnamed_text(unnamed)} {files}")


def _findings(count: int) -> str:
    return f"{count} finding" if count == 1 else f"{count} findings"


def _print_json(results: Sequence[Checked], unnamed: Sequence[str]) -> None:
    from ..lint.report import as_json  # noqa: PLC0415

    print_json(as_json(results, unnamed))


def _print_sarif(results: Sequence[Checked], unnamed: Sequence[str]) -> None:
    from ..lint.report import as_sarif  # noqa: PLC0415

    print_json(as_sarif(results, unnamed))


def _print_github(results: Sequence[Checked], unnamed: Sequence[str]) -> None:
    from ..lint.report import as_github  # noqa: PLC0415

    for line in as_github(results, unnamed):
        click.echo(line)


_PRINT: dict[str, Callable[[Sequence[Checked], Sequence[str]], None]] = {
    "text": _print_text,
    "json": _print_json,
    "sarif": _print_sarif,
    "github": _print_github,
}
