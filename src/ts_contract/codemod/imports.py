"""Imports that a rewrite needs, and those that it leaves without a use.

LibCST knows where an import may stand: after the docstring and `__future__`. Everything else of
the file stays as it is, byte for byte, which the caller checks.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable

from ..lint.findings import Import

__all__ = ["with_imports"]


def with_imports(text: str, added: Collection[Import], freed: Iterable[str]) -> str:
    """Return a module's text with imports added, and those removed that nothing uses any more.

    Args:
        text: the text, without a byte order mark.
        added: names that must be there.
        freed: names that lost a use; one that is used elsewhere is kept.
    """
    unused = [name for name in freed if not _is_used(name, text)]
    if not added and not unused:
        return text
    import libcst as cst  # noqa: PLC0415 - only a file whose imports change pays for it
    from libcst.codemod import CodemodContext  # noqa: PLC0415
    from libcst.codemod.visitors import (  # noqa: PLC0415
        AddImportsVisitor,
        RemoveImportsVisitor,
    )

    context = CodemodContext()
    module = cst.parse_module(text)
    for needed in added:
        AddImportsVisitor.add_needed_import(context, needed.module, needed.name or None)
    if added:
        module = AddImportsVisitor(context).transform_module(module)
    for module_name, name, alias in _imported(text, unused):
        RemoveImportsVisitor.remove_unused_import(context, module_name, name, alias)
    if unused:
        module = RemoveImportsVisitor(context).transform_module(module)
    return module.code


def _is_used(name: str, text: str) -> bool:
    """Tell whether a module still names something, in code or in a text such as `__all__`."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Name) and node.id == name:
            return True
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and name in node.value:
            return True
    return False


def _imported(text: str, names: Collection[str]) -> Iterable[tuple[str, str | None, str | None]]:
    """Yield module, name and alias of each top-level import that binds one of `names`."""
    for node in ast.parse(text).body:
        if isinstance(node, ast.ImportFrom):
            for alias in node.names:
                if (alias.asname or alias.name) in names:
                    yield "." * node.level + (node.module or ""), alias.name, alias.asname
        elif isinstance(node, ast.Import):
            for alias in node.names:
                if (alias.asname or alias.name.partition(".")[0]) in names:
                    yield alias.name, None, alias.asname
