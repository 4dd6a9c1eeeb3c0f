"""What expressions mean to an ORM: a model, its columns, a query of it, an object of it.

A meaning is followed through names, branches, loops, annotations, and the functions of the file.
What is not certain has none.
"""

from __future__ import annotations

import ast
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from ..file import File
from ..project.facts import dotted_name
from ..project.models import Model
from ..python.bindings import assigned_value, is_empty
from ..python.branches import in_order, visible
from ..python.names import called_name
from ..python.source import Source
from .models import FileModels, find_models

__all__ = ["Meaning", "Meanings", "find_meanings"]

Kind = Literal["model", "columns", "query", "rows", "object", "pair", "related"]


@dataclass(frozen=True, slots=True)
class Meaning:
    """What an expression means.

    Attributes:
        kind: `model` for a class or Core table, `columns` for `tasks.c`, `query` for what gives
            objects of models, `rows` for a query that gives rows, `object` for one object, `pair`
            for an object with a flag, `related` for what a relation leads to, one or many.
        models: which; of a query each that it was made of, and None for what was joined unknown.
    """

    kind: Kind
    models: tuple[Model | None, ...]

    @property
    def model(self) -> Model | None:
        """The model, if there is one alone."""
        return self.models[0] if len(self.models) == 1 else None


_STATEMENTS = frozenset({"delete", "exists", "insert", "query", "select", "update"})
_MANAGERS = frozenset({"objects", "_default_manager", "_base_manager", "query"})
_OBJECTS = frozenset({
    "aget", "create", "earliest", "first", "get", "get_by_id", "get_or_404", "get_or_none", "last",
    "latest", "first_or_404", "one", "one_or_404", "one_or_none", "scalar", "scalar_one",
    "scalar_one_or_none",
})  # fmt: skip
_PAIRS = frozenset({"get_or_create", "update_or_create"})
_ROWS = frozenset({
    "add_columns", "dicts", "namedtuples", "tuples", "values_list", "with_entities",
})  # fmt: skip
_OF_OBJECTS = frozenset({"exec", "scalar", "scalar_one", "scalar_one_or_none", "scalars"})
_SAME = frozenset({"iter", "list", "reversed", "set", "sorted", "tuple"})
_JOINS = frozenset({"join", "join_from", "outerjoin", "select_from"})
_ALIASES = frozenset({"alias", "aliased", "with_polymorphic"})
_LISTS = frozenset({
    "AsyncIterator", "Collection", "Generator", "Iterable", "Iterator", "List", "Query", "QuerySet",
    "Sequence", "Set", "list", "set", "Select", "Manager",
})  # fmt: skip
_PLAIN = frozenset({"Annotated", "Awaitable", "Mapped", "Optional", "Union"})
_MAX_DEPTH = 60
_MOST_VALUES = 64  # of one name, that one use of it looks back at


def find_meanings(file: File) -> Meanings | None:
    """Return what tells the meaning of a file's expressions, or None where none has any."""
    models = file.part(find_models)
    return None if models is None else Meanings(file.source, models)


class Meanings:
    """Tells what the expressions of one file mean; each is looked at once.

    Args:
        source: the file.
        models: the models that it defines and names.
    """

    def __init__(self, source: Source, models: FileModels) -> None:
        self._source = source
        self._models = models
        self._known: dict[ast.AST, Meaning | None] = {}
        self._open: dict[ast.AST, Meaning | None] = {}
        self._known_values: dict[
            tuple[str, ast.AST | None],
            tuple[Sequence[ast.AST], Sequence[ast.AST], Sequence[ast.AST]],
        ] = {}

    def of(self, node: ast.AST) -> Meaning | None:
        """Return what an expression means, if anything that is known."""
        if node in self._known:
            return self._known[node]
        if node in self._open or len(self._open) > _MAX_DEPTH:
            return None
        self._open[node] = None
        try:
            found = self._evaluate(node)
        finally:
            del self._open[node]
        self._known[node] = found
        return found

    def _evaluate(self, node: ast.AST) -> Meaning | None:
        match node:
            case ast.Name():
                model = self._models.of_name(node)
                return Meaning("model", (model,)) if model is not None else self._name(node)
            case ast.Attribute():
                return self._attribute(node)
            case ast.Call():
                return self._call(node)
            case ast.Await(value=value) | ast.NamedExpr(value=value) | ast.Starred(value=value):
                return self.of(value)
            case ast.Subscript(value=value, slice=index):
                many = self.of(value)
                return many if isinstance(index, ast.Slice) else _element(many)
            case ast.ListComp(elt=element) | ast.GeneratorExp(elt=element):
                one = self.of(element)
                return one and Meaning("query", one.models) if _is(one, "object") else None
            case ast.IfExp(body=body, orelse=orelse):
                return self._agreed([body, orelse])
            case ast.BoolOp(values=values):
                return self._agreed(values)
        return None

    def _agreed(self, nodes: Sequence[ast.AST]) -> Meaning | None:
        """Return what several ways all mean; None has no attribute to be wrong about."""
        found = [self.of(node) for node in nodes if not is_empty(node)]
        return _joined(found)

    # --- names -------------------------------------------------------------------------------

    def _name(self, name: ast.Name) -> Meaning | None:
        bindings = self._source.bindings(name)
        if len(bindings) == 1 and isinstance(bindings[0].node, ast.arg):
            return self._argument(bindings[0].node)
        scope = self._source.binding_scope(name)
        values, loops, arguments = self._values(name, scope)
        if scope is self._source.scope(name):
            around = set(self._source.ancestors(name)) if loops else set()
            inside = [loop for loop in loops if loop in around]
            values = inside or self._visible(values, name) or arguments
        return _joined([self._bound(n, name.id) for n in values if not is_empty(assigned_value(n))])

    def _values(
        self, name: ast.Name, scope: ast.AST | None
    ) -> tuple[Sequence[ast.AST], Sequence[ast.AST], Sequence[ast.AST]]:
        """Return what gives a name its values, in order, the loops among it, and its argument.

        Nothing where anything but values is bound.
        """
        known = self._known_values.get((name.id, scope))
        if known is None:
            bindings = self._source.bindings(name)
            if any(b.kind in {"import", "definition"} for b in bindings):
                bindings = ()
            values = in_order([b.node for b in bindings if b.kind != "argument"])
            loops = [n for n in values if isinstance(n, ast.For | ast.AsyncFor | ast.comprehension)]
            known = values, loops, [b.node for b in bindings if b.kind == "argument"]
            self._known_values[name.id, scope] = known
        return known

    def _visible(self, values: Sequence[ast.AST], name: ast.Name) -> Sequence[ast.AST]:
        """Return those of some values that a use of a name can see, if they are not too many."""
        before = bisect_left(values, _place(name), key=_place)
        window = values[max(before - _MOST_VALUES, 0) : before]
        found = visible(self._source, window, name)
        is_cut = before > _MOST_VALUES and found[:1] == window[:1]
        return [name] if is_cut else found  # what is left of itself means nothing

    def _bound(self, node: ast.AST, name: str) -> Meaning | None:
        """Return what a name means that a node binds."""
        match node:
            case ast.arg():
                return self._argument(node)
            case ast.AnnAssign(annotation=annotation, value=value):
                found = self.of(value) if value is not None else None
                return found or self.of_annotation(annotation)
            case ast.Assign(targets=[ast.Name()], value=value) | ast.NamedExpr(value=value):
                return self.of(value)
            case ast.Tuple(elts=[ast.Name(id=first), *_]) if first == name:
                statement = self._source.parent(node)
                pair = self.of(statement.value) if isinstance(statement, ast.Assign) else None
                if pair is not None and pair.kind == "pair":
                    return replace(pair, kind="object")
                return self._counted(node, name)
            case ast.Tuple():
                return self._counted(node, name)
            case (
                ast.For(target=target, iter=rows)
                | ast.AsyncFor(target=target, iter=rows)
                | ast.comprehension(target=target, iter=rows)
            ):
                return _element(self.of(rows)) if isinstance(target, ast.Name) else None
        return None

    def _counted(self, names: ast.Tuple, name: str) -> Meaning | None:
        """Return the second of what a loop over `enumerate` binds."""
        match names.elts, self._source.parent(names):
            case [_, ast.Name(id=second)], (
                ast.For(iter=ast.Call(func=ast.Name(id="enumerate"), args=[many, *_]))
                | ast.comprehension(iter=ast.Call(func=ast.Name(id="enumerate"), args=[many, *_]))
            ) if second == name:
                return _element(self.of(many))
        return None

    def _argument(self, argument: ast.arg) -> Meaning | None:
        if argument.annotation is not None:
            return self.of_annotation(argument.annotation)
        function = self._source.parent(self._source.parent(argument) or argument)
        owner = self._source.parent(function) if function is not None else None
        if (
            not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
            or not isinstance(owner, ast.ClassDef)
            or [*function.args.posonlyargs, *function.args.args][:1] != [argument]
        ):
            return None
        decorators = {dotted_name(d).rpartition(".")[2] for d in function.decorator_list}
        if "staticmethod" in decorators:
            return None
        is_class = argument.arg == "cls" or bool(decorators & {"classmethod", "declared_attr"})
        return self._self(owner, is_class="expression" in decorators or is_class)

    def _self(self, owner: ast.ClassDef, *, is_class: bool) -> Meaning | None:
        """Return what the first argument of a method is: an object, the class, or its manager."""
        managed = list(self._models.all.managed(self._models.place(owner)))
        if managed:
            return Meaning("query", (managed[0],)) if len(managed) == 1 else None
        model = self._models.of_class(owner)
        if model is None or (model.table is None and not model.kind):
            return None
        return Meaning("model" if is_class else "object", (model,))

    def of_annotation(self, node: ast.expr | None) -> Meaning | None:
        """Return what a value means that is annotated so."""
        match node:
            case ast.Constant(value=str(text)):
                return self._of_text(text)
            case ast.BinOp(left=left, op=ast.BitOr(), right=right):
                sides = [s for s in (left, right) if not is_empty(s)]
                return _joined([self.of_annotation(side) for side in sides])
            case ast.Subscript(value=outer, slice=inner):
                return self._of_generic(dotted_name(outer).rpartition(".")[2], inner)
            case ast.Name() | ast.Attribute():
                model = self._models.of_name(node)
                return Meaning("object", (model,)) if model is not None else None
        return None

    def _of_generic(self, outer: str, inner: ast.expr) -> Meaning | None:
        if outer in {"type", "Type"}:
            one = self.of_annotation(inner)
            return replace(one, kind="model") if one is not None else None
        first = inner.elts[0] if isinstance(inner, ast.Tuple) and inner.elts else inner
        if outer in _PLAIN:
            return self.of_annotation(first)
        one = self.of_annotation(first) if outer in _LISTS else None
        return replace(one, kind="query") if _is(one, "object") and one else None

    def _of_text(self, text: str) -> Meaning | None:
        try:
            parsed = ast.parse(text.strip(), mode="eval").body
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return None
        for name in ast.walk(parsed):
            if isinstance(name, ast.Constant) and name.value is not None:
                return None
        return self._of_parsed(parsed)

    def _of_parsed(self, node: ast.expr) -> Meaning | None:
        """Return what an annotation means that was written as a text: its nodes have no place."""
        match node:
            case ast.BinOp(left=left, op=ast.BitOr(), right=right):
                sides = [side for side in (left, right) if not is_empty(side)]
                return _joined([self._of_parsed(side) for side in sides])
            case ast.Subscript(value=outer, slice=inner):
                one = self._of_parsed(inner)
                kind = dotted_name(outer).rpartition(".")[2]
                if one is None or kind in _PLAIN:
                    return one
                if kind in {"type", "Type"}:
                    return replace(one, kind="model")
                return replace(one, kind="query") if kind in _LISTS else None
            case ast.Name() | ast.Attribute():
                model = self._models.of_text(dotted_name(node))
                return Meaning("object", (model,)) if model is not None else None
        return None

    # --- attributes --------------------------------------------------------------------------

    def _attribute(self, node: ast.Attribute) -> Meaning | None:
        owner = self.of(node.value)
        model = owner.model if owner is not None else None
        if owner is None or model is None:
            named = self._models.of_name(node) if owner is None else None
            return Meaning("model", (named,)) if named is not None else None
        if owner.kind == "model":
            if node.attr in _MANAGERS or model.is_manager(node.attr):
                return Meaning("query", (model,))
            if node.attr == "__table__":
                return owner
            return Meaning("columns", (model,)) if node.attr in {"c", "columns"} else None
        place = model.relation(node.attr) if owner.kind in {"object", "related"} else None
        if place is not None:
            related = self._models.at(place)
            return Meaning("related", (related,)) if related is not None else None
        return None

    # --- calls -------------------------------------------------------------------------------

    def _call(self, call: ast.Call) -> Meaning | None:
        name = called_name(call)
        if isinstance(call.func, ast.Attribute):
            owner = self.of(call.func.value)
            if owner is not None:
                return self._method(call, owner, name)
        model = self.of(call.func)
        if model is not None and model.kind == "model":
            return None if _is_core(model) else replace(model, kind="object")  # the constructor
        if name in _ALIASES and call.args:
            first = self.of(call.args[0])
            return first if _is(first, "model") else None
        if name in _STATEMENTS:
            return self._statement(call)
        if name in _SAME and len(call.args) == 1:
            return self.of(call.args[0])
        return self._handed(call, name) or self._function(call)

    def _handed(self, call: ast.Call, name: str) -> Meaning | None:
        """Return what a call gives for the model or query that it is handed first."""
        first = self.of(call.args[0]) if call.args else None
        if first is None:
            return None
        if name in {"get", "get_object_or_404", "get_one"} and first.kind in {"model", "query"}:
            return replace(first, kind="object")
        if name == "get_list_or_404":
            return replace(first, kind="query")
        if name == "next":
            return _element(first)
        if name in {"execute", "exec", *_OF_OBJECTS} and first.kind in {"query", "rows"}:
            return self._executed(first, name)
        return None

    def _executed(self, query: Meaning, name: str) -> Meaning | None:
        """Return what a session gives for a statement."""
        if query.kind == "rows" or query.model is None or _is_core(query):
            return None
        if name == "execute":
            return replace(query, kind="rows")
        return replace(
            query, kind="object" if name.startswith("scalar_") or name == "scalar" else "query"
        )

    def _statement(self, call: ast.Call) -> Meaning | None:
        """Return the query that `select(Task)` and its like make."""
        models: dict[Model | None, None] = {}
        kind: Kind = "query"
        for argument in call.args:
            inner = argument.value if isinstance(argument, ast.Attribute) else argument
            meaning = self.of(argument)
            if meaning is None:
                kind = "rows"
                meaning = self.of(inner)
                if _is(meaning, "columns") and meaning:
                    meaning = replace(meaning, kind="model")
            if meaning is not None and meaning.kind == "model":
                models[meaning.model] = None
        return Meaning(kind, tuple(models)) if models else None

    def _method(self, call: ast.Call, owner: Meaning, name: str) -> Meaning | None:
        """Return what a method of a model, a query or an object gives."""
        if owner.kind == "model":
            if name in _ALIASES:
                return owner
            if name == "join" or not _is_core(owner):
                owner = replace(owner, kind="query")
            elif name in _STATEMENTS:
                return replace(owner, kind="rows")
        if owner.kind in {"object", "columns", "pair"}:
            return None
        if name in _JOINS:
            joined = self.of(call.args[0]) if call.args else None
            return replace(owner, models=(*owner.models, joined.model if joined else None))
        if name in _PAIRS:
            return replace(owner, kind="pair")
        if name in _ROWS or (name == "values" and owner.kind == "query"):
            return replace(owner, kind="rows")
        if owner.kind == "rows":
            if name in {"scalars", "scalar_one", "scalar_one_or_none", "scalar"}:
                kind: Kind = "query" if name == "scalars" else "object"
                return replace(owner, kind=kind)
            return None if name in _OBJECTS else owner
        return replace(owner, kind="object" if name in _OBJECTS else "query")

    def _function(self, call: ast.Call) -> Meaning | None:
        """Return what a function of this file gives."""
        function = self._called(call.func)
        if function is None or function in self._open:
            return None
        if function not in self._known:
            self._open[function] = None
            try:
                self._known[function] = self._returned(function)
            finally:
                del self._open[function]
        return self._known[function]

    def _returned(self, function: ast.FunctionDef | ast.AsyncFunctionDef) -> Meaning | None:
        """Return what a function gives, by its annotation or by all that it returns."""
        if function.returns is not None:
            return self.of_annotation(function.returns)
        returned: list[ast.expr] = []
        yielded: list[ast.expr] = []
        for node in ast.walk(function):
            value = node.value if isinstance(node, ast.Return | ast.Yield) else None
            if value is not None and self._source.scope(node) is function:
                (returned if isinstance(node, ast.Return) else yielded).append(value)
        if yielded:
            one = self._agreed(yielded)
            return replace(one, kind="query") if _is(one, "object") and one else None
        return self._agreed(returned)

    def _called(self, func: ast.expr) -> ast.FunctionDef | ast.AsyncFunctionDef | None:
        match func:
            case ast.Name():
                nodes: list[ast.AST] = [b.node for b in self._source.bindings(func)]
            case ast.Attribute(value=ast.Name(id="self" | "cls"), attr=name):
                around = (c for c in self._source.ancestors(func) if isinstance(c, ast.ClassDef))
                owner = next(around, None)
                nodes = [n for n in owner.body if getattr(n, "name", "") == name] if owner else []
            case _:
                return None
        match nodes:
            case [ast.FunctionDef() | ast.AsyncFunctionDef() as function]:
                return function
        return None


def iter_arguments(call: ast.Call) -> Iterator[ast.expr]:
    """Yield the values that a call is given, by position and by name."""
    yield from call.args
    yield from (keyword.value for keyword in call.keywords)


def _is(meaning: Meaning | None, kind: Kind) -> bool:
    return meaning is not None and meaning.kind == kind


def _is_core(meaning: Meaning) -> bool:
    return any(model is not None and model.kind == "core" for model in meaning.models)


def _element(many: Meaning | None) -> Meaning | None:
    """Return one of many objects."""
    if many is not None and many.kind in {"query", "related"} and many.model is not None:
        return replace(many, kind="object")
    return None


def _joined(found: Sequence[Meaning | None]) -> Meaning | None:
    """Return the one meaning of several ways, if all are known and alike."""
    known = [meaning for meaning in found if meaning is not None]
    if not known or len(known) < len(found) or any(not _alike(m, known[0]) for m in known):
        return None
    return known[0]


def _alike(one: Meaning, other: Meaning) -> bool:
    """Tell whether two meanings are of the same kind, and of the same model or table."""
    if one == other:
        return True
    if one.kind != other.kind or one.model is None or other.model is None:
        return False
    return one.model.table is not None and one.model.table == other.model.table


def _place(node: ast.AST) -> tuple[int, int]:
    return getattr(node, "lineno", 0), getattr(node, "col_offset", 0)
