"""Ready-made tests: a migration of the project's own schema, proved in nine scenarios.

    from ts_contract.testing.suite import TestContract

in any test module is all that a project writes. Each scenario migrates a private copy of the
legacy template, with the project's seed and with sample rows of many storage forms.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ..contract import Contract, index_name
from ..migration.forms import MAX_MS, MIN_MS, convert, reading_of
from .assertions import assert_ms_matches
from .causes import problem_of_value
from .engines.sqlite.connections import Connection, opened
from .engines.sqlite.tables import (
    Contents,
    count_rows,
    index_columns,
    inspect_tables,
    read_contents,
    read_rows,
    table_names,
)
from .samples import add_sample_rows

__all__ = ["TestContract"]

Change = Callable[[Path, Contract], object]


class TestContract:
    """The nine scenarios of a migration.

    Subclass it and override a fixture to adapt it:

    - `ts_database`: path of the legacy database to migrate, with rows;
    - `ts_migrate` and `ts_rollback`: callables (path, contract), for a project that runs the
      migration's SQL by a migrator of its own.
    """

    @pytest.fixture
    def ts_database(self, legacy_db_path: Path, ts_contract: Contract) -> Path:
        """A private database on the legacy schema, with sample rows beside the project's seed."""
        with opened(legacy_db_path) as connection:
            try:
                add_sample_rows(connection, ts_contract)
            except ValueError as error:
                pytest.fail(str(error), pytrace=False)
        return legacy_db_path

    @pytest.fixture
    def ts_migrate(self) -> Change:
        """The migration to prove."""
        from ..migration import migrate  # noqa: PLC0415 - whoever overrides this needs no other

        return lambda path, contract: migrate(path, contract, offline=True)

    @pytest.fixture
    def ts_rollback(self) -> Change:
        """The way back."""
        from ..migration import rollback  # noqa: PLC0415 - as above

        return rollback

    @pytest.fixture
    def ts_before(self, ts_database: Path) -> Contents:
        """What the database holds before the migration."""
        with opened(ts_database) as connection:
            return read_contents(connection)

    @pytest.fixture
    def ts_migrated(
        self, ts_before: Contents, ts_database: Path, ts_migrate: Change, ts_contract: Contract
    ) -> Iterator[Connection]:
        """A connection to the database after the migration."""
        ts_migrate(ts_database, ts_contract)
        with opened(ts_database) as connection:
            yield connection

    def test_columns(self, ts_migrated: Connection, ts_contract: Contract) -> None:
        """Each legacy column has its epoch column, of an integer type."""
        info = inspect_tables(ts_migrated, (table.name for table in ts_contract.tables))
        for table in ts_contract.tables:
            found = info.table(table.name)
            assert found or table.optional, f"{table.name}: there is no such table"
            for column in table.columns if found else ():
                epoch = found and found.column(column.epoch)
                assert epoch, f"{table.name}.{column.epoch}: there is no such column"
                assert "INT" in epoch.type, (
                    f"{table.name}.{column.epoch} is declared as {epoch.type or 'nothing'}; "
                    "epoch milliseconds need INTEGER"
                )

    def test_accuracy(self, ts_migrated: Connection, ts_contract: Contract) -> None:
        """Each epoch value is the instant of its legacy value, to the millisecond."""
        for table, column in _present(ts_migrated, ts_contract):
            assert_ms_matches(ts_migrated, table, column, contract=ts_contract)

    def test_nulls(self, ts_migrated: Connection, ts_contract: Contract) -> None:
        """NULL stays NULL, and nothing else becomes NULL but what is not an instant."""
        for table, column in _present(ts_migrated, ts_contract):
            known = ts_contract.table(table)
            each = known and known.column(column)
            assert each
            for legacy, epoch in read_rows(ts_migrated, table, (each.legacy, each.epoch)):
                expected = convert(legacy, reading_of(ts_contract, each)).ms is None
                assert (epoch is None) == expected, (
                    f"{table}.{each.epoch} is {epoch!r} beside {each.legacy} {legacy!r}"
                )

    def test_indexes(self, ts_migrated: Connection, ts_contract: Contract) -> None:
        """Each epoch column that the contract wants indexed is, newest first."""
        present = set(_present(ts_migrated, ts_contract))
        for table, column in ts_contract.columns():
            if not column.index or (table.name, column.legacy) not in present:
                continue
            index = index_name(table.name, column.epoch)
            parts = index_columns(ts_migrated, index)
            assert parts == [(column.epoch, 1)], (
                f"{index} should index {column.epoch} descending; it has {parts or 'no columns'}"
            )

    def test_idempotence(
        self,
        ts_migrated: Connection,
        ts_database: Path,
        ts_migrate: Change,
        ts_contract: Contract,
    ) -> None:
        """A second migration changes nothing."""
        once = read_contents(ts_migrated)
        ts_migrate(ts_database, ts_contract)
        _assert_same(read_contents(ts_migrated), once, "the second migration")

    def test_legacy_columns_kept(
        self, ts_migrated: Connection, ts_before: Contents, ts_contract: Contract
    ) -> None:
        """Every value that was there before is there still, in the legacy columns too."""
        version = ts_contract.version.table.lower() if ts_contract.version else ""
        for table, (columns, rows) in ts_before.tables.items():
            after = Counter(read_rows(ts_migrated, table, columns))
            lost, added = rows - after, after - rows
            assert not lost, f"{table}: the migration changed or lost {next(iter(lost))!r}"
            assert not added or table.lower() == version, (
                f"{table}: the migration added {next(iter(added))!r}"
            )

    def test_range(self, ts_migrated: Connection, ts_contract: Contract) -> None:
        """Each epoch value lies in the contract's valid range, if it sets one."""
        valid_range = ts_contract.valid_range or (MIN_MS, MAX_MS)
        for table, column in _present(ts_migrated, ts_contract):
            known = ts_contract.table(table)
            each = known and known.column(column)
            assert each
            for (value,) in read_rows(ts_migrated, table, (each.epoch,)):
                problem = value is not None and problem_of_value(value, *valid_range)
                assert not problem, f"{table}.{each.epoch}: {value!r} {problem}"

    def test_version(self, ts_migrated: Connection, ts_contract: Contract) -> None:
        """The migration has recorded its version, once."""
        version = ts_contract.version
        if version is None:
            pytest.skip("the contract has no [version] to record")
        times = count_rows(ts_migrated, version.table, version.column, version.value)
        assert times == 1, f"{version.table}: {version.value} is recorded {times} times"

    def test_rollback(
        self,
        ts_migrated: Connection,
        ts_before: Contents,
        ts_database: Path,
        ts_rollback: Change,
        ts_contract: Contract,
    ) -> None:
        """The way back leaves schema and rows as they were, byte for byte."""
        ts_rollback(ts_database, ts_contract)
        _assert_same(read_contents(ts_migrated), ts_before, "migration and rollback")


def _assert_same(now: Contents, before: Contents, change: str) -> None:
    """Assert that nothing differs from before a change."""
    for key in sorted(now.schema.keys() | before.schema.keys()):
        assert now.schema.get(key) == before.schema.get(key), (
            f"{change} changed the {' '.join(key)}: it was {before.schema.get(key)!r}, and is "
            f"{now.schema.get(key)!r}"
        )
    for table, (_, rows) in before.tables.items():
        found = now.tables[table][1]
        assert found == rows, (
            f"{change} changed the rows of {table}: {next(iter((rows - found) + (found - rows)))!r}"
        )


def _present(connection: Connection, contract: Contract) -> Iterator[tuple[str, str]]:
    """Yield (table, legacy column) of the contract, for the tables that the database has."""
    names = table_names(connection)
    for table, column in contract.columns():
        if table.name.lower() in names:
            yield table.name, column.legacy
