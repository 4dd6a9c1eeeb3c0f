"""The one pass of --offline: what a second thread proves, moves into the file, and keeps out of."""

import sqlite3
from contextlib import closing
from threading import active_count
from time import monotonic

import pytest

from ts_contract.loading import parse_contract
from ts_contract.migration import migrate
from ts_contract.migration.engines.sqlite import ENGINE, offline, rows
from ts_contract.migration.engines.sqlite.connection import SqliteSession
from ts_contract.migration.engines.sqlite.offline import ProvedRanges, checkpointing_aside


@pytest.fixture(autouse=True)
def several_statements(monkeypatch) -> None:
    """Let the one pass of --offline take more than one statement for small tables too."""
    monkeypatch.setattr(rows, "ROWS_OF_ONE_STATEMENT", 4)


def logged(store):
    store.run("PRAGMA journal_mode = wal")
    return store


def waiting_for_proofs(monkeypatch, numbers: set[int]) -> set[int]:
    """Let --offline begin when these ranges are proved; return those that it takes as proved."""
    trusted = set()

    class Waiting(ProvedRanges):
        def take(self, number: int) -> bool:
            deadline = monotonic() + 30
            while not numbers <= self.proved:
                assert monotonic() < deadline, f"only {self.proved} were proved"
            if super().take(number):
                trusted.add(number)
            return number in trusted

    monkeypatch.setattr(offline, "ProvedRanges", Waiting)
    return trusted


def test_an_offline_run_trusts_the_ranges_that_a_thread_has_proved(build, monkeypatch, epoch_of):
    values: list[object] = [f"2024-01-15 12:00:{n:02}.9999{n:02}" for n in range(40)]
    values[9], values[14], values[21] = "soon", b"2024-01-15 12:00:00", "2024-02-30 12:00:00"
    rows = [(n, value, None) for n, value in enumerate(values)]
    script = "CREATE TABLE t (id INTEGER PRIMARY KEY, c TIMESTAMP, d TIMESTAMP);"
    store = logged(build(script, t=rows))
    contract = parse_contract({"tables": {"t": ["c", "d"]}})
    doubtful = {2, 3, 5}  # four rows each; the first is not waited for
    trusted = waiting_for_proofs(monkeypatch, set(range(1, 10)) - doubtful)
    threads = active_count()

    report = migrate(store.url, contract, offline=True)

    assert trusted == set(range(1, 10)) - doubtful
    assert (report.correct, report.quarantined, active_count()) == (True, 3, threads)
    with store.opened() as db:
        found = db.execute("SELECT c, c_ms FROM t WHERE id NOT IN (9, 14, 21)").fetchall()
        listed = db.execute("SELECT row_key FROM _ts_contract_quarantine ORDER BY 1").fetchall()
    assert len(found) == 37
    assert all(epoch == epoch_of(legacy) for legacy, epoch in found)
    assert listed == [('{"id":14}',), ('{"id":21}',), ('{"id":9}',)]


def test_an_offline_run_trusts_nothing_where_no_thread_can_read(build, monkeypatch):
    rows = [(n, "2024-01-15 12:00:00") for n in range(40)]
    store = logged(build("CREATE TABLE t (id INTEGER PRIMARY KEY, c TIMESTAMP);", t=rows))
    trusted = waiting_for_proofs(monkeypatch, set())
    gone = str(store.beside("gone.db").path)
    monkeypatch.setattr(offline, "file_of", lambda _: gone)

    report = migrate(store.url, parse_contract({"tables": {"t": ["c"]}}), offline=True)

    assert (report.correct, trusted) == (True, set())


def test_a_lent_connection_stays_alone_in_an_offline_run(build):
    store = build("CREATE TABLE t (c TIMESTAMP);", t=[("2024-01-15",)] * 9)
    contract = parse_contract({"tables": {"t": ["c"]}})
    threads = set()
    with store.opened(isolation_level="") as db:
        db.execute("PRAGMA journal_mode = wal")
        before = active_count()

        migrate(db, contract, offline=True, progress=lambda _: threads.add(active_count()))

        assert threads == {before}
        assert db.execute("PRAGMA synchronous").fetchone() == (2,)


def test_an_offline_run_keeps_readers_out_where_they_are_in_its_way(build):
    """With a rollback journal, the pages of a whole table would else wait for one in memory."""
    store = build("CREATE TABLE t (c TIMESTAMP);", t=[("2024-01-15",)] * 9)
    contract = parse_contract({"tables": {"t": ["c"]}})
    statements: list[str] = []
    with store.opened(isolation_level="") as db:
        assert db.execute("PRAGMA journal_mode").fetchone() == ("delete",)
        db.set_trace_callback(statements.append)

        migrate(db, contract, offline=True)

    first = next(n for n, sql in enumerate(statements) if sql.startswith('UPDATE "main"."t"'))
    frames = [sql for sql in statements[:first] if sql.startswith(("BEGIN", "COMMIT"))]
    assert frames[-1] == "BEGIN EXCLUSIVE"


def test_what_is_committed_goes_into_the_file_meanwhile(tmp_path):
    path = tmp_path / "app.db"
    threads = active_count()
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("PRAGMA journal_mode = wal")
        db.execute("PRAGMA wal_autocheckpoint = 77")
        with checkpointing_aside(SqliteSession(ENGINE, db, "app.db")):
            db.execute("CREATE TABLE t AS SELECT zeroblob(1000000) AS x")
            deadline = monotonic() + 30
            while path.stat().st_size < 1_000_000:
                assert monotonic() < deadline, "nothing was moved into the file"

        assert db.execute("PRAGMA wal_autocheckpoint").fetchone() == (77,)
        assert active_count() == threads
