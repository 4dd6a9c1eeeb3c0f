"""What lint and codemod share: the files and rules that are selected, and what failed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import click

from .common import printable

if TYPE_CHECKING:
    from ..contract import Contract

__all__ = [
    "jobs_option",
    "no_cache_option",
    "only_option",
    "paths_argument",
    "print_errors",
    "selected_codes",
    "selected_files",
    "skip_option",
    "timeout_option",
]


def _codes(_: click.Context, __: click.Parameter, given: Sequence[str]) -> tuple[str, ...]:
    return tuple(code for value in given for code in value.upper().replace(",", " ").split())


paths_argument = click.argument(
    "paths", metavar="[PATH]...", nargs=-1, type=click.Path(exists=True, allow_dash=True)
)
only_option = click.option(
    "--only",
    metavar="CODE",
    multiple=True,
    callback=_codes,
    help="Only these rules, the ones that are off by default too; TSC2 means all of TSC2xx.",
)
skip_option = click.option(
    "--skip", metavar="CODE", multiple=True, callback=_codes, help="Not these rules."
)
jobs_option = click.option(
    "--jobs", metavar="N", type=click.IntRange(min=1), help="How many processes; one a core."
)
timeout_option = click.option(
    "--timeout",
    metavar="SECONDS",
    type=click.IntRange(1, 86_400),
    default=30,
    show_default=True,
    help="How long each file may take; one that takes longer is named, the others go on.",
)
no_cache_option = click.option(
    "--no-cache",
    is_flag=True,
    help="Neither use nor write .ts_contract_cache beside the contract.",
)


def selected_codes(only: Sequence[str], skip: Sequence[str]) -> frozenset[str]:
    """Return the codes of the rules that --only and --skip leave.

    Raises:
        click.UsageError: one of them names no rule.
    """
    from ..lint.settings import selected  # noqa: PLC0415 - --help does without

    try:
        return selected(only, skip)
    except ValueError as error:
        raise click.UsageError(str(error)) from error


def selected_files(paths: Sequence[str], contract: Contract | None) -> list[Path]:
    """Return the Python files under the paths, by default those of the working directory.

    Args:
        paths: as the command line gives them; `-` is not a file.
        contract: whose `exclude` leaves files out.

    Raises:
        click.UsageError: paths are given, and there is no Python file under them.
    """
    from ..files.find import python_files  # noqa: PLC0415 - --help does without

    named = [Path(path) for path in paths or ["."] if path != "-"]
    files = list(python_files(named, contract))
    if paths and named and not files and not any(python_files(named, None)):
        where = ", ".join(map(str, named))
        raise click.UsageError(f"no Python files under {where}; name files, or their directory")
    return files


class _Result(Protocol):
    @property
    def error(self) -> str: ...


def print_errors(results: Iterable[_Result]) -> bool:
    """Print why files failed on standard error; return whether any did."""
    errors = [result.error for result in results if result.error]
    for error in errors:
        click.echo(printable(error), err=True)
    return bool(errors)
