"""verify finds whatever is wrong, and says where."""

from datetime import datetime, timedelta

import pytest

from ts_contract.loading import parse_contract
from ts_contract.migration import Refused, finalize, migrate, verify

NOON = 1_705_320_000_000
CONTRACT = parse_contract(
    {
        "valid-range": ["2020-01-01", "2030-01-01"],
        "tables": {
            # A column of whole seconds takes every millisecond of them.
            "tasks": {"created_at": {"written-as": "2024-01-15 12:00:00.000"}, "updated_at": {}},
            "versions": {"at": {"index": False}},
        },
        "version": {"table": "versions", "value": "2"},
    }
)
STORE = """
CREATE TABLE tasks (id INTEGER PRIMARY KEY, created_at TIMESTAMP, updated_at TIMESTAMP);
CREATE TABLE versions (version TEXT PRIMARY KEY, at TIMESTAMP DEFAULT CURRENT_TIMESTAMP);
"""
FORMS = (
    "2024-01-15 12:00:00",
    "2024-01-15T12:00:00.000999",
    "2024-01-15T12:00:00Z",
    "2024-01-15 17:30:00+05:30",
    1_705_320_000,
    1_705_320_000_000,
    "20240115T120000Z",
    "2024-01-15 12:00",
)


@pytest.fixture
def store(build):
    store = build(STORE, tasks=[(n, form, form) for n, form in enumerate(FORMS, 1)])
    assert migrate(store.url, CONTRACT).ok
    return store


@pytest.mark.parametrize("row", range(1, len(FORMS) + 1))
@pytest.mark.parametrize("by", [1, -1, 999, -1_000, 3_600_000])
def test_one_wrong_value_is_found_whatever_its_form(store, row, by):
    change = f"UPDATE tasks SET created_at_ms = created_at_ms + {by} WHERE id = {row}"
    store.run_past_triggers("tasks", change)

    report = verify(store.url, CONTRACT)

    (difference,) = report.tables[0].columns[0].examples
    assert (report.ok, report.differences) == (False, 1)
    assert (difference.column, difference.row_key) == ("created_at", f'{{"id":{row}}}')
    assert (difference.kind, difference.epoch, difference.expected) == ("value", NOON + by, NOON)


@pytest.mark.parametrize(
    ("spoilt", "kind"),
    [
        ("created_at_ms = NULL", "null"),
        ("created_at = NULL", "null"),
        ("created_at = 'soon'", "null"),
        ("created_at_ms = 1705320000", "value"),
        ("created_at_ms = 1705320000000.5", "type"),
        ("created_at_ms = '2024-01-15 12:00:00'", "type"),
        ("created_at_ms = x'00'", "type"),
        ("created_at_ms = 0, created_at = '1970-01-01 00:00:00'", "range"),
        ("created_at_ms = 4102444800000, created_at = '2100-01-01 00:00:00'", "range"),
    ],
)
def test_a_value_of_the_wrong_kind_is_found(store, spoilt, kind):
    store.run_past_triggers("tasks", f"UPDATE tasks SET {spoilt} WHERE id = 3")

    report = verify(store.url, CONTRACT)

    assert not report.ok
    assert [d.kind for d in report.tables[0].columns[0].examples] == [kind]


@pytest.mark.parametrize(
    ("statement", "named"),
    [
        ("DROP INDEX idx_tasks_created_at_ms", "tasks.created_at_ms has no index"),
        ("DROP TRIGGER _ts_contract_tasks_update", "tasks lacks sync triggers"),
        ("DROP TRIGGER _ts_contract_tasks_insert", "tasks lacks sync triggers"),
        ("DELETE FROM versions", "version row 2 is not in versions"),
        ("UPDATE versions SET version = '1'", "version row 2"),
        ("DROP TABLE tasks", "table tasks is not in the database"),
        (
            "INSERT INTO _ts_contract_quarantine VALUES"
            " ('tasks', 'created_at', '{\"id\":1}', 'soon', 'garbage', 'no form')",
            "tasks.created_at: 1 entr",
        ),
    ],
)
def test_what_is_missing_is_named(store, statement, named):
    store.run(statement)

    report = verify(store.url, CONTRACT)

    assert not report.ok
    assert any(named in problem for problem in report.problems), report.problems
    if report.problems[0].endswith("run `ts-contract migrate`"):
        assert migrate(store.url, CONTRACT).ok


def test_an_unconverted_value_that_is_not_listed_is_found(build):
    store = build(STORE, tasks=[(1, "soon", None), (2, "2024-01-15", None)])
    report = migrate(store.url, CONTRACT)
    assert (report.correct, report.ok, report.quarantined) == (True, False, 1)
    store.run("DELETE FROM _ts_contract_quarantine")

    report = verify(store.url, CONTRACT)

    assert not report.correct
    assert "tasks.created_at: 1 " in report.problems[0]
    assert migrate(store.url, CONTRACT).correct


def test_a_column_that_was_never_migrated_is_a_problem_and_not_a_crash(build):
    store = build(STORE)

    report = verify(store.url, CONTRACT)

    assert not report.ok
    assert "tasks.created_at_ms is not in the database" in report.problems[0]


def test_it_judges_a_database_that_another_migrator_filled(build):
    """Without our state: the columns alone decide."""
    store = build(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, c TIMESTAMP, c_ms INTEGER);",
        t=[(1, "2024-01-15 12:00:00", NOON), (2, "2024-01-15 12:00:00.999", NOON)],
    )
    contract = parse_contract({"tables": {"t": {"c": {"index": False}}}})

    report = verify(store.url, contract)

    assert report.differences == 1
    assert report.tables[0].columns[0].examples[0].expected == NOON + 999


def test_twenty_differences_are_shown_and_all_are_counted(store):
    store.run_many("INSERT INTO tasks (created_at) VALUES (?)", [("2024-01-15 12:00:00",)] * 60)
    store.run_past_triggers("tasks", "UPDATE tasks SET created_at_ms = created_at_ms + 1")

    column = verify(store.url, CONTRACT).tables[0].columns[0]

    assert (len(column.examples), column.differences) == (20, 60 + len(FORMS))


def test_one_planted_millisecond_in_many_rows_is_found(build):
    start = datetime(2020, 1, 1)
    rows = []
    for n in range(1, 60_001):
        created, updated = (start + timedelta(seconds=n * seconds) for seconds in (3001, 2003))
        rows.append((n, f"{created}", f"{updated.isoformat()}.000"))
    store = build(STORE, tasks=rows)
    assert migrate(store.url, CONTRACT, offline=True).ok
    change = "UPDATE tasks SET updated_at_ms = updated_at_ms - 1 WHERE id = 41234"
    store.run_past_triggers("tasks", change)

    report = verify(store.url, CONTRACT)

    assert [d.row_key for d in report.tables[0].columns[1].examples] == ['{"id":41234}']
    assert report.differences == 1


OLD = parse_contract({"tables": {"t": ["c"]}})
RANGED = parse_contract({"tables": {"t": ["c"]}, "valid-range": ["2020-01-01", "2030-01-01"]})


@pytest.mark.parametrize(
    "value", ["2019-12-31 12:00:00", "1912-06-23 00:00:00", "2031-01-01 00:00:00"]
)
def test_every_instant_is_valid_unless_the_contract_sets_a_range(build, value):
    store = build("CREATE TABLE t (id INTEGER PRIMARY KEY, c TIMESTAMP);", t=[(1, value)])

    assert migrate(store.url, OLD).ok
    finalize(store.url, OLD)

    assert verify(store.url, OLD).ok


def test_a_range_that_is_set_is_kept(build):
    rows = [(1, "2019-12-31 12:00:00"), (2, "2024-01-15 12:00:00")]
    store = build("CREATE TABLE t (id INTEGER PRIMARY KEY, c TIMESTAMP);", t=rows)

    (difference,) = migrate(store.url, RANGED).examples

    assert (difference.row_key, difference.kind) == ('{"id":1}', "range")
    with store.unchanged(), pytest.raises(Refused):
        finalize(store.url, RANGED)


@pytest.mark.parametrize("batch_size", [0, -1, 10**20])
def test_a_batch_size_that_cannot_be_meant_changes_nothing(build, batch_size):
    store = build("CREATE TABLE t (id INTEGER PRIMARY KEY, c TIMESTAMP);")
    with store.unchanged(), pytest.raises(Refused, match="batch size must be 1 to"):
        migrate(store.url, OLD, batch_size=batch_size)


@pytest.mark.parametrize("pause", [float("nan"), float("inf"), -1.0, 1e12])
def test_a_pause_that_cannot_be_meant_changes_nothing(build, pause):
    store = build("CREATE TABLE t (id INTEGER PRIMARY KEY, c TIMESTAMP);")
    with store.unchanged(), pytest.raises(Refused, match="pause must be 0 to"):
        migrate(store.url, OLD, pause=pause)
