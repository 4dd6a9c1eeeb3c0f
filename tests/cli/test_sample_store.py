"""The sample store: what a newcomer's first migration runs on."""

import sqlite3
from contextlib import closing

import pytest

from ts_contract import load_contract
from ts_contract.cli.sample_store import write_sample_store


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    path = tmp_path_factory.mktemp("store") / "store.db"
    write_sample_store(path)
    with closing(sqlite3.connect(path)) as db:
        yield db


def one(db, sql):
    return db.execute(sql).fetchone()[0]


def tables(db):
    return {name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}


def test_it_is_the_same_every_time(store, tmp_path):
    write_sample_store(tmp_path / "again.db")
    with closing(sqlite3.connect(tmp_path / "again.db")) as again:
        assert list(again.iterdump()) == list(store.iterdump())


def test_it_has_every_core_table_of_the_contract_and_one_optional(store):
    contract = load_contract("agentos")
    core = {table.name for table in contract.tables if not table.optional}
    optional = {table.name for table in contract.tables} - core
    assert core <= tables(store)
    assert optional & tables(store) == {"task_events"}
    for table, column in contract.columns():
        if table.name in tables(store):
            store.execute(f"SELECT {column.legacy} FROM {table.name}")


def test_twenty_thousand_rows_or_more(store):
    assert sum(one(store, f"SELECT count(*) FROM {table}") for table in tables(store)) > 20_000


@pytest.mark.parametrize(
    "condition",
    [
        "created_at GLOB '????-??-?? ??:??:??'",
        "created_at GLOB '????-??-?? ??:??:??.??????'",
        "created_at GLOB '????-??-??T*Z'",
        "typeof(created_at) = 'integer' AND created_at < 1e11",
        "created_at IN ('', 'None', 'soon', 'now')",
    ],
)
def test_one_column_mixes_forms_and_garbage(store, condition):
    assert one(store, f"SELECT count(*) FROM task_audits WHERE {condition}")


def test_an_update_of_the_application_destroys_what_a_careless_backfill_would_read(store):
    store.execute("SAVEPOINT before")
    store.execute("UPDATE tasks SET title = 'new' WHERE task_id = 'task-0007'")
    assert one(
        store,
        "SELECT abs(julianday(updated_at) - julianday('now')) < 1"
        " FROM tasks WHERE task_id = 'task-0007'",
    )
    store.execute("ROLLBACK TO before")


def test_look_alikes_stand_outside_the_contract(store):
    contract = load_contract("agentos")
    assert contract.table("metrics") is contract.table("model_calls") is None
    assert one(store, "SELECT min(typeof(created_at)) FROM metrics") == "integer"
    store.execute("SELECT created_at, total_latency_ms FROM model_calls")


def test_references_hold(store):
    assert store.execute("PRAGMA foreign_key_check").fetchall() == []


@pytest.mark.parametrize("content", [b"precious, and no database", b""])
def test_no_file_is_written_over(tmp_path, content):
    path = tmp_path / "store.db"
    path.write_bytes(content)
    with pytest.raises(FileExistsError):
        write_sample_store(path)
    assert path.read_bytes() == content
