"""How results look: tables of 80 columns for people, JSON for programs."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Sequence
from math import isfinite
from typing import TYPE_CHECKING, Any, TypeVar

import click

from .common import console, printable, visible

if TYPE_CHECKING:
    from rich.console import RenderableType

__all__ = [
    "counted",
    "format_option",
    "json_value",
    "print_bytes",
    "print_json",
    "print_script",
    "print_table",
    "print_trimmed",
]

Command = TypeVar("Command", bound=Callable[..., Any])


def format_option(*formats: str) -> Callable[[Command], Command]:
    """Return the option --format for a command; its first format is the default."""
    return click.option(
        "--format",
        "output_format",
        type=click.Choice(formats),
        default=formats[0],
        show_default=True,
        help="How to print the result.",
    )


def print_table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print a table on standard output; whole numbers stand on the right.

    Args:
        header: the names of the columns.
        rows: the cells; None for an empty one.
    """
    from rich.table import Table  # noqa: PLC0415 - --help does without

    cells = [tuple(row) for row in rows]
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for place, name in enumerate(header):
        numeric = any(isinstance(row[place], int) for row in cells)
        table.add_column(name, justify="right" if numeric else "left", overflow="fold")
    for row in cells:
        table.add_row(*map(_cell, row))
    print_trimmed(table)


def print_trimmed(content: RenderableType, width: int | None = None) -> None:
    """Print what rich can render on standard output, without the blanks at the ends of lines.

    Args:
        content: a table, a text, or another thing of rich.
        width: in columns; None for that of the terminal.
    """
    out = console()
    with out.capture() as captured:
        out.print(content, width=width)
    for line in captured.get().splitlines():
        click.echo(line.rstrip(), color=True)  # the console has decided on colours


def _cell(value: object) -> str:
    if value is None:
        return ""
    return f"{value:,}" if isinstance(value, int) else printable(value)


def json_value(value: object) -> object:
    """Return a value of a database as JSON holds it: what JSON does not have, as its text."""
    if value is None or isinstance(value, str | int):
        return value
    return value if isinstance(value, float) and isfinite(value) else repr(value)


def counted(count: int, noun: str) -> str:
    """Return a number with its noun.

    Example:
        >>> counted(1, "row"), counted(2_000, "index")
        ('1 row', '2,000 indexes')
    """
    plural = "" if count == 1 else "es" if noun.endswith("x") else "s"
    return f"{count:,} {noun}{plural}"


def print_json(result: dict[str, Any]) -> None:
    """Print a result as JSON on standard output, in ASCII, whatever a database holds."""
    click.echo(json.dumps({"version": 1, **result}, indent=2, allow_nan=False))


def print_bytes(data: bytes) -> None:
    """Write bytes to standard output exactly as they are."""
    sys.stdout.flush()  # what was printed before stands before
    sys.stdout.buffer.write(data)


def print_script(text: str) -> None:
    """Print a script for another program as it is; on a terminal, so that it does nothing there."""
    sys.stdout.write(visible(text) if sys.stdout.isatty() else text)
