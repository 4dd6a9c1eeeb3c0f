"""`ts-contract codemod`: rewrite legacy queries and clocks where that is provably safe."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .common import console, contract_if_any, hint, printable, visible
from .output import print_bytes
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
    from ..codemod.changes import Options
    from ..codemod.files import Result
    from ..codemod.rewrite import RewriteSettings

__all__ = ["command"]

_MOST_REASONS = 10


@click.command()
@paths_argument
@click.option("--diff", is_flag=True, help="Print the changes as a unified diff.")
@click.option("--check", is_flag=True, help="Only name the files that would change.")
@click.option("--write", is_flag=True, help="Write the changes to the files.")
@click.option(
    "--unsafe",
    is_flag=True,
    help="Also rewrite where a value that other code sees turns from text into milliseconds.",
)
@click.option(
    "--compat-reads",
    is_flag=True,
    help="Where not all readers of a query are visible, let it go on to give the old text under "
    "the old name, computed from the epoch column.",
)
@click.option("--no-markers", is_flag=True, help="No `# TODO(ts-contract ...)` for what is left.")
@only_option
@skip_option
@jobs_option
@timeout_option
@no_cache_option
@click.option(
    "--report",
    metavar="FILE.json",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write what became of each finding to FILE.json.",
)
@click.option(
    "--verify",
    "database",
    metavar="DB",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Prepare and run the rewritten statements on copies of a SQLite database.",
)
@click.pass_context
def command(
    ctx: click.Context,
    /,
    paths: Sequence[str],
    *,
    diff: bool,
    check: bool,
    write: bool,
    unsafe: bool,
    compat_reads: bool,
    no_markers: bool,
    only: Sequence[str],
    skip: Sequence[str],
    jobs: int | None,
    timeout: int,
    no_cache: bool,
    report: Path | None,
    database: Path | None,
) -> None:
    """Rewrite the clocks and queries under PATH for epoch columns.

    In Python files; by default in the working directory. Without an option nothing is written: a
    summary says what would change. Only safe rewrites are made: the same rows, the same instants,
    no value of another type where other code sees it. What is left gets a comment
    `# TODO(ts-contract TSC201): reason`. PATH - reads standard input and prints the result, or with
    --check and --diff what they say.

    Exit codes: 0 nothing to change, or written; 1 changes to make, or a difference that --verify
    found; 2 usage or configuration; 3 a file failed while the others were done.
    """
    from ..codemod.changes import Options  # noqa: PLC0415

    modes = {"diff": diff, "check": check, "write": write}
    mode = _one_of([name for name, is_wanted in modes.items() if is_wanted])
    if report is not None and not report.parent.is_dir():
        raise click.UsageError(f"--report: {report.parent} is not a directory")
    options = Options(unsafe=unsafe, compat_reads=compat_reads, markers=not no_markers)
    settings = _settings(only, skip, options, timeout)
    if "-" in paths:
        _filter(ctx, paths, _with_project(settings, [], is_cached=not no_cache), mode)
        return
    files = selected_files(paths, settings.contract)
    settings = _with_project(settings, files, is_cached=not no_cache)
    results = _rewrite(files, settings, jobs, write=mode == "write")
    _PRINT[mode](results)
    if report is not None:
        _save(report, results)
    failed = print_errors(results)
    differs = database is not None and _verify(database, results, settings)
    if failed:
        ctx.exit(3)
    to_do = mode != "write" and any(result.is_changed for result in results)
    ctx.exit(int(to_do or differs))


def _one_of(modes: Sequence[str]) -> str:
    """Return the one mode that is named, or the summary."""
    if len(modes) > 1:
        raise click.UsageError(f"--{modes[0]} and --{modes[1]} exclude each other")
    return modes[0] if modes else "summary"


def _settings(
    only: Sequence[str], skip: Sequence[str], options: Options, seconds: float
) -> RewriteSettings:
    # Here, so that its absence is one message, and so that the processes share it.
    import sqlglot  # noqa: F401, PLC0415

    from ..codemod.rewrite import RewriteSettings  # noqa: PLC0415
    from ..lint.settings import schema_of  # noqa: PLC0415
    from ..source.sql.positions import need_positions  # noqa: PLC0415

    need_positions()
    contract = contract_if_any()
    codes = selected_codes(only, skip)
    if options.compat_reads and not only:
        codes |= {"TSC205"}  # a * gives the old names too
    return RewriteSettings(contract, schema_of(contract), codes, options, seconds=seconds)


def _with_project(
    settings: RewriteSettings, files: Sequence[Path], *, is_cached: bool
) -> RewriteSettings:
    """Return the settings with the index of the project that some files are of."""
    from ..lint.project import project_of  # noqa: PLC0415

    seconds = settings.seconds
    project = project_of(settings.contract, files, seconds=seconds, is_cached=is_cached)
    return replace(settings, project=project)


# --- rewriting -------------------------------------------------------------------------------


def _filter(ctx: click.Context, paths: Sequence[str], settings: RewriteSettings, mode: str) -> None:
    """Rewrite standard input to standard output, or tell what would change in it."""
    from ..codemod.files import rewrite_bytes  # noqa: PLC0415
    from ..files.read import STDIN  # noqa: PLC0415

    if len(paths) > 1:
        raise click.UsageError("- stands alone: standard input is rewritten to standard output")
    if mode == "write":
        raise click.UsageError("--write needs files; without it - is written to standard output")
    data = sys.stdin.buffer.read()
    result = rewrite_bytes(data, STDIN, settings)
    if mode == "summary":
        sys.stdout.buffer.write(data if result.after is None else result.after)
    else:
        _PRINT[mode]([result])
    if print_errors([result]):
        ctx.exit(3)
    ctx.exit(int(mode != "summary" and result.is_changed))


def _rewrite(
    files: Sequence[Path], settings: RewriteSettings, jobs: int | None, *, write: bool
) -> list[Result]:
    from ..codemod.files import rewrite_files  # noqa: PLC0415
    from ..files.git import has_uncommitted  # noqa: PLC0415
    from ..files.pool import cores  # noqa: PLC0415

    if write and has_uncommitted(files):
        hint("git has uncommitted changes here; commit them to see the rewrite on its own")
    results = []
    with progress_in_files("codemod", len(files)) as count:
        for result in rewrite_files(files, settings, jobs or cores(), write=write):
            results.append(result)
            count(len(results))
    return results


def _save(file: Path, results: Sequence[Result]) -> None:
    from ..codemod.report import as_json  # noqa: PLC0415
    from ..files.write import write_whole  # noqa: PLC0415

    text = json.dumps(as_json(results), indent=2)
    write_whole(file, f"{text}\n".encode())


def _verify(database: Path, results: Sequence[Result], settings: RewriteSettings) -> bool:
    """Print what the database itself says of the rewritten queries; return whether any differs."""
    from ..codemod.verify.rewrites import verify_rewrites  # noqa: PLC0415

    outcome = verify_rewrites(database, results, settings)
    for line in outcome.problems:
        click.echo(printable(line))
    click.echo(
        f"--verify: {outcome.prepared} of {outcome.statements} statements prepare without the "
        f"legacy columns, {outcome.compared} compared with the old ones on the migrated database, "
        f"{len(outcome.problems)} problems"
    )
    return bool(outcome.problems)


# --- printing --------------------------------------------------------------------------------


def _print_diff(results: Sequence[Result]) -> None:
    from ..codemod.report import as_diff  # noqa: PLC0415

    show = _show_diff_line if sys.stdout.isatty() else print_bytes
    for result in results:
        for line in as_diff(result):
            show(line)


def _show_diff_line(line: bytes) -> None:
    """Print a line of a diff on a terminal, coloured, and with what would steer it made visible."""
    styles = {"+": "green", "-": "red", "@": "cyan"}
    text = line.decode(errors="backslashreplace").removesuffix("\n")
    style = "bold" if text.startswith(("+++", "---")) else styles.get(text[:1])
    console().print(visible(text), style=style, soft_wrap=True)


def _print_files(results: Sequence[Result]) -> None:
    for result in results:
        if result.is_changed and not result.error:
            click.echo(printable(result.path))


def _print_summary(results: Sequence[Result]) -> None:
    from ..codemod.report import reasons_left, summary  # noqa: PLC0415

    rows = summary(results)
    if rows:
        click.echo(f"{'':6} {'rewritten':>9} {'marked':>9} {'left':>9}")
    for code, rewritten, marked, left in rows:
        click.echo(f"{code:6} {rewritten:>9,} {marked:>9,} {left:>9,}")
    for number, reason in reasons_left(results)[:_MOST_REASONS]:
        click.echo(f"{number:6,} left: {printable(reason)}")
    changed = sum(result.is_changed and not result.error for result in results)
    click.echo(f"{changed} of {len(results)} files change")
    _print_unjudged(results)
    if changed:
        hint("--diff shows the changes, --write makes them; --unsafe and --compat-reads do more")


def _print_written(results: Sequence[Result]) -> None:
    changed = [result for result in results if result.is_changed and not result.error]
    statuses = [change.status for result in results for change in result.changes]
    click.echo(
        f"{len(changed)} of {len(results)} files written; {statuses.count('rewritten')} findings "
        f"rewritten, {statuses.count('marked')} marked, {statuses.count('skipped')} left"
    )
    _print_unjudged(results)


def _print_unjudged(results: Sequence[Result]) -> None:
    from ..lint.report import unjudged_text  # noqa: PLC0415

    places = sum(result.unjudged for result in results)
    if places:
        click.echo(f"{unjudged_text(places)}; ts-contract lint --unjudged lists them")


_PRINT: dict[str, Callable[[Sequence[Result]], None]] = {
    "summary": _print_summary,
    "diff": _print_diff,
    "check": _print_files,
    "write": _print_written,
}
