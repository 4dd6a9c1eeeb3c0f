"""Spells a fix: how a file names a clock or a zone, and which import or argument that needs."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ..edits import Edit, Fix, Import
from ..file import File
from ..python.source import Source

__all__ = ["spell", "spelled", "utc_fix", "with_argument"]


def spell(module: str, name: str, file: File) -> tuple[str, tuple[Import, ...]] | None:
    """Return how a fix names `module.name` in this file, and the import that it needs.

    An import that the file has is used; otherwise one is added, unless the file uses the name for
    something else, in which case there is no fix.

    Args:
        module: dotted name of a module.
        name: what is wanted of it.
        file: the file.
    """
    return file.part(_Names).spelled(module, name)


class _Names:
    """How the names of one file are spelled; each is looked for once.

    Args:
        file: the file.
    """

    def __init__(self, file: File) -> None:
        self._source = file.source
        self._spelled: dict[tuple[str, str], tuple[str, tuple[Import, ...]] | None] = {}
        self._imports: dict[str, list[tuple[str, str]]] = {}
        for local, dotted, spelling in _imports(file.source):
            self._imports.setdefault(dotted, []).append((local, spelling))

    def spelled(self, module: str, name: str) -> tuple[str, tuple[Import, ...]] | None:
        """Return how `module.name` is spelled, and the import that it needs."""
        if (module, name) not in self._spelled:
            self._spelled[module, name] = self._spelling(module, name)
        return self._spelled[module, name]

    def _spelling(self, module: str, name: str) -> tuple[str, tuple[Import, ...]] | None:
        source = self._source
        dotted = f"{module}.{name}"
        for local, spelling in self._imports.get(dotted, ()):
            if _means(local, dotted, source):
                return spelling, ()
        for local, spelling in self._imports.get(module, ()):
            if _means(local, module if "." not in spelling else local, source):
                return f"{spelling}.{name}", ()
        if not _is_bound(name, source):
            return name, (Import(module, name),)
        if not _is_bound(module.partition(".")[0], source):
            return dotted, (Import(module),)
        return None


def _imports(source: Source) -> Iterator[tuple[str, str, str]]:
    """Yield, for each name that the module itself imports: it, what it means, how it is spelled.

    `import a.b` binds `a`, and is spelled `a.b`.
    """
    for node in source.tree.body:
        if isinstance(node, ast.ImportFrom):
            for alias in node.names:
                local = alias.asname or alias.name
                yield local, f"{'.' * node.level}{node.module or ''}.{alias.name}", local
        elif isinstance(node, ast.Import):
            for alias in node.names:
                spelling = alias.asname or alias.name
                yield spelling.partition(".")[0], alias.name, spelling


def _means(local: str, dotted: str, source: Source) -> bool:
    """Tell whether a name means `dotted` in the whole file."""
    name = ast.Name(local, ast.Load(), lineno=len(source.line_starts) + 1, col_offset=0)
    return source.resolve(name) == dotted and not _is_bound_inside(local, source)


def _is_bound(name: str, source: Source) -> bool:
    return bool(source.bindings(ast.Name(name))) or _is_bound_inside(name, source)


def _is_bound_inside(name: str, source: Source) -> bool:
    """Tell whether any scope below the module binds `name`: a fix there would mean another."""
    return any(_binds_inside(node, source) for node in source.binders(name))


def _binds_inside(node: ast.AST, source: Source) -> bool:
    match node:
        case ast.Name():
            return source.scope(node) is not source.tree
        case ast.alias():
            statement = source.parent(node)
            in_module = statement is not None and source.parent(statement) is source.tree
            return isinstance(statement, ast.ImportFrom) and not in_module
    return isinstance(node, ast.arg)


def spelled(node: ast.AST, source: Source) -> str:
    """Return the text of a node."""
    return source.text[slice(*source.span(node))]


def with_argument(call: ast.Call, argument: str, source: Source) -> Edit | None:
    """Return the edit that adds an argument to a call, or None where its end is hard to tell."""
    _, end = source.span(call)
    given: list[ast.expr | ast.keyword] = [*call.args, *call.keywords]
    if not given:
        return Edit(end - 1, end - 1, argument)
    last = max(source.span(node)[1] for node in given)
    if source.text[last:end].replace(",", "").strip() != ")":
        return None
    return Edit(last, last, f", {argument}")


def utc_fix(call: ast.Call, method: str, argument: str, file: File, reason: str) -> Fix | None:
    """Return the unsafe fix that calls another method of the same class, with a zone.

    Args:
        call: a call such as `datetime.utcnow()`; a zone that it is given already is None.
        method: the method to call instead.
        argument: the argument to add, `{utc}` in it standing for the zone UTC.
        file: the file.
        reason: why the fix is unsafe.
    """
    source = file.source
    utc = spell("datetime", "timezone", file)
    if utc is None or not isinstance(call.func, ast.Attribute):
        return None
    if any(isinstance(a, ast.Starred) for a in call.args) or any(not k.arg for k in call.keywords):
        return None  # a zone may be among them
    _, name_end = source.span(call.func)
    given = [keyword.value for keyword in call.keywords if keyword.arg == "tz"]
    given += call.args[1:2] if method == "fromtimestamp" else []
    if given:  # the zone is None
        added: Edit | None = Edit(*source.span(given[0]), f"{utc[0]}.utc")
    else:
        added = with_argument(call, argument.format(utc=f"{utc[0]}.utc"), source)
    if added is None:
        return None
    renamed = Edit(name_end - len(call.func.attr), name_end, method)
    return Fix("unsafe", (renamed, added), utc[1], reason)
