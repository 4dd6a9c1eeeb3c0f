"""A table or a column that was renamed midway is missing, and not finalized."""

import json
import subprocess
import sys

import pytest

from ts_contract.loading import parse_contract
from ts_contract.migration import (
    Failed,
    Refused,
    finalize,
    migrate,
    plan,
    plan_finalize,
    rollback,
    status,
    verify,
)

CONTRACT = parse_contract({"tables": {"orders": ["placed_at"]}})
CREATE = (
    "CREATE TABLE orders (id INTEGER PRIMARY KEY, placed_at TIMESTAMP, item TEXT,"
    " UNIQUE (item, placed_at))"
)
ROWS = [(1, "2024-01-15 12:00:00", "a"), (2, "soon", "b"), (3, None, "c")]
RENAME_COLUMN = "ALTER TABLE orders RENAME COLUMN placed_at TO ordered_at"
RENAME_TABLE = "ALTER TABLE orders RENAME TO sales"
MISSING_COLUMN = (
    "orders.placed_at is missing although it was not finalized: it seems to be called ordered_at "
    "now; rename it back"
)
MISSING_TABLE = (
    "table orders is not in the database although it was not finalized: it is called sales now; "
    "rename it back"
)


@pytest.fixture(params=[True, False], ids=["sync", "no sync"])
def migrated(build, request):
    """A store that was migrated, with a value in the quarantine."""
    store = build(CREATE, orders=ROWS)
    migrate(store.url, CONTRACT, sync=request.param)
    return store


@pytest.fixture(params=[(RENAME_COLUMN, MISSING_COLUMN), (RENAME_TABLE, MISSING_TABLE)])
def renamed(migrated, request):
    """Such a store, of which a column or the table was renamed, and what is told of it."""
    rename, message = request.param
    migrated.run(rename)
    return migrated, message


def test_plan_refuses(renamed):
    store, message = renamed

    refusals = plan(store.url, CONTRACT).refusals

    assert [each[: len(message)] for each in refusals] == [message]
    assert "put the new name into the contract" in refusals[0]


def test_migrate_is_refused(renamed):
    store, message = renamed

    with store.unchanged(), pytest.raises(Refused, match=message):
        migrate(store.url, CONTRACT)


def test_verify_has_a_problem(renamed):
    store, message = renamed

    report = verify(store.url, CONTRACT)

    assert not report.ok
    assert [each[: len(message)] for each in report.problems] == [message]


def test_finalize_is_refused_and_the_quarantine_kept(renamed):
    store, message = renamed

    with store.unchanged(), pytest.raises(Refused, match=message):
        finalize(store.url, CONTRACT)
    assert store.value("SELECT count(*) FROM _ts_contract_quarantine") == 1
    told = [notice.message for notice in plan_finalize(store.url, CONTRACT)]
    assert any(message in each for each in told)


def test_status_calls_a_column_missing(migrated):
    migrated.run(RENAME_COLUMN)

    (column,) = status(migrated.url, CONTRACT).columns

    assert (column.phase, column.quarantined) == ("missing", 1)


def test_status_names_a_table_that_is_missing(migrated):
    migrated.run(RENAME_TABLE)

    assert status(migrated.url, CONTRACT).missing == ("orders",)


@pytest.mark.parametrize(("command", "code"), [("plan", 2), ("status", 1), ("verify", 1)])
def test_the_exit_codes_say_so(migrated, tmp_path, command, code):
    (tmp_path / "ts-contract.toml").write_text('[tables]\norders = ["placed_at"]\n')
    migrated.run(RENAME_COLUMN)

    argv = [sys.executable, "-m", "ts_contract", command, str(migrated.path)]
    assert subprocess.run(argv, check=False, cwd=tmp_path, capture_output=True).returncode == code


def test_rollback_takes_ours_out_of_where_it_stands(renamed):
    store, _ = renamed
    name = "sales" if "sales" in store.names("table") else "orders"

    report = rollback(store.url)

    assert report.columns == (f"{name}.placed_at_ms",)
    assert store.names() == {name, f"sqlite_autoindex_{name}_1"}
    assert store.run(f"SELECT * FROM {name}") == ROWS
    store.run(f"INSERT INTO {name} VALUES (4, '2024-01-16 12:00:00', 'd')")


@pytest.mark.parametrize("rename", [RENAME_COLUMN, RENAME_TABLE])
def test_rollback_still_loses_no_instant(build, rename):
    store = build(CREATE, orders=ROWS)
    migrate(store.url, CONTRACT, sync=False)
    store.run("INSERT INTO orders (id, placed_at_ms) VALUES (4, 1705320001000)")
    store.run(rename)

    with store.unchanged(), pytest.raises(Refused, match=r"1 row of .* would lose an instant"):
        rollback(store.url)


def test_renamed_back_all_goes_on(renamed):
    store, _ = renamed
    if "sales" in store.names("table"):
        store.run("ALTER TABLE sales RENAME TO orders")
    else:
        store.run("ALTER TABLE orders RENAME COLUMN ordered_at TO placed_at")
    store.run("UPDATE orders SET placed_at = NULL WHERE id = 2")

    assert migrate(store.url, CONTRACT).ok
    assert finalize(store.url, CONTRACT).columns == ("orders.placed_at",)


def test_a_table_that_left_no_trace_is_not_left_behind(build):
    contract = parse_contract({"tables": {"orders": {"placed_at": {"index": False}}}})
    store = build(CREATE, orders=ROWS)
    migrate(store.url, contract, sync=False)
    store.run(RENAME_TABLE)

    with (
        store.unchanged(),
        pytest.raises(Refused, match=r"table orders is not in the database .* dropped"),
    ):
        rollback(store.url)


def test_a_table_that_was_dropped_can_be_given_up(migrated):
    migrated.run("DROP TABLE orders")

    with migrated.unchanged(), pytest.raises(Refused, match="--discard"):
        rollback(migrated.url)
    assert rollback(migrated.url, discard=True).columns == ()
    assert migrated.names() == set()


def test_hostile_names_are_followed(build):
    old, new = 'or"der; DROP TABLE x; --', "group [x] 'y'"
    contract = parse_contract({"tables": {old: {"it's [when]": "the `when`"}}})
    quoted_old, quoted_new = (f'"{name.replace(chr(34), chr(34) * 2)}"' for name in (old, new))
    store = build(f"""CREATE TABLE {quoted_old} ("select" TEXT PRIMARY KEY, "it's [when]")""")
    store.run(f"INSERT INTO {quoted_old} VALUES ('k', '2024-01-15 12:00:00')")
    migrate(store.url, contract)
    store.run(f"ALTER TABLE {quoted_old} RENAME TO {quoted_new}")
    store.run(f"""ALTER TABLE {quoted_new} RENAME COLUMN "it's [when]" TO "a""b" """)

    assert "is called" in plan(store.url, contract).refusals[0]
    rollback(store.url)

    assert store.rows(new) == [("k", "2024-01-15 12:00:00")]
    assert store.columns(new) == ("select", 'a"b')


@pytest.mark.parametrize("rename", [RENAME_COLUMN, RENAME_TABLE])
@pytest.mark.parametrize("sync", [True, False])
def test_a_rename_during_the_run_ends_it_by_name(build, rename, sync):
    rows = [(n, "2024-01-15 12:00:00", f"x {n}") for n in range(1, 101)]
    store = build(CREATE, orders=rows)
    renamed = []

    def rename_once(progress):
        if progress.phase == "backfill" and progress.done >= 20 and not renamed:
            store.run(rename)
            renamed.append(rename)

    with pytest.raises(Failed, match=r"placed_at|orders"):
        migrate(store.url, CONTRACT, batch_size=10, pause=0, sync=sync, progress=rename_once)

    assert store.rows("_ts_contract_quarantine") == []
    assert "although it was not finalized" in plan(store.url, CONTRACT).refusals[0]
    if rename == RENAME_TABLE:
        store.run("ALTER TABLE sales RENAME TO orders")
    rollback(store.url)
    assert store.run("SELECT * FROM orders") == rows


@pytest.mark.parametrize("column", ["id", "placed_at_ms"])
@pytest.mark.parametrize("value", ["2024-01-15 12:00:00", "2024-01-15T12:00:00+0000", "soon"])
def test_a_key_or_an_epoch_column_that_is_renamed_during_the_run_ends_it(build, column, value):
    """Whatever conversion the rows need, no name in its statements can be a string constant."""
    store = build(CREATE, orders=[(n, value, f"x {n}") for n in range(1, 101)])
    renamed = []

    def rename_once(progress):
        if progress.phase == "backfill" and progress.done >= 20 and not renamed:
            store.run(f"ALTER TABLE orders RENAME COLUMN {column} TO other")
            renamed.append(column)

    with pytest.raises(Failed, match=f"no such column: orders.{column}"):
        migrate(store.url, CONTRACT, batch_size=10, pause=0, sync=False, progress=rename_once)

    store.run(f"ALTER TABLE orders RENAME COLUMN other TO {column}")
    assert migrate(store.url, CONTRACT).correct


def test_what_the_state_never_had_is_finalized(build):
    """As in a database that finalize has left, or that was made with epoch columns."""
    store = build("CREATE TABLE orders (id INTEGER PRIMARY KEY, placed_at_ms INTEGER)")
    store.run("CREATE INDEX idx_orders_placed_at_ms ON orders (placed_at_ms DESC)")

    assert [column.phase for column in status(store.url, CONTRACT).columns] == ["finalized"]
    assert verify(store.url, CONTRACT).ok
    assert plan(store.url, CONTRACT).refusals == ()
    assert finalize(store.url, CONTRACT).columns == ()


def test_the_new_name_in_the_contract_after_a_rollback(migrated):
    migrated.run(RENAME_COLUMN)
    contract = parse_contract({"tables": {"orders": ["ordered_at"]}})
    rollback(migrated.url)

    report = migrate(migrated.url, contract)

    assert (report.correct, report.quarantined) == (True, 1)
    recorded = json.loads(dict(migrated.rows("_ts_contract_state"))["table:orders"])
    assert recorded["columns"] == [["ordered_at", "ordered_at_ms", True]]
