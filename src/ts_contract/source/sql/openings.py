"""Recognises text that may begin an SQL statement or clause, before anything is parsed.

Much English begins with a verb of SQL. What tells the two apart is the word behind the verb.
"""

from __future__ import annotations

import re

__all__ = [
    "CLAUSE",
    "OPENS_SQL",
    "OPENS_SQL_OR_CLAUSE",
    "SQL",
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
SQL = re.compile(
    rf"(?:\s|\(|--[^\n]*\n|/\*.*?\*/)*{_VERB}\b", re.VERBOSE | re.IGNORECASE | re.DOTALL
)
CLAUSE = re.compile(
    r"""\s*(?: (?:ORDER|GROUP)\s+BY\s+[\w"'(`]
      | (?:WHERE|HAVING|AND|OR)\b.*?(?:[=<>]|\b(?:IS|IN|BETWEEN|LIKE)\b)
      | SET\s+[\w"`.]+\s*= )""",
    re.VERBOSE | re.IGNORECASE | re.DOTALL,
)


# In a file's text, in lower case, a quote stands before, and perhaps comments of SQL or escaped
# blanks between. Within a clause, quotes stand around a word, or between literals that are joined.
_BLANKS = r"(?:\s|\\[nrt]|\\\r?\n|\(|--[^\n]*\n|/\*.*?\*/)*"
_VERB_IN_FILE = rf"""{_VERB}(?:[\s\\(;/{{-]|["'][\s,+])"""
_MORE = r"""[\s\\](?:[^"']|["'][^"'\s]*["']|["']\s*[bfru]*["'])*?"""
_CLAUSE_IN_FILE = rf"""(?:
    (?:order|group){_MORE}\bby\b
    | (?:set|where|having|and|or){_MORE}(?:[=<>]|\b(?:is|in|between|like)\b)
    )"""


def _opening(pattern: str) -> tuple[re.Pattern[str], ...]:
    """Return the patterns of a literal that begins so: `re` is quick if a pattern opens plainly."""
    return tuple(
        re.compile(f"{quote}{_BLANKS}{pattern}", re.DOTALL | re.VERBOSE) for quote in "\"'"
    )


OPENS_SQL = _opening(_VERB_IN_FILE)
OPENS_SQL_OR_CLAUSE = _opening(f"(?:{_VERB_IN_FILE}|{_CLAUSE_IN_FILE})")
