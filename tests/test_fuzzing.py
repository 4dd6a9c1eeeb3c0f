"""Whatever bytes a source, a contract or a baseline has: an answer in time, and never a traceback.

The default run tries a few hundred; those that are marked `stress` try many more.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from textwrap import indent
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ts_contract import ContractError, load_contract
from ts_contract.codemod.changes import Options
from ts_contract.codemod.files import rewrite_bytes
from ts_contract.codemod.rewrite import RewriteSettings
from ts_contract.files.limit import time_limit
from ts_contract.lint.baseline import BaselineError, load_baseline, record, save_baseline
from ts_contract.lint.files import check_source
from ts_contract.lint.rules import all_rules
from ts_contract.lint.settings import LintSettings
from ts_contract.loading import parse_contract
from ts_contract.source.file import Schema

SECONDS = 20.0
CONTRACT = parse_contract({
    "tables": {"tasks": ["created_at", "updated_at"], "runs": {"at": {"timezone": "Asia/Tokyo"}}},
    "models": {"models.Task": "tasks"},
})  # fmt: skip
SCHEMA = Schema({"tasks": ("id", "created_at", "updated_at"), "other": ("created_at",)})
CODES = frozenset(rule.code for rule in all_rules())

CHECKS = list(HealthCheck)  # large and slow examples are what is wanted


def words(text: str) -> st.SearchStrategy[str]:
    """Return a strategy for the words between the bars of a text."""
    return st.sampled_from([word for line in text.split("\n") for word in line.split("|")])


def as_few_and_as_many(test: Callable[..., None], *strategies: Any) -> tuple[Any, Any]:
    """Return a test of a property for the default run, and the longer one."""
    few = settings(max_examples=100, print_blob=True, suppress_health_check=CHECKS)
    many = settings(max_examples=1_000, print_blob=True, suppress_health_check=CHECKS)
    return few(given(*strategies)(test)), pytest.mark.stress(many(given(*strategies)(test)))


# --- sources ---------------------------------------------------------------------------------

SQL = words("""\
SELECT|INSERT INTO|UPDATE|DELETE FROM|FROM|WHERE|SET|VALUES|JOIN|ON|ORDER BY|GROUP BY|AS|AND
OR|NOT|IN|(|)|,|.|*|=|<|>|+|-|/|;|?|:at|%s|%(at)s|$1|{x}|{|}|%|'|''|"|`|[|]|--|/*|*/|||tasks
runs|other|t|created_at|updated_at|created_at_ms|at|at_ms|id|"created_at"|tasks.created_at
'2024-01-01'|0|1e400|CURRENT_TIMESTAMP|datetime('now')|strftime('%s', created_at)|NULL|CASE
WHEN|THEN|END|WITH|UNION|LIMIT|CREATE TRIGGER a AFTER UPDATE ON tasks BEGIN|CREATE TABLE
ALTER TABLE|DROP COLUMN|RETURNING|\\|\\n|\\x00
INSERT INTO tasks (id, created_at) VALUES (?, ?)|SELECT created_at FROM tasks
ON CONFLICT DO UPDATE SET
""")
CODE = words("""\
import datetime|from datetime import datetime|import time|import sqlite3|rows = |row = |q = |q +=
x = 1|return |def f(db, x):|class Task(Base):|if x:|for row in |else:
with db as c:|lambda: |async |await |yield|db.execute(|.fetchone()|.fetchall()|[0]
["created_at"]|.get("created_at")|.created_at|created_at_ms = |()|datetime.now()
datetime.utcnow()|time.time()|int(time.time() * 1000)|.isoformat()|dict(row)|*row|**row|,
Task.created_at|session.query(Task)|.filter(created_at__gt=x)|.order_by("-created_at")
select(Task)|==|%|(|)|[|]|{|}|:|"|'|\"\"\"|'''|f"|rb'|r"|\\|#|# noqa
# TODO(ts-contract TSC201): x|\f|\t|    |é|日本|𝄞|;|__tablename__ = "tasks"
created_at = Column(DateTime)|created_at: Mapped[datetime]|= mapped_column()|match x:
case {"created_at": y}:|type X = int|x := 1|@property|global x|del x|try:|except* E:
finally:
""")
GAPS = st.sampled_from([" ", "", "\n", "\n    ", "\r\n", "\r", "\t", "\n\n", "\x0c", "\\\n"])
CODINGS = words("""\
utf-8|utf-8-sig|latin-1|cp1252|ascii|utf-7|utf-16|utf-32|undefined|punycode|idna|hex|rot13
unicode_escape|raw_unicode_escape|shift_jis|gb18030|iso-2022-jp|cp037|mbcs|none
""")


def joined(words: st.SearchStrategy[str], most: int) -> st.SearchStrategy[str]:
    pairs = st.tuples(words, GAPS)
    return st.lists(pairs, max_size=most).map(lambda all_: "".join(w + g for w, g in all_))


statements = st.lists(SQL, max_size=20).map(" ".join)
queries = st.builds(
    "{}{}{}{}{}".format,
    st.sampled_from(["db.execute(", "rows = db.execute(", "q = ", "return db.execute(", "q += "]),
    st.sampled_from(['"', "'", '"""', "f'", 'r"', 'f"""', "b'"]),
    statements,
    st.sampled_from(['"', "'", '"""', ""]),
    st.sampled_from(
        [")", ", (x,))", ", (datetime.utcnow(), x)).fetchall()", "", " % x)", ".format("]
    ),
)
programs = st.lists(st.one_of(queries, joined(CODE, 8)), max_size=8).flatmap(
    lambda lines: GAPS.map(lambda gap: "".join(line + "\n" for line in lines) + gap)
)


LINES = st.sampled_from([
    "db.execute({q})", "rows = db.execute({q}, (x, datetime.utcnow())).fetchall()", "q = {q}",
    "row = db.execute({q}, [datetime.now().isoformat()]).fetchone()", "q += {q}", "q = q + {q}",
    "for row in db.execute({q}): print(row['created_at'], row[1])", "a, b = row", "x = row[0]",
    "if x: q += {q}", "return dict(row)", "x = row['created_at']", "created_at_ms = time.time()",
    "x = datetime.fromisoformat(row['created_at'])", "db.execute(q, {{'at': time.time() * 1000}})",
    "x = sorted(Task.objects.filter(created_at__gt=x), key=lambda t: t.created_at)", "{q}",
    "s.query(Task).filter(Task.created_at > datetime.utcnow()).order_by(Task.created_at.desc())",
    "class Task(Base):\n    __tablename__ = 'tasks'\n    created_at = Column(DateTime, {q})",
    "def f(db, row, q={q}):\n    return db.execute(q).fetchall()", "rows = [r[0] for r in rows]",
    "COLUMNS = ['created_at', {q}]", "d = {{'created_at': {q}, **d}}", "import datetime as dt",
    "from datetime import datetime", "x = f'{{x}} {{{q}}} {{row[0]!r:>{{x}}}}'",
    "db.execute({q} % x)",
    "db.execute({q}.format(x, created_at=x))", "db.execute(' '.join([{q}, q]))",
    "x = {q} if x else q",
])  # fmt: skip
QUOTES = st.sampled_from(
    ['"{}"', 'r"{}"', '"""{}"""', 'f"{}"', 'f"""\n{}\n"""', '"{}" "{}"', 'b"{}"']
)
columns = words(
    "created_at|updated_at|t.created_at|id, created_at|*|max(created_at)|date(at)|at, id"
)
conditions = words("""\
created_at > ?|created_at < datetime('now')|created_at >= '2024-01-01'|created_at = updated_at|1
created_at BETWEEN ? AND :at|updated_at IS NULL|date(created_at) = ?|created_at IN (?, ?)|id = {x}
julianday(at) - julianday(created_at) > 1|created_at LIKE '2024%'|x = (SELECT at FROM runs)
""")
whole = st.builds(
    lambda form, column, condition: form.format(c=column, w=condition),
    st.sampled_from([
        "SELECT {c} FROM tasks t WHERE {w}", "SELECT {c} FROM runs JOIN tasks ON {w} ORDER BY {c}",
        "UPDATE tasks SET created_at = CURRENT_TIMESTAMP, updated_at = ? WHERE {w} RETURNING {c}",
        "INSERT INTO tasks (id, created_at) VALUES (?, datetime('now')) ON CONFLICT DO NOTHING",
        "INSERT INTO tasks SELECT {c} FROM tasks", "DELETE FROM tasks WHERE {w} AND NOT {w}",
        "WITH a AS (SELECT {c} FROM tasks) SELECT {c} FROM a WHERE {w} UNION SELECT {c} FROM runs",
        "CREATE TABLE tasks (id INTEGER, created_at TEXT CHECK ({w}))", " AND {w}",
        "; SELECT {c} FROM tasks; {w}", " ORDER BY {c} DESC",
        "CREATE TRIGGER a AFTER UPDATE OF {c} ON tasks BEGIN {w}; END",
    ]),
    columns,
    conditions,
)  # fmt: skip
texts_of_sql = st.one_of(whole, whole, statements.map(lambda sql: re.sub(r'["\\\\\n{}]', " ", sql)))
sound_lines = st.builds(
    lambda line, quotes, sql: line.format(q=quotes.format(sql, sql)), LINES, QUOTES, texts_of_sql
)


def program(lines: list[str], end: str, inside: bool) -> str:
    """Return a program, or the body of a function."""
    text = "\n".join(lines)
    if inside:
        text = "def f(db, row, x, q, rows):\n" + indent(text, "    ")
    return text.replace("\n", end) + end * (len(text) % 2)


sound = st.builds(
    program,
    st.lists(sound_lines, min_size=1, max_size=8),
    st.sampled_from(["\n", "\r\n"]),
    st.booleans(),
)


def nested(opening: str, closing: str, depth: int, core: str) -> str:
    return f"x = db.execute({opening * depth}{core}{closing * depth})"


nestings = st.builds(
    lambda pair, depth, core: nested(*pair, depth, core),
    st.sampled_from([
        ("(", ")"), ("[", "]"), ("{", "}"), ("-", ""), ("not ", ""), ("f(", ")"), ("lambda: ", ""),
        ("'a' + ", ""), ("x if y else ", ""), ("x.", ""), ("", "[0]"), ("", ".y()"), ("f'{", "}'"),
        ("'SELECT ", "'"), ("a and ", ""), ("'(' ", ""), ("*", ""), ("await ", ""),
    ]),
    st.sampled_from([1, 5, 30, 150, 900, 5_000]),
    st.sampled_from([
        "'SELECT created_at FROM tasks'", "datetime.now()", "x['created_at']", "time.time()", "",
        "'" + "(" * 300 + "SELECT created_at FROM tasks" + ")" * 300 + "'",
        "'SELECT created_at FROM tasks WHERE " + "NOT " * 800 + "created_at'",
        "'SELECT " + "CASE WHEN created_at THEN " * 200 + "1 FROM tasks'",
    ]),
)  # fmt: skip


def with_coding(text: str, coding: str) -> bytes:
    head = f"# coding: {coding}\n"
    try:
        return (head + text).encode(coding)
    except (LookupError, UnicodeError):
        return head.encode() + text.encode(errors="surrogatepass")


texts = st.one_of(sound, sound, programs, nestings, st.text(max_size=200))
sources = st.one_of(
    sound.map(str.encode),
    texts.map(lambda text: text.encode(errors="surrogatepass")),
    st.builds(with_coding, texts, CODINGS),
    st.builds(lambda text, noise, at: text.encode(errors="replace")[:at] + noise, texts,
              st.binary(max_size=20), st.integers(0, 400)),
    st.binary(max_size=300),
)  # fmt: skip
options = st.builds(Options, st.booleans(), st.booleans(), st.booleans())


def _a_source(data: bytes, allowed: Options) -> None:
    checked = check_source(data, "a.py", LintSettings(CONTRACT, SCHEMA, CODES, seconds=SECONDS))
    rewriting = RewriteSettings(CONTRACT, SCHEMA, CODES, allowed, seconds=SECONDS)
    rewritten = rewrite_bytes(data, "a.py", rewriting)
    for error in (checked.error, rewritten.error):
        assert "this is a bug" not in error
        assert "given up" not in error
        assert "\n" not in error
    if rewritten.after is not None:
        after = rewrite_bytes(rewritten.after, "a.py", rewriting)
        assert after.error == ""


test_a_source_gets_an_answer, test_many_sources_get_an_answer = as_few_and_as_many(
    _a_source, sources, options
)


# --- contracts -------------------------------------------------------------------------------

KEYS = st.one_of(words("""\
extends|phase|timezone|on-overlap|on-gap|valid-range|clock|schema|dialect|exclude|helpers|models
optional-tables|version|tables|tasks|created_at|epoch|index|storage|value|table|column|tool
ts-contract|import|.|a.b|é|\0|\x1b
"""), st.text(max_size=5))  # fmt: skip
LEAVES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8), st.dates(),
    st.datetimes(), st.times(),
    st.sampled_from([
        "UTC", "Europe/London", "../../etc/passwd", "\0", "agentos", "a.toml", "created_at_ms",
        "rowid", "import", "a.b", "**/*", "[", "migrate", "seconds", "2020-01-01", "9999-12-31",
        "0001-01-01", "\udcff", "sqlite_x", 10**400, float("inf"), float("nan"), -(2**63),
        "x" * 999,
    ]),
)  # fmt: skip
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(KEYS, inner, max_size=4)),
    max_leaves=12,
)


def _a_contract(raw: dict[str, Any]) -> None:
    try:
        with time_limit(SECONDS):
            contract = parse_contract(raw)
    except ContractError:
        return
    contract.fingerprint()
    check_source(
        b"db.execute('SELECT created_at FROM tasks')", "a.py", LintSettings(contract, None, CODES)
    )


test_a_contract_is_taken_or_refused, test_many_contracts = as_few_and_as_many(
    _a_contract, st.dictionaries(KEYS, VALUES, max_size=5)
)

TOML_WORDS = words("""\
[|]|[[|]]|{|}|=|.|,|"|'|\"\"\"|\\u0000|\\ud800|tables|tasks|extends|"a.toml"|tool|created_at
ts-contract|1e400|0x_|1979-05-27|07:32:00|true|inf|nan|#|\r|é|\x1b|\0|phase = "enforce"
tables.tasks=["created_at"]|[tool.ts-contract]|extends="c.toml"|
""")
TOML = st.one_of(
    st.binary(max_size=100),
    st.text(max_size=100).map(lambda text: text.encode(errors="surrogatepass")),
    st.lists(TOML_WORDS, max_size=20).map(lambda found: " ".join(found).encode()),
    st.builds(
        lambda part, times: f"a = {part * times}".encode(),
        st.sampled_from(["[", "{a=", "9", "a.", '"', "\\", "-"]),
        st.sampled_from([3, 400, 30_000]),
    ),
)


def _a_file(data: bytes) -> None:
    with TemporaryDirectory() as directory:
        path = Path(directory, "c.toml")
        path.write_bytes(data)
        with suppress(ContractError), time_limit(SECONDS):
            load_contract(path)


test_a_file_is_taken_or_refused, test_many_files = as_few_and_as_many(_a_file, TOML)


# --- baselines -------------------------------------------------------------------------------

JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=8,
)
ENTRIES = st.fixed_dictionaries({
    "code": st.one_of(st.text(max_size=8), JSON),
    "line": st.one_of(st.text(max_size=8), JSON),
    "count": st.one_of(st.integers(1, 5), st.integers(1, 5), JSON),
})  # fmt: skip
BASELINES = st.one_of(
    JSON,
    st.fixed_dictionaries({
        "version": st.one_of(st.just(1), JSON),
        "findings": st.one_of(
            st.dictionaries(st.text(max_size=8), st.lists(ENTRIES, max_size=3)),
            JSON,
        ),
    }),
)  # fmt: skip


def _a_baseline(data: bytes) -> None:
    with TemporaryDirectory() as directory:
        path = Path(directory, "b.json")
        path.write_bytes(data)
        try:
            with time_limit(SECONDS):
                baseline = load_baseline(path)
        except BaselineError:
            return
        record([], baseline)
        save_baseline(path, baseline)
        assert load_baseline(path) == baseline


test_a_baseline_is_taken_or_refused, test_many_baselines = as_few_and_as_many(
    _a_baseline,
    st.one_of(BASELINES.map(lambda raw: json.dumps(raw).encode()), st.binary(max_size=80)),
)
