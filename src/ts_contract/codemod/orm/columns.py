"""Rewrites model definitions: the epoch column beside the legacy one, or in its place.

While the contract's phase is `migrate` both columns exist, and the sync triggers fill in the one
that a writer leaves out: SQLAlchemy gets a second, plain column. Later the legacy definition
becomes that of the epoch column, its type and its clock included. Django, peewee and SQLModel
write every field of an object back, the stale ones too, so their models are changed by hand.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from ...source.columns.model import ModelColumn
from ...source.edits import Edit
from ...source.file import File
from ...source.instants.clocks import is_none, project_name
from ..changes import NotProvedError, Rewrite
from ..edits.lists import without_item
from ..python.bound_values import clock_reason, spelled, spelled_name
from .definitions import Definition, bare_name, defined_by, definition, fills_itself, refuse_history

__all__ = ["OrmColumns"]

_COLUMNS = frozenset({"Column", "mapped_column"})
_TIMES = frozenset({"DATETIME", "DateTime", "String", "TEXT", "TIMESTAMP", "Text", "VARCHAR"})
_CLOCKS = frozenset({"default", "onupdate"})
_KEPT = frozenset({"comment", "deferred", "doc", "index", "info", "nullable", "sort_order"})
_LINE_END = re.compile(r"[ \t]*+(#[^\r\n]*+)?(\r\n|\r|\n|\Z)")
_MORE = "code that goes through all columns of the model finds one more"
_GONE = "code that reads or sets the old attribute of an object has to change too"


class OrmColumns:
    """Rewrites the column definitions of one file's SQLAlchemy models and tables.

    Args:
        file: the file under its contract.
    """

    def __init__(self, file: File) -> None:
        self._file = file
        self._source = file.source

    def rewrite(self, part: ModelColumn) -> Rewrite:
        """Return what defines the epoch column; always unsafe, for models are used elsewhere.

        Raises:
            NotProvedError: nothing can be done that is known to be right.
        """
        refuse_history(self._file, part.owner)
        if part.is_shared:
            raise NotProvedError("other classes take the column from here")
        defined = defined_by(part, self._file)
        self._need_sqlalchemy(defined)
        self._need_one_name(part, defined)
        assert self._file.contract is not None
        if self._file.contract.phase == "migrate":
            return self._beside(part, defined)
        return self._in_place(part, defined)

    def _need_sqlalchemy(self, defined: Definition) -> None:
        call = defined.call
        if call is None:
            is_mapped = re.match(r"(\w+\.)*Mapped\b", defined.annotation or "")
            if not is_mapped:
                raise NotProvedError("the readers of the field are not visible in this file")
            return
        dotted = self._source.resolve(call.func)
        if bare_name(call.func).endswith("Field"):
            raise NotProvedError("the ORM writes each field of an object back as it was read")
        is_flask = ast.unparse(call.func) == "db.Column"
        is_known = is_flask or (dotted or "").startswith("sqlalchemy.")
        if not is_known or bare_name(call.func) not in _COLUMNS:
            raise NotProvedError("the definition is not understood")

    def _need_one_name(self, part: ModelColumn, defined: Definition) -> None:
        """Refuse a model that the change would leave half done."""
        legacy, epoch = part.column.legacy, part.column.epoch
        if defined.attribute.lower() != legacy.lower():
            raise NotProvedError("the names of the attribute and of the column differ")
        if isinstance(part.owner, ast.ClassDef):
            bound = {getattr(node, "id", getattr(node, "name", "")) for node in _names(part.owner)}
            if epoch in bound and not part.dual:
                raise NotProvedError(f"the class uses the name {epoch} for something else")

    # --- beside --------------------------------------------------------------------------

    def _beside(self, part: ModelColumn, defined: Definition) -> Rewrite:
        """Return the rewrite that adds a plain epoch column, which the sync triggers fill."""
        _refuse_dataclass(part.owner)
        rewrite = Rewrite(reasons=[_MORE])
        integer = self._spelled("BigInteger", "sqlalchemy", defined, rewrite)
        start, end = self._source.span(defined.node)
        if isinstance(defined.node, ast.expr):
            assert defined.call is not None
            called = self._source.text[slice(*self._source.span(defined.call.func))]
            gap = self._gap_before(start)
            added = f',{gap}{called}("{part.column.epoch}", {integer})'
            rewrite.edits.append(Edit(end, end, added))
            return rewrite
        if defined.call is None:
            called = self._spelled("mapped_column", "sqlalchemy.orm", defined, rewrite)
        else:
            called = self._source.text[slice(*self._source.span(defined.call.func))]
        name = part.column.epoch
        if defined.annotation is not None:
            mapped = self._mapped(defined)
            name += f": {mapped}[int | None]"
        rewrite.edits.append(self._line_after(part, defined.node, f"{name} = {called}({integer})"))
        return rewrite

    def _mapped(self, defined: Definition) -> str:
        """Return how the file spells `Mapped`, if that is what annotates the column."""
        found = re.match(r"((?:\w+\.)*Mapped)\[", defined.annotation or "")
        if found is None:
            raise NotProvedError("the annotation of the column is not understood")
        return found[1]

    def _spelled(self, name: str, module: str, defined: Definition, rewrite: Rewrite) -> str:
        """Return how the file spells a name of SQLAlchemy, with the import it needs."""
        func = defined.call.func if defined.call is not None else None
        if isinstance(func, ast.Attribute) and bare_name(func.value) in {"db", "sa", "sqlalchemy"}:
            return f"{ast.unparse(func.value)}.{name}"
        text, imports = spelled(module, name, self._file)
        rewrite.imports += imports
        return text

    def _gap_before(self, start: int) -> str:
        """Return the white space between an argument and the comma before it."""
        text = self._source.text
        head = text[:start].rstrip()
        return text[len(head) : start] if head.endswith(",") else " "

    def _line_after(self, part: ModelColumn, node: ast.stmt, line: str) -> Edit:
        """Return the edit that puts a statement on a line of its own behind another."""
        start, _ = self._source.span(node)
        _, end = self._source.span(self._with_docstring(part, node))
        line_start = self._source.line_starts[self._source.position(start)[0] - 1]
        indent = self._source.text[line_start:start]
        rest = _LINE_END.match(self._source.text, end)
        if indent.strip() or rest is None:
            raise NotProvedError("the definition shares its line with other code")
        end = rest.end(1) if rest[1] else end
        newline = rest[2] or "\n"
        return Edit(end, end, f"{newline}{indent}{line}")

    def _with_docstring(self, part: ModelColumn, node: ast.stmt) -> ast.stmt:
        """Return the text that documents an attribute, if one follows it, or the attribute."""
        body = getattr(part.owner, "body", [])
        following = body[body.index(node) + 1 :][:1]
        match following:
            case [ast.Expr(value=ast.Constant(value=str())) as text]:
                return text
        return node

    # --- in place ------------------------------------------------------------------------

    def _in_place(self, part: ModelColumn, defined: Definition) -> Rewrite:
        """Return the rewrite that makes the legacy definition that of the epoch column."""
        name = part.column.legacy
        rewrite = Rewrite([Edit(*part.span, part.column.epoch)], [], [_GONE])
        self._need_no_other_use(part, defined)
        if isinstance(defined.node, ast.AnnAssign):
            rewrite.edits.append(self._annotated_int(defined.node.annotation))
        if isinstance(defined.node, ast.stmt):
            rewrite.edits += self._renamed_attribute(part, defined)
        self._typed(defined, rewrite)
        keywords = defined.call.keywords if defined.call is not None else []
        if {"default", "server_default"} <= {keyword.arg for keyword in keywords}:
            raise NotProvedError("the column has two defaults")
        for keyword in keywords:
            self._argument(keyword, rewrite)
        if part.dual:
            rewrite.edits.append(self._without_plain(part))
        if not fills_itself(part.owner, part.column, self._file):
            rewrite.reasons.append(f"an INSERT fails while the table's own {name} is NOT NULL")
        return rewrite

    def _renamed_attribute(self, part: ModelColumn, defined: Definition) -> Iterator[Edit]:
        """Yield the edit of the attribute, where the column's name is given beside it."""
        start = self._source.span(defined.node)[0]
        if part.span[0] != start:
            yield Edit(start, start + len(defined.attribute), part.column.epoch)

    def _need_no_other_use(self, part: ModelColumn, defined: Definition) -> None:
        """Refuse where the class itself, or its methods, go on to name the column."""
        word = re.compile(rf"\b{re.escape(part.column.legacy)}\b", re.IGNORECASE)
        own = set(map(id, ast.walk(defined.node)))
        for node in ast.walk(part.owner):
            if id(node) in own:
                continue
            named = getattr(node, "id", None) or getattr(node, "attr", None)
            text = node.value if isinstance(node, ast.Constant) else named
            if isinstance(text, str) and word.search(text):
                raise NotProvedError("other parts of the model name the column too")

    def _annotated_int(self, annotation: ast.expr) -> Edit:
        """Return the edit that annotates a time as a number."""
        times = [
            node
            for node in ast.walk(annotation)
            if isinstance(node, ast.Name | ast.Attribute)
            and self._source.resolve(node) in {"datetime.datetime", "builtins.str"}
        ]
        if len(times) != 1:
            raise NotProvedError("the annotation of the column is not understood")
        return Edit(*self._source.span(times[0]), "int")

    def _typed(self, defined: Definition, rewrite: Rewrite) -> None:
        """Give the column the type of epoch milliseconds: 32 bits are not enough."""
        if defined.call is None:
            called = self._spelled("mapped_column", "sqlalchemy.orm", defined, rewrite)
            integer = self._spelled("BigInteger", "sqlalchemy", defined, rewrite)
            end = self._source.span(defined.node)[1]
            rewrite.edits.append(Edit(end, end, f" = {called}({integer})"))
            return
        integer = self._spelled("BigInteger", "sqlalchemy", defined, rewrite)
        old = defined.type
        named = 1 if defined.call.args and isinstance(defined.call.args[0], ast.Constant) else 0
        if len(defined.call.args) > named + 1:
            raise NotProvedError("the column has more arguments than its type")
        if old is not None and bare_name(old) in _TIMES:
            rewrite.edits.append(Edit(*self._source.span(old), integer))
        elif old is None and not named:
            at = self._source.span(defined.call.func)[1] + 1
            rest = ", " if defined.call.keywords else ""
            rewrite.edits.append(Edit(at, at, f"{integer}{rest}"))
        else:
            raise NotProvedError("the type of the column is not known")

    def _argument(self, keyword: ast.keyword, rewrite: Rewrite) -> None:
        """Make the clock of a definition `now_ms`; what else it may say is kept, or refused."""
        if keyword.arg in _KEPT or (keyword.arg in _CLOCKS and is_none(keyword.value)):
            return
        if keyword.arg == "server_default" and _is_database_clock(keyword.value):
            start, _ = self._source.span(keyword)
            rewrite.edits.append(Edit(start, start + len("server_default"), "default"))
            rewrite.reasons.append("rows that other programs insert no longer get a default")
        elif keyword.arg in _CLOCKS and _is_database_clock(keyword.value):
            rewrite.reasons.append("the clock is Python's, no longer the database's")
        elif keyword.arg in _CLOCKS:
            reason = self._clock(keyword.value)
            if reason is None:
                raise NotProvedError(f"{keyword.arg} of the column is not a known clock")
            rewrite.reasons += [reason] if reason else []
        else:
            raise NotProvedError(f"what {keyword.arg} means for the epoch column is not known")
        name, imports = spelled_name("now_ms", self._file)
        rewrite.imports += imports
        rewrite.edits.append(Edit(*self._source.span(keyword.value), name))

    def _clock(self, node: ast.expr) -> str | None:
        """Return "" if a value is a clock in UTC, a reason if it is local time, None if neither."""
        if isinstance(node, ast.Lambda):
            return clock_reason(node.body, self._file)
        if project_name(node, self._file) == "utc_now":
            return ""
        call = ast.Call(node, [], [])
        return clock_reason(call, self._file)

    def _without_plain(self, part: ModelColumn) -> Edit:
        """Return the edit that takes out the epoch column that stood beside the legacy one."""
        beside = definition(part.owner, part.column, self._file, epoch=True)
        call = beside.call if beside is not None else None
        types = [a for a in call.args if not isinstance(a, ast.Constant)] if call else []
        if beside is None or call is None or not beside.holds_integers:
            raise NotProvedError("the two definitions have to be merged by hand")
        if call.keywords or len(types) != 1:
            raise NotProvedError("the two definitions have to be merged by hand")
        if isinstance(part.owner, ast.Call):
            spans = [self._source.span(argument) for argument in part.owner.args]
            return Edit(*without_item(spans, part.owner.args.index(call)), "")
        start, end = self._source.span(beside.node)
        line = self._source.line_starts[self._source.position(start)[0] - 1]
        rest = _LINE_END.match(self._source.text, end)
        if rest is None or rest[1] or self._source.text[line:start].strip():
            raise NotProvedError("the definition shares its line with other code")
        return Edit(line, rest.end(), "")


def _refuse_dataclass(owner: ast.AST) -> None:
    if isinstance(owner, ast.ClassDef):
        header = [*owner.bases, *owner.decorator_list]
        if any("dataclass" in ast.unparse(node).lower() for node in header):
            raise NotProvedError("the fields of a dataclass have an order")


def _is_database_clock(node: ast.expr) -> bool:
    """Tell whether a default is the clock of the database: `func.now()`, CURRENT_TIMESTAMP."""
    match node:
        case ast.Constant(value=str(sql)) | ast.Call(args=[ast.Constant(value=str(sql))]):
            return sql.strip("() ").upper() in {"CURRENT_TIMESTAMP", "NOW"}
        case ast.Call(func=ast.Attribute(value=owner, attr="current_timestamp" | "now"), args=[]):
            return bare_name(owner) == "func"
    return False


def _names(owner: ast.ClassDef) -> Iterator[ast.AST]:
    """Yield the nodes that bind names in the body of a class."""
    for statement in owner.body:
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield statement
        elif isinstance(statement, ast.Assign | ast.AnnAssign):
            for node in ast.walk(statement):
                if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                    yield node
