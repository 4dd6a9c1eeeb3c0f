"""`ts-contract discover`: a contract proposed from a live database."""

from __future__ import annotations

import click

from .common import hint
from .output import counted, print_script
from .progress import progress

__all__ = ["command"]


@click.command()
@click.argument("db")
def command(db: str) -> None:
    """Propose a contract for DB, for a person to review.

    Prints TOML, with the storage forms of each column in comments. Columns that look like
    instants while something speaks against it are there as comments, with the reason.
    Review every line, then keep it:

    ts-contract discover DB > ts-contract.toml
    """
    from ..migration import discover  # noqa: PLC0415

    with progress() as bar:
        proposal = discover(db, progress=bar)
    print_script(proposal.toml())
    proposed = sum(candidate.proposed for candidate in proposal.candidates)
    seen = counted(len(proposal.candidates), "column")
    hint(f"{proposed} of {seen} proposed; review them all.")
