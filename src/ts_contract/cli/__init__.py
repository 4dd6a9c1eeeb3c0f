"""The command line: one module per command, thin: parse, call, print.

`main` is the entry point. A command's module is imported when the command is used.
"""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import Any

import click

from .. import __version__
from .common import COMMON_OPTIONS, errors_explained, prepare_streams

__all__ = ["main"]

_COMMANDS = (
    "discover",
    "plan",
    "migrate",
    "status",
    "verify",
    "repair",
    "rollback",
    "finalize",
    "sql",
    "lint",
    "codemod",
    "rule",
    "demo",
)
"""The commands, each the attribute `command` of the module of its name, in the order of use."""


class _Cli(click.Group):
    """The group of commands, which gives each the common options and explains its errors."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [name for name in _COMMANDS if find_spec(f"{__name__}.{name}")]

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in self.list_commands(ctx):
            return None
        command: click.Command = import_module(f".{name}", __name__).command
        own = {param.name for param in command.params}
        command.params += [option for option in COMMON_OPTIONS if option.name not in own]
        return command

    def main(self, *args: Any, **kwargs: Any) -> Any:
        prepare_streams()
        return super().main(*args, **kwargs)

    def make_context(self, *args: Any, **kwargs: Any) -> click.Context:
        with errors_explained():  # --help and --version print here
            return super().make_context(*args, **kwargs)

    def invoke(self, ctx: click.Context) -> object:
        with errors_explained():
            return super().invoke(ctx)


@click.command(
    cls=_Cli,
    params=list(COMMON_OPTIONS),
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 80},
)
@click.version_option(__version__, prog_name="ts-contract", message="%(prog)s %(version)s")
def main() -> None:
    """From naive TIMESTAMP columns to UTC epoch milliseconds, and kept there.

    One contract says which columns: [tool.ts-contract] in pyproject.toml, or ts-contract.toml.
    `ts-contract demo` shows the whole way on a sample store.

    Exit codes: 0 fine; 1 a finding, a difference, or a change to make; 2 usage or
    configuration; 3 something failed while the rest was done.
    """
