"""How a model defines a column, and what a query may name instead of a legacy one."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from ...contract import ColumnContract
from ...source.columns.definitions import find_model_columns
from ...source.columns.model import ModelColumn, ModelUse
from ...source.file import File
from ...source.python.names import called_name, last_name
from ..changes import NotProvedError

__all__ = [
    "Definition",
    "Epoch",
    "EpochsOfModels",
    "bare_name",
    "defined_by",
    "definition",
    "epochs_in",
    "fills_itself",
    "find_epoch",
    "refuse_history",
    "writes_itself",
]

_INTEGERS = frozenset(
    {"BIGINT", "BigInteger", "BigIntegerField", "INTEGER", "Integer", "PositiveBigIntegerField"}
)


@dataclass(frozen=True, slots=True)
class Epoch:
    """The attribute of a model that stands for an epoch column.

    Attributes:
        name: its name.
        doubt: what is not certain of it; empty where it surely is there and holds milliseconds.
        legacy_fills_itself: whether an INSERT may leave the legacy column out.
        legacy_writes_itself: whether each UPDATE that leaves the legacy column out writes it.
    """

    name: str
    doubt: str = ""
    legacy_fills_itself: bool = True
    legacy_writes_itself: bool = False


EpochsOfModels = Mapping[tuple[str, str], Epoch]
"""What models of other files have for the legacy column of a table."""


def find_epoch(use: ModelUse, file: File, models: EpochsOfModels) -> Epoch:
    """Return what a query may name instead of a legacy column.

    Args:
        use: the legacy column, as the query names it.
        file: the file.
        models: the epoch columns that models of other files define.

    Raises:
        NotProvedError: the model lacks the epoch column.
    """
    owner, column = use.owner, use.column
    if owner is None and (use.table.name, column.legacy) in models:
        return models[use.table.name, column.legacy]
    defined = definition(owner, column, file, epoch=True)
    if defined is not None:
        return _epoch(defined, column)
    if isinstance(owner, ast.Call) and any(k.arg == "autoload_with" for k in owner.keywords):
        return Epoch(column.epoch)  # the database tells it
    raise NotProvedError(f"the model does not define {column.epoch} yet, see TSC304")


def _epoch(defined: Definition, column: ColumnContract) -> Epoch:
    if defined.holds_integers:
        return Epoch(defined.attribute)
    return Epoch(defined.attribute, f"whether {column.epoch} holds numbers is not visible")


def epochs_in(file: File) -> dict[tuple[str, str], Epoch]:
    """Return the epoch columns that the models of a file define, by table and legacy column."""
    return {
        (part.table.name, part.column.legacy): replace(
            _epoch(defined_by(part, file), part.column),
            legacy_fills_itself=fills_itself(part.owner, part.column, file),
            legacy_writes_itself=writes_itself(part.owner, part.column, file),
        )
        for part in file.part(find_model_columns)
        if part.epoch
    }


def fills_itself(owner: ast.AST | None, column: ColumnContract, file: File) -> bool:
    """Tell whether an INSERT may leave a legacy column out, as far as its definition says."""
    defined = definition(owner, column, file, epoch=False)
    if defined is None:
        return True
    given = {k.arg: k.value for k in defined.call.keywords} if defined.call is not None else {}
    if given.keys() & {"default", "server_default", "insert_default", "auto_now", "auto_now_add"}:
        return True
    nullable = given.get("nullable")
    if isinstance(nullable, ast.Constant):
        return bool(nullable.value)
    annotation = defined.annotation
    return annotation is None or "Optional" in annotation or "None" in annotation


def writes_itself(owner: ast.AST | None, column: ColumnContract, file: File) -> bool:
    """Tell whether each UPDATE that leaves a legacy column out writes it all the same."""
    defined = definition(owner, column, file, epoch=False)
    keywords = defined.call.keywords if defined is not None and defined.call is not None else []
    return any(keyword.arg == "onupdate" for keyword in keywords)


def refuse_history(file: File, owner: ast.AST | None = None) -> None:
    """Refuse a migration: it belongs to the schema of its own time.

    Args:
        file: alembic's revisions are known by what they import.
        owner: what defines the column; a call of anything but `Table` is a migration too.
    """
    modules = [node.module or "" for node in file.source.nodes(ast.ImportFrom)]
    modules += [alias.name for node in file.source.nodes(ast.Import) for alias in node.names]
    is_revision = any(module.partition(".")[0] == "alembic" for module in modules)
    if is_revision or (isinstance(owner, ast.Call) and bare_name(owner.func) != "Table"):
        raise NotProvedError("a migration belongs to the schema of its own time")


# --- one definition --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Definition:
    """A column as a class body or a Core table defines it.

    Attributes:
        node: the statement, or the call among the arguments of `Table`.
        call: the call that makes the column; None for a bare annotation.
        attribute: what Python calls it.
        annotation: the annotation's text, if there is one.
    """

    node: ast.stmt | ast.expr
    call: ast.Call | None
    attribute: str
    annotation: str | None = None

    @property
    def type(self) -> ast.expr | None:
        """The argument that is the column's type, if there is one."""
        given = list(self.call.args) if self.call is not None else []
        if given and isinstance(given[0], ast.Constant):
            given = given[1:]
        return given[0] if given else None

    @property
    def holds_integers(self) -> bool:
        """Whether its type is surely that of whole numbers."""
        if self.type is not None:
            return bare_name(self.type) in _INTEGERS
        if self.call is not None and bare_name(self.call.func) in _INTEGERS:
            return True
        return bool(re.search(r"\bint\b", self.annotation or ""))


def definition(
    owner: ast.AST | None, column: ColumnContract, file: File, *, epoch: bool
) -> Definition | None:
    """Return how a model defines one column of a pair, if it does so here."""
    found = next(
        (
            part
            for part in file.part(find_model_columns)
            if part.owner is owner and part.column is column and part.epoch is epoch
        ),
        None,
    )
    return None if found is None else defined_by(found, file)


def defined_by(part: ModelColumn, file: File) -> Definition:
    """Return the statement, or the call, that a column's name stands in."""
    nodes = part.owner.args if isinstance(part.owner, ast.Call) else getattr(part.owner, "body", [])
    node = next(n for n in nodes if _covers(file.source.span(n), part.span))
    match node:
        case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call() as call):
            return Definition(node, call, name)
        case ast.AnnAssign(target=ast.Name(id=name), annotation=annotation, value=value):
            call_or_none = value if isinstance(value, ast.Call) else None
            return Definition(node, call_or_none, name, ast.unparse(annotation))
        case ast.Call():
            return Definition(node, node, file.source.text[slice(*part.span)])
    raise NotProvedError("the definition is not understood")


def _covers(outer: tuple[int, int], inner: tuple[int, int]) -> bool:
    return outer[0] <= inner[0] and inner[1] <= outer[1]


def bare_name(node: ast.AST) -> str:
    """Return the last part of a name, called or not: `Column` of `sa.Column` and of `Column()`."""
    return called_name(node) or last_name(node)
