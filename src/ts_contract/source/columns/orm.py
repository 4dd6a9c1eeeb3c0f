"""Finds the legacy columns that ORM and Core queries name, and those that objects are asked for.

Columns are named by attributes (`Task.created_at`, `tasks.c.created_at`), by the keywords of a call
(`filter(created_at__gt=1)`), or by texts in it (`order_by("-created_at")`).
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from functools import cached_property

from ..file import File
from ..project.models import Model
from ..python.names import called_name
from .definitions import find_model_columns
from .listed import find_listed
from .meanings import Meaning, Meanings, find_meanings
from .model import ModelUse, ObjectUse
from .models import FileModels, Meant, find_models

__all__ = ["find_model_uses", "find_object_uses"]

_WRITES = frozenset({"create", "insert", "replace", "set", "update", "values"})
# The methods whose texts, by position, are names of columns.
_NAMES = frozenset({
    "dates", "datetimes", "defer", "distinct", "earliest", "in_bulk", "latest", "only", "order_by",
    "values", "values_list",
})  # fmt: skip
# Those that take names in a collection, or as the keys of a dict.
_COLLECTIONS = frozenset({
    "abulk_update", "bulk_update", "insert", "insert_many", "replace_many", "update", "values",
})  # fmt: skip
_NAMING_KEYWORDS = frozenset({
    "create_defaults", "defaults", "field_name", "fields", "index_elements", "order_by", "set_",
    "unique_fields", "update_fields",
})  # fmt: skip
_OBJECT_METHODS = frozenset({"arefresh_from_db", "asave", "refresh_from_db", "save"})
_RUNS = frozenset({"execute", "executemany", "scalar", "scalars"})


def find_model_uses(file: File) -> tuple[ModelUse, ...]:
    """Return the legacy columns that ORM queries name."""
    finder = file.part(_finder)
    if finder is None:
        return ()
    defined = {column.span for column in file.part(find_model_columns)}
    uses = {use.span: use for use in finder.uses() if use.span not in defined}
    return tuple(uses[span] for span in sorted(uses))


def find_object_uses(file: File) -> tuple[ObjectUse, ...]:
    """Return the legacy columns that model objects are asked for, or given."""
    finder = file.part(_finder)
    return tuple(finder.object_uses()) if finder is not None else ()


def _finder(file: File) -> _UseFinder | None:
    models, meanings = file.part(find_models), file.part(find_meanings)
    if models is None or meanings is None or not models.any_of_contract:
        return None
    return _UseFinder(file, models, meanings, file.part(find_listed))


class _UseFinder:
    """Finds what is done with the models of one file."""

    def __init__(
        self,
        file: File,
        models: FileModels,
        meanings: Meanings,
        listed: Mapping[ast.Constant, Model],
    ) -> None:
        self._source = file.source
        self._listed = listed
        self._models = models
        self._meanings = meanings

    def uses(self) -> Iterator[ModelUse]:
        """Yield the legacy columns that ORM queries name."""
        for attribute in self._source.nodes(ast.Attribute):
            if isinstance(attribute.ctx, ast.Load) and self._models.may_name(attribute.attr):
                yield from self._attribute(attribute)
        for subscript in self._source.nodes(ast.Subscript):
            yield from self._subscript(subscript)
        for call in self._source.nodes(ast.Call):
            yield from self._call(call)
        for text, model in self._listed.items():
            yield from self._named(text, model, text)

    # --- attributes --------------------------------------------------------------------------

    def _attribute(self, node: ast.Attribute) -> Iterator[ModelUse]:
        owner = self._meanings.of(node.value)
        if owner is None or owner.model is None or owner.kind not in {"model", "columns"}:
            return
        if owner.kind == "model" and owner.model.kind == "core":
            return
        meant = self._models.column(owner.model, node.attr)
        if meant is not None:
            end = self._source.span(node)[1]
            yield self._use(node, owner.model, meant, end - len(node.attr), node.attr)

    def _subscript(self, node: ast.Subscript) -> Iterator[ModelUse]:
        match node.slice:
            case ast.Constant(value=str(name)) if self._models.may_name(name):
                owner = self._meanings.of(node.value)
                if owner is not None and owner.kind == "columns" and owner.model is not None:
                    yield from self._named(node, owner.model, node.slice)

    # --- calls -------------------------------------------------------------------------------

    def _call(self, call: ast.Call) -> Iterator[ModelUse]:
        if call not in self._naming:
            return
        name = called_name(call)
        if name in {"getattr", "setattr"} and len(call.args) > 1:
            owner = self._meanings.of(call.args[0])
            if owner is not None and owner.kind == "model" and owner.model is not None:
                yield from self._text(call, owner.model, call.args[1])
            return
        if name in _RUNS and len(call.args) > 1:
            query = self._meanings.of(call.args[0])
            if query is not None and query.kind in {"query", "rows"} and query.model is not None:
                yield from self._collection(call, query.model, call.args[1])
            return
        meaning = self._meanings.of(call.func)
        if meaning is not None and meaning.kind == "model" and meaning.model is not None:
            yield from self._keywords(call, meaning.model, writes=True)  # the constructor
        elif isinstance(call.func, ast.Attribute):
            owner = self._meanings.of(call.func.value)
            model = self._asked(owner, name)
            if owner is not None and model is not None:
                yield from self._method(call, name, owner, model)

    @cached_property
    def _naming(self) -> set[ast.AST]:
        """The calls around a keyword or a text that may name a legacy column."""
        may_name, nodes = self._models.may_name, self._source.nodes
        texts = [c for c in nodes(ast.Constant) if isinstance(c.value, str) and may_name(c.value)]
        named: list[ast.AST] = [k for k in nodes(ast.keyword) if may_name(k.arg or "")]
        found: set[ast.AST] = set()
        for node in [*named, *texts, *self._held(texts)]:
            for above in self._source.ancestors(node):
                if above in found or isinstance(above, ast.stmt):
                    break
                if isinstance(above, ast.Call):
                    found.add(above)
        return found

    def _held(self, texts: list[ast.Constant]) -> Iterator[ast.Name]:
        """Yield where the names are read that collections with some texts are assigned to."""
        for text in texts:
            around = self._source.parent(text)
            if isinstance(around, ast.Dict | ast.List | ast.Tuple | ast.Set):
                statement = self._source.parent(around)
                if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
                    yield from self._source.loads(statement.targets[0].id)

    def _asked(self, owner: Meaning | None, method: str) -> Model | None:
        """Return the model whose columns the arguments of a method name."""
        if owner is None or owner.kind in {"columns", "pair"}:
            return None
        return owner.models[-1] if method == "filter_by" else owner.model

    def _method(
        self, call: ast.Call, name: str, owner: Meaning, model: Model
    ) -> Iterator[ModelUse]:
        if owner.kind == "object":
            if name not in _OBJECT_METHODS:
                return
        else:
            yield from self._keywords(call, model, writes=name in _WRITES)
            for argument in call.args if name in _NAMES else ():
                yield from self._text(call, model, argument)
            for argument in call.args if name in _COLLECTIONS else ():
                yield from self._collection(call, model, argument)
            yield from self._expressions(call, model)
        for keyword in call.keywords:
            if keyword.arg in _NAMING_KEYWORDS:
                yield from self._text(call, model, keyword.value)
                yield from self._collection(call, model, keyword.value)

    def _expressions(self, call: ast.Call, model: Model) -> Iterator[ModelUse]:
        """Yield what `Q(created_at__gt=x)`, `F("created_at")` and `Max("created_at")` name."""
        if model.kind != "django":
            return
        waiting: list[ast.AST] = [*call.args, *(keyword.value for keyword in call.keywords)]
        while waiting:
            node = waiting.pop()
            if isinstance(node, ast.Call):
                if isinstance(node.func, ast.Attribute) and self._meanings.of(node.func.value):
                    continue  # a query of its own
                if called_name(node)[:1].isupper():
                    yield from self._keywords(node, model, writes=False)
                    for argument in node.args[:1]:
                        yield from self._text(node, model, argument)
            waiting += [
                n for n in ast.iter_child_nodes(node) if isinstance(n, ast.expr | ast.keyword)
            ]

    # --- names in them -----------------------------------------------------------------------

    def _keywords(self, call: ast.Call, model: Model, *, writes: bool) -> Iterator[ModelUse]:
        """Yield the legacy columns among the keywords of a call: `filter(created_at__gt=x)`."""
        given = {(keyword.arg or "").lower() for keyword in call.keywords}
        for keyword in call.keywords:
            found = self._path(model, keyword.arg or "")
            if keyword.arg is None:  # **values
                yield from self._collection(call, model, keyword.value)
            elif found is not None:
                owner, meant, name, skipped = found
                start = self._source.span(keyword)[0] + skipped
                dual = writes and meant[1].epoch.lower() in given
                yield self._use(call, owner, meant, start, name, dual=dual)

    def _collection(self, call: ast.Call, model: Model, node: ast.expr) -> Iterator[ModelUse]:
        """Yield the legacy columns among the elements of a list, or the keys of a dict."""
        match node:
            case ast.Dict(keys=keys):
                given = {str(k.value).lower() for k in keys if isinstance(k, ast.Constant)}
                for key in keys:
                    if key is not None and _is_text(key):
                        for use in self._named(call, model, key):
                            dual = use.column.epoch.lower() in given
                            yield ModelUse(call, use.table, use.column, use.span, use.owner, dual)
            case ast.List(elts=elements) | ast.Tuple(elts=elements) | ast.Set(elts=elements):
                for element in elements:
                    if isinstance(element, ast.Dict):
                        yield from self._collection(call, model, element)
                    else:
                        yield from self._text(call, model, element)
            case ast.Name():
                value = self._source.value(node)
                if isinstance(value, ast.Dict | ast.List | ast.Tuple | ast.Set):
                    yield from self._collection(call, model, value)

    def _text(self, call: ast.Call, model: Model, node: ast.expr) -> Iterator[ModelUse]:
        if _is_text(node):
            yield from self._named(call, model, node)

    def _named(self, node: ast.expr, model: Model, text: ast.expr) -> Iterator[ModelUse]:
        """Yield the legacy column that a text such as `-created_at` names."""
        assert isinstance(text, ast.Constant)
        said = str(text.value)
        bare = said.lstrip("-+")
        found = self._path(model, bare)
        if found is not None:
            owner, meant, name, skipped = found
            start = self._source.span(text)[0]
            raw = self._source.text[start : self._source.span(text)[1]]
            at = raw.find(said)
            if at >= 0:
                start += at + len(said) - len(bare) + skipped
                yield self._use(node, owner, meant, start, name)

    def _path(self, model: Model, said: str) -> tuple[Model, Meant, str, int] | None:
        """Return what a lookup names: whose column, the attribute, and how far into the text."""
        skipped = 0
        parts = said.split("__")
        for name in parts if self._models.may_name(said) else ():
            meant = self._models.column(model, name)
            if meant is not None:
                return model, meant, name, skipped
            place = model.relation(name)
            related = self._models.at(place) if place is not None else None
            if related is None:
                return None
            model = related
            skipped += len(name) + 2
        return None

    def _use(
        self,
        node: ast.expr,
        model: Model,
        meant: Meant,
        start: int,
        name: str,
        *,
        dual: bool = False,
    ) -> ModelUse:
        owner = self._models.owner(model)
        return ModelUse(node, *meant, (start, start + len(name)), owner, dual)

    # --- objects -----------------------------------------------------------------------------

    def object_uses(self) -> Iterator[ObjectUse]:
        """Yield the legacy columns that model objects are asked for, or given."""
        found = []
        for node in self._source.nodes(ast.Attribute):
            if not self._models.may_name(node.attr):
                continue
            owner = self._meanings.of(node.value)
            if owner is not None and owner.kind in {"object", "related"} and owner.model:
                meant = self._models.column(owner.model, node.attr)
                if meant is not None:
                    found.append((node, meant))
        attributes = self._source.nodes(ast.Attribute) if found else ()
        written = {self._written(node, node.attr) for node in attributes} - {None}
        for node, meant in found:
            end = self._source.span(node)[1]
            dual = self._written(node, meant[1].epoch) in written
            yield ObjectUse(node, *meant, (end - len(node.attr), end), dual)

    def _written(self, node: ast.Attribute, name: str) -> tuple[int, str, str] | None:
        """Return what tells a written attribute from others: where, of what, and its name."""
        statement = self._source.parent(node)
        if isinstance(node.ctx, ast.Load) or statement is None:
            return None
        return id(self._source.block(statement)), ast.unparse(node.value), name.lower()


def _is_text(node: ast.expr | None) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)
