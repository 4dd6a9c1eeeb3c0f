"""A small database with views and triggers, and a watch over it."""

import sqlite3
from contextlib import closing

import pytest

from ts_contract.loading import parse_contract
from ts_contract.testing.watching import Watch

CONTRACT = parse_contract({"tables": {"tasks": ["created_at"]}})
SCHEMA = """
CREATE TABLE tasks(
    id INTEGER PRIMARY KEY, title TEXT, created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
    created_at_ms INTEGER
);
CREATE TABLE notes(id INTEGER PRIMARY KEY, created_at TIMESTAMP);
CREATE TABLE log(line TEXT);
CREATE VIEW listed AS SELECT id, title, created_at FROM tasks;
CREATE VIEW aged AS SELECT id, created_at AS born FROM tasks;
CREATE VIEW latest AS SELECT max(created_at) AS last FROM tasks;
CREATE VIEW nested AS SELECT listed.id, born FROM listed JOIN aged ON aged.id = listed.id;
CREATE TRIGGER _ts_contract_tasks_ins AFTER INSERT ON tasks
    WHEN new.created_at IS NOT NULL AND new.created_at_ms IS NULL
    BEGIN UPDATE tasks SET created_at_ms = 1 WHERE id = new.id; END;
INSERT INTO tasks(id, title, created_at) VALUES (1, 'a', '2024-01-15 12:00:00');
"""


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "store.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(SCHEMA)
    return path


@pytest.fixture
def watch(path):
    with Watch(CONTRACT) as watch:
        yield watch


@pytest.fixture
def db(path, watch):
    with closing(sqlite3.connect(path)) as connection:
        yield connection


@pytest.fixture
def columns():
    """Return a function that takes what a watch has seen, as TABLE.COLUMN."""

    def columns(watch):
        return [f"{read.table}.{read.column}" for read in watch.take().reads]

    return columns
