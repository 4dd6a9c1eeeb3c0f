"""What every command shares: its options, its streams, its errors.

Results go to standard output, progress and errors to standard error. What the options say is
kept in click's context, so that no command passes it on: it calls `contract()` and `console()`.
"""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from rich.console import Console

    from ..contract import Contract

__all__ = [
    "COMMON_OPTIONS",
    "DeclinedError",
    "console",
    "contract",
    "contract_if_any",
    "errors_explained",
    "hint",
    "hint_next",
    "is_quiet",
    "prepare_streams",
    "printable",
    "visible",
]

# --- options ---------------------------------------------------------------------------------

_META = "ts_contract."
_NO_LIMIT = 10_000


def _remember(ctx: click.Context, param: click.Parameter, value: Any) -> None:
    """Keep an option's value where it was given, before the command's name or after it."""
    if value not in {None, False}:
        ctx.meta[f"{_META}{param.name}"] = value


def _setting(name: str) -> Any:
    """Return what the option `name` was given, or None."""
    return click.get_current_context().meta.get(f"{_META}{name}")


COMMON_OPTIONS = (
    click.Option(
        ["--contract"],
        metavar="NAME|FILE",
        expose_value=False,
        callback=_remember,
        help="A shipped contract, or a TOML file. By default the nearest ts-contract.toml or "
        "pyproject.toml.",
    ),
    click.Option(
        ["--quiet", "-q"],
        is_flag=True,
        expose_value=False,
        callback=_remember,
        help="No progress and no hints: results and errors only.",
    ),
    click.Option(
        ["--no-color"],
        is_flag=True,
        expose_value=False,
        callback=_remember,
        help="No colours; the same as the environment variable NO_COLOR.",
    ),
)
"""The options that every command takes."""


def contract() -> Contract:
    """Return the contract that the command line names, or else the nearest one.

    Raises:
        ContractError: there is none, or a mistake is in it.
    """
    from ..loading import load_contract  # noqa: PLC0415 - --help does without

    return load_contract(_setting("contract"))


def contract_if_any() -> Contract | None:
    """Return the contract as `contract` does, or None where neither is: no option, no file.

    Raises:
        ContractError: a mistake is in it.
    """
    from ..loading import find_config  # noqa: PLC0415 - --help does without

    return contract() if _setting("contract") is not None or find_config() else None


# --- streams ---------------------------------------------------------------------------------


def console(*, stderr: bool = False) -> Console:
    """Return a console that prints text as it is, coloured only on a terminal and if wanted.

    Where there is no terminal, lines are as long as they need to be: a program reads them.

    Args:
        stderr: whether to print to standard error instead of standard output.
    """
    from rich.console import Console  # noqa: PLC0415 - --help does without

    plain = _setting("no_color") or os.environ.get("NO_COLOR")
    stream = sys.stderr if stderr else sys.stdout
    return Console(
        stderr=stderr,
        width=None if stream.isatty() else _NO_LIMIT,
        color_system=None if plain else "auto",
        markup=False,
        highlight=False,
        emoji=False,
    )


def prepare_streams() -> None:
    """Make both streams take any text, and be there even where the caller has closed them."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115
        else:  # a path that is not UTF-8, or a terminal that is not
            stream.reconfigure(errors="backslashreplace")


def is_quiet() -> bool:
    """Return whether only results and errors are wanted."""
    return bool(_setting("quiet"))


def hint(text: str) -> None:
    """Print what the user may do next to standard error, unless --quiet was given."""
    if not is_quiet():
        console(stderr=True).print(printable(text), style="dim")


def hint_next(*command: str) -> None:
    """Print which command comes next after one that ended well, unless --quiet was given."""
    hint(f"Next: ts-contract {shlex.join(command)}")


def printable(text: object) -> str:
    r"""Return text in one line that does nothing to a terminal, whatever a database holds.

    Example:
        >>> print(printable("tab\t and \x1b[31mred"))
        tab\t and \x1b[31mred
    """
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in str(text))


def visible(text: str) -> str:
    r"""Return text of many lines that does nothing to a terminal but fill lines and move to tabs.

    Example:
        >>> print(visible("one\ntwo\x1b[2J"))
        one
        two\x1b[2J
    """
    return "".join(c if c in "\n\t" else printable(c) for c in text)


# --- errors ----------------------------------------------------------------------------------

_EXTRAS = {
    "flake8": "flake8",
    "libcst": "codemod",
    "pytest": "pytest",
    "sqlglot": "flake8",
}
"""The extra that brings a package."""


class _Error(click.ClickException):
    """An error as the user sees it: one line on standard error, and an exit code."""

    def __init__(self, message: object) -> None:
        super().__init__(printable(message))


class _UsageError(_Error):
    exit_code = 2


class DeclinedError(_UsageError):
    """A command that the user did not say yes to."""


class _FailedError(_Error):
    exit_code = 3


@contextmanager
def errors_explained() -> Iterator[None]:
    """Turn every error that is not a bug of ours into a message and an exit code."""
    try:
        try:
            yield
        finally:
            _flush()
    except BrokenPipeError:  # the reader has gone, which is its right
        raise click.exceptions.Exit(128 + 13) from None  # as a shell tells of SIGPIPE
    except KeyboardInterrupt:
        click.echo("Interrupted.", err=True)
        raise click.exceptions.Exit(128 + 2) from None
    except click.ClickException as error:
        # It may name what the tree names.
        error.message = visible(error.message)  # type: ignore[misc]
        raise
    except (click.exceptions.Exit, click.Abort):
        raise
    except Exception as error:
        explained = _explain(error)
        if explained is None:
            raise
        raise explained from error


def _flush() -> None:
    """Write out what is left, here where an error can still be answered; if not, drop it."""
    try:
        sys.stdout.flush()
    except OSError:
        # Python would try again at exit, and complain.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise


def _explain(error: Exception) -> _Error | None:
    """Return the message and exit code of an error, or None for a bug of ours."""
    from ..contract import ContractError  # noqa: PLC0415 - --help does without

    if isinstance(error, ContractError):
        return _UsageError(error)
    if isinstance(error, ModuleNotFoundError):
        return _missing_extra(error)
    if isinstance(error, OSError):
        # A stream has no name; it was open, so writing to it is what failed.
        return _FailedError(f"{error.filename or 'cannot write'}: {error.strerror or error}")
    from ..migration.errors import Failed, Refused  # noqa: PLC0415

    if isinstance(error, Refused):
        return _UsageError(error)
    if isinstance(error, Failed):
        return _FailedError(error)
    return None


def _missing_extra(error: ModuleNotFoundError) -> _Error | None:
    command = click.get_current_context().invoked_subcommand
    package = (error.name or "").partition(".")[0]
    if package not in _EXTRAS:
        return None
    extra = "codemod" if command == "codemod" else _EXTRAS[package]
    return _UsageError(
        f'{command} needs {package}, which is not installed; pip install "ts-contract[{extra}]"'
    )
