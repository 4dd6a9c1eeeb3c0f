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

# Blanks, parentheses and comments. A comment is taken whole or not at all, and what was taken is
# not given back: a text of a hundred comments would else be read in as many ways as they combine.
_COMMENT = r"--[^\n]*+\n|/\*(?:[^*]|\*(?!/))*+\*/"
_LEAD = rf"(?:[\s(]++|{_COMMENT})*+"

_HEAD = re.compile(
    rf"""{_LEAD}
    (?:EXPLAIN\s+(?:QUERY\s+PLAN\s+|ANALYZE\s+)?)?
    (?: SELECT\b.+?\bFROM\b | SELECT\b.+?\(\s*SELECT\b | WITH\b(?>.+?\bAS\b).*?\( | VALUES\s*\(
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
SQL = re.compile(rf"{_LEAD}{_VERB}\b", re.VERBOSE | re.IGNORECASE | re.DOTALL)
CLAUSE = re.compile(
    r"""\s*(?: (?:ORDER|GROUP)\s+BY\s+[\w"'(`]
      | (?:WHERE|HAVING|AND|OR)\b.*?(?:[=<>]|\b(?:IS|IN|BETWEEN|LIKE)\b)
      | SET\s+[\w"`.]+\s*= )""",
    re.VERBOSE | re.IGNORECASE | re.DOTALL,
)


# In a file's text, in lower case, a quote stands before, and perhaps comments of SQL or escaped
# blanks between. Within a clause, quotes stand around a word, or between literals that are joined.
# Every quote of a file is tried, so nothing may run on to its end from each of them: more comments
# than `_MANY`, or one longer than `_FAR`, pass for those before a statement, and between the word
# that opens a clause and its operator there are no more than `_FAR` characters and quoted words.
_MANY, _FAR = 40, 400
_BLANK = rf"""(?:[\s(]++|\\[nrt]|\\\r?\n
    |--[^\n]{{0,{_FAR}}}+\n|/\*(?:[^*]|\*(?!/)){{0,{_FAR}}}+\*/)"""
_LONG_COMMENT = rf"--[^\n]{{{_FAR}}}|/\*(?:[^*]|\*(?!/)){{{_FAR}}}"
_VERB_IN_FILE = rf"""{_VERB}(?:[\s\\(;/{{-]|["'][\s,+])"""
_MORE = rf"""[\s\\](?:[^"']|["'](?:[^"'\s]*|\s+[bfru]*)["']){{0,{_FAR}}}?"""
_CLAUSE_IN_FILE = rf"""(?:
    (?:order|group){_MORE}\bby\b
    | (?:set|where|having|and|or){_MORE}(?:[=<>]|\b(?:is|in|between|like)\b)
    )"""


def _opening(pattern: str) -> tuple[re.Pattern[str], ...]:
    """Return the patterns of a literal that begins so: `re` is quick if a pattern opens plainly."""
    begun = f"{_BLANK}{{0,{_MANY}}}+(?:{pattern}|{_LONG_COMMENT})|{_BLANK}{{{_MANY + 1}}}"
    return tuple(re.compile(f"{quote}(?:{begun})", re.DOTALL | re.VERBOSE) for quote in "\"'")


OPENS_SQL = _opening(_VERB_IN_FILE)
OPENS_SQL_OR_CLAUSE = _opening(f"(?:{_VERB_IN_FILE}|{_CLAUSE_IN_FILE})")
