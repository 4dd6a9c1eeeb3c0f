"""What the rules about SQL share: their substring gates, and what a phase allows."""

from __future__ import annotations

from ...contract import Contract
from ..analysis import ModelColumn, ModelUse, Reference
from ..memory import remember_last

__all__ = ["clause_words", "column_words", "dual_write_allowed", "legacy_words", "table_words"]


Groups = tuple[tuple[str, ...], ...]

_CLAUSES = ("select", "update", "insert", "delete", "order by", "group by", "where", "having")


@remember_last
def legacy_words(contract: Contract) -> Groups:
    """Return the legacy columns' names, and those of the tables that they may belong to."""
    return _legacy(contract), _tables(contract)


@remember_last
def column_words(contract: Contract) -> Groups:
    """Return the names of all contract columns, legacy and epoch, and of the tables."""
    epoch = {column.epoch.lower() for _, column in contract.columns()}
    return tuple(sorted(epoch | {*_legacy(contract)})), _tables(contract)


@remember_last
def table_words(contract: Contract) -> Groups:
    """Return the contract tables' names, and the star that takes all columns."""
    return _tables(contract), ("*",)


@remember_last
def clause_words(contract: Contract) -> Groups:
    """Return the legacy columns' names, and the clauses that they may stand in."""
    return _legacy(contract), _CLAUSES


def _legacy(contract: Contract) -> tuple[str, ...]:
    return tuple(sorted({column.legacy.lower() for _, column in contract.columns()}))


def _tables(contract: Contract) -> tuple[str, ...]:
    """Return what a file must say to mean a table: its name, or a class that stands for it."""
    models = {model.rpartition(".")[2].lower() for model, _ in contract.models}
    return tuple(sorted(models | {table.name.lower() for table in contract.tables}))


def dual_write_allowed(
    place: Reference | ModelColumn | ModelUse, contract: Contract | None
) -> bool:
    """Tell whether the phase lets a legacy column stand beside its epoch column here."""
    return place.dual and contract is not None and contract.phase == "migrate"
