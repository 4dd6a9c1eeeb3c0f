"""Rewrites ORM queries: where Python names a legacy column, its epoch column is named.

`Task.created_at` is an expression of SQL. It may order rows, be counted, or meet a value, which is
then handed over as milliseconds; whatever else is done with it is left. A value that could be SQL
itself is never wrapped unasked.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from functools import cached_property

from ...contract import ColumnContract
from ...source.columns.meanings import find_meanings
from ...source.columns.model import ModelUse
from ...source.columns.orm import find_model_uses
from ...source.edits import Edit
from ...source.file import File
from ...source.instants.clocks import is_aware, is_clock, is_none, method_after
from ...source.python.names import called_name, last_name
from ..changes import NotProvedError, Rewrite
from ..edits.lists import without_item
from ..python.bound_values import DEFAULT_FOR_NULL, bound_value, is_plain, may_be_none
from .definitions import (
    EpochsOfModels,
    bare_name,
    fills_itself,
    find_epoch,
    refuse_history,
    writes_itself,
)

__all__ = ["OrmQueries"]

_ORDERINGS = frozenset(
    {"asc", "desc", "nulls_first", "nulls_last", "nullsfirst", "nullslast"}
)  # fmt: skip
_NULL_TESTS = frozenset({"is_", "is_not", "isnot", "is_null"})
_IN = frozenset({"in_", "not_in", "notin_"})
_SELECTS = frozenset({"add_columns", "query", "returning", "with_entities", "with_only_columns"})
_GROUPING = frozenset(
    {"annotate", "distinct", "except_", "group_by", "intersect", "union", "union_all"}
)
_NESTING = frozenset({"all_", "any_", "as_scalar", "cte", "in_", "not_in", "notin_", "subquery"})
_SCHEMA = frozenset({"CheckConstraint", "Index", "UniqueConstraint"})
_FILTERS = frozenset({"exclude", "filter", "filter_by", "get"})
_TEXT_ORDERS = frozenset({"earliest", "latest", "order_by"})
_VALUE_LOOKUPS = frozenset({"", "__exact", "__gt", "__gte", "__lt", "__lte"})
_GIVES_MS = "the rows give milliseconds where they gave a time"
_COMPARISONS = (ast.Eq, ast.Gt, ast.GtE, ast.Lt, ast.LtE, ast.NotEq)


class OrmQueries:
    """Rewrites the ORM queries of one file.

    Args:
        file: the file under its contract.
        models: the epoch columns that models of other files define.
    """

    def __init__(self, file: File, models: EpochsOfModels) -> None:
        self._file = file
        self._models = models
        self._source = file.source

    def rewrite(self, use: ModelUse) -> Rewrite:
        """Return what lets a query go on with the epoch column; unsafe where it has reasons.

        Raises:
            NotProvedError: nothing can be done that is known to be right.
        """
        refuse_history(self._file)
        if use.dual:
            return self._without_keyword(use)
        if isinstance(use.node, ast.Attribute):
            return self._expression(use, use.node)
        if isinstance(use.node, ast.Call):
            return self._named(use, use.node)
        raise NotProvedError("the use of the column is not understood")

    def _renamed(self, use: ModelUse) -> Rewrite:
        """Return the rewrite that names the epoch column, and no more."""
        epoch = find_epoch(use, self._file, self._models)
        reasons = [epoch.doubt] if epoch.doubt else []
        return Rewrite([Edit(*use.span, epoch.name)], [], reasons)

    # --- Task.created_at ---------------------------------------------------------------------

    def _expression(self, use: ModelUse, node: ast.Attribute) -> Rewrite:
        rewrite = self._renamed(use)
        if any(bare_name(a) in _SCHEMA for a in self._source.ancestors(node)):
            raise NotProvedError("the migration makes the indexes of the epoch column")
        if self._orders(node):
            self._refuse_beside(node, _GROUPING)
            return rewrite
        parent = self._source.parent(node)
        match parent:
            case ast.Compare(left=left, ops=[op], comparators=[right]) if isinstance(
                op, _COMPARISONS
            ):
                self._meets([right if left is node else left], use.column, rewrite)
                return rewrite
            case ast.Attribute(attr=method):
                called = method_after(node, self._source)
                if called is not None and method == "label":
                    rewrite.reasons.append(_GIVES_MS)
                    return rewrite
                if called is not None and not called.keywords:
                    self._meets(_met_in(method, called.args), use.column, rewrite)
                    return rewrite
            case ast.Call() if node in parent.args:
                self._argument(use, parent, rewrite)
                return rewrite
        raise NotProvedError("the use of the column is not understood")

    def _orders(self, node: ast.expr) -> bool:
        """Tell whether an expression only says how rows are ordered."""
        after = method_after(node, self._source)
        if after is not None:
            assert isinstance(after.func, ast.Attribute)
            return after.func.attr in _ORDERINGS and not after.args and not after.keywords
        parent = self._source.parent(node)
        match parent:
            case ast.keyword(arg="order_by"):
                return True
            case ast.Call(func=ast.Attribute(attr="order_by")):
                return node in parent.args
            case ast.Call():
                return self._sqlalchemy(parent.func) in _ORDERINGS
        return False

    def _refuse_beside(self, node: ast.expr, names: frozenset[str]) -> None:
        """Refuse a column that the same function may have to name a second time.

        What DISTINCT, GROUP BY and UNION order by is in their select list too, and what a subquery
        gives meets something around it.
        """
        scope = self._source.scope(node)
        for around in self._source.ancestors(node):
            if around is scope or isinstance(self._source.parent(around), ast.Module):
                break
        if any(last_name(part) in names for part in ast.walk(around)):
            raise NotProvedError("the query groups its rows, or is a part of another")

    def _sqlalchemy(self, func: ast.expr) -> str:
        """Return the bare name of a function of SQLAlchemy or of Flask's `db`, if it is one."""
        dotted = self._source.resolve(func) or ""
        known = dotted.startswith("sqlalchemy.") or ast.unparse(func).startswith("db.")
        return last_name(func) if known else ""

    def _argument(self, use: ModelUse, call: ast.Call, rewrite: Rewrite) -> None:
        """Take in what the call needs that the column is an argument of."""
        name = self._sqlalchemy(call.func)
        is_select = name == "select" or (
            isinstance(call.func, ast.Attribute) and call.func.attr in _SELECTS
        )
        if is_select:
            self._refuse_beside(call, _GROUPING | _NESTING)
            rewrite.edits.append(Edit(use.span[1], use.span[1], f'.label("{self._name(use)}")'))
            rewrite.reasons.append(_GIVES_MS)
        elif name in {"max", "min"}:
            self._refuse_beside(call, _NESTING | {"having", "scalar_subquery"})
            rewrite.reasons.append(f"{name}() gives milliseconds where it gave a time")
        elif name == "between" and call.args[0] is use.node:
            self._meets(call.args[1:], use.column, rewrite)
        elif name != "count":
            raise NotProvedError("the use of the column is not understood")

    # --- values ------------------------------------------------------------------------------

    def _meets(self, nodes: Sequence[ast.expr], column: ColumnContract, rewrite: Rewrite) -> None:
        """Make what a column is compared with, or set to, milliseconds too."""
        for node in nodes:
            other = self._uses.get(node)
            if other is not None and _is_alike(other.column, column):
                rewrite.add(self._renamed(other))
            elif not is_none(node):
                self._value(node, column, rewrite)

    @cached_property
    def _uses(self) -> dict[ast.expr, ModelUse]:
        return {use.node: use for use in self._file.part(find_model_uses)}

    def _value(self, node: ast.expr, column: ColumnContract, rewrite: Rewrite) -> None:
        if column.storage == "milliseconds":
            return
        if self._is_sql(node):
            raise NotProvedError("the column is used with an expression of SQL")
        rewrite.add(bound_value(node, column, self._file, unsafe=True))
        if not is_plain(node, self._file):
            rewrite.reasons.append(
                "whether the column is used with a value or with SQL is not visible in this file"
            )

    def _is_sql(self, node: ast.expr) -> bool:
        """Tell whether a part of an expression surely is SQL."""
        return any(
            part in self._uses
            or (isinstance(part, ast.Call) and bool(self._sqlalchemy(part.func)))
            or (isinstance(part, ast.Attribute) and part.attr in {"c", "columns"})
            or called_name(part) in {"F", "Q", "Now"}
            for part in ast.walk(node)
        )

    # --- names in calls ----------------------------------------------------------------------

    def _named(self, use: ModelUse, call: ast.Call) -> Rewrite:
        """Return the rewrite of a keyword or a text that names the column."""
        rewrite = self._renamed(use)
        method = call.func.attr if isinstance(call.func, ast.Attribute) else ""
        keyword = self._keyword(use, call)
        if keyword is None:
            if method not in _TEXT_ORDERS or not _is_django(call):
                raise NotProvedError("the use of the column is not understood")
            self._refuse_beside(call, _GROUPING | {"values", "values_list"})
        elif method in _FILTERS or self._is_condition(call):
            self._looked_up(keyword, self._name(use), use.column, rewrite)
        elif method in {"annotate", "get_or_create", "update_or_create"}:
            raise NotProvedError("the values are given in more than one place")
        else:
            self._written(use, call, method, keyword, rewrite)
        if keyword is not None and _is_django(call) and not self._is_zoned(keyword.value):
            rewrite.reasons.append("Django takes a naive time for one in its TIME_ZONE")
        return rewrite

    def _is_condition(self, call: ast.Call) -> bool:
        """Tell whether a call is Django's `Q`; refuse other expressions that are no model."""
        meanings = self._file.part(find_meanings)
        name = called_name(call)
        if not name[:1].isupper() or (meanings is not None and meanings.of(call.func) is not None):
            return False
        if name != "Q":
            raise NotProvedError("the use of the column is not understood")
        return True

    def _name(self, use: ModelUse) -> str:
        """Return the attribute that the file names the column by."""
        return self._source.text[slice(*use.span)]

    def _keyword(self, use: ModelUse, call: ast.Call) -> ast.keyword | None:
        return next((k for k in call.keywords if self._source.span(k)[0] == use.span[0]), None)

    def _is_zoned(self, node: ast.expr) -> bool:
        """Tell whether no time without a zone is in an expression."""
        parts = node.elts if isinstance(node, ast.List | ast.Tuple) else [node]
        return all(isinstance(p, ast.Constant) or is_aware(p, self._file) for p in parts)

    def _looked_up(
        self, keyword: ast.keyword, name: str, column: ColumnContract, rewrite: Rewrite
    ) -> None:
        """Take in what a lookup such as `created_at__gte=since` compares with."""
        lookup = (keyword.arg or "")[len(name) :]
        if lookup in _VALUE_LOOKUPS:
            self._meets([keyword.value], column, rewrite)
        elif lookup in {"__in", "__range"}:
            self._meets(_elements(keyword.value), column, rewrite)
        elif lookup != "__isnull":
            raise NotProvedError(f"{lookup.lstrip('_')} needs the time itself")

    def _written(
        self, use: ModelUse, call: ast.Call, method: str, keyword: ast.keyword, rewrite: Rewrite
    ) -> None:
        """Take in what is written to the column, and who else sees what is not written any more."""
        inserts = method != "update" and not _updates(call)
        if inserts and (self._is_demanded(use) or not self._fills_itself(use)):
            raise NotProvedError(
                f"{use.column.legacy} is NOT NULL, or in a key, and nothing else gives it a value"
            )
        self._meets([keyword.value], use.column, rewrite)
        if inserts and may_be_none(keyword.value):
            rewrite.reasons.append(DEFAULT_FOR_NULL)
        if not inserts and self._writes_itself(use):
            # Of two columns that an UPDATE sets, the triggers follow the one that it changes.
            rewrite.reasons.append(
                f"onupdate of {use.column.legacy} overwrites the value"
                " when the new instant equals the old one"
            )
        self._warn_of_objects(use, method, rewrite)

    def _fills_itself(self, use: ModelUse) -> bool:
        """Tell whether an INSERT may leave the legacy column out, as far as a model says."""
        known = self._models.get((use.table.name, use.column.legacy))
        if use.owner is None and known is not None:
            return known.legacy_fills_itself
        return fills_itself(use.owner, use.column, self._file)

    def _writes_itself(self, use: ModelUse) -> bool:
        """Tell whether each UPDATE writes the legacy column, as far as a model says."""
        known = self._models.get((use.table.name, use.column.legacy))
        if use.owner is None and known is not None:
            return known.legacy_writes_itself
        return writes_itself(use.owner, use.column, self._file)

    def _is_demanded(self, use: ModelUse) -> bool:
        """Tell whether the schema says that an INSERT may not leave the legacy column out."""
        contract, schema = self._file.contract, self._file.schema
        assert contract is not None
        demands = schema.constraints.get(use.table.name.lower()) if schema else None
        if demands is None or contract.phase != "migrate":
            return False
        return use.column.legacy.lower() in demands.required | demands.compared

    def _warn_of_objects(self, use: ModelUse, method: str, rewrite: Rewrite) -> None:
        """Make unsafe what leaves an object in memory without its old attribute."""
        is_core = isinstance(use.owner, ast.Call)
        if not is_core and method != "update":
            rewrite.reasons.append(
                f"objects in memory keep their old {use.column.legacy} until they are loaded again"
            )

    def _without_keyword(self, use: ModelUse) -> Rewrite:
        """Return the rewrite that takes the legacy half out of a call that writes both columns."""
        assert isinstance(use.node, ast.Call)
        call = use.node
        keyword = self._keyword(use, call)
        given: list[ast.expr | ast.keyword] = [*call.args, *call.keywords]
        if keyword is None or len(given) < 2:
            raise NotProvedError("the arguments of the call are not visible in this file")
        spans = [self._source.span(part) for part in given]
        rewrite = Rewrite([Edit(*without_item(spans, given.index(keyword)), "")])
        calls = [part for part in ast.walk(keyword.value) if isinstance(part, ast.Call)]
        if not all(is_clock(part, self._file) for part in calls):
            rewrite.reasons.append("the function that gave the written value is no longer called")
        method = call.func.attr if isinstance(call.func, ast.Attribute) else ""
        self._warn_of_objects(use, method, rewrite)
        return rewrite


def _met_in(method: str, args: Sequence[ast.expr]) -> Sequence[ast.expr]:
    """Return what a method of a column compares it with."""
    if method in _NULL_TESTS and all(is_none(a) or isinstance(a, ast.Constant) for a in args):
        return ()
    if method == "between" and len(args) == 2:
        return args
    if method in _IN and len(args) == 1:
        return _elements(args[0])
    raise NotProvedError(f"what {method}() does with the column is not understood")


def _elements(node: ast.expr) -> list[ast.expr]:
    elements = node.elts if isinstance(node, ast.List | ast.Tuple | ast.Set) else []
    if elements and not any(isinstance(element, ast.Starred) for element in elements):
        return elements
    raise NotProvedError("the values that the column is compared with are not visible in this file")


def _is_alike(one: ColumnContract, other: ColumnContract) -> bool:
    """Tell whether two legacy columns hold times of one form, so that they compare as instants."""
    return (one.storage, one.timezone) == (other.storage, other.timezone)


def _is_django(call: ast.Call) -> bool:
    return any(
        isinstance(part, ast.Attribute) and part.attr in {"objects", "_default_manager"}
        for part in ast.walk(call.func)
    )


def _updates(call: ast.Call) -> bool:
    """Tell whether `values()` belongs to an UPDATE."""
    return any(called_name(part) == "update" for part in ast.walk(call.func))
