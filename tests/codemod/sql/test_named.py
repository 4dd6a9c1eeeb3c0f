"""A dict that orders rows, before and after: the same rows, on the finalized schema too."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from sqlite3 import Connection, connect

import pytest

from ts_contract.codemod.rewrite import RewriteSettings, rewrite
from ts_contract.loading import parse_contract
from ts_contract.migration import finalize, migrate

CONTRACT = parse_contract({"tables": {"tasks": ["created_at", "updated_at"]}})
OLD = """
_ORDERS = {
    "new": "created_at DESC, id",
    "changed": "ORDER BY t.updated_at NULLS FIRST, t.id",
    "id": "id",
}


def ordered(conn, key):
    order = _ORDERS.get(key, "id").removeprefix("ORDER BY ")
    return conn.execute("SELECT id FROM tasks t ORDER BY " + order).fetchall()
"""
PLAIN = OLD.replace('.removeprefix("ORDER BY ")', "").replace("ORDER BY t.updated", "t.updated")


@pytest.fixture
def conn() -> Iterator[Connection]:
    with closing(connect(":memory:")) as conn:
        conn.executescript(
            """
            CREATE TABLE tasks (id INTEGER PRIMARY KEY, created_at TEXT, updated_at TEXT);
            INSERT INTO tasks VALUES
                (1, '2024-03-02 10:00:00', '2024-03-05 10:00:00'), (2, '2024-03-09 10:00:00', NULL),
                (3, '2024-03-02 10:00:00', '2024-03-04 10:00:00'), (4, NULL, '2024-03-04 10:00:01');
            """
        )
        migrate(conn, CONTRACT)
        yield conn


def rewritten(source: str) -> str:
    return rewrite(
        source, "program.py", RewriteSettings(CONTRACT, None, frozenset({"TSC305"}))
    ).text


def rows(source: str, conn: Connection, key: str) -> object:
    namespace: dict[str, object] = {}
    exec(source, namespace)
    return namespace["ordered"](conn, key)


@pytest.mark.parametrize("key", ["new", "changed", "id", "unknown"])
def test_the_rows_come_in_the_same_order(conn: Connection, key: str) -> None:
    new = rewritten(PLAIN)
    assert "created_at_ms DESC, id" in new
    assert "t.updated_at_ms NULLS FIRST" in new
    before = rows(PLAIN, conn, key)
    assert rows(new, conn, key) == before
    finalize(conn, CONTRACT)
    assert rows(new, conn, key) == before


def test_a_value_that_is_changed_before_it_is_used_is_left() -> None:
    assert "created_at_ms" not in rewritten(OLD)
