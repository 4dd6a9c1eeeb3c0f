"""Every row is filled, whatever stands in the others."""

import pytest

from ts_contract.loading import parse_contract
from ts_contract.migration import migrate, status

MODES = {"online": {"batch_size": 3, "pause": 0}, "offline": {"offline": True}}


def test_unconvertible_rows_at_the_head_do_not_stop_it(build):
    rows = [(n, "soon" if n < 60 else f"2024-01-15 12:00:{n - 60:02}") for n in range(120)]
    store = build("CREATE TABLE t (id INTEGER PRIMARY KEY, c TIMESTAMP);", t=rows)
    contract = parse_contract({"tables": {"t": ["c"]}})

    report = migrate(store.url, contract, batch_size=7, pause=0)

    assert report.correct
    assert (report.quarantined, report.tables[0].columns[0].converted) == (60, 60)
    assert [row.reason for row in status(store.url, contract).quarantine] == [
        "no date-time form that is known"
    ] * 60


def test_a_table_that_is_nothing_but_garbage_ends_too(build):
    store = build("CREATE TABLE t (c TIMESTAMP);", t=[(f"soon {n}",) for n in range(50)])
    contract = parse_contract({"tables": {"t": ["c"]}})

    report = migrate(store.url, contract, batch_size=7, pause=0)

    assert (report.correct, report.ok, report.quarantined) == (True, False, 50)
    assert migrate(store.url, contract).quarantined == 50


def test_all_columns_of_a_table_are_filled_and_each_keeps_its_own_nulls(build, epoch_of):
    rows = [
        (n, None if n % 2 else "2024-01-15 12:00:00", None if n % 3 else "2024-01-16T00:00:00Z")
        for n in range(12)
    ]
    store = build("CREATE TABLE t (id INTEGER PRIMARY KEY, a TIMESTAMP, b TIMESTAMP);", t=rows)
    contract = parse_contract({"tables": {"t": {"a": "a_ms", "b": {"index": False}}}})

    assert migrate(store.url, contract, batch_size=5, pause=0).ok

    for a, a_ms, b, b_ms in store.rows("t", "a", "a_ms", "b", "b_ms"):
        assert (a_ms, b_ms) == (epoch_of(a), epoch_of(b))
    assert store.names("index") == {"idx_t_a_ms"}


@pytest.mark.parametrize("name", ["online", "offline"])
def test_the_quarantine_of_a_table_that_was_emptied_is_emptied_too(build, name):
    store = build("CREATE TABLE t (c TIMESTAMP);", t=[("soon",), ("2024-01-15",)])
    contract = parse_contract({"tables": {"t": ["c"]}})
    assert migrate(store.url, contract, sync=False).quarantined == 1
    store.run("DELETE FROM t")

    assert migrate(store.url, contract, **{**MODES[name], "sync": False}).ok

    assert status(store.url, contract).quarantine == ()
