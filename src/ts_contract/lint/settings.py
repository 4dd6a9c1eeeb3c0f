"""What decides how files are checked: the contract, the other tables, and the rules to try."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ..contract import Contract
from ..source.file import Schema
from ..source.project.modules import Project
from .rules import all_rules

__all__ = ["LintSettings", "schema_of", "selected"]


@dataclass(frozen=True, slots=True)
class LintSettings:
    """What decides how a file is checked.

    Attributes:
        contract: the declared columns; None for clocks and units alone.
        schema: the other tables that are known.
        codes: the codes of the rules to try.
        project: the index of the files that those of the run belong to.
        seconds: how long the check of one file may take; None for as long as it needs.
    """

    contract: Contract | None
    schema: Schema | None
    codes: frozenset[str]
    project: Project | None = None
    seconds: float | None = None


def selected(only: Iterable[str], skip: Iterable[str]) -> frozenset[str]:
    """Return the codes that two lists of codes, or of their beginnings, leave.

    Args:
        only: what is wanted, off by default or not; empty for all that is on by default.
        skip: what is not wanted.

    Raises:
        ValueError: one of them is not the beginning of any code.

    Example:
        >>> sorted(selected(["TSC10"], ["TSC102", "TSC104"]))
        ['TSC101', 'TSC103', 'TSC105', 'TSC106', 'TSC107']
    """
    only, skip = tuple(only), tuple(skip)
    for prefix in (*only, *skip):
        if not any(rule.code.startswith(prefix) for rule in all_rules()):
            raise ValueError(f"{prefix!r} is not the code of a rule; `ts-contract rule` lists them")
    wanted = (r.code for r in all_rules() if (r.code.startswith(only) if only else r.default))
    return frozenset(code for code in wanted if not code.startswith(skip or "-"))


def schema_of(contract: Contract | None) -> Schema | None:
    """Return the tables that a contract's `schema` describes, or None where it names nothing.

    Raises:
        ContractError: one of its files cannot be read.
    """
    if contract is None or not contract.schema:
        return None
    from ..source.sql.schema import load_schema  # noqa: PLC0415 - reads SQL with sqlglot

    return load_schema(contract)
