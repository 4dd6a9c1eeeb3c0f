"""A trigger that a lent connection alone has cannot be held off, so a backfill is refused."""

import pytest

from ts_contract.loading import parse_contract
from ts_contract.migration import Refused, migrate, plan

CONTRACT = parse_contract({"tables": {"t": ["c"]}})
STORE = (
    "CREATE TABLE t (id INTEGER PRIMARY KEY, c TIMESTAMP); CREATE TABLE log (line);"
    "INSERT INTO t VALUES (1, '2024-01-15 12:00:00');"
)
TRIGGER = "CREATE TEMP TRIGGER {} AFTER UPDATE ON {} BEGIN INSERT INTO log VALUES (new.id); END"


@pytest.fixture
def db(build):
    with build(STORE).opened() as connection:
        yield connection


@pytest.mark.parametrize("options", [{}, {"offline": True}, {"sync": False}])
def test_the_backfill_is_refused_with_the_name_of_the_trigger(db, options):
    db.execute(TRIGGER.format('"it\'s ours"', "t"))

    with pytest.raises(Refused, match="temporary trigger it's ours on t would fire for each row"):
        migrate(db, CONTRACT, **options)

    (refusal,) = (notice for notice in plan(db, CONTRACT).notices if notice.kind == "refusal")
    assert (refusal.table, refusal.name) == ("t", "it's ours")
    assert db.execute("SELECT * FROM log").fetchall() == []
    assert [row[1] for row in db.execute("PRAGMA table_info(t)")] == ["id", "c"]


def test_it_is_not_once_the_trigger_is_gone(db):
    db.execute(TRIGGER.format("noticed", "T"))
    with pytest.raises(Refused):
        migrate(db, CONTRACT)
    db.execute("DROP TRIGGER noticed")
    assert migrate(db, CONTRACT).ok


def test_one_on_another_table_is_in_nobodys_way(db):
    db.execute("CREATE TEMP TABLE mine (id)")
    db.execute(TRIGGER.format("noticed", "mine"))
    assert migrate(db, CONTRACT).ok


def test_on_a_migrated_table_it_may_be(db):
    migrate(db, CONTRACT)
    db.execute(TRIGGER.format("noticed", "t"))
    assert migrate(db, CONTRACT).ok
    assert db.execute("SELECT * FROM log").fetchall() == []
