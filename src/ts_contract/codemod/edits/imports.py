"""Adds the imports that a rewrite needs, and removes those that it leaves unused.

LibCST knows where an import may stand: after the docstring and `__future__`. What is removed is
removed by its span, so that nothing else of the file changes.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterable, Iterator

from ...source.edits import Edit, Import, apply_edits
from ...source.python.source import Source
from .lists import without_item

__all__ = ["with_imports"]

_WORD = re.compile(r"\w+")
_REST_OF_LINE = re.compile(r"[ \t]*(?:\r\n|\r|\n|\Z)")


def with_imports(text: str, added: Collection[Import], freed: Iterable[str]) -> str:
    """Return a module's text with imports added, and those removed that nothing uses any more.

    Args:
        text: the text, without a byte order mark.
        added: names that must be there.
        freed: names that lost a use; one that is used elsewhere is kept.

    Raises:
        SyntaxError: Python cannot parse the text.
        ValueError: LibCST cannot.
    """
    lost = list(freed)
    unused = set(lost) - _used(text) if lost else set()
    if unused:
        source = Source(text)
        text = apply_edits(text, tuple(_removals(source, unused)))
    if not added:
        return text
    import libcst as cst  # noqa: PLC0415 - only a file whose imports change pays for it
    from libcst.codemod import CodemodContext  # noqa: PLC0415
    from libcst.codemod.visitors import AddImportsVisitor  # noqa: PLC0415

    context = CodemodContext()
    for needed in added:
        AddImportsVisitor.add_needed_import(context, needed.module, needed.name or None)
    try:
        return AddImportsVisitor(context).transform_module(cst.parse_module(text)).code
    except cst.ParserSyntaxError as error:  # which is not a SyntaxError
        raise ValueError("the module is not understood by LibCST") from error


def _used(text: str) -> set[str]:
    """Return what a module names, in code or in a text such as `__all__`."""
    used: set[str] = set()
    for node in ast.walk(ast.parse(text)):
        match node:
            case ast.Name(id=name):
                used.add(name)
            case ast.Constant(value=str(words)):
                used.update(_WORD.findall(words))
    return used


def _removals(source: Source, names: Collection[str]) -> Iterator[Edit]:
    """Yield the edits that take names out of the module's imports."""
    for node in source.tree.body:
        if not isinstance(node, ast.Import | ast.ImportFrom) or _is_future(node):
            continue
        gone = [alias for alias in node.names if _bound(alias) in names]
        if len(gone) == len(node.names):
            yield from _without_statement(source, node)
        elif len(gone) == 1:
            spans = [source.span(alias) for alias in node.names]
            start, end = without_item(spans, node.names.index(gone[0]))
            yield Edit(start, end, "")


def _is_future(node: ast.Import | ast.ImportFrom) -> bool:
    return isinstance(node, ast.ImportFrom) and node.module == "__future__"


def _bound(alias: ast.alias) -> str:
    return alias.asname or alias.name.partition(".")[0]


def _without_statement(source: Source, node: ast.stmt) -> Iterator[Edit]:
    """Yield the edit that removes a statement with its line, if it is alone on it."""
    start, end = source.span(node)
    rest = _REST_OF_LINE.match(source.text, end)
    if start in source.line_starts and rest is not None:
        yield Edit(start, rest.end(), "")
