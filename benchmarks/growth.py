"""How the time grows with the input: each input is doubled, and the time may not much more.

Usage: python benchmarks/growth.py [WORD...] [--most SECONDS]

WORD picks the inputs whose name holds it. Every input is made three times, each twice as large as
the one before, and handed to the command in this process, with one job; the least processor time
of two runs counts, less that of a run on nothing. Databases stand in growth_databases.py. Ends
with 1 when a doubling takes more than 2.6 times as long. An input that takes longer than `--most`
seconds is not doubled any more.
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import io
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from pathlib import Path

from growth_databases import DATABASE_CASES, DatabaseCase

from ts_contract.cli import main as ts_contract

LIMIT = 2.6
LEAST = 0.02  # below it the clock and the collector of garbage say more than the input
CONTRACT = """\
[tool.ts-contract]
[tool.ts-contract.tables]
tasks = ["created_at", "updated_at"]
"""
Tree = dict[str, str]


@dataclass(frozen=True, slots=True)
class Case:
    """One kind of input.

    Attributes:
        name: what grows.
        commands: what it is handed to, `lint` or `codemod`.
        first: the first of its three sizes.
        make: returns the files of an input of a size.
        limit: how much longer twice as much may take.
    """

    name: str
    commands: tuple[str, ...]
    first: int
    make: Callable[[int], Tree]
    limit: float = LIMIT


BOTH = ("lint", "codemod")
CASES: list[Case] = []


def case(
    name: str, first: int, commands: tuple[str, ...] = BOTH, limit: float = LIMIT
) -> Callable[..., None]:
    """Register what makes the files of an input."""
    return lambda make: CASES.append(Case(name, commands, first, make, limit))


def module(lines: Iterator[str] | list[str], head: str = "") -> Tree:
    """Return a tree of one module."""
    return {"module.py": head + "\n".join(lines) + "\n"}


def function(lines: Iterator[str] | list[str], end: str, head: str = "") -> Tree:
    """Return a tree of one module with one function, which ends in a line."""
    body = "\n".join(f"    {line}" for line in lines)
    return {"module.py": f"{head}def f(db, a, value):\n{body}\n    {end}\n"}


# --- files, and what stands in one ------------------------------------------------------------


@case("files", 50)
def _(n: int) -> Tree:
    text = (
        "from datetime import datetime\n\n\ndef f(db, id):\n"
        '    rows = db.execute("SELECT id, created_at FROM tasks WHERE id = ?", (id,))\n'
        '    return [r["created_at"] for r in rows], datetime.now()\n'
    )
    return {f"module{i}.py": text for i in range(n)}


@case("clocks", 1500)
def _(n: int) -> Tree:
    return module(
        (f"x{i} = datetime.utcnow()" for i in range(n)), "from datetime import datetime\n"
    )


@case("clocks in one function", 1000)
def _(n: int) -> Tree:
    head = "from datetime import datetime\n"
    return function((f"x = datetime.utcnow() if x else {i}" for i in range(n)), "return x", head)


@case("queries", 200)
def _(n: int) -> Tree:
    return module(
        f'db.execute("SELECT id FROM tasks WHERE id = {i} ORDER BY created_at")' for i in range(n)
    )


@case("queries on lines of their own", 200)
def _(n: int) -> Tree:
    return module(
        f'def f{i}(db, a):\n    db.execute(\n        "SELECT id"\n        " FROM tasks"\n'
        f'        " WHERE created_at > ?",\n        (a.isoformat(),),\n    )\n'
        for i in range(n)
    )


@case("queries whose rows are read", 150)
def _(n: int) -> Tree:
    return module(
        f'def f{i}(db):\n    row = db.execute("SELECT created_at FROM tasks").fetchone()\n'
        f'    return row["created_at"]\n'
        for i in range(n)
    )


@case("queries that nothing rewrites", 200)
def _(n: int) -> Tree:
    return module(
        f'db.execute("CREATE TRIGGER t{i} AFTER UPDATE ON tasks BEGIN UPDATE tasks SET '
        f'created_at = 1; END")'
        for i in range(n)
    )


@case("queries under one name", 200)
def _(n: int) -> Tree:
    return function(
        (
            f'q = "SELECT id FROM tasks WHERE id = {i} ORDER BY created_at"\n    db.execute(q)'
            for i in range(n)
        ),
        "return q",
    )


@case("queries that a rewrite breaks", 24, ("codemod",))
def _(n: int) -> Tree:
    return module(
        'db.execute("INSERT INTO tasks (created_at) VALUES (?)", (datetime.now().isoformat(),))'
        if i % 2
        else f"db.execute('UPDATE tasks SET created_at = created_at_ms, created_at_ms = {i}')"
        for i in range(n)
    )


@case("a column read from one row", 300)
def _(n: int) -> Tree:
    return function(
        (f'use{i}(row["created_at"])' for i in range(n)),
        "return row",
        "",
    ) | {
        "rows.py": 'def f(db):\n    row = db.execute("SELECT * FROM tasks").fetchone()\n'
        + "".join(f'    use{i}(row["created_at"])\n' for i in range(n))
    }


@case("rows of one cursor", 150)
def _(n: int) -> Tree:
    return function(
        (
            'cur.execute("SELECT created_at FROM tasks")\n    row = cur.fetchone()\n'
            '    use(row["created_at"])'
            for i in range(n)
        ),
        "return cur",
    )


@case("functions that return rows", 150)
def _(n: int) -> Tree:
    return module(
        f'def get{i}(db):\n    return db.execute("SELECT * FROM tasks").fetchone()\n\n'
        f'def use{i}(db):\n    return get{i}(db)["created_at"]\n'
        for i in range(n)
    )


@case("calls of one function that returns rows", 300)
def _(n: int) -> Tree:
    return module(
        (f'def use{i}(db):\n    return get(db)["created_at"]\n' for i in range(n)),
        'def get(db):\n    return db.execute("SELECT * FROM tasks").fetchone()\n',
    )


@case("ways out of a function that returns rows", 150)
def _(n: int) -> Tree:
    return function(
        (
            f'if a == {i}:\n        return db.execute("SELECT * FROM tasks").fetchone()'
            for i in range(n)
        ),
        'return db.execute("SELECT * FROM tasks").fetchone()',
    ) | {"other.py": "f(1)\n"}


@case("imports", 1000)
def _(n: int) -> Tree:
    return module(
        [*(f"from m{i} import name{i}" for i in range(n)), "from datetime import datetime"]
        + [f"name{i}(datetime.now())" for i in range(n)]
    )


@case("imports of one name", 500)
def _(n: int) -> Tree:
    return module(
        f"def f{i}():\n    from datetime import datetime\n    return datetime.now()\n"
        for i in range(n)
    )


@case("names of one import", 1000)
def _(n: int) -> Tree:
    names = ", ".join(f"name{i}" for i in range(n))
    return module(
        [f"from m import {names}", "from datetime import datetime"]
        + [f"name{i}(datetime.utcnow())" for i in range(n)]
    )


@case("assignments of one name", 500)
def _(n: int) -> Tree:
    return function(
        (f"now = datetime.now(); use(now, {i})" for i in range(n)),
        "return now",
        "from datetime import datetime\n",
    )


@case("methods of one class", 500)
def _(n: int) -> Tree:
    return module(
        (
            f"    SQL{i} = 'SELECT created_at FROM tasks WHERE id = {i}'\n"
            f"    def m{i}(self, db):\n        return db.execute(self.SQL{i})"
            for i in range(n)
        ),
        "class A:\n",
    )


@case("columns of ORM models", 200)
def _(n: int) -> Tree:
    return module(
        (
            f"class Task{i}(Base):\n    __tablename__ = 'tasks'\n"
            f"    created_at = Column(DateTime, default=datetime.utcnow)\n"
            for i in range(n)
        ),
        "from datetime import datetime\nfrom sqlalchemy import Column, DateTime\n",
    )


@case("ORM queries", 200)
def _(n: int) -> Tree:
    return module(
        (f"session.query(Task).filter(Task.created_at > x{i}).all()" for i in range(n)),
        "from sqlalchemy import Column, DateTime\nclass Task(Base):\n    __tablename__ = 'tasks'\n"
        "    created_at = Column(DateTime)\n",
    )


@case("column names as data", 500)
def _(n: int) -> Tree:
    return module(f'x{i} = {{"table": "tasks", "created_at": {i}}}' for i in range(n))


@case("a dict of column names", 1000)
def _(n: int) -> Tree:
    return module(["x = ["] + ['    ("tasks", "created_at"),' for i in range(n)] + ["]"])


@case("comments `noqa`", 1000)
def _(n: int) -> Tree:
    return module(
        (f"x{i} = datetime.utcnow()  # noqa: TSC101" for i in range(n)),
        "from datetime import datetime\n",
    )


@case("lines after a backslash", 500)
def _(n: int) -> Tree:
    return module(["x = 1 + \\"] + ["    time.time() + \\"] * n + ["    1"], "import time\n")


MODEL = (
    "from sqlalchemy import Column, DateTime\nclass Task(Base):\n    __tablename__ = 'tasks'\n"
    "    created_at = Column(DateTime)\n"
)


@case("models of a project, each in a file", 100, ("lint",))
def _(n: int) -> Tree:
    first = {"m0.py": MODEL.replace("Task", "Task0")}
    return first | {
        f"m{i}.py": f"from m{i - 1} import Task{i - 1}\nclass Task{i}(Task{i - 1}):\n"
        f"    x = Column(DateTime)\nTask{i - 1}.created_at\n"
        for i in range(1, n)
    }


@case("imports that pass a model on", 100, ("lint",))
def _(n: int) -> Tree:
    passed = {f"p{i}.py": f"from p{i - 1} import *\nTask.created_at\n" for i in range(1, n)}
    return {"p0.py": MODEL, **passed}


@case("bases of a model", 100, ("lint",))
def _(n: int) -> Tree:
    bases = "".join(f"class M{i}:\n    created_at = Column(DateTime)\n" for i in range(n))
    listed = ", ".join(f"M{i}" for i in range(n))
    return {"m.py": f"{bases}class Task({listed}):\n    __tablename__ = 'tasks'\n"}


@case("subclasses of a mixin", 200, ("lint",))
def _(n: int) -> Tree:
    models = "".join(f"class T{i}(M):\n    __tablename__ = 'tasks'\n" for i in range(n))
    return {"m.py": f"class M:\n    created_at = Column(DateTime)\n{models}"}


@case("constants in the name of a table", 300, ("lint",))
def _(n: int) -> Tree:
    names = "".join(f"N{i} = N{i - 1} + N{i - 1}\n" for i in range(1, n))
    return {"m.py": f'N0 = "tasks"\n{names}{MODEL}'.replace("'tasks'", f"N{n - 1}")}


@case("a query that is filtered again and again", 200, ("lint",))
def _(n: int) -> Tree:
    lines = (f"q = q.filter(Task.created_at > x{i})" for i in range(n))
    return function(["q = db.query(Task)", *lines], "return q", MODEL)


@case("conditions that filter a query", 100, ("lint",))
def _(n: int) -> Tree:
    lines = (f"if a == {i}: q = q.filter_by(created_at={i})" for i in range(n))
    return function(["q = db.query(Task)", *lines], "return q", MODEL)


@case("methods of a query", 20, ("lint",))
def _(n: int) -> Tree:
    return function([f"q = db.query(Task){'.filter_by(created_at=1)' * n}"], "return q", MODEL)


@case("objects of a model", 300, ("lint",))
def _(n: int) -> Tree:
    return function((f"t{i} = db.get(Task, {i}).created_at" for i in range(n)), "return a", MODEL)


@case("attributes that are written", 300, ("lint",))
def _(n: int) -> Tree:
    lines = (f"t.created_at = {i}" for i in range(n))
    return function(["t = db.get(Task, 1)", *lines], "return t", MODEL)


@case("calls of a function that gives objects", 200, ("lint",))
def _(n: int) -> Tree:
    head = f"{MODEL}def g(db):\n    return db.get(Task, 1)\n"
    return function((f"g(db).created_at  # {i}" for i in range(n)), "return a", head)


@case("functions that call each other", 100, ("lint",))
def _(n: int) -> Tree:
    functions = "".join(f"def g{i}(db):\n    return g{i - 1}(db)\n" for i in range(1, n))
    return {
        "m.py": f"{MODEL}def g0(db):\n    return db.get(Task, 1)\n{functions}"
        f"g{n - 1}(1).created_at\n"
    }


@case("places that are not judged", 500, ("lint",))
def _(n: int) -> Tree:
    return module(f"f{i}(task.created_at, created_at=1, x='created_at')" for i in range(n))


@case("places in one list", 500, ("lint",))
def _(n: int) -> Tree:
    return module([f"x = [{', '.join(['x.created_at', chr(34) + 'created_at' + chr(34)] * n)}]"])


@case("texts of a Meta", 300, ("lint",))
def _(n: int) -> Tree:
    listed = ", ".join(['"created_at"'] * n)
    return {"m.py": f"{MODEL}    class Meta:\n        ordering = [{listed}]\n"}


# --- strings ----------------------------------------------------------------------------------


@case("branches that add to a query", 24)
def _(n: int) -> Tree:
    return function(
        ['q = "SELECT id FROM tasks WHERE 1"']
        + [
            f'if a[{i}]:\n        q += " AND created_at > 1"\n    else:\n'
            f'        q += " AND updated_at > 2"'
            for i in range(n)
        ],
        "return db.execute(q)",
    )


@case("conditions that add to a query", 50)
def _(n: int) -> Tree:
    return function(
        ['q = "SELECT id FROM tasks WHERE 1"']
        + [f'if a[{i}]:\n        q += " AND created_at > 1"' for i in range(n)],
        "return db.execute(q)",
    )


@case("an elif chain that adds to a query", 25)
def _(n: int) -> Tree:
    return function(
        ['q = "SELECT id FROM tasks WHERE 1"\n    if a == 0:\n        q += " AND id > 1"']
        + [f'elif a == {i}:\n        q += " AND created_at > {i}"' for i in range(n)],
        "return db.execute(q)",
    )


@case("an elif chain of queries", 50)
def _(n: int) -> Tree:
    return function(
        ['if a == 0:\n        q = "SELECT id FROM tasks"']
        + [
            f'elif a == {i}:\n        q = "SELECT created_at FROM tasks WHERE id = {i}"'
            for i in range(n)
        ],
        "return db.execute(q)",
    )


@case("branches of a match", 50)
def _(n: int) -> Tree:
    return function(
        ["match a:"]
        + [
            f'    case {i}:\n            q = "SELECT created_at FROM tasks WHERE id = {i}"'
            for i in range(n)
        ],
        "return db.execute(q)",
    )


@case("additions to a query", 200)
def _(n: int) -> Tree:
    return function(
        ['q = "SELECT id FROM tasks WHERE 1"']
        + [f'q += " AND created_at > {i}"' for i in range(n)],
        "return db.execute(q)",
    )


# Each use is a query of its own, so that the text of all of them is four times as long.
@case("uses of a query between additions", 50, limit=2 * LIMIT)
def _(n: int) -> Tree:
    return function(
        ['q = "SELECT id FROM tasks WHERE 1"']
        + [f'q += " AND created_at > {i}"\n    db.execute(q)' for i in range(n)],
        "return db.execute(q)",
    )


@case("pieces appended to a list", 200)
def _(n: int) -> Tree:
    return function(
        ['q = ["SELECT id FROM tasks WHERE 1"]']
        + [f'q.append(" AND created_at > {i}")' for i in range(n)],
        'return db.execute("".join(q))',
    )


@case("branches that append to a list", 24)
def _(n: int) -> Tree:
    return function(
        ['q = ["SELECT id FROM tasks WHERE 1"]']
        + [
            f'if a[{i}]:\n        q.append(" AND created_at > {i}")\n    else:\n'
            f'        q.append(" AND updated_at > {i}")'
            for i in range(n)
        ],
        'return db.execute("".join(q))',
    )


@case("conditional expressions in a query", 24)
def _(n: int) -> Tree:
    return function(
        ['q = ("SELECT id FROM tasks WHERE 1"']
        + [f'    + (" AND created_at > {i}" if a else " AND updated_at > {i}")' for i in range(n)]
        + [")"],
        "return db.execute(q)",
    )


@case("pieces of a string, side by side", 300)
def _(n: int) -> Tree:
    return function(
        ["q = (", '    "SELECT id FROM tasks WHERE 1"']
        + [f'    " AND created_at > {i}"' for i in range(n)]
        + [")"],
        "return db.execute(q)",
    )


@case("pieces of a string, added", 100)
def _(n: int) -> Tree:
    return function(
        ["q = (", '    "SELECT id FROM tasks WHERE 1"']
        + [f'    + " AND created_at > {i}"' for i in range(n)]
        + [")"],
        "return db.execute(q)",
    )


@case("fields of an f-string", 300)
def _(n: int) -> Tree:
    fields = " ".join(f"AND created_at > {{a[{i}]}}" for i in range(n))
    return function([f'q = f"SELECT id FROM tasks WHERE 1 {fields}"'], "return db.execute(q)")


@case("fields of a format", 300)
def _(n: int) -> Tree:
    fields = " ".join("AND created_at > {}" for i in range(n))
    values = ", ".join(f"a{i}" for i in range(n))
    return function(
        [f'q = "SELECT id FROM tasks WHERE 1 {fields}".format({values})'], "return db.execute(q)"
    )


# --- statements -------------------------------------------------------------------------------


@case("statements of a string", 100)
def _(n: int) -> Tree:
    lines = "\n".join(f"UPDATE tasks SET created_at = NULL WHERE id = {i};" for i in range(n))
    return module([f'db.executescript("""\n{lines}\n""")'])


@case("statements of a string with placeholders", 100)
def _(n: int) -> Tree:
    lines = "\n".join("DELETE FROM tasks WHERE created_at < ?;" for i in range(n))
    return module([f'db.executescript("""\n{lines}\n""")'])


@case("CREATE TABLE in a string", 50)
def _(n: int) -> Tree:
    lines = "\n".join(f"CREATE TABLE t{i} (id, created_at TIMESTAMP);" for i in range(n))
    return module([f'db.executescript("""\n{lines}\n""")'])


@case("statements of a trigger", 50)
def _(n: int) -> Tree:
    lines = "\n".join("UPDATE tasks SET created_at = 1;" for i in range(n))
    return module([f'db.execute("""CREATE TRIGGER t AFTER UPDATE ON tasks BEGIN\n{lines}\nEND""")'])


@case("columns of a SELECT", 200)
def _(n: int) -> Tree:
    columns = ", ".join(f"created_at AS c{i}" for i in range(n))
    return module([f'db.execute("SELECT {columns} FROM tasks")'])


@case("conditions of a WHERE", 100)
def _(n: int) -> Tree:
    conditions = " AND ".join("created_at > ?" for _ in range(n))
    values = ", ".join(f"a[{i}]" for i in range(n))
    return function([], f'return db.execute("SELECT id FROM tasks WHERE {conditions}", ({values}))')


@case("values of an IN", 300)
def _(n: int) -> Tree:
    marks = ", ".join("?" * n)
    values = ", ".join(f"a[{i}]" for i in range(n))
    return function(
        [], f'return db.execute("SELECT id FROM tasks WHERE created_at IN ({marks})", ({values}))'
    )


@case("rows of a VALUES", 200)
def _(n: int) -> Tree:
    rows = ", ".join("(?, ?)" for _ in range(n))
    return module([f'db.execute("INSERT INTO tasks (id, created_at) VALUES {rows}", rows)'])


@case("tables of a SELECT", 25)
def _(n: int) -> Tree:
    joins = " ".join(f"JOIN tasks AS t{i} ON t{i}.created_at = t.created_at" for i in range(n))
    return module([f'db.execute("SELECT t.id FROM tasks AS t {joins}")'])


@case("unknown tables of a SELECT", 50)
def _(n: int) -> Tree:
    joins = " ".join(f"JOIN u{i} ON u{i}.id = t.id" for i in range(n))
    columns = ", ".join("created_at" for _ in range(n))
    return module([f'db.execute("SELECT {columns} FROM tasks AS t {joins}")'])


@case("SELECTs of a UNION", 25)
def _(n: int) -> Tree:
    selects = " UNION ALL ".join("SELECT id, created_at FROM tasks" for _ in range(n))
    return module([f'db.execute("{selects} ORDER BY created_at")'])


@case("queries of a WITH", 25)
def _(n: int) -> Tree:
    queries = ", ".join(
        f"q{i} AS (SELECT created_at FROM {f'q{i - 1}' if i else 'tasks'})" for i in range(n)
    )
    return module([f'db.execute("WITH {queries} SELECT created_at FROM q{n - 1}")'])


@case("nested queries", 8)
def _(n: int) -> Tree:
    text = "SELECT created_at FROM tasks"
    for _ in range(n):
        text = f"SELECT created_at FROM ({text})"
    return module([f'db.execute("{text}")'])


@case("nested calls in SQL", 10)
def _(n: int) -> Tree:
    return module([f'db.execute("SELECT {"coalesce(" * n}created_at{", 1)" * n} FROM tasks")'])


@case("nested blocks", 20)
def _(n: int) -> Tree:
    lines = [f"{' ' * i}if a[{i}]:\n{' ' * (i + 1)}x = datetime.now()" for i in range(n)]
    return module(lines, "from datetime import datetime\n")


@case("nested functions", 10)
def _(n: int) -> Tree:
    lines = [
        f"{' ' * i}def f{i}(db):\n{' ' * (i + 1)}db.execute('SELECT created_at FROM tasks')"
        for i in range(n)
    ]
    return module(lines)


@case("nested calls", 40)
def _(n: int) -> Tree:
    return module([f"x = {'int(' * n}datetime.now(){')' * n}"], "from datetime import datetime\n")


# --- contracts and schemas --------------------------------------------------------------------

QUERY = 'db.execute("SELECT created_at FROM tasks")\n'


@case("tables of a contract", 500)
def _(n: int) -> Tree:
    tables = "".join(f'table{i} = ["created_at"]\n' for i in range(n))
    return {"ts-contract.toml": f"[tables]\n{tables}", "module.py": QUERY}


@case("tables of a contract, each in a query", 100)
def _(n: int) -> Tree:
    tables = "".join(f'table{i} = ["created_at"]\n' for i in range(n))
    return {
        "ts-contract.toml": f"[tables]\n{tables}",
        "module.py": "".join(f'db.execute("SELECT created_at FROM table{i}")\n' for i in range(n)),
    }


@case("tables of a schema", 200, ("lint",))
def _(n: int) -> Tree:
    tables = "".join(f"CREATE TABLE t{i} (id INTEGER, a TEXT, b TEXT);\n" for i in range(n))
    return {
        "ts-contract.toml": 'schema = ["schema.sql"]\n[tables]\ntasks = ["created_at"]\n',
        "schema.sql": tables,
        "module.py": QUERY,
    }


@case("columns added in a schema", 200, ("lint",))
def _(n: int) -> Tree:
    columns = "".join(f"ALTER TABLE t ADD COLUMN c{i} TEXT;\n" for i in range(n))
    return {
        "ts-contract.toml": 'schema = ["schema.sql"]\n[tables]\ntasks = ["created_at"]\n',
        "schema.sql": f"CREATE TABLE t (id INTEGER);\n{columns}",
        "module.py": QUERY,
    }


@case("rows in a schema's dump", 10_000, ("lint",))
def _(n: int) -> Tree:
    rows = "".join(f"INSERT INTO t VALUES ({i}, 'a; b', 'it''s');\n" for i in range(n))
    return {
        "ts-contract.toml": 'schema = ["schema.sql"]\n[tables]\ntasks = ["created_at"]\n',
        "schema.sql": f"CREATE TABLE t (id INTEGER, a TEXT, b TEXT);\n{rows}",
        "module.py": QUERY,
    }


# --- measuring --------------------------------------------------------------------------------


def seconds(command: str, tree: Tree, directory: Path) -> float:
    """Return the processor time of a command on some files."""
    for name, text in tree.items():
        (directory / name).write_text(text, encoding="utf-8")
    if "ts-contract.toml" not in tree:
        (directory / "ts-contract.toml").write_text(
            CONTRACT.replace("tool.ts-contract.", "").replace("[tool.ts-contract]\n", "")
        )
    options = ["--format", "json"] if command == "lint" else ["--unsafe", "--diff"]
    return seconds_of([command, *options, "--jobs", "1", "."], directory)


def seconds_of(arguments: list[str], directory: Path) -> float:
    """Return the processor time of a command line in a directory."""
    where = Path.cwd()
    os.chdir(directory)
    gc.collect()
    begin = time.process_time()
    try:
        out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8") for _ in range(2))
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            ts_contract([*arguments, "--quiet"], standalone_mode=True)
    except SystemExit as end:
        if end.code not in {0, 1}:
            print(f"{arguments} ended with {end.code}", file=sys.stderr)
    finally:
        os.chdir(where)
    return time.process_time() - begin


def least(measure: Callable[[Path], float], rounds: int = 2) -> float:
    """Return the least processor time of some runs, each in a directory of its own."""
    times = []
    for _ in range(rounds):
        with tempfile.TemporaryDirectory() as directory:
            times.append(measure(Path(directory)))
        if times[-1] > 5:
            break
    return min(times)


def on_tree(command: str, tree: Tree) -> Callable[[Path], float]:
    """Return what measures lint or codemod on some files."""
    return lambda directory: seconds(command, tree, directory)


def on_files(case: Case, command: str, n: int) -> Callable[[Path], float]:
    """Return what measures a command on an input of a size."""
    return on_tree(command, case.make(n))


def on_database(case: DatabaseCase, n: int) -> Callable[[Path], float]:
    """Return what builds a database of a size and measures a command on it."""

    def measure(directory: Path) -> float:
        case.make(n, directory)
        return seconds_of([case.command[0], "a.db", *case.command[1:]], directory)

    return measure


def measured(
    first: int, measure: Callable[[int], Callable[[Path], float]], nothing: float, most: float
) -> list[float]:
    """Return the times of the three sizes; fewer where one takes too long."""
    times: list[float] = []
    for factor in (1, 2, 4):
        times.append(max(least(measure(first * factor)) - nothing, 0.0))
        if times[-1] > most:
            break
    return times


def print_row(
    command: str, name: str, first: int, times: list[float], limit: float = LIMIT
) -> bool:
    """Print the times of one input, and return whether they grow as they may."""
    ratios = [b / a for a, b in pairwise(times) if b > LEAST and a > 0]
    worst = max(ratios[-1:], default=0.0)
    passed = len(times) == 3 and worst <= limit
    sizes = ", ".join(f"{first * 2**i:,}" for i in range(len(times)))
    shown = ", ".join(f"{value:.2f}" for value in times)
    note = "" if passed else " **too much**"
    print(f"| {command} | {name} | {sizes} | {shown} | {worst:.1f}{note} |", flush=True)
    return passed


def main() -> int:
    """Measure, print a table in Markdown, and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("words", nargs="*")
    parser.add_argument("--most", type=float, default=30.0)
    arguments = parser.parse_args()
    words: list[str] = arguments.words
    passed = True
    print("| command | what is doubled | sizes | seconds | ratio |\n|---|---|---|---|---|")
    for command in BOTH:
        chosen = [
            case
            for case in CASES
            if command in case.commands and is_wanted(f"{command} {case.name}", words)
        ]
        if not chosen:
            continue
        least(on_tree(command, module([QUERY])), 1)  # imports what the command imports
        nothing = least(on_tree(command, {"module.py": QUERY}), 5)
        for case in chosen:
            times = measured(case.first, partial(on_files, case, command), nothing, arguments.most)
            passed &= print_row(command, case.name, case.first, times, case.limit)
    for each in DATABASE_CASES:
        command = " ".join(each.command)
        if is_wanted(f"{command} {each.name}", words):
            least(on_database(each, 1), 1)
            nothing = least(on_database(each, 1), 3)
            times = measured(each.first, partial(on_database, each), nothing, arguments.most)
            passed &= print_row(command, each.name, each.first, times, each.limit)
    return 0 if passed else 1


def is_wanted(text: str, words: list[str]) -> bool:
    """Return whether a line holds one of the words, if any are given."""
    return not words or any(word in text for word in words)


if __name__ == "__main__":
    sys.exit(main())
