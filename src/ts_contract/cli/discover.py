"""`ts-contract discover`: a contract proposed from a live database."""

from __future__ import annotations

from pathlib import Path

import click

from .common import hint, hint_next, printable
from .output import counted, print_script
from .progress import progress

__all__ = ["command"]


@click.command()
@click.argument("db")
@click.option(
    "--output",
    "-o",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Write it there, where nothing is yet, instead of printing it.",
)
def command(db: str, output: Path | None) -> None:
    """Propose a contract for DB, for a person to review.

    Gives TOML, with the storage forms of each column, its first and its last day in comments.
    Columns that look like instants while something speaks against it are there as comments, with
    the reason. Review every line, then keep it:

    ts-contract discover DB -o ts-contract.toml
    """
    from ..migration import discover  # noqa: PLC0415

    if output is not None:
        _refuse_existing(output)
    with progress() as bar:
        proposal = discover(db, progress=bar)
    if output is None:
        print_script(proposal.toml())
    else:
        _write(output, proposal.toml())
    proposed = sum(candidate.proposed for candidate in proposal.candidates)
    seen = counted(len(proposal.candidates), "column")
    hint(f"{proposed} of {seen} proposed; review them all.")
    if output is not None:
        hint_next("plan", db)


def _refuse_existing(path: Path) -> None:
    if path.exists() or path.is_symlink():
        raise click.UsageError(f"{printable(path)}: is there already; name another file")


def _write(path: Path, text: str) -> None:
    """Write a file where nothing is, whole or not at all.

    Raises:
        click.UsageError: something is there by now.
    """
    from ..files.write import created_aside  # noqa: PLC0415

    try:
        with created_aside(path, like=None) as unfinished:
            unfinished.write_text(text, encoding="utf-8")
            unfinished.chmod(0o644)
    except FileExistsError:
        _refuse_existing(path)
        raise
