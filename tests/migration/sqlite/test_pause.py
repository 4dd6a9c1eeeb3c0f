"""Between two batches others can write, for longer than they had to wait."""

import sqlite3
from contextlib import closing
from types import SimpleNamespace

import pytest

from ts_contract.loading import parse_contract
from ts_contract.migration import backfill, migrate

CONTRACT = parse_contract({"tables": {"t": ["c"]}})
STORE = "CREATE TABLE t (id INTEGER PRIMARY KEY, c TIMESTAMP, note);"
ROWS = [(n, "2024-01-15 12:00:00", "") for n in range(500)]


@pytest.fixture
def pauses(monkeypatch, build):
    """Return a function that migrates a store while each statement takes some time.

    It gives, for each pause, how long the transaction before it held the lock, and how long the
    pause is. The clock is the statements' own, so that nothing is measured.
    """

    def run(seconds_a_statement, pause):
        store = build(STORE, t=ROWS)
        now = began = held = 0.0
        found = []

        def ran(sql):
            nonlocal now, began, held
            if sql.startswith("BEGIN"):
                began = now
            now += seconds_a_statement
            if sql.startswith("COMMIT"):
                held = now - began

        def sleep(seconds):
            with closing(sqlite3.connect(store.path, timeout=0)) as other:
                other.execute("BEGIN IMMEDIATE")  # nobody holds the lock meanwhile
                other.rollback()
            found.append((held, seconds))

        clock = SimpleNamespace(monotonic=lambda: now, sleep=sleep)
        monkeypatch.setattr(backfill, "time", clock)
        with closing(sqlite3.connect(store.path)) as db:
            db.set_trace_callback(ran)
            assert migrate(db, CONTRACT, batch_size=100, pause=pause).ok
        return found

    return run


def test_a_pause_is_a_quarter_longer_than_the_lock_was_held(pauses):
    found = pauses(seconds_a_statement=4.0, pause=0.001)

    assert len(found) >= 5, "a pause behind each batch"
    assert [(held, slept) for held, slept in found if slept < 1.25 * held] == []


def test_a_pause_is_at_least_as_long_as_was_asked_for(pauses):
    found = pauses(seconds_a_statement=0.0, pause=7.0)

    assert len(found) >= 5, "a pause behind each batch"
    assert [slept for _, slept in found if slept < 7.0] == []


def test_no_pause_at_all_is_none(pauses):
    assert pauses(seconds_a_statement=4.0, pause=0) == []
