"""Rows with legacy values of many storage forms, made to fit whatever tables a project has."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

from ..contract import ColumnContract, Contract, Storage, TableContract
from ..migration.numbers import ms_to_number
from ..migration.schema import ColumnInfo, TableInfo
from .engines.sqlite.connections import Connection
from .engines.sqlite.tables import add_row, has_rows, inspect_tables, unconstrained

__all__ = ["add_sample_rows", "sample_values"]

_TEXTS = (
    "2024-01-15 12:00:00",
    "2024-01-15T12:00:00Z",
    "2024-02-29 23:59:59.999",
    "2024-06-15T12:00:00.123456+05:30",
    "2025-12-31 00:00:00.5",
    "2022-07-04",
)
_INSTANTS = (1_705_320_000_000, 1_705_320_000_123, 1_705_341_600_250)
_NUMBERS: dict[Storage, tuple[float, ...]] = {
    "auto": (1_705_320_000, 1_705_320_000_123, 1_705_320_000_123_456),
    "packed": (20_240_115_120_000, 20_240_229_235_959),
}


def sample_values(column: ColumnContract) -> tuple[str | float | None, ...]:
    """Return legacy values that a column of such a contract may hold, NULL last."""
    numbers = _NUMBERS.get(column.storage)
    if numbers is None:
        numbers = tuple(ms_to_number(ms, column.storage) for ms in _INSTANTS)
    return (*_TEXTS, *numbers, *column.null_values, None)


def add_sample_rows(connection: Connection, contract: Contract) -> None:
    """Add rows to each table of a contract that the database has.

    Columns outside the contract get a filling only where they need one. Foreign keys and CHECK
    constraints are not enforced meanwhile.

    Args:
        connection: an open connection to a database with the legacy schema, in no transaction.
        contract: the contract.

    Raises:
        ValueError: a table is empty and takes none of the rows; the message says why.
    """
    info = inspect_tables(connection, (table.name for table in contract.tables))
    numbers = count(1_000_000)
    with unconstrained(connection):
        for table in contract.tables:
            found = info.table(table.name)
            if found is not None:
                _fill(connection, table, found, numbers)


def _fill(
    connection: Connection, table: TableContract, found: TableInfo, numbers: Iterator[int]
) -> None:
    refusals = [add_row(connection, table.name, row) for row in _rows(table, found, numbers)]
    refused = [refusal for refusal in refusals if refusal]
    if refused and not has_rows(connection, table.name):
        raise ValueError(
            f"{table.name}: it has no rows, and takes no sample ({refused[-1]}); add rows of it to "
            "ts_contract_seed"
        )


def _rows(
    table: TableContract, found: TableInfo, numbers: Iterator[int]
) -> Iterator[dict[str, object]]:
    """Yield rows so that each legacy column takes each of its sample values once or more."""
    present = [column for column in table.columns if found.column(column.legacy)]
    samples = {column.legacy: sample_values(column) for column in present}
    legacy = {name.lower() for name in samples}
    for index in range(max(map(len, samples.values()), default=0)):
        row: dict[str, object] = {
            column.name: _filling(column, next(numbers))
            for column in found.columns
            if column.name.lower() not in legacy and _needs_filling(column, found)
        }
        for name, values in samples.items():
            value = values[index % len(values)]
            declared = found.column(name)
            if value is None and declared is not None and declared.not_null:
                value = values[0]
            row[name] = value
        yield row


def _needs_filling(column: ColumnInfo, table: TableInfo) -> bool:
    if column.generated or column.default is not None:
        return False
    return column.not_null or column.name in table.key


def _filling(column: ColumnInfo, number: int) -> object:
    """Return a value that no other row has, of the column's affinity (sqlite.org/datatype3)."""
    if "INT" in column.type:
        return number
    if any(word in column.type for word in ("CHAR", "CLOB", "TEXT")) or not column.type:
        return f"sample {number}"
    if "BLOB" in column.type:
        return str(number).encode()
    return number
