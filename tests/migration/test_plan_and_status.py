"""plan says what migrate will do; status says how far it is; neither changes a byte."""

from collections.abc import Callable
from itertools import count

import pytest

from ts_contract.loading import parse_contract
from ts_contract.migration import Progress, finalize, migrate, plan, rollback, status, verify

CONTRACT = parse_contract({"tables": {"t": ["a", "b"]}})
STORE = "CREATE TABLE t (id INTEGER PRIMARY KEY, a TIMESTAMP, b TEXT NOT NULL);"
ROWS = [
    (1, "2024-01-15 12:00:00", "2024-01-15T12:00:00Z"),
    (2, "2024-01-15 12:00:00.5", "soon"),
    (3, None, 1_705_320_000),
    (4, "2024-01-15", "2024-01-15T12:00:00Z"),
]


@pytest.fixture
def store(build):
    return build(STORE, t=ROWS)


def phases(store) -> list[str]:
    return [column.phase for column in status(store.url, CONTRACT).columns]


def test_plan_counts_the_forms_with_an_example_each(store):
    before = store.content()

    forms = {
        column.pair.legacy: {form.form: (form.rows, form.example) for form in column.forms}
        for column in plan(store.url, CONTRACT).tables[0].columns
    }

    assert forms["a"] == {
        "datetime": (2, "'2024-01-15 12:00:00'"),
        "date": (1, "'2024-01-15'"),
        "null": (1, "NULL"),
    }
    assert forms["b"] == {
        "iso-zone": (2, "'2024-01-15T12:00:00Z'"),
        "seconds": (1, "'1705320000'"),
        "garbage": (1, "'soon'"),
    }
    assert store.content() == before


def test_plan_names_what_goes_to_the_quarantine_and_why(store):
    planned = plan(store.url, CONTRACT)

    assert [column.unconvertible for column in planned.tables[0].columns] == [0, 1]
    (warning,) = (f.message for f in planned.notices if f.kind == "warning")
    assert "t.b: 1 value" in warning
    assert "'soon'" in warning
    assert "no date-time form that is known" in warning


def test_plan_is_what_migrate_does(store):
    """Every statement of the plan's steps that makes something has made it afterwards."""
    planned = plan(store.url, CONTRACT)
    assert [step.phase for step in planned.steps] == sorted(
        (step.phase for step in planned.steps),
        key=["expand", "sync", "backfill", "index", "version"].index,
    )

    migrate(store.url, CONTRACT)

    assert plan(store.url, CONTRACT).steps == ()
    assert {"idx_t_a_ms", "idx_t_b_ms"} <= store.names("index")


def test_plan_says_that_statements_which_count_columns_will_fail_until_they_do(store):
    def is_said() -> bool:
        return any("INSERT INTO t VALUES" in n.message for n in plan(store.url, CONTRACT).notices)

    assert is_said()
    migrate(store.url, CONTRACT)
    assert not is_said()


def test_plan_says_what_new_code_has_to_go_on_doing(store):
    notes = [f.message for f in plan(store.url, CONTRACT).notices if f.kind == "note"]

    assert any("t.b is NOT NULL without a default" in note for note in notes)


@pytest.mark.engine("sqlite")
def test_plan_warns_of_triggers_that_any_update_fires(build):
    store = build(STORE + "CREATE TRIGGER touch AFTER UPDATE ON t BEGIN SELECT 1; END;")

    warnings = [f.message for f in plan(store.url, CONTRACT).notices if f.kind == "warning"]

    assert any("touch" in warning for warning in warnings)


class Stop(BaseException):
    """Ends a run between two of its transactions."""


def stop_before(phase: str, calls: int = 1) -> Callable[[Progress], None]:
    seen = count(1)

    def progress(message: Progress) -> None:
        if message.phase == phase and next(seen) == calls:
            raise Stop

    return progress


@pytest.mark.parametrize(
    ("phase", "expected"),
    [("expand", "legacy"), ("sync", "expanded"), ("backfill", "synced"), ("index", "backfilled")],
)
def test_status_follows_the_phases(store, phase, expected):
    with pytest.raises(Stop):
        migrate(store.url, CONTRACT, progress=stop_before(phase), batch_size=2, pause=0)

    assert phases(store) == [expected] * 2


def test_status_before_and_after(build):
    store = build(STORE, t=[(1, "2024-01-15", "2024-01-15T12:00:00Z")])

    assert phases(store) == ["legacy"] * 2
    migrate(store.url, CONTRACT)
    assert phases(store) == ["verified"] * 2
    assert status(store.url, CONTRACT).verified_at is not None
    rollback(store.url, CONTRACT)
    assert phases(store) == ["legacy"] * 2
    migrate(store.url, CONTRACT)
    finalize(store.url, CONTRACT)
    assert phases(store) == ["finalized"] * 2


def test_status_counts_what_is_done_and_what_is_left(store):
    with pytest.raises(Stop):
        migrate(store.url, CONTRACT, progress=stop_before("backfill", 2), batch_size=2, pause=0)

    found = [
        (c.rows, c.converted, c.left, c.quarantined) for c in status(store.url, CONTRACT).columns
    ]
    assert found == [(4, 2, 1, 0), (4, 1, 2, 1)]

    migrate(store.url, CONTRACT)
    found = [
        (c.rows, c.converted, c.left, c.quarantined) for c in status(store.url, CONTRACT).columns
    ]
    assert found == [(4, 3, 0, 0), (4, 3, 0, 1)]


def test_status_lists_the_quarantine_with_keys_and_reasons(store):
    migrate(store.url, CONTRACT)

    (entry,) = status(store.url, CONTRACT).quarantine

    assert (entry.table, entry.column, entry.row_key, entry.value) == ("t", "b", '{"id":2}', "soon")
    assert (entry.form, entry.reason) == ("garbage", "no date-time form that is known")


def test_a_corrected_value_leaves_the_quarantine_and_makes_it_right(store):
    assert not migrate(store.url, CONTRACT).ok
    store.run("UPDATE t SET b = '2024-01-16' WHERE id = 2")

    assert verify(store.url, CONTRACT).ok
    assert status(store.url, CONTRACT).quarantine == ()


def test_progress_ends_where_it_said_it_would(build):
    store = build(STORE, t=[(n, "2024-01-15", "2024-01-15") for n in range(50)])
    messages: list[Progress] = []

    migrate(store.url, CONTRACT, progress=messages.append, batch_size=7, pause=0)

    last = {message.phase: message for message in messages}
    assert {"expand", "sync", "backfill", "index", "verify"} <= last.keys()
    assert all(message.done == message.total for message in last.values())
    done = [message.done for message in messages if message.phase == "backfill"]
    assert done == sorted(done)


def test_status_lists_the_quarantine_in_the_order_of_the_rows(build):
    store = build(STORE, t=[(key, "soon", "") for key in (19210, 8727, -1, 3)])
    migrate(store.url, CONTRACT)

    listed = status(store.url, CONTRACT).quarantine

    assert [row.row_key for row in listed if row.column == "a"] == [
        f'{{"id":{key}}}' for key in (-1, 3, 8727, 19210)
    ]


def test_status_orders_rows_with_a_composite_key_by_each_of_its_columns(build):
    store = build(
        "CREATE TABLE t (x INTEGER, y TEXT, a TIMESTAMP, b TEXT, PRIMARY KEY (x, y)) WITHOUT ROWID",
        t=[(10, "b", "soon", None), (9, "b", "soon", None), (9, "a", "soon", None)],
    )
    migrate(store.url, CONTRACT)

    listed = status(store.url, CONTRACT).quarantine

    assert [row.row_key for row in listed] == [
        '{"x":9,"y":"a"}',
        '{"x":9,"y":"b"}',
        '{"x":10,"y":"b"}',
    ]


def test_status_reads_no_more_of_the_quarantine_than_is_asked_for(build):
    store = build(STORE, t=[(key, "soon", "") for key in range(1, 101)])
    migrate(store.url, CONTRACT)

    found = status(store.url, CONTRACT, listed=3)

    assert [row.row_key for row in found.quarantine if row.column == "a"] == [
        '{"id":1}',
        '{"id":2}',
    ]
    assert found.quarantined == 200
    assert [column.quarantined for column in found.columns] == [100, 100]
    assert status(store.url, CONTRACT, listed=0).quarantine == ()
