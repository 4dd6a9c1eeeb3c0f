"""Values that stand for NULL: no instant, no quarantine, and never written over without one."""

import json
import sqlite3
from contextlib import closing

import pytest

from ts_contract.cli import main
from ts_contract.loading import parse_contract
from ts_contract.migration import finalize, migrate, plan, rollback, status, verify

ZERO = "0001-01-01 00:00:00"
CREATE = "CREATE TABLE t (id INTEGER PRIMARY KEY, at {type}, n INT);\n"
SPEC = {"null-values": [ZERO, "9999-12-31 23:59:59.9999999", 0, -1, 2_147_483_647]}
CONTRACT = parse_contract(
    {"tables": {"t": {"at": SPEC}}, "valid-range": ["0001-01-01", "9999-12-31"]}
)
WRITE = "INSERT INTO t (id, {}) VALUES (9, ?)"


def rows(path, what="at, at_ms"):
    with closing(sqlite3.connect(path)) as db:
        return db.execute(f"SELECT {what} FROM t ORDER BY id").fetchall()


def run(path, sql, *values):
    with closing(sqlite3.connect(path)) as db:
        db.execute(sql, values)
        db.commit()


@pytest.fixture(params=["TEXT", "TIMESTAMP", "REAL", ""])
def store(request, build):
    """A migrated store with sentinels, an instant, a NULL and garbage."""
    numbers = [(4, 0, 0), (5, -1, 0), (6, 2_147_483_647, 0)] if request.param != "TEXT" else []
    stored = [(1, ZERO, 0), (2, "2024-01-15 12:00:00", 0), (3, None, 0), *numbers]
    path = build(CREATE.format(type=request.param), t=stored).path
    assert migrate(path, CONTRACT, pause=0).ok
    return path


def test_a_sentinel_has_no_instant_and_is_no_quarantine(store):
    before = rows(store, "at")

    assert {ms for at, ms in rows(store) if at != "2024-01-15 12:00:00"} == {None}
    assert rows(store, "at") == before
    column = verify(store, CONTRACT).tables[0].columns[0]
    sentinels = len(before) - 2
    assert (column.null_values, column.nulls, column.converted) == (sentinels, 1, 1)
    assert (column.quarantined, column.differences) == (0, 0)
    (state,) = status(store, CONTRACT).columns
    assert (state.null_values, state.left, state.quarantined) == (sentinels, 0, 0)
    assert not plan(store, CONTRACT).steps


@pytest.mark.parametrize("value", [ZERO, 0, -1])
def test_an_old_writer_may_write_one(store, value):
    if (
        isinstance(value, int)
        and rows(store, "typeof(at)")[0] == ("text",)
        and len(rows(store)) < 4
    ):
        pytest.skip("a number in a TEXT column is a text")
    run(store, WRITE.format("at"), value)
    run(store, "UPDATE t SET at = ? WHERE id = 2", value)

    assert rows(store)[-1] == (value, None)
    assert rows(store)[1] == (value, None)
    assert verify(store, CONTRACT).ok


def test_no_write_but_that_of_an_instant_replaces_it(store):
    run(store, "UPDATE t SET at_ms = NULL WHERE id = 1")
    run(store, "UPDATE t SET n = 1")
    run(store, "UPDATE t SET id = 100 WHERE id = 1")
    assert (ZERO, None) in rows(store)

    run(store, "UPDATE t SET at_ms = 1705320000123 WHERE id = 100")

    (at, ms) = rows(store)[-1]
    assert ms == 1_705_320_000_123
    assert at != ZERO
    assert verify(store, CONTRACT).ok


def test_rollback_gives_the_sentinels_back(build):
    path = build(
        CREATE.format(type=""), t=[(1, ZERO, 0), (2, 0, 0), (3, "2024-01-15 12:00:00", 0)]
    ).path
    before = path.read_bytes(), rows(path, "at")
    migrate(path, CONTRACT, pause=0)
    run(path, "UPDATE t SET at_ms = NULL WHERE id = 1")

    rollback(path, CONTRACT)

    assert rows(path, "typeof(at), at") == [
        ("text", ZERO),
        ("integer", 0),
        ("text", "2024-01-15 12:00:00"),
    ]
    assert rows(path, "at") == before[1]


def test_finalize_is_content(store):
    finalize(store, CONTRACT)

    assert [ms for (ms,) in rows(store, "at_ms")].count(1_705_320_000_000) == 1


def test_what_is_not_listed_is_still_refused(build):
    path = build(CREATE.format(type=""), t=[(1, 1, 0), (2, "0", 0), (3, f"{ZERO}.0", 0)]).path

    report = migrate(path, CONTRACT, pause=0)

    assert report.quarantined == 2
    assert [ms for _, ms in rows(path)] == [None, None, -62_135_596_800_000]


def test_an_instant_beside_a_sentinel_is_a_difference(store):
    with closing(sqlite3.connect(store)) as db:
        for (name,) in db.execute(
            "SELECT name FROM sqlite_schema WHERE type = 'trigger'"
        ).fetchall():
            if name.startswith("_ts_contract_t_"):
                db.execute(f'DROP TRIGGER "{name}"')
        db.execute("UPDATE t SET at_ms = 5 WHERE id = 1")
        db.commit()

    assert [d.kind for d in verify(store, CONTRACT).examples] == ["null"]


@pytest.mark.parametrize("offline", [False, True])
def test_they_are_left_alone_in_one_pass_too(build, offline):
    path = build(CREATE.format(type="TEXT"), t=[(n, ZERO, 0) for n in range(1, 50)]).path

    assert migrate(path, CONTRACT, pause=0, offline=offline).ok
    assert {ms for _, ms in rows(path)} == {None}


def test_the_command_line_counts_them(build, tmp_path, capsys, monkeypatch):
    path = build(CREATE.format(type="TEXT"), t=[(1, ZERO, 0), (2, "2024-01-15 12:00:00", 0)]).path
    monkeypatch.chdir(tmp_path)
    (tmp_path / "ts-contract.toml").write_text(f"[tables.t]\nat = {{ null-values = ['{ZERO}'] }}\n")

    def output(*arguments):
        with pytest.raises(SystemExit) as end:
            main([*arguments])
        assert end.value.code in (0, None)
        return capsys.readouterr().out

    assert "null-value" in output("plan", str(path))
    migrate(path, parse_contract({"tables": {"t": {"at": {"null-values": [ZERO]}}}}), pause=0)
    for command in ("status", "verify"):
        printed = json.loads(output(command, str(path), "--format", "json"))
        assert printed["tables"]["t"]["columns"]["at"]["null_values"] == 1
        assert "Null values" in output(command, str(path))
