"""CURRENT_TIMESTAMP of a connection that no frozen clock has opened."""

import sqlite3
from contextlib import closing

from ts_contract.testing import FrozenClock
from ts_contract.testing.clock import freeze_sql_clock

NOON = 1_705_320_000_000


def current(connection):
    return connection.execute("SELECT CURRENT_TIMESTAMP, CURRENT_DATE, CURRENT_TIME").fetchone()


def test_a_connection_that_was_open_before_can_be_frozen_too():
    with closing(sqlite3.connect(":memory:")) as db:
        freeze_sql_clock(db)
        with FrozenClock(NOON):
            assert current(db)[0] == "2024-01-15 12:00:00"
