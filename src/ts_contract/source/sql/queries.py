"""The SQL in a Python file: where it stands, how its pieces join, what is bound to it.

A query is looked for where its text is used (handed to a call, returned, stored), because only
there all of it is known; `strings` then follows the names it is built from.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from ..file import File
from ..python.literals import literal_pieces
from ..python.names import called_name
from ..python.source import Source
from ..python.spans import Span, Spans
from ..python.strings import PASS_THROUGH, STRIPPING, Strings
from .bound import find_bound
from .openings import CLAUSE, SQL, looks_like_sql
from .text import Placeholder, StatementText, Text, split_statements

__all__ = ["EXECUTING", "Query", "find_fragments", "find_queries"]

# Methods and functions that run SQL: DB-API, SQLAlchemy, pandas, asyncpg, databases, Django.
EXECUTING = frozenset(
    {
        "execute",
        "executemany",
        "executescript",
        "execute_sql",
        "exec_driver_sql",
        "fetch",
        "fetch_all",
        "fetch_one",
        "fetch_val",
        "fetchrow",
        "fetchval",
        "iterate",
        "mogrify",
        "prepare",
        "query",
        "raw",
        "read_sql",
        "read_sql_query",
        "scalar",
        "scalars",
    }
)
# Calls whose text is for people, whatever it begins with.
_FOR_PEOPLE = frozenset(
    {
        "add_argument",
        "add_parser",
        "critical",
        "debug",
        "echo",
        "error",
        "exception",
        "fail",
        "getLogger",
        "info",
        "log",
        "print",
        "secho",
        "skip",
        "warn",
        "warning",
    }
)

_GIVES_STRING = STRIPPING | {"format", "join", "substitute", "safe_substitute"}
_FIRST_WORD = re.compile(r"[A-Za-z]+")


@dataclass(frozen=True, slots=True, eq=False)
class Query:
    """A whole SQL text in the source, as far as it is known before the program runs.

    Attributes:
        text: the SQL, mapped to the file.
        anchor: the expression that is the SQL where it is used.
        call: the call that it is handed to, if it is.
        statements: the texts of its statements.
        home: offsets of the literal that the text begins in; what stands outside is a fragment.
        bound: for each key of a placeholder the expressions bound to it; several for the rows of
            executemany; missing where the program hides them.
    """

    text: Text
    anchor: ast.expr
    call: ast.Call | None
    statements: tuple[StatementText, ...]
    home: tuple[int, int]
    bound: Mapping[int | str, tuple[ast.expr, ...]]

    @property
    def placeholders(self) -> tuple[Placeholder, ...]:
        """Its placeholders, in order of the text."""
        return self.statements[0].placeholders if self.statements else ()

    def is_fragment(self, span: tuple[int, int]) -> bool:
        """Tell whether a place in the file is outside the literal that the query begins in."""
        return not (self.home[0] <= span[0] and span[1] <= self.home[1])


def find_fragments(file: File) -> list[Text]:
    """Return the literals that read like a clause of SQL and that no query of the file takes in."""
    source = file.source
    taken = Spans([place for query in file.part(find_queries) for place in query.text.places])
    return [
        text
        for node in _literals_like(source, CLAUSE.match)
        if not taken.any_within(*source.span(node))
        and (text := Text(literal_pieces(source, node))).value
    ]


def find_queries(file: File) -> list[Query]:
    """Return the queries of a file, in the order of their anchors.

    A query whose text depends on a branch is there once for each branch.
    """
    return _QueryFinder(file.source).queries()


def _literals_like(
    source: Source, opens: Callable[[str], object]
) -> Iterator[ast.Constant | ast.JoinedStr]:
    """Yield the string literals that open something; the rest may stand in another piece."""
    for formatted in source.nodes(ast.JoinedStr):
        match formatted.values:
            case [ast.Constant(value=str(text)), *_] if opens(text):
                yield formatted
    for constant in source.nodes(ast.Constant):
        value = constant.value
        if isinstance(value, bytes):
            value = value.decode("latin-1")
        if isinstance(value, str) and opens(value) and not _is_part(constant, source):
            yield constant


def _is_part(constant: ast.Constant, source: Source) -> bool:
    return isinstance(source.parent(constant), ast.JoinedStr)


class _QueryFinder:
    """Finds the expressions that are SQL where they are used."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._strings = Strings(source)
        self._known_uses: dict[tuple[str, ast.AST], list[ast.expr]] = {}
        self._known_joined: dict[tuple[str, ast.AST], bool] = {}

    def queries(self) -> list[Query]:
        found: list[Query] = []
        for anchor in self._anchors():
            if isinstance(self._source.parent(anchor), ast.Expr | ast.Raise):
                continue  # a docstring, or a bare string
            for pieces in self._strings.variants(anchor):
                text = Text(pieces)
                if looks_like_sql(text.value) and self._meant_as_sql(text.value, anchor):
                    found.append(self._query(text, anchor))
        return sorted(found, key=lambda q: (q.anchor.lineno, q.anchor.col_offset))

    def _query(self, text: Text, anchor: ast.expr) -> Query:
        call = self._call_of(anchor)
        statements = tuple(split_statements(text))
        bound = (
            find_bound(self._source, call, anchor, text, statements[0])
            if call is not None and statements
            else {}
        )
        return Query(text, anchor, call, statements, self._home(text), bound)

    def _home(self, text: Text) -> tuple[int, int]:
        """Return the span of the literal node that the text's first word stands in."""
        first = _FIRST_WORD.search(text.value)
        at = text.span(first.start(), first.end())[0] if first else 0
        literal = self._literals.first_at(at)
        return text.span(0, len(text.value)) if literal is None else self._spans[literal]

    @cached_property
    def _literals(self) -> Spans:
        return Spans(self._spans)

    @cached_property
    def _spans(self) -> list[Span]:
        literals = [
            *self._source.nodes(ast.JoinedStr),
            *(
                node
                for node in self._source.nodes(ast.Constant)
                if isinstance(node.value, str | bytes) and not _is_part(node, self._source)
            ),
        ]
        return [self._source.span(node) for node in literals]

    # --- anchors -----------------------------------------------------------------------------

    def _anchors(self) -> list[ast.expr]:
        """Return the expressions to evaluate: each use of each text that may become SQL."""
        anchors: dict[ast.expr, None] = {}
        seen: set[ast.AST] = set()
        followed: set[int] = set()
        pending = [self._root(node) for node in _literals_like(self._source, SQL.match)]
        while pending:
            root = pending.pop()
            if root in seen:
                continue
            seen.add(root)
            uses = self._uses(root)
            if uses is None:
                anchors[root] = None
            elif id(uses) not in followed:
                followed.add(id(uses))
                pending += [self._root(use) for use in uses]
        return list(anchors)

    def _root(self, node: ast.expr) -> ast.expr:
        """Return the largest string expression that `node` is a part of."""
        while True:
            above = self._enclosing_string(node)
            if above is None:
                return node
            node = above

    def _enclosing_string(self, node: ast.expr) -> ast.expr | None:
        """Return the string expression around `node` that is made of it."""
        parent = self._source.parent(node)
        if isinstance(parent, ast.expr) and _is_made_of(parent, node):
            return parent
        above = None if parent is None else self._source.parent(parent)
        if isinstance(above, ast.expr) and _is_made_through(above, parent, node):
            return above
        return None

    def _uses(self, root: ast.expr) -> list[ast.expr] | None:
        """Return where the name that `root` is assigned or added to is used; None if no name.

        It is the same list for the same name.

        A list counts where it is joined; any other list holds whole statements.
        """
        parent = self._source.parent(root)
        in_list = isinstance(parent, ast.List | ast.Tuple | ast.Call)
        match parent:
            case ast.NamedExpr(target=ast.Name() as name):
                pass
            case (
                ast.Assign(targets=[ast.Name() as name]) | ast.AnnAssign(target=ast.Name() as name)
            ):
                pass
            case ast.List() | ast.Tuple():
                statement = self._source.parent(parent)
                match statement:
                    case ast.Assign(targets=[ast.Name() as name]):
                        pass
                    case ast.AnnAssign(target=ast.Name() as name):
                        pass
                    case _:
                        return None
            case ast.Call(func=ast.Attribute(value=ast.Name() as name, attr="append")):
                pass
            case _:
                return None
        key = name.id, self._source.scope(name)
        if key not in self._known_uses:
            self._known_uses[key] = self._loads(name, key[1])
        if in_list and not self._is_joined(key):
            return None
        return self._known_uses[key] or None

    def _is_joined(self, key: tuple[str, ast.AST]) -> bool:
        """Tell whether one of the uses of a name joins it."""
        known = self._known_joined.get(key)
        if known is None:
            parents = (self._source.parent(use) for use in self._known_uses[key])
            known = any(called_name(parent) == "join" for parent in parents)
            self._known_joined[key] = known
        return known

    def _loads(self, name: ast.Name, scope: ast.AST) -> list[ast.expr]:
        """Return the uses of a name's value, and of the class attribute it may be."""
        if isinstance(scope, ast.ClassDef):
            return [
                node
                for node in self._attributes.get(name.id, ())
                if isinstance(node.value, ast.Name)
                and (node.value.id == scope.name or scope in self._source.ancestors(node))
            ]
        return [
            node
            for node in self._source.loads(name.id)
            if self._source.binding_scope(node) is scope and not self._is_bookkeeping(node)
        ]

    def _is_bookkeeping(self, name: ast.Name) -> bool:
        """Tell whether a use says nothing about the text: a test, a log line, `x.append`."""
        parent = self._source.parent(name)
        match parent:
            case ast.Attribute(attr=attribute):
                return attribute not in _GIVES_STRING
            case ast.If() | ast.While() | ast.Compare() | ast.Assert():
                return True
            case ast.Call():
                return called_name(parent) in _FOR_PEOPLE | {"len", "bool", "repr"}
        return False

    @cached_property
    def _attributes(self) -> dict[str, list[ast.Attribute]]:
        attributes: dict[str, list[ast.Attribute]] = {}
        for node in self._source.nodes(ast.Attribute):
            attributes.setdefault(node.attr, []).append(node)
        return attributes

    # --- is it meant as SQL? -----------------------------------------------------------------

    def _meant_as_sql(self, value: str, anchor: ast.expr) -> bool:
        """Tell SQL from English that begins like it, and from text that people read."""
        call = self._call_of(anchor)
        if call is not None and called_name(call) in EXECUTING:
            return True
        if call is not None and (
            called_name(call) in _FOR_PEOPLE or isinstance(self._source.parent(call), ast.Raise)
        ):
            return False
        verb = _FIRST_WORD.search(value)
        return verb is not None and (verb[0].isupper() or verb[0].islower())

    def _call_of(self, anchor: ast.expr) -> ast.Call | None:
        parent = self._source.parent(anchor)
        if isinstance(parent, ast.keyword):
            parent = self._source.parent(parent)
        if isinstance(parent, ast.Call) and parent.func is not anchor:
            return parent
        return None


def _is_made_of(whole: ast.expr, part: ast.expr) -> bool:
    """Tell whether a string expression is made of one that stands directly in it."""
    match whole:
        case ast.BinOp(op=ast.Add()) | ast.BoolOp(op=ast.Or()) | ast.NamedExpr():
            return True
        case ast.BinOp(op=ast.Mod(), left=left):
            return left is part
        case ast.IfExp(test=test):
            return test is not part
        case ast.Call(args=[first, *_]) if first is part and called_name(whole) in PASS_THROUGH:
            return True
        case ast.Call(func=ast.Attribute(attr="join") as function):
            return function is not part
    return False


def _is_made_through(whole: ast.expr, between: ast.AST | None, part: ast.expr) -> bool:
    """Tell whether it is made of one in a hole, before a method, or in a list that is joined."""
    match between:
        case ast.FormattedValue(format_spec=spec):
            return spec is not part and isinstance(whole, ast.JoinedStr)
        case ast.Attribute(attr=name):
            return isinstance(whole, ast.Call) and whole.func is between and name in _GIVES_STRING
        case ast.List() | ast.Tuple():
            return called_name(whole) == "join"
    return False
