"""Lets a write set both columns of a pair, where the legacy one cannot wait for the sync trigger.

NOT NULL is checked before the trigger fills the column, and a key is compared while it is still
NULL. So the legacy column keeps the value that it had, and the epoch column gets the same instant
beside it. What is bound stands twice; where it has an effect, it is computed once and named.
"""

from __future__ import annotations

import ast

from ...source.edits import Edit, apply_edits
from ...source.sql.references import Statement
from ...source.sql.text import Placeholder
from ..changes import NotProvedError
from ..python.bound_values import is_repeatable, spelled_name
from .operands import Operands
from .rewrites import ColumnRewrite, FileRewrite, epoch_name
from .spot import Spot

__all__ = ["BothColumns"]


class BothColumns:
    """Adds the epoch column to writes of one file's legacy columns.

    Args:
        state: the state of the file's rewrite.
        operands: converts the values.
    """

    def __init__(self, state: FileRewrite, operands: Operands) -> None:
        self._state = state
        self._operands = operands

    def write(self, statement: Statement, rewrite: ColumnRewrite) -> None:
        """Let a statement write the epoch column beside the legacy one.

        Raises:
            NotProvedError: a value cannot be written twice.
        """
        reference, tokens = rewrite.reference, self._state.tokens(statement)
        name = epoch_name(reference.column)
        column = tokens.place(reference.first, reference.last)
        if column is None:
            raise NotProvedError("the column is not written in one piece")
        if reference.role == "insert":
            self._state.put_behind(self._state.spot(statement, column), rewrite, f", {name}")
        for value in reference.values:
            place = tokens.place(value.first, value.last)
            if place is None or not _is_item(self._state.spot(statement, place), reference.role):
                raise NotProvedError("the value written to the column is not in one piece")
            self._beside(self._state.spot(statement, place), name, rewrite)

    def _beside(self, spot: Spot, name: str, rewrite: ColumnRewrite) -> None:
        """Put the milliseconds of one value behind it, in SQL and in what is bound."""
        query, text = rewrite.reference.query, self._state.file.source.text
        scratch = ColumnRewrite(rewrite.reference, stays=True)
        self._operands.milliseconds(spot, scratch, None)
        if scratch.links:
            raise NotProvedError("the value comes from a column that has to change with it")
        rewrite.imports += scratch.imports
        rewrite.reasons += scratch.reasons
        first, last = spot.indexes
        at = self._state.editor.replaced(query, first, last, "")
        inside = [e for e in scratch.edits if at.start <= e.start and e.end <= at.end]
        bound = [e for e in scratch.edits if e not in inside]
        marks = [m for m in query.placeholders if first <= m.first and m.last <= last]
        if len(marks) > 1:
            raise NotProvedError("several values are bound to the value of the column")
        renamed = [edit for mark in marks for edit in self._bind(mark, bound, rewrite)]
        again = _edited(text, at.start, at.end, [*inside, *renamed])
        assigned = "" if rewrite.reference.role == "insert" else f"{name} = "
        rewrite.edits.append(Edit(at.end, at.end, f", {assigned}{again}"))

    # --- what is bound -----------------------------------------------------------------------

    def _bind(self, mark: Placeholder, edits: list[Edit], rewrite: ColumnRewrite) -> list[Edit]:
        """Bind the milliseconds too; return the edits of the placeholder where it stands again."""
        query, source = rewrite.reference.query, self._state.file.source
        nodes = query.bound.get(mark.key, ())
        spelled = query.text.value[mark.first : mark.last]
        is_named = isinstance(mark.key, str)
        if not is_named and (spelled not in {"?", "%s"} or not nodes):
            raise NotProvedError("the bound value is not visible in this file")
        own = {n: [e for e in edits if _within(e, source.span(n))] for n in nodes}
        if is_named and not any(own.values()):
            return []  # SQL converts it, if at all
        holders = [source.parent(node) for node in nodes]
        if any(self._state.is_used_again(holder) for holder in holders if holder is not None):
            raise NotProvedError("what is bound is used in another place too")
        name = rewrite.reference.column.epoch
        for node, holder in zip(nodes, holders, strict=True):
            value = self._again(node, own[node], rewrite)
            around: ast.expr | None = holder if isinstance(holder, ast.expr) else None
            match holder:
                case ast.Tuple() | ast.List() if not is_named and node in holder.elts:
                    following = holder.elts[holder.elts.index(node) + 1 :]
                case ast.Dict() if is_named:
                    _refuse_taken(name, query.placeholders, holder)
                    index = holder.values.index(node)
                    key = holder.keys[index]
                    quote = '"' if key is None else source.text[source.span(key)[1] - 1]
                    value = f"{quote}{name}{quote}: {value}"
                    following = [k for k in holder.keys[index + 1 :] if k] + holder.values[
                        index + 1 :
                    ]
                case ast.keyword() if is_named:
                    call = source.parent(holder)
                    assert isinstance(call, ast.Call)
                    _refuse_taken(name, query.placeholders, call)
                    value = f"{name}={value}"
                    following = [k.value for k in call.keywords[call.keywords.index(holder) + 1 :]]
                    around = call
                case _:
                    raise NotProvedError("the bound value is not one of several in a tuple")
            end = source.span(node)[1]
            self._need_bare(end, around, following)
            rewrite.edits.append(Edit(end, end, f", {value}"))
        return [self._state.editor.renamed(query, mark, name)] if is_named else []

    def _need_bare(self, end: int, holder: ast.expr | None, following: list[ast.expr]) -> None:
        """Refuse a value in parentheses of its own: what is put behind it would be inside them."""
        source = self._state.file.source
        assert holder is not None
        limit = min((source.span(node)[0] for node in following), default=source.span(holder)[1])
        between = source.text[end:limit]
        if between.count(")") + between.count("]") + between.count("}") > (not following):
            raise NotProvedError("the bound value stands in parentheses")

    def _again(self, node: ast.expr, edits: list[Edit], rewrite: ColumnRewrite) -> str:
        """Return the milliseconds of a bound value, which stays where it is."""
        source = self._state.file.source
        start, end = source.span(node)
        if is_repeatable(node, self._state.file):
            return _edited(source.text, start, end, edits)
        name = self._free_name(rewrite.reference.column.legacy)
        rewrite.edits += [Edit(start, start, f"({name} := "), Edit(end, end, ")")]
        if all(edit.start == edit.end and edit.start in (start, end) for edit in edits):
            before = "".join(edit.text for edit in edits if edit.start == start)
            behind = "".join(edit.text for edit in edits if edit.start == end)
            return f"{before}{name}{behind}"
        if (
            rewrite.reference.column.storage != "auto"
            or "epoch seconds are bound" in rewrite.reasons
        ):
            raise NotProvedError("a number is bound that is computed on the spot")
        function, imports = spelled_name("to_epoch_ms", self._state.file)
        rewrite.imports += imports
        return f"{function}({name})"

    def _free_name(self, legacy: str) -> str:
        """Return a name for a value that the file does not use."""
        source = self._state.file.source
        stem = f"{legacy.lower()}_value" if legacy.isidentifier() else "value"
        used = {node.id for node in source.nodes(ast.Name)} | {a.arg for a in source.nodes(ast.arg)}
        names = (stem, *(f"{stem}_{number}" for number in range(2, 100)))
        return next(name for name in names if name not in used)


def _is_item(spot: Spot, role: str) -> bool:
    """Tell whether a value is all of one item of a list, so that another can stand behind it."""
    return role != "insert" or spot.place in spot.tokens.list_around(spot.place)


def _refuse_taken(name: str, marks: tuple[Placeholder, ...], holder: ast.Dict | ast.Call) -> None:
    if isinstance(holder, ast.Call):
        keys: list[object] = [keyword.arg for keyword in holder.keywords]
    else:
        keys = [key.value for key in holder.keys if isinstance(key, ast.Constant)]
    if name in keys or any(mark.key == name for mark in marks):
        raise NotProvedError(f"the name {name} is bound to something else")


def _within(edit: Edit, span: tuple[int, int]) -> bool:
    return span[0] <= edit.start and edit.end <= span[1]


def _edited(text: str, start: int, end: int, edits: list[Edit]) -> str:
    """Return a part of a text with the edits in it."""
    moved = tuple(Edit(e.start - start, e.end - start, e.text) for e in edits)
    return apply_edits(text[start:end], moved)
