"""One parsed Python file: its text, tree, positions and names.

`Source` answers what every rule asks: where a node stands in code points (`span`, `position`),
what stands around it (`parent`, `ancestors`), and what a name means (`resolve`, `value`). The
tree is walked once, without recursion; names are resolved only where a rule asks.
"""

from __future__ import annotations

import ast
import builtins
import datetime
import io
import time
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from functools import cached_property
from itertools import accumulate
from typing import TypeVar

from ...files.read import SourceError
from .bindings import Binding, bindings_by, find_aliases, find_binders, place

__all__ = ["Source"]

Node = TypeVar("Node", bound=ast.AST)

_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
_SCOPES = frozenset(
    {ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef, *_COMPREHENSIONS, ast.Module}
)
_WITH_BLOCKS: tuple[type[ast.AST], ...] = (
    ast.Module,
    *(ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.match_case, ast.ExceptHandler),
    *(ast.If, ast.For, ast.AsyncFor, ast.While, ast.With, ast.AsyncWith, ast.Try, ast.TryStar),
)
_STAR_MODULES = {"datetime": datetime, "time": time}
_MAX_ALIASES = 8


class Source:
    r"""One Python file, parsed.

    Args:
        text: the file's text with its own line ends; a byte order mark may lead it.
        path: what messages call the file.
        tree: the tree of exactly this text, if the caller has it already.

    Raises:
        SourceError: Python cannot parse the text, or it is nested too deeply.

    Example:
        >>> source = Source("from datetime import datetime as D\nD.now()\n")
        >>> call = source.nodes(ast.Call)[0]
        >>> source.resolve(call.func), source.position(source.span(call)[0])
        ('datetime.datetime.now', (2, 1))
    """

    def __init__(self, text: str, path: str = "<string>", tree: ast.Module | None = None) -> None:
        self.text = text
        self.path = path
        self.tree = _parse(text) if tree is None else tree
        self._known_bindings: dict[str, dict[ast.AST, list[Binding]]] = {}
        self._loads_by_scope: dict[str, dict[ast.AST | None, list[ast.Name]]] = {}
        self._known_imports: dict[tuple[str, ast.AST], list[Binding]] = {}

    @cached_property
    def lowered(self) -> str:
        """The text in lower case, to look for what is written in either; offsets may differ."""
        return self.text.lower()

    # --- positions ---------------------------------------------------------------------------

    @cached_property
    def line_starts(self) -> list[int]:
        """Offset of the first code point of each line; lines end as Python's parser sees them."""
        first = 1 if self.text.startswith("\ufeff") else 0
        ends = list(accumulate(map(len, io.StringIO(self.text, newline=""))))
        if not self.text.endswith(("\n", "\r")):
            del ends[-1:]
        return [first, *ends]

    def position(self, offset: int) -> tuple[int, int]:
        """Return line and column, both from 1, of a code-point offset."""
        line = bisect_right(self.line_starts, offset)
        return max(line, 1), offset - self.line_starts[max(line, 1) - 1] + 1

    def offset(self, line: int, utf8_column: int) -> int:
        """Return the code-point offset of an `ast` position.

        Args:
            line: line, from 1, as `lineno`.
            utf8_column: bytes of UTF-8 before the place in that line, as `col_offset`.
        """
        start = self.line_starts[line - 1]
        if self._ascii:
            return start + utf8_column
        # A code point has one to four bytes, so this slice holds the first `utf8_column` bytes.
        head = self.text[start : start + utf8_column].encode("utf-8", "surrogatepass")
        return start + len(head[:utf8_column].decode("utf-8", "surrogatepass"))

    def span(self, node: ast.AST) -> tuple[int, int]:
        """Return the offsets of the first code point of a node and of the one after its last."""
        assert isinstance(node, ast.stmt | ast.expr | ast.arg | ast.keyword | ast.alias)
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        return (
            self.offset(node.lineno, node.col_offset),
            self.offset(node.end_lineno, node.end_col_offset),
        )

    @cached_property
    def _ascii(self) -> bool:
        return self.text.isascii()

    # --- the tree ----------------------------------------------------------------------------

    @cached_property
    def _indexed(self) -> tuple[dict[type[ast.AST], list[ast.AST]], dict[ast.AST, ast.AST]]:
        return _index(self.tree)

    @cached_property
    def _nodes(self) -> dict[type[ast.AST], list[ast.AST]]:
        return self._indexed[0]

    @cached_property
    def _parents(self) -> dict[ast.AST, ast.AST]:
        return self._indexed[1]

    def nodes(self, kind: type[Node]) -> Sequence[Node]:
        """Return every node of exactly this class, in the order of the file."""
        return self._nodes.get(kind, [])  # type: ignore[return-value]

    def parent(self, node: ast.AST) -> ast.AST | None:
        """Return the node that holds this one; None for the module."""
        return self._parents.get(node)

    def ancestors(self, node: ast.AST) -> Iterator[ast.AST]:
        """Yield the nodes around this one, innermost first."""
        above = self._parents.get(node)
        while above is not None:
            yield above
            above = self._parents.get(above)

    def block(self, node: ast.AST) -> list[ast.stmt] | None:
        """Return the statements among which a statement stands; None for any other node."""
        return self._blocks.get(node)

    @cached_property
    def _blocks(self) -> dict[ast.AST, list[ast.stmt]]:
        found: dict[ast.AST, list[ast.stmt]] = {}
        for kind in _WITH_BLOCKS:
            for node in self.nodes(kind):
                for name in ("body", "orelse", "finalbody"):
                    block: list[ast.stmt] = getattr(node, name, [])
                    found.update(dict.fromkeys(block, block))
        return found

    def scope(self, node: ast.AST) -> ast.AST:
        """Return the function, lambda, class, comprehension or module that `node` is evaluated in.

        Decorators, defaults, annotations, base classes and the first iterable of a comprehension
        belong to the scope around.
        """
        child, above = node, self._parents.get(node)
        while above is not None:
            if above.__class__ in _SCOPES and self._runs_inside(child, above, node):
                return above
            child, above = above, self._parents.get(above)
        return self.tree

    def _runs_inside(self, child: ast.AST, scope: ast.AST, node: ast.AST) -> bool:
        if isinstance(scope, ast.Lambda):
            return child is scope.body
        if isinstance(scope, _COMPREHENSIONS):
            if child is not scope.generators[0]:
                return True
            first = scope.generators[0].iter
            return not (node is first or first in self.ancestors(node))
        return isinstance(child, ast.stmt)

    # --- names -------------------------------------------------------------------------------

    def resolve(self, node: ast.AST) -> str | None:
        """Return the canonical dotted name of a name or attribute, or None.

        Aliases, `from` imports, imports inside functions and under `try` are followed, and names
        assigned once from another name. A name bound by anything else, be it an argument, a class
        or a loop, has none. A builtin is `builtins.int`; a relative import keeps its dots.
        """
        return self._dotted(node, _MAX_ALIASES)

    def _dotted(self, node: ast.AST, budget: int) -> str | None:
        attributes: list[str] = []
        while isinstance(node, ast.Attribute):
            attributes.append(node.attr)
            node = node.value
        if not isinstance(node, ast.Name) or not budget:
            return None
        base = self._name(node, budget)
        if base is None or not attributes:
            return base
        return ".".join((base, *reversed(attributes)))

    def may_be(self, func: ast.expr, names: Collection[str]) -> bool:
        """Tell whether a called function may have one of some last names, behind any alias.

        It costs less than `resolve`, and keeps it from most of a file's calls.
        """
        if isinstance(func, ast.Attribute):
            return func.attr in names
        return isinstance(func, ast.Name) and (func.id in names or func.id in self._aliases)

    @cached_property
    def _aliases(self) -> frozenset[str]:
        return find_aliases(self.nodes)

    def _name(self, node: ast.Name, budget: int) -> str | None:
        scope, bindings = self._lookup(node)
        if scope is None:
            return self._unbound(node.id)
        imports = self._imports_of(node.id, scope, bindings)
        if imports:
            return self._import_in_force(node, imports).dotted
        if len(bindings) == 1 and bindings[0].kind == "assignment" and bindings[0].value:
            return self._dotted(bindings[0].value, budget - 1)
        return None

    def _imports_of(
        self, name: str, scope: ast.AST, bindings: Sequence[Binding]
    ) -> Sequence[Binding]:
        """Return the imports that bind a name in a scope, if nothing but fallbacks does beside."""
        known = self._known_imports.get((name, scope))
        if known is None:
            known = [b for b in bindings if b.kind == "import"]
            rest = [b for b in bindings if b.kind != "import"] if known else []
            if any(b.kind == "argument" or not self._is_fallback(b.node) for b in rest):
                known = []
            self._known_imports[name, scope] = known
        return known

    def _import_in_force(self, node: ast.Name, imports: Sequence[Binding]) -> Binding:
        """Return the last import before `node` that is not the fallback of another."""
        if len(imports) == 1:
            return imports[0]
        first_choice = [b for b in imports if not self._is_fallback(b.node)] or imports
        before = [b for b in first_choice if getattr(b.node, "lineno", 0) <= node.lineno]
        same_scope = self.scope(first_choice[0].node) is self.scope(node)
        return before[-1] if before and same_scope else first_choice[-1]

    def _is_fallback(self, node: ast.AST) -> bool:
        """Tell whether a statement stands in an `except` or an `else`: the other of two choices."""
        child = node
        for above in self.ancestors(node):
            if isinstance(above, ast.ExceptHandler):
                return True
            if isinstance(above, ast.If | ast.Try) and child in above.orelse:
                return True
            if above.__class__ in _SCOPES:
                return False
            child = above
        return False

    def _unbound(self, name: str) -> str | None:
        for module in self._star_imports:
            if name in vars(_STAR_MODULES[module]):
                return f"{module}.{name}"
        return f"builtins.{name}" if hasattr(builtins, name) else None

    @cached_property
    def _star_imports(self) -> tuple[str, ...]:
        return tuple(
            node.module
            for node in self.nodes(ast.ImportFrom)
            if node.module in _STAR_MODULES and not node.level and node.names[0].name == "*"
        )

    def bindings(self, name: ast.Name) -> Sequence[Binding]:
        """Return what binds `name` in the innermost scope that binds it, in order of the file."""
        return self._lookup(name)[1]

    def binding_scope(self, name: ast.Name) -> ast.AST | None:
        """Return the innermost scope that binds `name`; None for a builtin or an unknown name."""
        return self._lookup(name)[0]

    def _lookup(self, name: ast.Name) -> tuple[ast.AST | None, Sequence[Binding]]:
        by_scope = self._bindings_by_scope(name.id)
        if len(by_scope) == 1 and self.tree in by_scope:
            return self.tree, by_scope[self.tree]  # every scope lies within the module
        scope: ast.AST | None = self.scope(name) if by_scope else None
        innermost = True
        while scope is not None:
            if scope in by_scope and (innermost or not isinstance(scope, ast.ClassDef)):
                return scope, by_scope[scope]
            innermost = False
            scope = None if scope is self.tree else self.scope(scope)
        return None, ()

    def value(self, name: ast.Name) -> ast.expr | None:
        """Return the expression that `name` stands for, if one plain assignment binds it."""
        bindings = self.bindings(name)
        return bindings[0].value if len(bindings) == 1 else None

    def _bindings_by_scope(self, name: str) -> dict[ast.AST, list[Binding]]:
        """Return what binds a name in each scope of the file that does, in order of the file."""
        known = self._known_bindings.get(name)
        if known is not None:
            return known
        found = self._known_bindings[name] = {}
        for node in sorted(self.binders(name), key=place):
            scope = self._scope_bound_in(node)
            if scope not in self._declared_elsewhere.get(name, ()):
                for binding in bindings_by(node, name, self._parents):
                    found.setdefault(scope, []).append(binding)
        return found

    def binders(self, name: str) -> Sequence[ast.AST]:
        """Return the names, arguments, imports and statements that bind a name in the file."""
        return self._binders.get(name, ())

    @cached_property
    def _binders(self) -> dict[str, list[ast.AST]]:
        return find_binders(self.nodes)

    def loads(self, name: str) -> Sequence[ast.Name]:
        """Return where a name is read anywhere in the file."""
        return self._loads.get(name, ())

    def loads_of(self, name: ast.Name) -> Sequence[ast.Name]:
        """Return where the variable is read that a name is bound to."""
        if name.id not in self._loads_by_scope:
            by_scope = self._loads_by_scope[name.id] = {}
            for load in self.loads(name.id):
                by_scope.setdefault(self.binding_scope(load), []).append(load)
        return self._loads_by_scope[name.id].get(self.binding_scope(name), ())

    @cached_property
    def _loads(self) -> dict[str, list[ast.Name]]:
        found: defaultdict[str, list[ast.Name]] = defaultdict(list)
        for name in self.nodes(ast.Name):
            if isinstance(name.ctx, ast.Load):
                found[name.id].append(name)
        return found

    @cached_property
    def _declared_elsewhere(self) -> dict[str, set[ast.AST]]:
        """The scopes that declare a name global or nonlocal, and so do not bind it."""
        found: dict[str, set[ast.AST]] = {}
        statements: list[ast.Global | ast.Nonlocal] = [
            *self.nodes(ast.Global),
            *self.nodes(ast.Nonlocal),
        ]
        for statement in statements:
            for name in statement.names:
                found.setdefault(name, set()).add(self.scope(statement))
        return found

    def _scope_bound_in(self, node: ast.AST) -> ast.AST:
        """Return the scope in which a node binds its name."""
        parent = self._parents.get(node)
        if isinstance(node, ast.arg) and parent is not None:
            return self._parents[parent]
        scope = self.scope(node)
        if isinstance(parent, ast.NamedExpr):  # `:=` binds around a comprehension
            while isinstance(scope, _COMPREHENSIONS):
                scope = self.scope(scope)
        return scope


# --- parsing and walking ---------------------------------------------------------------------


def _parse(text: str) -> ast.Module:
    try:
        return ast.parse(text.removeprefix("\ufeff"))
    except SyntaxError as error:
        raise SourceError(error.msg, error.lineno or 1, error.offset or 1) from error
    except (ValueError, RecursionError, MemoryError) as error:
        raise SourceError(str(error) or "nested too deeply") from error


# Fields that hold no node, or a node that every file shares (`ctx`, operators).
_NO_NODE = frozenset(
    {"arg", "asname", "attr", "conversion", "ctx", "id", "is_async", "kind", "kwd_attrs", "level"}
    | {"module", "name", "op", "ops", "rest", "simple", "tag", "type_comment"}
)
_NO_CHILDREN = (ast.Constant, ast.Global, ast.MatchSingleton, ast.Name, ast.Nonlocal, ast.alias)
_FIELDS: dict[type[ast.AST], tuple[str, ...]] = {}


def _child_fields(kind: type[ast.AST]) -> tuple[str, ...]:
    """Return the fields of a class that can hold nodes, the last one first."""
    if issubclass(kind, _NO_CHILDREN):
        return ()
    if kind is getattr(ast, "TypeAlias", None):
        return ("value", "type_params", "name")
    return tuple(field for field in reversed(kind._fields) if field not in _NO_NODE)


def _index(
    tree: ast.Module,
) -> tuple[dict[type[ast.AST], list[ast.AST]], dict[ast.AST, ast.AST]]:
    """Walk the tree once: every node by its class, in the order of the file, and its parent."""
    nodes: dict[type[ast.AST], list[ast.AST]] = {}
    parents: dict[ast.AST, ast.AST] = {}
    stack: list[ast.AST] = [tree]
    while stack:
        node = stack.pop()
        kind = node.__class__
        if kind in nodes:
            nodes[kind].append(node)
        else:
            nodes[kind] = [node]
            if kind not in _FIELDS:
                _FIELDS[kind] = _child_fields(kind)
        fields = _FIELDS[kind]
        for field in fields:
            value = getattr(node, field, None)
            if value.__class__ is list:
                for child in reversed(value):
                    if child is not None:
                        parents[child] = node
                        stack.append(child)
            elif value is not None:
                parents[value] = node
                stack.append(value)
    return nodes, parents
