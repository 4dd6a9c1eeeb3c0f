import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import aiosqlite
import pytest
import sqlalchemy
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.orm import Session

from ts_contract import EPOCH_2020_MS, EPOCH_2030_MS
from ts_contract.contract import ColumnContract, Contract, TableContract
from ts_contract.testing import (
    assert_epoch_ms,
    assert_migrated,
    assert_ms_matches,
    assert_no_legacy_reads,
    assert_no_null_ms,
)

NOON = 1_705_320_000_000
CONTRACT = Contract(
    "asserted",
    (
        TableContract(
            "tasks",
            (
                ColumnContract("created_at", "created_at_ms"),
                ColumnContract("ended_at", "ended_at_ms", index=False),
            ),
        ),
        TableContract("extra", (ColumnContract("at", "at_ms"),), optional=True),
    ),
)


@pytest.fixture
def db():
    with closing(sqlite3.connect(":memory:")) as db:
        db.executescript(
            f"""
            CREATE TABLE tasks(
                id TEXT PRIMARY KEY, created_at TIMESTAMP, ended_at TIMESTAMP,
                created_at_ms INTEGER, ended_at_ms INTEGER
            ) WITHOUT ROWID;
            CREATE INDEX idx_tasks_created_at_ms ON tasks(created_at_ms DESC);
            INSERT INTO tasks VALUES
                ('a', '2024-01-15 12:00:00', NULL, {NOON}, NULL),
                ('b', '2024-01-15T12:00:00.500Z', '2024-01-15 14:00',
                 {NOON + 500}, {NOON + 7200000});
            """
        )
        yield db


def test_a_migrated_database_passes_everything(db):
    assert_migrated(db, contract=CONTRACT)
    assert_ms_matches(db, "tasks", contract=CONTRACT)
    assert_no_null_ms(db, "tasks", contract=CONTRACT)


def test_it_passes_on_a_connection_with_its_own_rows_texts_and_an_open_transaction(db):
    db.row_factory = lambda cursor, row: {"row": row}
    db.text_factory = bytes
    db.execute("UPDATE tasks SET id = 'c' WHERE id = 'a'")
    assert_migrated(db, contract=CONTRACT)
    assert db.in_transaction
    assert db.execute("SELECT 'x'").fetchone() == {"row": (b"x",)}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            "UPDATE tasks SET created_at_ms = created_at_ms - 1 WHERE id = 'a'",
            (
                "tasks.created_at_ms, id='a': 1705319999999, but created_at '2024-01-15 12:00:00' "
                "is 1705320000000: -1 ms: rounding? floor in integer arithmetic"
            ),
        ),
        (
            "UPDATE tasks SET created_at_ms = created_at_ms / 1000 WHERE id = 'a'",
            (
                "tasks.created_at_ms, id='a': 1705320000, but created_at '2024-01-15 12:00:00' is "
                "1705320000000: seconds for milliseconds? multiply by 1000"
            ),
        ),
        (
            "UPDATE tasks SET ended_at_ms = ended_at_ms - 19800000",
            (
                "tasks.ended_at_ms, id='b': 1705307400000, but ended_at '2024-01-15 14:00' is "
                "1705327200000: -19800000 ms: a local time at UTC-05:30 read as UTC?"
            ),
        ),
        (
            "UPDATE tasks SET created_at_ms = created_at_ms + 0.5 WHERE id = 'a'",
            "is 1705320000000: a float: time.time() * 1000? use now_ms(), or // on integers",
        ),
        (
            "UPDATE tasks SET created_at_ms = created_at WHERE id = 'a'",
            (
                "tasks.created_at_ms, id='a': '2024-01-15 12:00:00', but created_at "
                "'2024-01-15 12:00:00' is 1705320000000: a text: a datetime or ISO text bound as "
                "it is? convert it with to_epoch_ms()"
            ),
        ),
        (
            "UPDATE tasks SET created_at_ms = NULL WHERE id = 'a'",
            "tasks.created_at_ms, id='a': NULL, but created_at '2024-01-15 12:00:00' is 17053",
        ),
        (
            f"UPDATE tasks SET ended_at_ms = {NOON} WHERE id = 'a'",
            "tasks.ended_at_ms, id='a': 1705320000000, but ended_at is NULL",
        ),
        (
            "UPDATE tasks SET created_at = 'soon' WHERE id = 'a'",
            "created_at 'soon' is not an instant: no date-time form that is known",
        ),
        ("DROP INDEX idx_tasks_created_at_ms", "its index idx_tasks_created_at_ms is missing"),
        (
            "ALTER TABLE tasks DROP COLUMN ended_at_ms",
            "tasks.ended_at_ms: there is no such column; is it migrated?",
        ),
        ("DROP TABLE tasks", "tasks: there is no such table"),
    ],
)
def test_a_wrong_database_fails_with_place_values_and_likely_cause(db, change, message):
    db.execute(change)
    with pytest.raises(AssertionError) as failure:
        assert_migrated(db, contract=CONTRACT)
    assert message in str(failure.value)


def test_a_value_that_is_no_instant_has_null_beside_it(db):
    db.execute("UPDATE tasks SET created_at = 'soon', created_at_ms = NULL WHERE id = 'a'")
    assert_migrated(db, contract=CONTRACT)


def test_only_the_named_column_is_judged(db):
    db.execute("UPDATE tasks SET ended_at_ms = 5")
    assert_ms_matches(db, "tasks", "created_at", contract=CONTRACT)
    with pytest.raises(AssertionError):
        assert_ms_matches(db, "TASKS", "Ended_At", contract=CONTRACT)


def test_many_differences_are_counted_and_not_all_listed(db):
    db.executemany(
        "INSERT INTO tasks VALUES (?, '2024-01-15 12:00:00', NULL, 1, NULL)",
        [(f"n{n}",) for n in range(20)],
    )
    with pytest.raises(AssertionError, match=r"\nand 15 more$"):
        assert_ms_matches(db, "tasks", contract=CONTRACT)


def test_a_null_where_an_instant_is_missing_is_named_by_its_key(db):
    db.execute("UPDATE tasks SET created_at_ms = NULL WHERE id = 'b'")
    with pytest.raises(AssertionError) as failure:
        assert_no_null_ms(db, "tasks", contract=CONTRACT)
    assert str(failure.value) == (
        "tasks.created_at_ms, id='b': NULL, but created_at is '2024-01-15T12:00:00.500Z'"
    )


def test_where_the_legacy_column_is_gone_every_null_counts(db):
    db.execute("ALTER TABLE tasks DROP COLUMN ended_at")
    with pytest.raises(AssertionError, match=r"tasks\.ended_at_ms, id='a': NULL$"):
        assert_no_null_ms(db, "tasks", contract=CONTRACT)
    assert_no_null_ms(db, "tasks", "created_at", contract=CONTRACT)


def test_a_finalized_database_is_held_against_the_valid_range(db):
    db.execute("ALTER TABLE tasks DROP COLUMN created_at")
    db.execute("ALTER TABLE tasks DROP COLUMN ended_at")
    contract = replace(CONTRACT, valid_range=(EPOCH_2020_MS, EPOCH_2030_MS))
    assert_migrated(db, contract=contract)
    db.execute("UPDATE tasks SET created_at_ms = 1705320000 WHERE id = 'a'")
    with pytest.raises(AssertionError, match=r"'a': 1705320000 is outside .*seconds for milli"):
        assert_migrated(db, contract=contract)
    assert_migrated(db, contract=CONTRACT)  # which has none


def test_a_table_with_a_hostile_name_is_quoted():
    name, legacy = 'ta"b]le; --', "crea'ted at"
    contract = Contract("x", (TableContract(name, (ColumnContract(legacy, "Ms\"' "),)),))
    with closing(sqlite3.connect(":memory:")) as db:
        db.execute("""CREATE TABLE "ta""b]le; --"("crea'ted at", "Ms""' " INTEGER)""")
        db.execute(f"""INSERT INTO "ta""b]le; --" VALUES ('2024-01-15 12:00:00', {NOON - 1})""")
        with pytest.raises(AssertionError, match="rowid=1: 1705319999999"):
            assert_ms_matches(db, name, contract=contract)


@pytest.mark.parametrize(
    ("table", "column", "message"),
    [
        ("notes", None, "'notes' is not a table of the contract 'asserted'"),
        ("tasks", "at", "'at' is not a legacy column of tasks; it has created_at, ended_at"),
        ("extra", None, "the database has no table 'extra'"),
    ],
)
def test_a_name_that_is_nowhere_is_an_error_and_no_failure(db, table, column, message):
    with pytest.raises(ValueError, match=message):
        assert_ms_matches(db, table, column, contract=CONTRACT)


@pytest.mark.parametrize(
    "check",
    [
        lambda db: assert_ms_matches(db, "tasks", contract=CONTRACT),
        lambda db: assert_no_null_ms(db, "tasks", contract=CONTRACT),
        lambda db: assert_migrated(db, contract=CONTRACT),
    ],
    ids=["assert_ms_matches", "assert_no_null_ms", "assert_migrated"],
)
def test_a_missing_epoch_column_fails_each_and_is_named(db, check):
    db.execute("ALTER TABLE tasks DROP COLUMN ended_at_ms")
    with pytest.raises(AssertionError, match=r"tasks\.ended_at_ms: there is no such column; is it"):
        check(db)


def test_null_is_said_once(db):
    db.execute("UPDATE tasks SET created_at_ms = NULL WHERE id = 'a'")
    with pytest.raises(AssertionError) as failure:
        assert_ms_matches(db, "tasks", "created_at", contract=CONTRACT)
    assert str(failure.value).count("NULL") == 1


# --- what a test may hand in -----------------------------------------------------------------

DJANGO = """
import sys
import django
from django.conf import settings

settings.configure(
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": sys.argv[1]}}
)
django.setup()
from django.db import connection, transaction
from ts_contract.loading import parse_contract
from ts_contract.testing import assert_migrated, assert_no_legacy_reads

contract = parse_contract({"tables": {"tasks": ["created_at"]}})
with transaction.atomic():
    with connection.cursor() as cursor:
        cursor.execute("UPDATE tasks SET created_at_ms = 1")
    try:
        assert_migrated(connection, contract=contract)
    except AssertionError as error:
        print(str(error).split(",")[0])
    transaction.set_rollback(True)
assert_migrated(connection, contract=contract)
try:
    with assert_no_legacy_reads(connection, contract=contract), connection.cursor() as cursor:
        cursor.execute("SELECT created_at FROM tasks")
except AssertionError as error:
    print(str(error).split(" is read")[0])
"""


@pytest.fixture
def file(tmp_path, db):
    path = tmp_path / "a store.db"
    with closing(sqlite3.connect(path)) as copy:
        db.commit()
        db.backup(copy)
    return path


def test_a_path_and_a_url_are_databases(file):
    for database in (file, str(file), f"sqlite:///{file}", f"sqlite+pysqlite:///{file}"):
        assert_migrated(database, contract=CONTRACT)
        assert_ms_matches(database, "tasks", contract=CONTRACT)
        assert_no_null_ms(database, "tasks", "created_at", contract=CONTRACT)
    with pytest.raises(ValueError, match=r"nowhere\.db: no such file"):
        assert_migrated("nowhere.db", contract=CONTRACT)
    assert not Path("nowhere.db").exists()


def test_sqlalchemys_objects_are_databases_and_their_transaction_goes_on(file):
    engine = sqlalchemy.create_engine(f"sqlite:///{file}")
    assert_migrated(engine, contract=CONTRACT)
    update = sqlalchemy.text("UPDATE tasks SET created_at_ms = 1")
    with engine.connect() as connection, Session(engine) as session:
        assert_migrated(connection, contract=CONTRACT)
        assert_migrated(session, contract=CONTRACT)
        for database in (connection, session):
            database.execute(update)
            with pytest.raises(AssertionError, match=r"created_at_ms, id='a': 1, but"):
                assert_ms_matches(database, "tasks", contract=CONTRACT)
            database.rollback()
            assert_ms_matches(database, "tasks", contract=CONTRACT)
    with (
        engine.connect() as connection,
        pytest.raises(AssertionError, match="created_at is read"),
        assert_no_legacy_reads(connection, contract=CONTRACT),
    ):
        connection.execute(sqlalchemy.text("SELECT created_at FROM tasks"))
    engine.dispose()


def test_djangos_connection_is_a_database(file, tmp_path):
    script = tmp_path / "app.py"
    script.write_text(DJANGO)
    output = subprocess.check_output([sys.executable, script, file], text=True)
    assert output.splitlines() == ["tasks.created_at_ms", "tasks.created_at"]


def test_anything_else_is_refused_by_name(db, file):
    engine = create_async_engine(f"sqlite+aiosqlite:///{file}")
    for other in (db.cursor(), object(), 7, engine, aiosqlite.connect(file)):
        with pytest.raises(TypeError, match="is not a database that can be looked at; give a path"):
            assert_migrated(other, contract=CONTRACT)
        with (
            pytest.raises(TypeError, match="SQLAlchemy, or Django's connection"),
            assert_no_legacy_reads(other, contract=CONTRACT),
        ):
            pass


def test_the_contract_is_the_projects_by_default(db, tmp_path, monkeypatch):
    (tmp_path / "ts-contract.toml").write_text('[tables]\ntasks = ["created_at"]\n')
    monkeypatch.chdir(tmp_path)
    assert_migrated(db)


@pytest.mark.parametrize("value", [NOON, 1_577_836_800_000, 1_893_456_000_000])
def test_an_instant_of_the_range_is_one(value):
    assert_epoch_ms(value)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (NOON // 1000, "1705320000 is outside .*: seconds for milliseconds"),
        (NOON / 1.0, r"1705320000000\.0 is a float"),
        (None, "None is NULL"),
        (1_577_836_799_999, "is outside 1577836800000 to 1893456000000"),
    ],
)
def test_a_value_that_is_none_fails_with_the_likely_cause(value, message):
    with pytest.raises(AssertionError, match=message):
        assert_epoch_ms(value)


# --- assert_no_legacy_reads ------------------------------------------------------------------


def test_the_assertion_names_each_place(path):
    with (
        pytest.raises(AssertionError) as failure,
        assert_no_legacy_reads(contract=CONTRACT),
        closing(sqlite3.connect(path)) as db,
    ):
        db.execute("SELECT created_at FROM tasks")
    assert str(failure.value).startswith(f"tasks.created_at is read at {__file__}:")
    assert str(failure.value).endswith("; read created_at_ms")


def test_the_assertion_passes_where_nothing_legacy_is_read(path):
    with assert_no_legacy_reads(contract=CONTRACT), closing(sqlite3.connect(path)) as db:
        db.execute("SELECT created_at_ms FROM tasks")


def test_the_assertion_watches_a_connection_that_was_open_before(path):
    with closing(sqlite3.connect(path)) as db:
        with (
            pytest.raises(AssertionError, match=r"tasks\.created_at is read"),
            assert_no_legacy_reads(db, contract=CONTRACT),
        ):
            db.execute("SELECT created_at FROM tasks")
        db.execute("SELECT created_at FROM tasks")


def test_an_error_of_the_block_is_not_hidden_by_the_assertion(path):
    with pytest.raises(RuntimeError, match="mine"), assert_no_legacy_reads(contract=CONTRACT):
        raise RuntimeError("mine")
