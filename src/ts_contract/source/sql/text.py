"""SQL text put together from pieces of a file, each character of it mapped back.

Before sqlglot sees a statement, what it cannot read is replaced by something of the same length:
each placeholder by one identifier, each hole by another, so that every offset of the parsed text
is an offset of the original, and every placeholder has an exact place whatever its style.
"""

from __future__ import annotations

import ast
import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ..python.literals import Hole, Piece, Run

__all__ = ["Placeholder", "StatementText", "Text", "split_statements"]

# Private-use characters stand for what is not SQL; sqlglot reads them as identifiers.
_FIRST_PLACEHOLDER, _LAST_PLACEHOLDER = 0xE000, 0xEFFF
_FIRST_HOLE, _LAST_HOLE = 0xF000, 0xF8FE
PADDING = "\uf8ff"
_PRIVATE = re.compile("[\ue000-\uf8ff]")


class Text:
    """A string as the program would build it, and where each of its characters stands.

    Args:
        pieces: runs and holes, in order; each hole becomes one private-use character.

    Attributes:
        value: the string.
        holes: the expression behind each hole's character.
    """

    def __init__(self, pieces: Sequence[Piece]) -> None:
        self.holes: dict[str, ast.expr] = {}
        self._starts: list[int] = []
        self._runs: list[Run] = []
        at = 0
        for piece in pieces:
            run = self._hole_run(piece) if isinstance(piece, Hole) else piece
            self._starts.append(at)
            self._runs.append(run)
            at += len(run.text)
        self.value = "".join(run.text for run in self._runs)

    def _hole_run(self, hole: Hole) -> Run:
        char = chr(min(_FIRST_HOLE + len(self.holes), _LAST_HOLE))
        self.holes[char] = hole.node
        return Run(char, hole.start, hole.end)

    def _run_at(self, index: int) -> int:
        """Return the index of the run that holds a character."""
        found = bisect_right(self._starts, index) - 1
        while not self._runs[found].text:
            found -= 1
        return found

    @property
    def places(self) -> list[tuple[int, int]]:
        """The offsets in the file of each of its pieces."""
        return [(run.start, run.end) for run in self._runs]

    @property
    def written(self) -> list[tuple[int, int]]:
        """The offsets in the file of those pieces that are not empty."""
        return [(run.start, run.end) for run in self._runs if run.text]

    def span(self, first: int, last: int) -> tuple[int, int]:
        """Return the offsets in the file of the characters from `first` up to before `last`."""
        begin = self._run_at(first)
        finish = self._run_at(last - 1)
        return (
            self._offset(begin, first - self._starts[begin])[0],
            self._offset(finish, last - 1 - self._starts[finish])[1],
        )

    def _offset(self, run_index: int, index: int) -> tuple[int, int]:
        run = self._runs[run_index]
        if run.end - run.start == len(run.text):
            return run.start + index, run.start + index + 1
        return run.start, run.end


@dataclass(frozen=True, slots=True)
class Placeholder:
    """One place of a statement that a bound value is put into.

    Attributes:
        char: the private-use character that stands for it in the parsed text.
        first: index of its first character in the query's text.
        last: index after its last character.
        key: its name, or its position among the positional ones, from 0.
    """

    char: str
    first: int
    last: int
    key: int | str


@dataclass(frozen=True, slots=True)
class StatementText:
    """The text of one statement, ready to be parsed.

    Attributes:
        sql: its text, each placeholder and hole an identifier; as long as what it stands for.
        first: index in the query's text where it begins.
        placeholders: in order of the text, over the whole query.
    """

    sql: str
    first: int
    placeholders: tuple[Placeholder, ...]

    def marks_in(self, sql: str) -> list[Placeholder]:
        """Return the placeholders in a part of a statement's text."""
        found = {ord(char) - _FIRST_PLACEHOLDER for char in _PRIVATE.findall(sql)}
        return [self.placeholders[at] for at in sorted(found) if at < len(self.placeholders)]


_TOKEN = re.compile(
    r"""
    (?P<inert>'(?:[^']|'')*' | "(?:[^"]|"")*" | `[^`]*` | --[^\n]* | /\*.*?(?:\*/|\Z)
       | \$(?P<tag>(?:[^\W\d]\w*)?)\$.*?(?:\$(?P=tag)\$|\Z) | ::\w* | \?\? )
  | (?P<percent>%\((?P<percent_name>\w+)\)s | %s)
  | (?P<numbered>[?$](?P<number>\d+))
  | (?P<named>(?<![\w:])[:@$](?P<name>[A-Za-z_]\w*))
  | (?P<mark>\?)
  | (?P<end>;)
  | (?P<word>[A-Za-z_][\w$]*)
    """,
    re.VERBOSE | re.DOTALL,
)

_REPLACE = re.compile(r"(\s*(?:WITH\b.*)?)REPLACE(?=\s+INTO\b)", re.IGNORECASE | re.DOTALL)
_OR_ACTION = re.compile(
    r"(?<=UPDATE)(\s+OR\s+(?:ROLLBACK|ABORT|REPLACE|FAIL|IGNORE))(?=\s)", re.IGNORECASE
)
_EXPLAIN = re.compile(r"\s*EXPLAIN(\s+QUERY\s+PLAN|\s+ANALYZE)?(?=\s)", re.IGNORECASE)
_CREATE_TRIGGER = re.compile(
    r"\s*CREATE\s+(?:OR\s+REPLACE\s+)?(?:TEMP(?:ORARY)?\s+)?TRIGGER\b", re.IGNORECASE
)


def split_statements(text: Text) -> list[StatementText]:
    """Return the statements of a text, in order, without empty ones.

    A trigger keeps its body: semicolons between its BEGIN and END do not end it.
    """
    chars: list[str] = []
    placeholders: list[Placeholder] = []
    spans: list[tuple[int, int]] = []
    first = at = positional = depth = 0
    in_trigger = False
    value = text.value
    for token in _TOKEN.finditer(value):
        start, end = token.span()
        kind = token.lastgroup
        if kind == "word":
            if not depth and not in_trigger and token["word"].upper() == "TRIGGER":
                in_trigger = _CREATE_TRIGGER.match(value, first) is not None
            elif in_trigger:
                depth += _block_step(token["word"].upper(), depth)
            continue
        if kind == "end":
            if not depth:
                spans.append((first, start))
                first, in_trigger = end, False
            continue
        key = _key(token, positional)
        if key is None or len(placeholders) > _LAST_PLACEHOLDER - _FIRST_PLACEHOLDER:
            continue
        positional += token[0] in {"?", "%s"}
        char = chr(_FIRST_PLACEHOLDER + len(placeholders))
        placeholders.append(Placeholder(char, start, end, key))
        chars += (value[at:start], char, PADDING * (end - start - 1))
        at = end
    spans.append((first, len(value)))
    prepared = "".join((*chars, value[at:]))
    return [
        StatementText(_normalised(prepared[a:b]), a, tuple(placeholders))
        for a, b in spans
        if prepared[a:b].strip()
    ]


def statement_spans(sql: str, at: int) -> Iterator[tuple[int, int]]:
    """Yield the parts of `sql` from `at` on, cut at semicolons, quoted ones left alone."""
    first = at
    for token in _TOKEN.finditer(sql, at):
        if token.lastgroup == "end":
            yield first, token.start()
            first = token.end()
    yield first, len(sql)


def _block_step(word: str, depth: int) -> int:
    """Return by how much a word opens or closes blocks inside a trigger."""
    if word == "BEGIN" or (word == "CASE" and depth):
        return 1
    return -1 if word == "END" and depth else 0


def _key(token: re.Match[str], positional: int) -> int | str | None:
    """Return what a placeholder is bound by; None if the token is not a placeholder."""
    match token.lastgroup:
        case "mark":
            return positional
        case "percent":
            return token["percent_name"] or positional
        case "numbered":
            return int(token["number"]) - 1
        case "named":
            return token["name"]
    return None


def _normalised(sql: str) -> str:
    """Return a statement in the words that sqlglot knows, at the same length."""
    sql = _blank_holes(sql)
    explain = _EXPLAIN.match(sql)
    if explain:
        sql = " " * explain.end() + sql[explain.end() :]
    replace = _REPLACE.match(sql)
    if replace:
        sql = f"{replace[1]}INSERT {sql[replace.end() :]}"
    return _OR_ACTION.sub(lambda m: " " * len(m[0]), sql)


_HOLE = re.compile("[\uf000-\uf8fe]")
_LONGEST_WORD = 40  # and more than any that wants an operand
_WANTS_OPERAND = re.compile(
    r"""(?: [-,(=<>+*/%|&!.~{] | ^
      | \b(?:SELECT|DISTINCT|ALL|FROM|JOIN|INTO|UPDATE|TABLE|VIEW|INDEX|TRIGGER|EXISTS|ON|USING
        |WHERE|AND|OR|NOT|IN|IS|LIKE|GLOB|BETWEEN|BY|HAVING|LIMIT|OFFSET|SET|VALUES|AS|CASE|WHEN
        |THEN|ELSE|RETURNING|COLUMN|ADD|RENAME|TO|UNION|EXCEPT|INTERSECT|REFERENCES|INTERVAL
        |ANY|ESCAPE|DEFAULT|CAST|PRAGMA|SAVEPOINT|RELEASE|ILIKE|REGEXP|MATCH|COLLATE|OVER) )\s*$""",
    re.VERBOSE | re.IGNORECASE,
)


def _blank_holes(sql: str) -> str:
    """Blank the holes that stand for whole clauses; the others stay, as identifiers.

    A hole is an operand where the text before it asks for one, and part of a name where it
    touches one. Anywhere else only a clause, or nothing, makes a statement.
    """
    chars = list(sql)
    quotes = dict.fromkeys("'\"`", 0)
    tail, done = "", 0
    for match in _HOLE.finditer(sql):
        at = match.start()
        passed = "".join(chars[done:at])
        for quote in quotes:
            quotes[quote] += passed.count(quote)
        tail, done = (tail + passed).rstrip()[-_LONGEST_WORD:], at
        touches = passed[-1:].isalnum() or passed.endswith("_")
        quoted = any(count % 2 for count in quotes.values())
        if not (touches or quoted or _WANTS_OPERAND.search(tail)):
            chars[at] = " "
    return "".join(chars)


def is_hole(name: str) -> bool:
    """Tell whether an identifier stands for something that is not SQL text, or holds such."""
    return _PRIVATE.search(name) is not None


def iter_words(sql: str) -> Iterator[tuple[str, int, int]]:
    """Yield each unquoted or quoted identifier-like word with its span, literals left out."""
    for token in _TOKEN.finditer(sql):
        if token.lastgroup == "word":
            yield token["word"], *token.span()
        elif token["inert"] and token["inert"][0] in '"`':
            yield token["inert"][1:-1], token.start() + 1, token.end() - 1
