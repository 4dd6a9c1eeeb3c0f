"""What the rules about SQL share: what a phase allows."""

from __future__ import annotations

from ...contract import Contract
from ...source.columns.model import ModelColumn, ModelUse, ObjectUse, OpaqueName
from ...source.sql.references import Reference

__all__ = ["dual_write_allowed"]


def dual_write_allowed(
    place: Reference | ModelColumn | ModelUse | ObjectUse | OpaqueName, contract: Contract | None
) -> bool:
    """Tell whether the phase lets a legacy column stand beside its epoch column here."""
    return place.dual and contract is not None and contract.phase == "migrate"
