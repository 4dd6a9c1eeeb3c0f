"""What Python binds to the placeholders of a statement is found by its expression."""

from __future__ import annotations

import ast

import pytest

from ts_contract.loading import parse_contract
from ts_contract.source.columns.analysis import find_references
from ts_contract.source.file import File
from ts_contract.source.python.source import Source

CONTRACT = parse_contract({"tables": {"tasks": ["created_at", "updated_at"]}})


def written(call: str) -> list[tuple[str, list[list[str]]]]:
    """Return each contract column that is not just read, with the Python bound to it."""
    file = File(Source(call), CONTRACT)
    return [
        (r.name, [[ast.unparse(node) for node in value.bound] for value in r.values])
        for r in file.part(find_references)
        if r.values
    ]


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ('q("UPDATE tasks SET created_at = ?", (now(),))', [["now()"]]),
        ('q("UPDATE tasks SET title = ?, created_at = ?", [a, b.c])', [["b.c"]]),
        ('q("UPDATE tasks SET created_at = :at", {"at": x, "b": y})', [["x"]]),
        ('q("UPDATE tasks SET created_at = %(at)s", dict_of)', [[]]),
        ('q("UPDATE tasks SET created_at = ?2 WHERE id = ?1", (a, b))', [["b"]]),
        ('q("INSERT INTO tasks (id, created_at) VALUES (?, ?)", (a, b))', [["b"]]),
        ('q("INSERT INTO tasks (created_at) VALUES (?), (?)", (a, b))', [["a"], ["b"]]),
        ('q("INSERT INTO tasks (id, created_at) SELECT ?, ?", (a, b))', [["b"]]),
        ('q("SELECT id FROM tasks WHERE created_at > ?", (since,))', [["since"]]),
        ('q("SELECT id FROM tasks WHERE ? < created_at", (since,))', [["since"]]),
        ('q("SELECT id FROM tasks WHERE created_at BETWEEN ? AND ?", (a, b))', [["a"], ["b"]]),
        ('q("SELECT id FROM tasks WHERE created_at IN (?, ?)", (a, b))', [["a"], ["b"]]),
        ('q("UPDATE tasks SET title = ?, created_at = ?", (*a, b))', [["b"]]),
        ('q("UPDATE tasks SET created_at = ?, title = ?", (a, *b))', [["a"]]),
        ('q("UPDATE tasks SET title = ?, created_at = ?, id = ?", (a, *b))', [[]]),
        (
            'q.executemany("INSERT INTO tasks (created_at) VALUES (?)", [(r.at,) for r in rows])',
            [["r.at"]],
        ),
        ('q.executemany("INSERT INTO tasks (created_at) VALUES (?)", [(a,), (b,)])', [["a", "b"]]),
        ('q("UPDATE tasks SET created_at = $1", a)', [["a"]]),
        ('p = (a, b)\nq("UPDATE tasks SET title = ?, created_at = ?", p)', [["b"]]),
    ],
)
def test_the_bound_expression_is_found(call, expected) -> None:
    assert written(call) == [("tasks.created_at", expected)]
