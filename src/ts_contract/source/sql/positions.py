"""Refuses a sqlglot that does not say where the names of a statement stand.

With such a one everything would seem to work, and find a part of what is there.
"""

from __future__ import annotations

from importlib.metadata import version

from ...contract import ContractError

__all__ = ["OLDEST_SQLGLOT", "is_stated", "need_positions"]

OLDEST_SQLGLOT = "26.33"
"""The oldest release that the tests pass with, as pyproject.toml states it."""

_PROBE = "SELECT t.a, t.*, * FROM t"


def is_stated(installed: str = "") -> bool:
    """Tell whether a release of sqlglot is one of those that pyproject.toml asks for.

    Args:
        installed: its version; by default that of the installed one, which is not imported.

    Example:
        >>> is_stated("26.9.1"), is_stated("30.0.0")
        (False, True)
    """
    return _release(installed or version("sqlglot")) >= _release(OLDEST_SQLGLOT)


def _release(text: str) -> list[int]:
    return [int(part) for part in text.split(".")[:2] if part.isdigit()]


def need_positions() -> None:
    """Refuse the installed sqlglot if the names and stars of a statement have no places.

    Raises:
        ContractError: they have none, with the remedy.
    """
    from sqlglot import exp  # noqa: PLC0415 - only where SQL will be parsed

    from .parse import parse  # noqa: PLC0415

    tree, _ = parse(_PROBE, "sqlite")
    nodes = [] if tree is None else [*tree.find_all(exp.Identifier, exp.Star)]
    places = {_PROBE[node.meta.get("start", 0) : node.meta.get("end", -1) + 1] for node in nodes}
    if places != {"t", "a", "*"}:
        raise ContractError(
            f"sqlglot {version('sqlglot')} does not say where a name stands; "
            f"pip install 'sqlglot>={OLDEST_SQLGLOT}'"
        )
