"""How SQL begins, in a text and in a file: what is asked before anything is parsed.

Much English begins with a verb of SQL. What tells the two apart is the word behind the verb.
"""

from __future__ import annotations

import re

__all__ = [
    "CLAUSE",
    "OPENS_CLAUSE",
    "OPENS_SQL",
    "OPENS_SQL_OR_CLAUSE",
    "SQL",
    "has_clause",
    "has_sql",
    "looks_like_sql",
]

_HEAD = re.compile(
    r"""(?:\s|\(|--[^\n]*\n|/\*.*?\*/)*
    (?:EXPLAIN\s+(?:QUERY\s+PLAN\s+|ANALYZE\s+)?)?
    (?: SELECT\b.+?\bFROM\b | SELECT\b.+?\(\s*SELECT\b | WITH\b.+?\bAS\b.*?\( | VALUES\s*\(
      | INSERT\s+(?:OR\s+\w+\s+)?INTO\b | REPLACE\s+INTO\b
      | UPDATE\b.+?\bSET\b | DELETE\s+FROM\b
      | CREATE\s+(?:OR\s+REPLACE\s+)?(?:TEMP(?:ORARY)?\s+|UNIQUE\s+|VIRTUAL\s+|UNLOGGED\s+)?
        (?:TABLE|INDEX|VIEW|TRIGGER|MATERIALIZED\s+VIEW)\b
      | (?:ALTER|DROP)\s+(?:TABLE|INDEX|VIEW|TRIGGER)\b
      | (?:BEGIN|PRAGMA|SAVEPOINT|ATTACH)\b[^;]*;
    )""",
    re.VERBOSE | re.IGNORECASE | re.DOTALL,
)


def looks_like_sql(value: str) -> bool:
    """Tell whether a text begins with a verb of SQL and has the clause that goes with it.

    Example:
        >>> looks_like_sql("select id from t"), looks_like_sql("Update failed")
        (True, False)
    """
    return _HEAD.match(value) is not None


# --- the first of several pieces, or of a file's text ----------------------------------------

# The rest of a statement may stand in another piece: a verb fails only if a wrong word follows.
_VERB = r"""(?:
    select | update | explain | begin | pragma | savepoint | attach
    | insert (?!\s+ (?!into\b|or\b) [a-z])
    | replace (?!\s+ (?!into\b) [a-z])
    | delete (?!\s+ (?!from\b) [a-z])
    | values (?!\s+ [a-z])
    | with (?!\s+ (?!recursive\b) \w+ (?:[.:]|\s+(?!as\b)[a-z]))
    | (?:create|alter|drop)
      (?!\s+ (?!(?:or|temp|temporary|unique|virtual|unlogged|materialized)\b)
              (?!(?:table|index|view|trigger)\b) [a-z])
    )"""
_CLAUSE_WORD = r"(?:order|group|where|having|and|or|set)[\s\\]"

SQL = re.compile(
    rf"(?:\s|\(|--[^\n]*\n|/\*.*?\*/)*{_VERB}\b", re.VERBOSE | re.IGNORECASE | re.DOTALL
)
CLAUSE = re.compile(
    r"""\s*(?: (?:ORDER|GROUP)\s+BY\s+[\w"'(`]
      | (?:WHERE|HAVING|AND|OR)\b.*?(?:[=<>]|\b(?:IS|IN|BETWEEN|LIKE)\b)
      | SET\s+[\w"`.]+\s*= )""",
    re.VERBOSE | re.IGNORECASE | re.DOTALL,
)


# In a file's text, in lower case, a quote stands before. Comments of SQL and escaped blanks may
# stand between.
_QUOTE = r"""["'](?:\s|\\[nrt]|\\\r?\n|\(|--[^\n]*\n|/\*.*?\*/)*"""
_VERB_IN_FILE = rf"""{_VERB}(?:[\s\\(;/{{-]|["'][\s,+])"""
OPENS_SQL = re.compile(_QUOTE + _VERB_IN_FILE, re.DOTALL | re.VERBOSE)
OPENS_CLAUSE = re.compile(_QUOTE + _CLAUSE_WORD, re.DOTALL | re.VERBOSE)
OPENS_SQL_OR_CLAUSE = re.compile(
    f"{_QUOTE}(?:{_VERB_IN_FILE}|{_CLAUSE_WORD})", re.DOTALL | re.VERBOSE
)


def has_sql(text: str) -> bool:
    """Tell whether some literal of a file's text, in lower case, may begin like SQL."""
    return OPENS_SQL.search(text) is not None


def has_clause(text: str) -> bool:
    """Tell whether some literal of a file's text, in lower case, may begin like a clause of SQL."""
    return OPENS_CLAUSE.search(text) is not None
