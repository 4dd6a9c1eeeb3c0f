"""What one file says of classes, tables, constants and imports, as data that knows no other file.

A name stays as the file writes it: a `Ref` such as `models.Task` or `SQLAlchemy().Model`, whose
first part is a name of the module. A text may be put together from names: a `Text` is a tuple of
pieces, `=tasks` for what is written, `@consts.PREFIX` for what a name stands for, `?` for what
cannot be told.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from ..python.names import called_name

__all__ = [
    "Attribute",
    "ClassFacts",
    "ModuleFacts",
    "Ref",
    "TableFacts",
    "Text",
    "class_facts",
    "column_given",
    "dotted_name",
    "module_facts",
    "table_facts",
    "text_of",
]

Ref = str
Text = tuple[str, ...]

UNKNOWN: Text = ("?",)
LOWER_NAME: Text = ("%lower",)
_MAX_PIECES = 16


@dataclass(frozen=True, slots=True)
class Attribute:
    """One attribute that a class body defines.

    Attributes:
        kind: `field` for what has an annotation, `call` for any other `x = f(...)`, `declared` for
            a function under `declared_attr`, `method` for any other, `value` for the rest.
        called: what is called; empty for another kind.
        column: the name that the call gives the column; empty where it gives none.
        target: the class that a call or an annotation names; a relation leads there.
    """

    kind: str
    called: Ref = ""
    column: str = ""
    target: Ref = ""


@dataclass(frozen=True, slots=True)
class ClassFacts:
    """One class.

    Attributes:
        bases: its bases; empty for what is not a name.
        options: the texts and flags of its body and of its `Meta`, by name.
        attributes: what its body defines, by name.
        table: what `__table__` names, or what an imperative mapping gives it.
    """

    bases: tuple[Ref, ...] = ()
    options: Mapping[str, Text] = field(default_factory=dict)
    attributes: Mapping[str, Attribute] = field(default_factory=dict)
    table: Ref = ""


@dataclass(frozen=True, slots=True)
class TableFacts:
    """One Core table: its name, and the column under each key."""

    name: Text
    columns: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ModuleFacts:
    """One module.

    Attributes:
        imports: the dotted name that each imported name has; dots lead where it is relative.
        stars: the modules of which everything is imported.
        values: texts, and names with another name, by name.
        classes: the classes, by name; one in another is `Outer.Inner`.
        tables: the Core tables, by name.
        mapped: the classes that imperative mappings give a table, and what that is called.
    """

    imports: Mapping[str, str] = field(default_factory=dict)
    stars: tuple[str, ...] = ()
    values: Mapping[str, Text] = field(default_factory=dict)
    classes: Mapping[str, ClassFacts] = field(default_factory=dict)
    tables: Mapping[str, TableFacts] = field(default_factory=dict)
    mapped: tuple[tuple[Ref, Ref], ...] = ()


_META = frozenset({
    "abstract", "app_label", "db_table", "legacy_table_names", "proxy", "table", "table_name",
})  # fmt: skip
_BODY = frozenset({"__abstract__", "__tablename__", "label", "name"})
_MAPS = frozenset({"map_imperatively", "mapper"})


def module_facts(tree: ast.Module) -> ModuleFacts:
    """Return what a module says; functions are not looked into, but for imperative mappings."""
    imports: dict[str, str] = {}
    values: dict[str, Text] = {}
    classes: dict[str, ClassFacts] = {}
    tables: dict[str, TableFacts] = {}
    stars: list[str] = []
    for statement in _reached(tree.body):
        match statement:
            case ast.Import(names=names):
                for alias in names:
                    bound = alias.asname or alias.name.partition(".")[0]
                    imports[bound] = alias.name if alias.asname else bound
            case ast.ImportFrom():
                module = "." * statement.level + (statement.module or "")
                joint = "" if module.endswith(".") else "."
                for alias in statement.names:
                    if alias.name == "*":
                        stars.append(module)
                    else:
                        imports[alias.asname or alias.name] = f"{module}{joint}{alias.name}"
            case ast.ClassDef():
                classes.update(_classes(statement))
            case (
                ast.Assign(targets=[ast.Name(id=name)], value=value)
                | ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value)
            ):
                table = table_facts(value)
                if table is not None:
                    tables[name] = table
                else:
                    text = text_of(value)
                    if text != UNKNOWN:
                        values[name] = text
    mapped = tuple(_mappings(imports.values(), tree))
    return ModuleFacts(imports, tuple(stars), values, classes, tables, mapped)


def _reached(body: Sequence[ast.stmt]) -> Iterator[ast.stmt]:
    """Yield the statements that run when a module is imported, whatever way that takes."""
    waiting = list(reversed(body))
    while waiting:
        statement = waiting.pop()
        match statement:
            case ast.If(body=inner, orelse=orelse):
                waiting += [*reversed(orelse), *reversed(inner)]
            case ast.Try(body=inner, handlers=handlers, orelse=orelse):
                others = [s for handler in handlers for s in handler.body]
                waiting += [*reversed(inner), *reversed(orelse), *reversed(others)]
            case ast.With(body=inner):
                waiting += reversed(inner)
            case _:
                yield statement


# --- classes ---------------------------------------------------------------------------------


def _classes(node: ast.ClassDef, around: str = "") -> Iterator[tuple[str, ClassFacts]]:
    """Yield a class and those inside of it, each with its qualified name."""
    waiting = [(node, around)]
    while waiting:
        node, around = waiting.pop()
        name = f"{around}{node.name}"
        yield name, class_facts(node)
        inner = (s for s in node.body if isinstance(s, ast.ClassDef) and s.name != "Meta")
        waiting += [(statement, f"{name}.") for statement in inner]


def class_facts(node: ast.ClassDef) -> ClassFacts:
    """Return what a class says of itself."""
    options: dict[str, Text] = {}
    attributes: dict[str, Attribute] = {}
    table = ""
    for keyword in node.keywords:
        if keyword.arg == "table" and getattr(keyword.value, "value", None) is True:
            options["table=True"] = ("=1",)
    for statement in _reached(node.body):
        match statement:
            case ast.ClassDef(name="Meta"):
                options.update(_meta(statement))
            case ast.Assign(targets=[ast.Name(id="__table__")], value=value):
                made = table_facts(value)
                if made is None:
                    table = dotted_name(value)
                else:
                    options["__tablename__"] = made.name
            case ast.FunctionDef(name="__tablename__"):
                options["__tablename__"] = _returned(statement)
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                attributes[statement.name] = _function(statement)
            case (
                ast.Assign(targets=[ast.Name(id=name)], value=value)
                | ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value)
            ):
                if name in _BODY or (isinstance(value, ast.Constant) and value.value is not None):
                    options[name] = text_of(value)
                if name not in _BODY:
                    attributes[name] = _attribute(value, getattr(statement, "annotation", None))
            case ast.AnnAssign(target=ast.Name(id=name), annotation=annotation):
                attributes[name] = Attribute("field", target=_target(annotation))
    bases = tuple(map(dotted_name, node.bases))
    return ClassFacts(bases, options, attributes, table)


def _meta(node: ast.ClassDef) -> Iterator[tuple[str, Text]]:
    """Yield the options of a `Meta` that decide about a table."""
    yield "Meta", ("=1",)
    for position, base in enumerate(node.bases):
        yield f"Meta.base{position}", (f"@{dotted_name(base)}",)
    for statement in node.body:
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if name in _META:
                yield f"Meta.{name}", text_of(value)


def _function(node: ast.FunctionDef | ast.AsyncFunctionDef) -> Attribute:
    decorators = [_last(dotted_name(d)) for d in node.decorator_list]
    return Attribute("declared" if "declared_attr" in decorators else "method")


def _returned(node: ast.FunctionDef) -> Text:
    """Return what a computed `__tablename__` is: the class's name in lower case, if it says so."""
    match node.body[-1]:
        case ast.Return(
            value=ast.Call(
                func=ast.Attribute(
                    value=ast.Attribute(value=ast.Name(id="cls"), attr="__name__"), attr="lower"
                )
            )
        ):
            return LOWER_NAME
        case ast.Return(value=ast.Constant(value=str(name))):
            return (f"={name}",)
    return UNKNOWN


def _attribute(value: ast.expr, annotation: ast.expr | None) -> Attribute:
    if not isinstance(value, ast.Call):
        return Attribute("value" if annotation is None else "field", target=_target(annotation))
    target = _target(value.args[0]) if value.args else _target(annotation)
    kind = "call" if annotation is None else "field"
    return Attribute(kind, dotted_name(value.func), column_given(value), target)


def column_given(call: ast.Call) -> str:
    """Return the name that the definition of a column gives it, beside that of its attribute."""
    for keyword in call.keywords:
        match keyword:
            case ast.keyword(arg="db_column" | "column_name", value=ast.Constant(value=str(name))):
                return name
            case ast.keyword(arg="sa_column", value=ast.Call() as inner):
                return column_given(inner)
    match call:
        case ast.Call(args=[ast.Constant(value=str(name)), *_]) if name.isidentifier():
            called = _last(dotted_name(call.func))
            return "" if called.endswith(("Field", "field", "relationship", "Key")) else name
    return ""


def _target(node: ast.expr | None) -> Ref:
    """Return the class that an annotation or the first argument of a relation names."""
    while True:
        match node:
            case ast.Subscript(slice=inner) | ast.BinOp(left=inner):
                node = inner
            case ast.Constant(value=str(name)):
                return name if all(part.isidentifier() for part in name.split(".")) else ""
            case _:
                return dotted_name(node)


# --- tables and imperative mappings ----------------------------------------------------------


def table_facts(node: ast.expr) -> TableFacts | None:
    """Return the Core table that a call of `Table` makes; None for anything else."""
    if not isinstance(node, ast.Call) or called_name(node) != "Table" or not node.args:
        return None
    columns = {}
    for argument in node.args[1:]:
        match argument:
            case ast.Call(args=[ast.Constant(value=str(name)), *_]):
                keys = [k.value for k in argument.keywords if k.arg == "key"]
                key = keys[0].value if keys and isinstance(keys[0], ast.Constant) else name
                columns[str(key)] = name
    return TableFacts(text_of(node.args[0]), columns)


def _mappings(imports: Iterable[str], tree: ast.Module) -> Iterator[tuple[Ref, Ref]]:
    """Yield the classes that imperative mappings give a table, and what that is called."""
    if not any(_last(name) in {"mapper", "orm", "registry"} for name in imports):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and called_name(node) in _MAPS and len(node.args) > 1:
            mapped, table = dotted_name(node.args[0]), dotted_name(node.args[1])
            if mapped and table:
                yield mapped, table


# --- names and texts -------------------------------------------------------------------------


def dotted_name(node: ast.expr | None) -> Ref:
    """Return a name or a chain of attributes as it is written; empty for anything else.

    Example:
        >>> dotted_name(ast.parse("SQLAlchemy(app).Model", mode="eval").body)
        'SQLAlchemy().Model'
    """
    parts: list[str] = []
    called = ""
    while True:
        match node:
            case ast.Attribute(value=inner, attr=name):
                parts.append(name + called)
                node, called = inner, ""
            case ast.Call(func=inner) if not called:
                node, called = inner, "()"
            case ast.Subscript(value=inner):  # a generic base
                node = inner
            case ast.Name(id=name):
                return ".".join((name + called, *reversed(parts)))
            case _:
                return ""


def text_of(node: ast.expr) -> Text:
    """Return the pieces of a text; a name, or what a call of a name returns, is a piece too."""
    pieces: list[str] = []
    waiting = [node]
    while waiting:
        if len(pieces) > _MAX_PIECES:
            return UNKNOWN
        match waiting.pop():
            case ast.Constant(value=str(text)):
                pieces.append(f"={text}")
            case ast.Constant(value=bool(flag)):
                pieces.append("=1" if flag else "=")
            case ast.BinOp(left=left, op=ast.Add(), right=right) if len(waiting) < _MAX_PIECES:
                waiting += [right, left]
            case ast.JoinedStr(values=values) if len(values) < _MAX_PIECES:
                waiting += reversed(values)
            case ast.FormattedValue(value=value):
                waiting.append(value)
            case ast.expr() as other:
                name = dotted_name(other)
                if not name:
                    return UNKNOWN
                pieces.append(f"@{name}")
    return tuple(pieces)


def _last(ref: Ref) -> str:
    return ref.rpartition(".")[2].removesuffix("()")
