"""Adds the imports that a rewrite needs, and removes those that it leaves unused.

Only the header is looked at: the docstring and the imports behind it. A new import stands where
isort would put it, and what is removed is removed by its span, so that nothing else changes.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from ...source.edits import Edit, Import, apply_edits
from ...source.python.source import Source
from .lists import without_item

__all__ = ["with_imports"]

_WORD = re.compile(r"\w+")
_REST_OF_LINE = re.compile(r"[ \t]*+(?:\r\n|\r|\n|\Z)")
_LINE = re.compile(r"[^\r\n]*+(?:\r\n|\r|\n|\Z)")
_BLANK = re.compile(r"[ \t\f]*+(?:\r\n|\r|\n)")
_LEADING = re.compile(
    r"(?:#[^\r\n]*(?:\r\n|\r|\n))+(?=[ \t]*(?:\r\n|\r|\n))|(?:#!|# -\*-)[^\r\n]*(?:\r\n|\r|\n)"
)
_DEFINITION = re.compile(r"(?:#[^\r\n]*+(?:\r\n|\r|\n))*+(?:@|(?:async\s++)?def\b|class\b)")
_LONGEST = 88

Statement = ast.Import | ast.ImportFrom


def with_imports(text: str, added: Collection[Import], freed: Iterable[str]) -> str:
    """Return a module's text with imports added, and those removed that nothing uses any more.

    Args:
        text: the text, without a byte order mark.
        added: names that must be there.
        freed: names that lost a use; one that is used elsewhere is kept.

    Raises:
        SyntaxError: Python cannot parse the text.
    """
    by_module: dict[str, list[str]] = {}
    for needed in added:
        by_module.setdefault(needed.module, []).append(needed.name)
    for module, names in by_module.items():
        text = _with_import(text, module, names)
    lost = list(freed)
    unused = set(lost) - _used(text) if lost else set()
    if unused:
        text = apply_edits(text, tuple(_removals(Source(text), unused)))
    return text


# --- adding ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Header:
    """The imports at the head of a module.

    Attributes:
        source: the module.
        imports: the statements, in order.
        begin: where the first one would stand.
    """

    source: Source
    imports: tuple[Statement, ...]
    begin: int

    @property
    def newline(self) -> str:
        """What ends the lines of the file."""
        found = re.search(r"\r\n|\r|\n", self.source.text)
        return found[0] if found else "\n"

    def line_end(self, node: ast.stmt) -> int:
        """Return the offset behind the line that a statement ends on."""
        found = _LINE.match(self.source.text, self.source.span(node)[1])
        return found.end() if found else len(self.source.text)

    def line_start(self, node: ast.stmt) -> int:
        """Return the offset of a statement's line, or of the comments right above it."""
        starts, text = self.source.line_starts, self.source.text
        line = self.source.position(self.source.span(node)[0])[0] - 1
        while line and starts[line] > self.begin and text[starts[line - 1]] == "#":
            line -= 1
        return starts[line]


def _header(source: Source) -> _Header:
    body = source.tree.body
    found = _LEADING.match(source.text)
    begin = found.end() if found else 0
    imports: list[Statement] = []
    for at, node in enumerate(body):
        if at == 0 and _is_docstring(node):
            end = _LINE.match(source.text, source.span(node)[1])
            begin = end.end() if end else len(source.text)
        elif isinstance(node, Statement):
            imports.append(node)
        else:
            break
    return _Header(source, tuple(imports), begin)


def _is_docstring(node: ast.stmt) -> bool:
    match node:
        case ast.Expr(value=ast.Constant(value=str())):
            return True
    return False


def _with_import(text: str, module: str, names: Sequence[str]) -> str:
    """Return a text with one more import, in the statement of its module or one of its own."""
    header = _header(Source(text))
    wanted = [name for name in names if name]
    for node in header.imports:
        if wanted and isinstance(node, ast.ImportFrom) and _module_of(node) == module:
            there = {alias.name for alias in node.names if alias.asname is None}
            new = [name for name in wanted if name not in there]
            if "*" not in there:
                return apply_edits(text, tuple(_joined(header, node, new)))
    line = f"from {module} import {', '.join(sorted(wanted, key=_name_key))}"
    return apply_edits(text, (_own_line(header, module, line if wanted else f"import {module}"),))


def _joined(header: _Header, node: ast.ImportFrom, names: Sequence[str]) -> Iterator[Edit]:
    """Yield the edits that take names into a statement, in its order where it is in order."""
    source = header.source
    keys = [_name_key(alias.name) for alias in node.names]
    in_order = keys == sorted(keys)
    first, last = source.span(node.names[0])[0], source.span(node.names[-1])[1]
    start, end = source.span(node)
    if source.position(first)[0] == source.position(end)[0]:
        spelled = [source.text[slice(*source.span(alias))] for alias in node.names]
        spelled = sorted([*spelled, *names], key=_name_key) if in_order else [*spelled, *names]
        line = source.text[start:first] + ", ".join(spelled) + source.text[last:end]
        if len(line) <= _LONGEST or "(" in line:
            yield Edit(first, last, ", ".join(spelled))
        else:
            lines = "".join(f"    {name},{header.newline}" for name in spelled)
            yield Edit(first, last, f"({header.newline}{lines})")
        return
    for name in sorted(names, key=_name_key):
        at = sum(key < _name_key(name) for key in keys) if in_order else len(keys)
        before = source.span(node.names[max(at - 1, 0)])
        gap = header.newline + " " * (source.position(before[0])[1] - 1)
        if at == 0:
            yield Edit(before[0], before[0], f"{name},{gap}")
        else:
            yield Edit(before[1], before[1], f",{gap}{name}")


def _own_line(header: _Header, module: str, line: str) -> Edit:
    """Return the edit that puts an import on a line of its own, in its group."""
    newline, text = header.newline, header.source.text
    key = (_group(module), line.startswith("from "), module.lower())
    before = [node for node in header.imports if _key(node) <= key]
    behind = [node for node in header.imports if _key(node) > key]
    if before and not any(_key(node)[0] == key[0] for node in before) and behind:
        own = [node for node in behind if _key(node)[0] == key[0]]
        if own:  # the first of its group
            at = header.line_start(own[0])
            return Edit(at, at, f"{line}{newline}")
    if before:
        last = max(before, key=lambda node: header.source.span(node)[0])
        at = header.line_end(last)
        is_same = any(_key(node)[0] == key[0] for node in header.imports)
        opening = "" if is_same else newline
        if text[at - 1 : at] not in {"\n", "\r"}:
            opening += newline
        closing = "" if is_same or not behind or _BLANK.match(text, at) else newline
        return Edit(at, at, f"{opening}{line}{newline}{closing}")
    if behind:
        at = header.line_start(behind[0])
        is_same = _key(behind[0])[0] == key[0]
        return Edit(at, at, f"{line}{newline}" + ("" if is_same else newline))
    return _first_import(header, line)


def _first_import(header: _Header, line: str) -> Edit:
    """Return the edit that puts the first import of a module below its docstring, or at the top."""
    newline, text, at = header.newline, header.source.text, header.begin
    opening = ""
    if at:
        opening = newline if text[at - 1 : at] in {"\n", "\r"} else newline * 2
    rest = at
    while (blank := _BLANK.match(text, rest)) is not None:
        rest = blank.end()
    if rest >= len(text):
        return Edit(at, at, f"{opening}{line}{newline}")
    wanted = 2 if _DEFINITION.match(text, rest) else 1
    there = len(_BLANK.findall(text[at:rest]))
    return Edit(at, at, f"{opening}{line}{newline}" + newline * max(wanted - there, 0))


def _module_of(node: Statement) -> str:
    if isinstance(node, ast.ImportFrom):
        return "." * node.level + (node.module or "")
    return node.names[0].name


def _key(node: Statement) -> tuple[int, bool, str]:
    module = _module_of(node)
    return _group(module), isinstance(node, ast.ImportFrom), module.lower()


def _group(module: str) -> int:
    """Return which group of imports a module is in: future, standard library, others, relative."""
    top = module.partition(".")[0]
    if module.startswith("."):
        return 3
    if top == "__future__":
        return 0
    return 1 if top in sys.stdlib_module_names else 2


def _name_key(name: str) -> tuple[int, str]:
    """Return how isort orders a name: constants, classes, then the others."""
    bare = name.partition(" ")[0]
    kind = 0 if bare.isupper() and len(bare) > 1 else 1 if bare[:1].isupper() else 2
    return kind, bare.lower()


# --- removing --------------------------------------------------------------------------------


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
    if start not in source.line_starts or rest is None:
        return
    stop = rest.end()
    above = source.text[:start]
    is_alone = not above or above.endswith(("\n\n", "\n\r\n", "\r\r"))
    while is_alone and (blank := _BLANK.match(source.text, stop)) is not None:
        stop = blank.end()
        if above:
            break
    yield Edit(start, stop, "")
