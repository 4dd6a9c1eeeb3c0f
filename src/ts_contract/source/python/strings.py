"""Evaluates string expressions: literals joined, names followed within the function.

Evaluating gives pieces, each of which knows its place in the file: runs of literal text, and holes
where only the running program knows more. A name is followed through its assignments, `+=`,
`.append` and `.join` up to the place where it is used. Where the program has a choice (an `if`, a
conditional expression) every branch is evaluated, each together with the first of all others.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from itertools import islice

from .branches import branches_of, exclusive, in_order, reaching, visible
from .literals import Hole, Piece, Run, literal_pieces, merge
from .names import last_name
from .source import Source

__all__ = ["PASS_THROUGH", "Strings"]

# Calls that give back the text they are given: SQLAlchemy, psycopg, textwrap, inspect, string.
PASS_THROUGH = frozenset(
    {"text", "SQL", "Identifier", "Template", "dedent", "cleandoc", "RawSQL", "literal_column"}
)
STRIPPING = frozenset({"strip", "lstrip", "rstrip", "encode", "decode", "expandtabs"})

_MAX_VARIANTS = 16
_MAX_DEPTH = 40
_MAX_PIECES = 2000
_PERCENT = re.compile(
    r"%(?:\((?P<name>[^)]{0,200})\))?[#0\- +]*+(?:\d+|\*)?(?:\.\d+)?(?P<kind>[diouxXeEfFgGcrsa%])"
)
_BRACES = re.compile(r"\{\{|\}\}|\{(?P<field>[^{}]*)\}")
_DOLLAR = re.compile(r"\$\$|\$(?:\{(?P<braced>\w+)\}|(?P<bare>[A-Za-z_]\w*))")

# What gives a name its text or adds to it; a name bound by anything else is not followed.
_EVENTS = (ast.Assign, ast.AnnAssign, ast.AugAssign, ast.NamedExpr, ast.Call)

Pieces = list[Piece]
Fill = Callable[[re.Match[str]], ast.expr | str | None]


class Strings:
    """Evaluates the string expressions of one file.

    Args:
        source: the file.
    """

    def __init__(self, source: Source) -> None:
        self._source = source
        self._choices: dict[ast.AST, int] = {}
        self._options: dict[ast.AST, int] = {}
        self._following: set[ast.AST] = set()
        self._known: dict[ast.AST, Pieces | None] = {}
        self._known_events: dict[tuple[str, ast.AST | None], list[ast.AST]] = {}
        self._known_histories: dict[ast.Name, list[list[ast.AST]]] = {}

    def variants(self, node: ast.expr) -> list[Pieces]:
        """Return what `node` may build: one list of pieces a choice, the likeliest first.

        Args:
            node: any expression.

        Returns:
            No more than sixteen; none where the expression is not known to be a string.
        """
        self._choose({})
        self._options = {}
        first = self.pieces(node)
        if first is None:
            return []
        found = [first]
        options = dict(self._options)
        for choice, count in options.items():
            for index in range(1, count):
                if len(found) == _MAX_VARIANTS:
                    return found
                self._choose({choice: index})
                other = self.pieces(node)
                if other is not None:
                    found.append(other)
        self._choose({})
        return found

    def _choose(self, choices: dict[ast.AST, int]) -> None:
        """Begin to evaluate under other choices; what is known under the old ones is forgotten."""
        self._choices = choices
        self._known.clear()

    def pieces(self, node: ast.expr) -> Pieces | None:
        """Return the pieces of a string expression; None if it is not known to be one."""
        if node in self._known:
            return self._known[node]
        if len(self._following) > _MAX_DEPTH or node in self._following:
            return None
        self._following.add(node)
        try:
            found = self._evaluate(node)
        finally:
            self._following.discard(node)
        if found is not None:
            found = merge(found) if len(found) <= _MAX_PIECES else None
        self._known[node] = found
        return found

    def _evaluate(self, node: ast.expr) -> Pieces | None:
        match node:
            case ast.Constant(value=str() | bytes()):
                return literal_pieces(self._source, node)
            case ast.JoinedStr():
                return self._formatted(node)
            case ast.BinOp(op=ast.Add()):
                return self._sum(node)
            case ast.BinOp(left=left, op=ast.Mod(), right=right):
                pieces = self.pieces(left)
                return None if pieces is None else self._percent(pieces, right)
            case ast.Call():
                return self._call(node)
            case ast.IfExp(body=body, orelse=orelse):
                return self._either(node, [body, orelse])
            case ast.BoolOp(op=ast.Or(), values=values):
                return self._either(node, values)
            case ast.Name():
                return self._name(node)
            case ast.Attribute():
                return self._attribute(node)
            case ast.NamedExpr(value=value):
                return self.pieces(value)
        return None

    def _or_hole(self, node: ast.expr, start: int = -1, end: int = -1) -> Pieces:
        """Return the pieces of `node`, or a hole where it is not known."""
        found = self.pieces(node)
        if found is not None:
            return found
        if start < 0:
            start, end = self._source.span(node)
        return [Hole(node, start, end)]

    def _formatted(self, node: ast.JoinedStr) -> Pieces:
        return [
            inner
            for piece in literal_pieces(self._source, node)
            for inner in (
                self._or_hole(piece.node, piece.start, piece.end)
                if isinstance(piece, Hole)
                else [piece]
            )
        ]

    def _sum(self, node: ast.BinOp) -> Pieces | None:
        """Join `a + b + c`, which is nested to the left, from its first term on."""
        sums = [node]
        while isinstance(sums[-1].left, ast.BinOp) and isinstance(sums[-1].left.op, ast.Add):
            sums.append(sums[-1].left)
        first = self.pieces(sums[-1].left)
        found = None if first is None else [*first]
        for each in reversed(sums):
            after = self.pieces(each.right)
            if found is None:
                if after is None:
                    continue
                found = [Hole(each.left, *self._source.span(each.left))]
            found += after or self._or_hole(each.right)
        return found

    def _either(self, node: ast.expr, options: Sequence[ast.expr]) -> Pieces | None:
        known = [found for option in options if (found := self.pieces(option)) is not None]
        # An empty string is the choice of adding nothing; the other one says more.
        telling = [found for found in known if found] or known
        if not telling:
            return None
        return self._chosen(node, telling)

    def _chosen(self, node: ast.AST, options: Sequence[Pieces]) -> Pieces:
        self._options[node] = len(options)
        return options[min(self._choices.get(node, 0), len(options) - 1)]

    # --- calls -------------------------------------------------------------------------------

    def _call(self, node: ast.Call) -> Pieces | None:
        func = node.func
        name = last_name(func)
        if name in PASS_THROUGH and node.args:
            return self.pieces(node.args[0])
        if not isinstance(func, ast.Attribute):
            return None
        if name in STRIPPING:
            return self.pieces(func.value)
        if name == "join" and len(node.args) == 1:
            return self._join(func.value, node.args[0])
        if name not in {"format", "substitute", "safe_substitute"}:
            return None
        pieces = self.pieces(func.value)
        if pieces is None:
            return None
        pattern = _BRACES if name == "format" else _DOLLAR
        named = {keyword.arg: keyword.value for keyword in node.keywords if keyword.arg}
        return self._filled(pieces, pattern, node.args, named)

    def _filled(
        self,
        pieces: Pieces,
        pattern: re.Pattern[str],
        positional: Sequence[ast.expr],
        named: dict[str, ast.expr],
    ) -> Pieces:
        """Fill the fields of `str.format` or `string.Template`."""
        rest = iter(positional)

        def fill(match: re.Match[str]) -> ast.expr | str | None:
            if match[0] in {"{{", "}}", "$$"}:
                return match[0][0]
            field = next(filter(None, match.groups()), "")
            key = re.split(r"[.\[!:]", field, maxsplit=1)[0]
            if not key:
                return next(rest, None)
            if key.isdigit():
                return positional[int(key)] if int(key) < len(positional) else None
            return named.get(key)

        return self._replaced(pieces, pattern, fill)

    def _percent(self, pieces: Pieces, right: ast.expr) -> Pieces:
        """Fill the fields of the `%` operator."""
        elements = right.elts if isinstance(right, ast.Tuple) else [right]
        rest = iter(elements)
        by_name = {}
        if isinstance(right, ast.Dict):
            by_name = {
                key.value: value
                for key, value in zip(right.keys, right.values, strict=True)
                if isinstance(key, ast.Constant)
            }

        def fill(match: re.Match[str]) -> ast.expr | str | None:
            if match["kind"] == "%":
                return "%"
            return by_name.get(match["name"], right) if match["name"] else next(rest, None)

        return self._replaced(pieces, _PERCENT, fill)

    def _replaced(
        self,
        pieces: Pieces,
        pattern: re.Pattern[str],
        fill: Fill,
    ) -> Pieces:
        """Replace each match of `pattern` in the runs by text, an expression, or leave it."""
        found: Pieces = []
        for piece in pieces:
            if isinstance(piece, Hole):
                found.append(piece)
                continue
            at = 0
            for match in pattern.finditer(piece.text):
                found.append(_part(piece, at, match.start()))
                at = match.end()
                field = _part(piece, *match.span())
                value = fill(match)
                if isinstance(value, str):
                    found.append(Run(value, field.start, field.end))
                elif value is None:
                    found.append(field)
                else:
                    found += self._or_hole(value, field.start, field.end)
            found.append(_part(piece, at, len(piece.text)))
        return [piece for piece in found if isinstance(piece, Hole) or piece.text]

    def _join(self, separator: ast.expr, items: ast.expr) -> Pieces | None:
        between = self.pieces(separator)
        elements = self._elements(items)
        if between is None or elements is None:
            return None
        joined: Pieces = []
        for index, element in enumerate(elements):
            if index:
                joined += between
            joined += element
        return joined

    def _elements(self, node: ast.expr) -> list[Pieces] | None:
        """Return the pieces of each element of a list of strings, as far as it is known."""
        match node:
            case ast.List(elts=elts) | ast.Tuple(elts=elts):
                return [self._or_hole(element) for element in elts]
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                before, after = self._elements(left), self._elements(right)
                return None if before is None or after is None else [*before, *after]
            case ast.Call(func=ast.Name(id="filter"), args=[_, inner]):
                return self._elements(inner)
            case ast.ListComp() | ast.GeneratorExp():
                return [[Hole(node, *self._source.span(node))]]
            case ast.Name():
                return self._list_name(node)
        return None

    # --- names -------------------------------------------------------------------------------

    def _name(self, node: ast.Name) -> Pieces | None:
        histories = self._histories(node)
        options = [found for history in histories if (found := self._text_of(history)) is not None]
        return self._chosen(node, options) if options else None

    def _text_of(self, history: Sequence[ast.AST]) -> Pieces | None:
        """Return the pieces that an assignment and what is added to it build."""
        first = _value_of(history[0])
        known = None if first is None else self.pieces(first)
        if known is None:
            return None
        pieces = [*known]
        for event in history[1:]:
            if not isinstance(event, ast.AugAssign):
                return None
            pieces += self._or_hole(event.value)
        return pieces

    def _list_name(self, node: ast.Name) -> list[Pieces] | None:
        histories = self._histories(node)
        if not histories:
            return None
        self._options[node] = len(histories)
        history = histories[min(self._choices.get(node, 0), len(histories) - 1)]
        first = _value_of(history[0])
        known = None if first is None else self._elements(first)
        if known is None:
            return None
        elements = [*known]
        for event in history[1:]:
            elements += self._added(event)
        return elements

    def _added(self, event: ast.AST) -> list[Pieces]:
        """Return the elements that `.append`, `.extend`, `.insert` or `+=` add to a list."""
        if isinstance(event, ast.AugAssign):
            return self._elements(event.value) or [self._or_hole(event.value)]
        assert isinstance(event, ast.Call)
        assert isinstance(event.func, ast.Attribute)
        if not event.args:
            return []
        if event.func.attr == "extend":
            return self._elements(event.args[0]) or [self._or_hole(event.args[0])]
        return [self._or_hole(event.args[-1])]

    def _histories(self, node: ast.Name) -> list[list[ast.AST]]:
        """Return, for some ways to this use of a name, its assignment and what was added since.

        No more of them than there are variants.
        """
        known = self._known_histories.get(node)
        if known is None:
            scope = self._source.binding_scope(node)
            events = self._events(node, scope)
            if scope is self._source.scope(node):
                events = visible(self._source, events, node, _is_start)
            known = list(islice(self._ways(events, node), _MAX_VARIANTS))
            self._known_histories[node] = known
        return known

    def _events(self, node: ast.Name, scope: ast.AST | None) -> list[ast.AST]:
        """Return what gives a name its text or adds to it, in order; none where more is done."""
        known = self._known_events.get((node.id, scope))
        if known is None:
            bindings = self._source.bindings(node)
            bound = [b.node for b in bindings if b.kind != "argument"]
            known = in_order([*bound, *self._additions(node.id, scope)])
            if (
                not bindings
                or any(binding.kind in {"import", "definition"} for binding in bindings)
                or not all(isinstance(event, _EVENTS) for event in known)
            ):
                known = []
            self._known_events[node.id, scope] = known
        return known

    def _ways(self, events: list[ast.AST], use: ast.AST) -> Iterator[list[ast.AST]]:
        starts = [event for event in events if _is_start(event)]
        for start in reversed(reaching(self._source, starts, use)):
            later = [
                event
                for event in events[events.index(start) + 1 :]
                if not _is_start(event) and not exclusive(self._source, start, event)
            ]
            for chosen in self._compatible(later):
                yield [start, *chosen]

    def _compatible(self, events: list[ast.AST]) -> Iterator[list[ast.AST]]:
        """Yield sets of additions that can happen together, such that each is in one."""
        branches = {event: branches_of(self._source, event) for event in events}
        left = events
        while True:
            taken: dict[ast.AST, object] = {}  # the branch of each `if` and `match`
            chosen: set[ast.AST] = set()
            for event in [*left[:1], *events]:
                if all(taken.get(above, b) is b for above, b in branches[event].items()):
                    taken |= branches[event]
                    chosen.add(event)
            yield [event for event in events if event in chosen]
            left = [event for event in left if event not in chosen]
            if not left:
                return

    def _additions(self, name: str, scope: ast.AST | None) -> list[ast.AST]:
        calls = self._list_calls.get(name, ())
        return [call for call in calls if self._source.scope(call) is scope]

    @cached_property
    def _list_calls(self) -> dict[str, list[ast.Call]]:
        """Calls of `name.append` and its like, by name."""
        calls: dict[str, list[ast.Call]] = {}
        for call in self._source.nodes(ast.Call):
            match call.func:
                case ast.Attribute(value=ast.Name(id=name), attr="append" | "extend" | "insert"):
                    calls.setdefault(name, []).append(call)
        return calls

    # --- attributes --------------------------------------------------------------------------

    def _attribute(self, node: ast.Attribute) -> Pieces | None:
        """Follow `self.SQL`, `cls.SQL` and `Class.SQL` to the class attribute."""
        values = self.class_constants.get(node.attr, [])
        if not isinstance(node.value, ast.Name) or not values:
            return None
        owner = node.value.id
        if owner not in {"self", "cls"}:
            values = [(cls, value) for cls, value in values if cls.name == owner]
        else:
            inside = [cls for cls in self._source.ancestors(node) if isinstance(cls, ast.ClassDef)]
            values = [(cls, value) for cls, value in values if cls in inside]
        return self.pieces(values[0][1]) if len(values) == 1 else None

    @cached_property
    def class_constants(self) -> dict[str, list[tuple[ast.ClassDef, ast.expr]]]:
        """What the classes of the file assign in their bodies, by attribute."""
        constants: dict[str, list[tuple[ast.ClassDef, ast.expr]]] = {}
        for cls in self._source.nodes(ast.ClassDef):
            for statement in cls.body:
                match statement:
                    case ast.Assign(targets=[ast.Name(id=name)], value=value):
                        constants.setdefault(name, []).append((cls, value))
                    case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                        constants.setdefault(name, []).append((cls, value))
        return constants


def _value_of(event: ast.AST) -> ast.expr | None:
    """Return what a plain assignment assigns; None for anything that adds to a value."""
    if isinstance(event, ast.Assign | ast.NamedExpr | ast.AnnAssign):
        return event.value
    return None


def _is_start(event: ast.AST) -> bool:
    """Tell whether an event gives a name a new value, and adds to none."""
    return _value_of(event) is not None


def _part(run: Run, first: int, last: int) -> Run:
    """Return the characters of a run from `first` up to before `last`."""
    if run.end - run.start == len(run.text):
        return Run(run.text[first:last], run.start + first, run.start + last)
    return Run(run.text[first:last], run.start, run.end)
