"""Every kind of table goes there and back: migrated, verified, migrated again, rolled back."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from itertools import count, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ts_contract.loading import parse_contract
from ts_contract.migration import Progress, migrate, rollback, status, verify
from ts_contract.migration.engines.sqlite import rows

MODES = {
    "online": {"batch_size": 3, "pause": 0},
    "offline": {"offline": True},
    "without sync": {"batch_size": 4, "pause": 0, "sync": False},
    "with a check": {"batch_size": 4, "pause": 0, "check_range": True},
}


@pytest.fixture(params=MODES.values(), ids=MODES.keys())
def mode(request) -> dict[str, object]:
    return request.param


@pytest.fixture(autouse=True)
def several_statements(monkeypatch) -> None:
    """Let the one pass of --offline take more than one statement for small tables too."""
    monkeypatch.setattr(rows, "ROWS_OF_ONE_STATEMENT", 4)


def pairs(store, kind) -> list[tuple[object, object]]:
    """Return the legacy and the epoch value of every row."""
    return store.rows(kind.table, kind.legacy, kind.epoch or f"{kind.legacy}_ms")


def test_every_value_is_converted(fill, kind, mode, epoch_of):
    store = fill(kind)

    report = migrate(store.url, kind.contract, **mode)

    assert report.ok, report
    found = pairs(store, kind)
    assert len(found) == len(kind.keys)
    assert [epoch for _, epoch in found] == [epoch_of(legacy) for legacy, _ in found]
    assert {type(epoch) for _, epoch in found} == {int, type(None)}


def test_nothing_else_of_any_row_changes(fill, kind, mode):
    store = fill(kind)
    before = store.look()
    with store.opened() as db:
        name = kind.table.replace('"', '""')
        columns = tuple(row[1] for row in db.execute(f'PRAGMA table_xinfo("{name}")'))

    migrate(store.url, kind.contract, **mode)

    after = store.look({kind.table: columns})
    assert after.rows[kind.table] == before.rows[kind.table]
    ours = {name for name in after.rows if name.startswith("_ts_contract_")}
    assert {n: r for n, r in after.rows.items() if n not in ours} == before.rows


def test_a_second_run_changes_no_page_of_the_file(fill, kind, mode):
    store = fill(kind)
    migrate(store.url, kind.contract, **mode)
    before = store.content()

    report = migrate(store.url, kind.contract, **mode)

    assert report.ok
    assert store.content() == before


def test_looking_changes_no_page_of_the_file(fill, kind):
    store = fill(kind)
    migrate(store.url, kind.contract)
    before = store.content()

    assert verify(store.url, kind.contract).ok
    assert {column.phase for column in status(store.url, kind.contract).columns} == {"verified"}

    assert store.content() == before


def test_rollback_gives_back_the_schema_text_and_the_rows(fill, kind, mode):
    store = fill(kind)
    before, dumped = store.look(), store.dump()
    migrate(store.url, kind.contract, **mode)

    rollback(store.url, kind.contract)

    assert store.look() == before
    assert store.dump() == dumped


class Stop(BaseException):
    """Raised in the middle, as whatever ends a process would."""


def stopping_at(moment: int) -> Callable[[object], None]:
    calls = count(1)

    def progress(_: object) -> None:
        if next(calls) == moment:
            raise Stop

    return progress


@pytest.mark.parametrize("name", ["online", "offline"])
def test_stopped_anywhere_it_goes_on_or_back(fill, kind, name, tmp_path):
    """Each transaction leaves the file in a state from which both ways lead."""
    store = fill(kind)
    before = store.look()
    options = {**MODES[name], **({"batch_size": 6} if name != "offline" else {})}
    for moment in count(1):
        stopped = store.copy("stopped.db")
        try:
            migrate(stopped.url, kind.contract, progress=stopping_at(moment), **options)
        except Stop:
            pass
        else:
            break
        onwards = stopped.copy("onwards.db")
        assert migrate(onwards.url, kind.contract, **options).ok
        rollback(stopped.url, kind.contract)
        assert stopped.look() == before
    assert moment > 5


def test_an_empty_table_is_migrated_too(build, kind):
    store = build(f"{kind.create};")
    before = store.look()

    assert migrate(store.url, kind.contract).ok
    rollback(store.url, kind.contract)

    assert store.look() == before


@pytest.mark.parametrize("name", ["online", "offline"])
def test_an_attached_database_is_migrated_in_its_place(fill, kind, name, epoch_of):
    """Another database of the connection has a table of the same name; it is not touched."""
    store = fill(kind)
    other = store.copy("other.db")
    before = store.look()
    with other.opened() as db:
        db.execute("ATTACH ? AS [the other]", (str(store.path),))
        assert migrate(db, kind.contract, schema="the other", **MODES[name]).ok
        assert verify(db, kind.contract, schema="the other").ok
        assert other.look() == before
        found = pairs(store, kind)
        assert [epoch for _, epoch in found] == [epoch_of(legacy) for legacy, _ in found]
        rollback(db, kind.contract, schema="the other")

    assert store.look() == before
    assert other.look() == before


def test_an_open_connection_comes_back_as_it_was(fill, kind):
    store = fill(kind)
    with store.opened(isolation_level="") as db:
        db.row_factory, db.text_factory = sqlite3.Row, bytes
        db.execute("PRAGMA foreign_keys = ON")
        db.execute("PRAGMA journal_mode = wal")
        db.execute("PRAGMA synchronous = EXTRA")

        assert migrate(db, kind.contract).ok
        rollback(db, kind.contract)

        assert (db.row_factory, db.text_factory, db.isolation_level) == (sqlite3.Row, bytes, "")
        settings = ("foreign_keys", "legacy_alter_table", "synchronous", "threads")
        found = [db.execute(f"PRAGMA {name}").fetchone()[0] for name in settings]
        assert found == [1, 0, 3, 0]
        assert not db.in_transaction


def test_keys_that_are_no_utf8_are_walked_over(build):
    create = "CREATE TABLE t (k TEXT PRIMARY KEY, c TIMESTAMP, note) WITHOUT ROWID;"
    store = build(create)
    with store.opened() as db:
        for n in range(9):
            sql = "INSERT INTO t VALUES (CAST(? AS TEXT), ?, NULL)"
            db.execute(sql, (bytes([0xFF - n, 0x41]), f"2024-01-1{n} 00:00:00" if n else "soon"))
    before = store.look()
    contract = parse_contract({"tables": {"t": ["c"]}})

    report = migrate(store.url, contract, batch_size=2, pause=0)

    assert (report.correct, report.quarantined) == (True, 1)
    rollback(store.url, contract)
    assert store.look() == before


def test_keys_of_bytes_and_of_their_digits_are_told_apart(build):
    store = build(
        "CREATE TABLE t (k PRIMARY KEY, c TIMESTAMP) WITHOUT ROWID;",
        t=[(b"A", "soon"), ("41", "later"), ("A", "never"), (41, "now")],
    )
    contract = parse_contract({"tables": {"t": ["c"]}})

    migrate(store.url, contract)

    listed = status(store.url, contract).quarantine
    assert sorted(row.value for row in listed) == ["later", "never", "now", "soon"]


def test_every_encoding_of_a_database_is_read(build, epoch_of):
    rows = ", ".join(f"({n}, '2024-01-15T12:00:0{n}.123Z', 'né')" for n in range(5))
    for encoding in ("UTF-8", "UTF-16le", "UTF-16be"):
        store = build(
            f"PRAGMA encoding = '{encoding}'; CREATE TABLE t (id INTEGER PRIMARY KEY, c, note);"
            f"INSERT INTO t VALUES {rows}; INSERT INTO t VALUES (9, 'soön', NULL);",
            name=f"{encoding}.db",
        )
        contract = parse_contract({"tables": {"t": ["c"]}})

        report = migrate(store.url, contract)

        assert (report.correct, report.quarantined) == (True, 1)
        found = store.run("SELECT c, c_ms FROM t WHERE id < 9")
        assert all(epoch == epoch_of(legacy) for legacy, epoch in found)


@pytest.mark.parametrize("name", ["online", "offline"])
def test_a_table_whose_name_changed_its_case_between_two_runs_goes_on(build, name):
    rows = [(n, "2024-01-15 12:00:00") for n in range(30)]
    store = build("CREATE TABLE T (id INTEGER PRIMARY KEY, c TIMESTAMP);", T=rows)
    contract = parse_contract({"tables": {"t": ["c"]}})
    with pytest.raises(Stop):
        migrate(store.url, contract, progress=stopping_at(8), **MODES["online"])
    with store.opened() as db:
        db.executescript("ALTER TABLE T RENAME TO other; ALTER TABLE other RENAME TO t;")

    assert migrate(store.url, contract, **MODES[name]).ok

    before = store.content()
    assert migrate(store.url, contract, **MODES[name]).ok
    assert store.content() == before


def test_the_index_is_on_the_epoch_column_newest_first(build):
    store = build("CREATE TABLE t (id INTEGER PRIMARY KEY, c TIMESTAMP);")

    migrate(store.url, parse_contract({"tables": {"t": ["c"]}}))

    created = store.value("SELECT sql FROM sqlite_schema WHERE type = 'index'")
    assert created == 'CREATE INDEX "idx_t_c_ms" ON "t" (`c_ms` DESC)'


WHOLE = st.integers(-(2**63), 2**63 - 1)
CLOSE = st.builds(
    lambda first, length, gaps: {first} | {first + n for n in range(length) if n not in gaps},
    st.just(-(2**63)) | st.integers(-9, 9) | st.just(2**63 - 30),
    st.integers(1, 30),
    st.sets(st.integers(1, 30), max_size=15),
)
BETWEEN = st.builds(lambda keys, parts: keys | parts, CLOSE, st.sets(st.floats(0, 9)))


@pytest.mark.parametrize("key", ["INTEGER PRIMARY KEY", "PRIMARY KEY"])
@given(keys=CLOSE | BETWEEN | st.sets(WHOLE, min_size=1, max_size=40), size=st.integers(1, 9))
def test_no_batch_is_larger_than_allowed_and_gaps_between_keys_take_no_batches(key, keys, size):
    if key == "INTEGER PRIMARY KEY":
        keys = {key for key in keys if isinstance(key, int)}
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as db:
        options = "" if key == "INTEGER PRIMARY KEY" else "WITHOUT ROWID"
        db.execute(f"CREATE TABLE t (id {key}, c TIMESTAMP) {options}")
        db.executemany("INSERT INTO t VALUES (?, '2024-01-15 12:00:00')", [(k,) for k in keys])
        filled, told = [0], []

        def progress(message: Progress) -> None:
            if message.phase == "backfill":
                told.append(message.done)
                assert message.done <= message.total
                assert len(told) <= 2 * len(keys) / size + 5, "it walks over gaps"
                filled.append(db.execute("SELECT count(c_ms) FROM t").fetchone()[0])

        contract = parse_contract({"tables": {"t": ["c"]}})
        report = migrate(db, contract, batch_size=size, pause=0, progress=progress)

        assert report.ok
        assert filled[-1] == len(keys)
        if all(isinstance(key, int) for key in keys):
            assert max(after - before for before, after in pairwise(filled)) <= size
        assert told == sorted(told)


def vacuum(store) -> None:
    """Let SQLite number the rows of tables without an INTEGER PRIMARY KEY anew."""
    store.run("VACUUM")


@pytest.fixture
def gappy(build):
    rows = [(n * 10, f"soon {n}" if n % 3 == 0 else "2024-01-15 12:00:00") for n in range(90)]
    store = build("CREATE TABLE t (c TIMESTAMP, note);")
    store.run_many("INSERT INTO t (rowid, c) VALUES (?, ?)", rows)
    return store


def test_rows_that_vacuum_numbered_anew_between_two_runs_are_not_passed_over(gappy):
    contract = parse_contract({"tables": {"t": ["c"]}})
    options = {"batch_size": 10, "pause": 0}
    with pytest.raises(Stop):
        migrate(gappy.url, contract, progress=stopping_at(8), **options)
    assert 0 < status(gappy.url, contract).columns[0].converted < 60
    vacuum(gappy)

    report = migrate(gappy.url, contract, **options)

    assert (report.correct, report.quarantined) == (True, 30)
    assert [
        row.value for row in status(gappy.url, contract).quarantine if row.row_key == '{"rowid":1}'
    ]


def test_rows_that_vacuum_numbered_anew_within_a_run_are_found_by_verify(gappy):
    contract = parse_contract({"tables": {"t": ["c"]}})
    batches = count()

    def progress(message) -> None:
        if message.phase == "backfill" and next(batches) == 4:
            vacuum(gappy)

    report = migrate(gappy.url, contract, batch_size=10, pause=0, progress=progress)

    assert report.correct or "run `ts-contract migrate`" in report.problems[0]
    assert migrate(gappy.url, contract).correct


def test_the_quarantine_follows_rows_that_vacuum_numbered_anew(gappy):
    contract = parse_contract({"tables": {"t": ["c"]}})
    migrate(gappy.url, contract)
    gappy.run("DELETE FROM t WHERE rowid % 20 = 0")
    vacuum(gappy)

    assert migrate(gappy.url, contract).correct

    found = gappy.run(
        "SELECT t.c = q.value FROM _ts_contract_quarantine q"
        " LEFT JOIN t ON t.rowid = json_extract(q.row_key, '$.rowid')"
    )
    assert found == [(1,)] * 15
