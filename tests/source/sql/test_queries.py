"""Every offset of embedded SQL leads to the exact place in the file, however it is spelt."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ts_contract.lint.engine import check
from ts_contract.loading import parse_contract
from ts_contract.source.columns.analysis import find_references
from ts_contract.source.file import File
from ts_contract.source.python.source import Source
from ts_contract.source.sql.queries import find_queries

CONTRACT = parse_contract({"tables": {"tasks": ["created_at"]}})


def read_back(text: str) -> list[str]:
    """Return what the file has at each place where a legacy column is found."""
    return [text[r.span[0] : r.span[1]] for r in File(Source(text), CONTRACT).part(find_references)]


# --- spellings: each gives the same SQL, and has the name in one piece -----------------------

SPELLINGS = {
    "plain": 'q("SELECT created_at FROM tasks")',
    "single quotes": "q('SELECT created_at FROM tasks')",
    "triple": 'q("""\nSELECT\n  created_at\nFROM tasks""")',
    "raw": 'q(r"SELECT created_at FROM tasks")',
    "bytes": 'q(b"SELECT created_at FROM tasks")',
    "escapes before it": 'q("SELECT\\n\\t\\x20\\u0020\\N{SPACE}\\40 created_at FROM tasks")',
    "line continued in the string": 'q("SELECT \\\n created_at FROM tasks")',
    "CRLF in the string": 'q("""SELECT\r\n created_at\r\n FROM tasks""")',
    "CRLF in the file": 'x = 1\r\ny = 2\r\nq("SELECT created_at FROM tasks")\r\n',
    "old Mac line ends": 'x = 1\rq("SELECT created_at FROM tasks")\r',
    "form feed": 'x = 1\n\x0c\nq("SELECT created_at FROM tasks")',
    "byte order mark": '\ufeffq("SELECT created_at FROM tasks")',
    "wide characters before it": 'é = "日本𝄞"; q("SELECT \'日本𝄞\', created_at FROM tasks")',
    "implicit concatenation": 'q("SELECT " "created_at " "FROM tasks")',
    "concatenation over lines": 'q(\n  "SELECT "  # why\n  \'created_at \'\n  "FROM tasks"\n)',
    "mixed prefixes": 'q(r"SELECT " "created_at " f"FROM {\'tasks\'}")',
    "plus": 'q("SELECT " + "created_at" + " FROM tasks")',
    "f-string": 'q(f"SELECT {a}, created_at, {b!r:>{c}} FROM tasks")',
    "doubled braces": "q(f\"SELECT '{{x}}', created_at FROM tasks WHERE a = {a}\")",
    "a dict in a hole": "q(f\"SELECT {d['a']}, created_at FROM tasks\")",
    "a lambda in a hole": 'q(f"SELECT {(lambda x: {1: x})(2)}, created_at FROM tasks")',
    "percent": 'q("SELECT %s, created_at FROM tasks" % "1")',
    "percent of a dict": 'q("SELECT %(a)s, created_at FROM %(t)s" % {"t": "tasks", "a": 1})',
    "format": 'q("SELECT {0}, created_at FROM {t} WHERE {{}} = {0}".format(1, t="tasks"))',
    "template": 'q(Template("SELECT $a, created_at FROM ${t}").substitute(a=1, t="tasks"))',
    "join": 'q(" ".join(["SELECT", "created_at", "FROM tasks"]))',
    "strip": 'q(""" SELECT created_at FROM tasks """.strip())',
    "a name": 'def f():\n    s = "SELECT created_at FROM tasks"\n    q(s)',
    "a name in an f-string": 'def f():\n    c = "created_at"\n    q(f"SELECT {c} FROM tasks")',
    "quoted identifier": "q('SELECT \"created_at\" FROM tasks')",
    "bracketed identifier": 'q("SELECT [created_at] FROM tasks")',
    "escaped quotes": 'q("SELECT \\"created_at\\" FROM tasks")',
    "a second statement": 'q("DELETE FROM x; SELECT created_at FROM tasks")',
}


@pytest.mark.parametrize("text", SPELLINGS.values(), ids=SPELLINGS.keys())
def test_the_place_holds_the_name(text: str) -> None:
    assert read_back(text) == ["created_at"]


@pytest.mark.parametrize("text", SPELLINGS.values(), ids=SPELLINGS.keys())
def test_line_and_column_are_those_of_the_place(text: str) -> None:
    (finding,) = [f for f in check(text, contract=CONTRACT) if f.code in {"TSC201", "TSC206"}]
    source = Source(text)
    start = source.line_starts[finding.line - 1] + finding.column - 1
    end = source.line_starts[finding.end_line - 1] + finding.end_column - 1
    assert text[start:end] == "created_at"


def test_a_name_split_by_concatenation_spans_both_parts() -> None:
    assert read_back('q("SELECT created_" "at FROM tasks")') == ['created_" "at']


def test_an_escape_within_the_name_belongs_to_it() -> None:
    assert read_back('q("SELECT created\\x5fat FROM tasks")') == ["created\\x5fat"]


# --- properties ------------------------------------------------------------------------------

values = st.text(
    st.one_of(
        st.sampled_from("\\\"'{}\r\n\t %日𝄞é"),
        st.characters(codec="utf-8", exclude_characters="\x00"),
    ),
    max_size=30,
)
names = st.sampled_from(["id", "title", "日本", "日", "x_1"])
blanks = st.sampled_from(
    [" ", "\n", "\t", "\r\n", " /* created_at */ ", " -- created_at\n", "\n\n"]
)
literals = st.sampled_from(
    ["'created_at'", "'it''s'", "1", "?", ":created_at", "NULL", "'{}'", "'日'"]
)


@st.composite
def statements(draw: st.DrawFn) -> tuple[str, int]:
    """Return a SELECT in odd spelling and how often it names the legacy column."""
    items = draw(
        st.lists(st.one_of(names, literals, st.just("created_at")), min_size=1, max_size=6)
    )
    columns = ("," + draw(blanks)).join(items)
    tail = draw(st.sampled_from(["", "ORDER BY created_at", "WHERE created_at > ?"]))
    sql = f"SELECT{draw(blanks)}{columns}{draw(blanks)}FROM{draw(blanks)}tasks{draw(blanks)}{tail}"
    return sql, items.count("created_at") + tail.count("created_at")


@given(statements(), values, st.booleans())
def test_every_naming_of_the_column_is_found_at_its_place(statement, before, triple) -> None:
    sql, count = statement
    literal = f'"""{sql}"""' if triple else repr(sql)
    text = f"x = {before!r}\ny = q({literal})\n"
    assert read_back(text) == ["created_at"] * count


@given(st.lists(st.text("SELECTcreated_at from'\"%{}?:;()-\\\n", max_size=12), max_size=6))
def test_no_text_breaks_the_search(parts) -> None:
    text = "q(" + ", ".join(repr("SELECT " + part) for part in parts) + ")"
    for query in find_queries(File(Source(text))):
        for statement in query.statements:
            assert statement.sql in query.text.value or len(statement.sql) <= len(query.text.value)
    File(Source(text), CONTRACT).part(find_references)


GROWING = {
    "many branches": "".join(
        f"    if c[{i}]:\n        s = s + ' AND x{i} > 1'\n" for i in range(40)
    ),
    "many appends": "".join(f"    if c[{i}]:\n        s += ' AND x{i} > 1'\n" for i in range(40)),
    "doubling": "    s = s + s\n" * 40,
    "itself": "    s = s\n" * 40,
}


@pytest.mark.parametrize("lines", GROWING.values(), ids=GROWING.keys())
def test_a_text_that_grows_in_many_ways_is_followed_only_so_far(lines) -> None:
    start = "    s = 'SELECT id FROM tasks WHERE created_at > 1'\n"
    text = f"def many_branches(c):\n{start}{lines}    q(s)\n"
    assert len(find_queries(File(Source(text)))) <= 16
