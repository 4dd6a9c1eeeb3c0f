"""What the rules about SQL share: their substring gates, and what a phase allows."""

from __future__ import annotations

from ...contract import Contract
from ..analysis import ModelColumn, Reference

__all__ = ["column_words", "dual_write_allowed", "legacy_words", "table_words"]


def legacy_words(contract: Contract) -> tuple[str, ...]:
    """Return the legacy columns' names in lower case."""
    return tuple(sorted({column.legacy.lower() for _, column in contract.columns()}))


def column_words(contract: Contract) -> tuple[str, ...]:
    """Return the names of all contract columns, legacy and epoch, in lower case."""
    epoch = {column.epoch.lower() for _, column in contract.columns()}
    return tuple(sorted(epoch | {*legacy_words(contract)}))


def table_words(contract: Contract) -> tuple[str, ...]:
    """Return the contract tables' names in lower case."""
    return tuple(sorted(table.name.lower() for table in contract.tables))


def dual_write_allowed(place: Reference | ModelColumn, contract: Contract | None) -> bool:
    """Tell whether the phase lets a legacy column stand beside its epoch column here."""
    return place.dual and contract is not None and contract.phase == "migrate"
