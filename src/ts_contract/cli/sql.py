"""`ts-contract sql`: the migration as a script."""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

import click

from ..contract import Dialect
from .common import contract
from .output import print_script

if TYPE_CHECKING:
    from ..migration.script import ScriptPhase

__all__ = ["command"]


@click.command()
@click.argument(
    "phase",
    type=click.Choice(
        ["expand", "sync", "backfill", "index", "version", "verify", "rollback", "all"]
    ),
)
@click.option("--dialect", type=click.Choice(get_args(Dialect)), help="Instead of the contract's.")
@click.option("--optional", is_flag=True, help="For the optional tables too.")
def command(phase: ScriptPhase, *, dialect: Dialect | None, optional: bool) -> None:
    """Print the SQL of PHASE as a script for another migrator.

    The script of `all` is one transaction, and needs nothing but the database.
    """
    from ..migration import script  # noqa: PLC0415

    wanted = contract()
    print_script(script(wanted, phase, optional=optional, dialect=dialect or wanted.dialect))
