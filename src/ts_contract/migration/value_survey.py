"""Reads the values of a database for a plan: their forms, what lies outside, what order is lost."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from ..contract import Contract
from ..progress import Progress, ProgressCallback
from .engines.answers import FormCount, Sample
from .engines.base import Session
from .forms import FORMS
from .messages import named_range, values
from .notices import Notice
from .plan import ColumnPlan, Plan, TablePlan

__all__ = ["with_values"]

# How much longer a migration takes than the survey of the same values, online with the pauses that
# others need and in one pass (benchmarks/README.md).
_ONLINE_FACTOR: Final = 3.5
_OFFLINE_FACTOR: Final = 1.2


def with_values(
    session: Session,
    bare: Plan,
    contract: Contract,
    sample: int | None,
    progress: ProgressCallback,
) -> Plan:
    """Add to a plan what the values of its columns are, and what is to know about them.

    Args:
        session: the database.
        bare: the plan without.
        contract: which range is valid.
        sample: how many rows of a table to look at; None for all of them.
        progress: told of each table.
    """
    began = time.perf_counter()
    tables = []
    for table in bare.tables:
        progress(Progress("survey", table.paired.name, 0, table.rows))
        tables.append(_surveyed(session, table, contract.valid_range, sample))
        progress(Progress("survey", table.paired.name, table.rows, table.rows))
    rows = sum(table.rows for table in tables)
    read = sum(table.sample or table.rows for table in tables)
    seconds = (time.perf_counter() - began) * rows / max(read, 1) if bare.steps else 0.0
    notices = (
        *bare.notices,
        *_form_notices(tables),
        *_range_notices(tables, contract),
        *_finer_notices(session, tables),
        *(_guess_notices(tables) if bare.sync else ()),
    )
    return replace(
        bare,
        tables=tuple(tables),
        notices=notices,
        seconds=seconds * _ONLINE_FACTOR,
        seconds_offline=seconds * _OFFLINE_FACTOR,
    )


def _surveyed(
    session: Session, table: TablePlan, valid_range: tuple[int, int] | None, most: int | None
) -> TablePlan:
    """Count the forms in each column of a table, or estimate them by a sample of its rows."""
    name, key = table.paired.name, table.paired.key
    sample = Sample(key, most) if most is not None and most < table.rows else None
    columns = []
    for pair in table.paired.columns:
        counts = session.engine.survey.count_forms(session, name, pair, valid_range, sample)
        if sample is not None:
            counts = tuple(_scaled(count, table.rows, sample.rows) for count in counts)
        columns.append(ColumnPlan(pair, counts))
    return replace(table, columns=tuple(columns), sample=None if sample is None else sample.rows)


def _scaled(count: FormCount, rows: int, read: int) -> FormCount:
    return replace(count, rows=count.rows * rows // read, outside=count.outside * rows // read)


# --- what is to know about them --------------------------------------------------------------


def _form_notices(tables: list[TablePlan]) -> Iterator[Notice]:
    for table, column in _columns(tables):
        place = f"{table.paired.name}.{column.pair.legacy}"
        for count in column.forms:
            reason = FORMS[count.form].reason
            if reason is not None:
                yield Notice(
                    "warning",
                    f"{place}: {table.estimated}{values(count.rows)} like {count.example} go to "
                    f"the quarantine: {reason}",
                    table=table.paired.name,
                    column=column.pair.legacy,
                )


def _range_notices(tables: list[TablePlan], contract: Contract) -> Iterator[Notice]:
    for table, column in _columns(tables):
        if column.outside:
            assert contract.valid_range is not None
            verb = "lies" if column.outside == 1 else "lie"
            yield Notice(
                "warning",
                f"{table.paired.name}.{column.pair.legacy}: {table.estimated}"
                f"{values(column.outside)} {verb} outside {named_range(contract.valid_range)}; "
                "widen it, correct the rows, or list the values in null-values",
                table=table.paired.name,
                column=column.pair.legacy,
            )


def _finer_notices(session: Session, tables: list[TablePlan]) -> Iterator[Notice]:
    """Note which rows lose their order, and which keys will refuse what differs below ms only."""
    for table, column in _columns(tables):
        name, pair = table.paired.name, column.pair
        if not session.engine.survey.has_finer(session, name, pair):
            continue
        ties = session.engine.survey.ties(session, name, pair) if table.sample is None else 0
        if ties:
            yield Notice(
                "note",
                f"{name}.{pair.legacy} holds more than milliseconds: {ties:,} rows differ below "
                f"them only, and lose their order in {pair.epoch}; order by the key, too",
                table=name,
                column=pair.legacy,
            )
        for index in table.paired.indexes:
            if index.unique and pair.epoch in index.columns:
                yield Notice(
                    "note",
                    f"{name}.{pair.legacy} holds more than milliseconds: rows that differ below "
                    f"them only will be refused by {index.name}, the successor of {index.source}",
                    table=name,
                    column=pair.legacy,
                    name=index.name,
                )


def _guess_notices(tables: list[TablePlan]) -> Iterator[Notice]:
    """Note in which shape columns will be written that no value tells the shape of."""
    guessed: dict[str, list[str]] = {}
    for table, column in _columns(tables):
        if column.pair.told_by == "type" and column.pair.writable:
            place = f"{table.paired.name}.{column.pair.legacy}"
            guessed.setdefault(repr(column.pair.example), []).append(place)
    for example, places in guessed.items():
        yield Notice(
            "note",
            f"{', '.join(places)}: no value tells how instants are written there; the sync "
            f"triggers will write them like {example}, and written-as in the contract sets another "
            "shape",
        )


def _columns(tables: list[TablePlan]) -> Iterator[tuple[TablePlan, ColumnPlan]]:
    return ((table, column) for table in tables for column in table.columns)
