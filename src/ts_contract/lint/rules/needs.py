"""What several rules need a file's text to hold before they are tried on it."""

from __future__ import annotations

import re
from collections.abc import Iterable

from ...contract import ColumnContract, Contract, TableContract
from ...source.cache import remember_last
from ...source.columns.words import quoted_tables
from ...source.sql.openings import OPENS_SQL, OPENS_SQL_OR_CLAUSE
from ..gate import AnyOf, any_of

__all__ = [
    "DATETIME",
    "DATETIME_OR_TIME",
    "LEGACY_SQL",
    "SQL",
    "SQL_OR_CLAUSE",
    "columns",
    "endings",
    "legacy",
    "milliseconds",
    "tables",
]

# Whatever comes from a module, and under whatever name, its import names the module.
DATETIME = any_of("datetime")
DATETIME_OR_TIME = any_of("datetime", re.compile(r"time(?!\w)(?<!\wtime)"))

SQL = any_of(*OPENS_SQL)
SQL_OR_CLAUSE = any_of(*OPENS_SQL_OR_CLAUSE)


@remember_last
def legacy(contract: Contract | None) -> AnyOf:
    """Return the need for the name of a legacy column."""
    return _names(column.legacy for _, column in _columns(contract))


@remember_last
def columns(contract: Contract | None) -> AnyOf:
    """Return the need for the name of a contract column, legacy or epoch."""
    pairs = _columns(contract)
    both = _names(name for _, column in pairs for name in (column.legacy, column.epoch))
    return legacy(contract) if both.words == legacy(contract).words else both


@remember_last
def endings(contract: Contract | None) -> AnyOf:
    """Return the need for the end of a column's name, `_at` above all: few words for many."""
    names = (name for name in columns(contract).words if isinstance(name, str))
    return _names(name[max(name.rfind("_"), 0) :] for name in names)


@remember_last
def tables(contract: Contract | None) -> AnyOf:
    """Return the need for what means a table: its name, or a class that stands for it."""
    models = (model.rpartition(".")[2] for model, _ in contract.models) if contract else ()
    return _names([*models, *(table.name for table in contract.tables)] if contract else [])


@remember_last
def columns_in_calls(contract: Contract | None) -> AnyOf:
    """Return the need for what columns held as data reach: SQL, or a table's name as a literal."""
    return any_of(*OPENS_SQL, *quoted_tables(contract)) if contract else _NOTHING


LEGACY_SQL = (endings, legacy, SQL_OR_CLAUSE, SQL, tables)

_NOTHING = AnyOf(())
_MS_NAMES = (re.compile(r"_ms(?:ecs?)?(?!\w)"), re.compile(r"milli(?:s|seconds)(?!\w)"))


@remember_last
def milliseconds(contract: Contract | None) -> AnyOf:
    """Return the need for a name of milliseconds; `_ms` alone would be met by each `error_msg`."""
    epochs = (column.epoch.lower() for _, column in _columns(contract))
    others = (name for name in epochs if not any(known.search(name) for known in _MS_NAMES))
    return any_of(*_MS_NAMES, *others)


def _columns(contract: Contract | None) -> Iterable[tuple[TableContract, ColumnContract]]:
    return contract.columns() if contract else ()


def _names(names: Iterable[str]) -> AnyOf:
    """Return the need for one of some names; those that hold another say no more than it."""
    lowered = sorted({name.lower() for name in names})
    return any_of(*(n for n in lowered if not any(o in n for o in lowered if o != n)))
