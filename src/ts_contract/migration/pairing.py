"""The columns of a table in pairs, by all that tells how its legacy columns are written."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from ..contract import Contract, TableContract
from .engines.base import Session
from .pairs import PairedTable, paired_table
from .schema import TableInfo
from .templates import Template

__all__ = ["pair_table"]


def pair_table(
    session: Session,
    contract: Contract,
    declared: TableContract,
    found: TableInfo,
    recorded: Mapping[str, Template],
    *,
    check_range: bool = False,
) -> PairedTable:
    """Return a table of a database with those of its pairs whose legacy column is there.

    Args:
        session: the database.
        contract: which columns.
        declared: the table in the contract.
        found: the table in the database.
        recorded: the templates that an earlier run has recorded, by the legacy column in lower
            case.
        check_range: whether a CHECK lets only milliseconds of the valid range in.
    """
    return paired_table(
        contract,
        declared,
        found,
        check_range=check_range,
        recorded=recorded,
        latest=partial(session.engine.survey.latest_values, session, found),
    )
