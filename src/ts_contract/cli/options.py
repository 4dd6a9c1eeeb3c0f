"""Options that several commands have, each said once."""

from __future__ import annotations

from pathlib import Path

import click

__all__ = ["backup", "pause"]

backup = click.option(
    "--backup",
    metavar="PATH",
    type=click.Path(path_type=Path),
    help="Write a verified copy before the first change.",
)
pause = click.option(
    "--pause",
    metavar="SECONDS",
    type=click.FloatRange(0, 3_600),
    default=0.005,
    show_default=True,
    help="Time that other writers get between two transactions, at least.",
)
