"""Tables that alembic's batch mode rebuilt since a migration are told by name, and healed."""

from contextlib import contextmanager

import pytest

pytest.importorskip("alembic")

import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import Operations

from ts_contract.loading import parse_contract
from ts_contract.migration import finalize, migrate, plan, repair, rollback, verify

NOON, NOON_MS = "2024-01-15 12:00:00", 1_705_320_000_000
LATER, LATER_MS = "2024-01-15 13:00:00", 1_705_323_600_000
CONTRACT = parse_contract({"tables": {"orders": ["placed_at"]}})
CREATE = """\
CREATE TABLE orders (id INTEGER NOT NULL PRIMARY KEY, note VARCHAR(20), placed_at DATETIME);
CREATE INDEX by_note ON orders (note, placed_at);
"""


@pytest.fixture
def migrated(build):
    store = build(CREATE, orders=[(n, f"note {n}", NOON) for n in range(1, 6)])
    assert migrate(store.url, CONTRACT).ok
    return store


@contextmanager
def rebuilding(store, **options):
    """Rebuild the table of orders by alembic's batch mode."""
    engine = sa.create_engine(f"sqlite:///{store.path}")
    with engine.begin() as connection:
        operations = Operations(MigrationContext.configure(connection))
        with operations.batch_alter_table("orders", recreate="always", **options) as batch:
            yield batch
    engine.dispose()


def known() -> sa.Table:
    """The table as the application's model knows it, without our column."""
    return sa.Table(
        "orders",
        sa.MetaData(),
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("note", sa.String(20)),
        sa.Column("placed_at", sa.DateTime),
        sa.Index("by_note", "note", "placed_at"),
    )


def both_follow(store) -> bool:
    store.run("INSERT INTO orders (id, placed_at) VALUES (100, ?)", LATER)
    store.run("INSERT INTO orders (id, placed_at_ms) VALUES (101, ?)", NOON_MS)
    pairs = store.run("SELECT placed_at, placed_at_ms FROM orders WHERE id >= 100 ORDER BY id")
    store.run("DELETE FROM orders WHERE id >= 100")
    return pairs == [(LATER, LATER_MS), (NOON, NOON_MS)]


def test_a_table_that_was_rebuilt_from_a_model_gets_its_column_again(migrated):
    with rebuilding(migrated, copy_from=known()) as batch:
        batch.alter_column("note", type_=sa.String(40))
    migrated.run("INSERT INTO orders VALUES (6, 'note', ?)", LATER)

    (problem, *_) = verify(migrated.url, CONTRACT).problems
    assert problem == "orders.placed_at_ms is not in the database; run `ts-contract migrate`"
    report = migrate(migrated.url, CONTRACT)

    assert report.ok
    assert "column orders.placed_at_ms is missing" in report.healed
    assert migrated.run("SELECT placed_at_ms FROM orders ORDER BY id") == [
        *[(NOON_MS,)] * 5,
        (LATER_MS,),
    ]
    assert both_follow(migrated)
    assert not plan(migrated.url, CONTRACT).steps


def test_a_table_that_was_rebuilt_as_it_stood_gets_its_triggers_again(migrated):
    with rebuilding(migrated) as batch:
        batch.add_column(sa.Column("total", sa.Integer))
    migrated.run(f"UPDATE orders SET placed_at = '{LATER}' WHERE id = 1")
    migrated.run("INSERT INTO orders (id, placed_at) VALUES (6, ?)", LATER)

    assert "orders lacks sync triggers" in " ".join(verify(migrated.url, CONTRACT).problems)
    assert migrate(migrated.url, CONTRACT).differences == 1

    report = repair(migrated.url, CONTRACT, keep="legacy")
    assert (report.settled, report.verified.ok) == (1, True)
    assert migrated.run("SELECT placed_at_ms FROM orders WHERE id IN (1, 2, 6) ORDER BY id") == [
        (LATER_MS,),
        (NOON_MS,),
        (LATER_MS,),
    ]
    assert both_follow(migrated)


@pytest.mark.parametrize("is_known", [True, False])
@pytest.mark.parametrize("end", [rollback, finalize])
def test_the_migration_can_be_ended_both_ways_afterwards(migrated, is_known, end):
    with rebuilding(migrated, **({"copy_from": known()} if is_known else {})) as batch:
        batch.alter_column("note", type_=sa.String(40))
    migrate(migrated.url, CONTRACT)

    end(migrated.url, CONTRACT)

    kept = "placed_at" if end is rollback else "placed_at_ms"
    assert set(migrated.columns("orders")) == {"id", "note", kept}
    assert not [name for name in migrated.names() if name.startswith("_ts_contract_")]
    migrated.check()
