"""What rules need a file's text to hold, in lower case, before they are tried on it."""

from __future__ import annotations

import re
from collections.abc import Iterable

from ...contract import Contract
from ..beginnings import OPENS_SQL, OPENS_SQL_OR_CLAUSE
from ..columndata import quoted_tables
from ..memory import remember_last
from ..models import declarations

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

Need = tuple[str | re.Pattern[str], ...]

# Whatever comes from a module, and under whatever name, its import names the module.
DATETIME = ("datetime",)
DATETIME_OR_TIME = ("datetime", re.compile(r"time(?!\w)(?<!\wtime)"))

SQL = (OPENS_SQL,)
SQL_OR_CLAUSE = (OPENS_SQL_OR_CLAUSE,)


@remember_last
def legacy(contract: Contract | None) -> tuple[str, ...]:
    """Return the names of the legacy columns."""
    return _shortest(column.legacy for _, column in contract.columns()) if contract else ()


@remember_last
def endings(contract: Contract | None) -> tuple[str, ...]:
    """Return how the columns' names end, `_at` above all: fewer words than the names."""
    return _shortest(name[name.rfind("_") :] if "_" in name else name for name in columns(contract))


@remember_last
def columns(contract: Contract | None) -> tuple[str, ...]:
    """Return the names of all contract columns, legacy and epoch."""
    pairs = contract.columns() if contract else ()
    return _shortest(name for _, column in pairs for name in (column.legacy, column.epoch))


@remember_last
def tables(contract: Contract | None) -> tuple[str, ...]:
    """Return what a file says that means a table: its name, or a class that stands for it."""
    if contract is None:
        return ()
    models = (model.rpartition(".")[2] for model, _ in contract.models)
    return _shortest([*models, *(table.name for table in contract.tables)])


@remember_last
def models(contract: Contract | None) -> tuple[str, ...]:
    """Return what a file says that may have models."""
    return declarations(contract) if contract else ()


@remember_last
def columns_in_calls(contract: Contract | None) -> Need:
    """Return what a file says whose data may reach SQL: SQL, or a table's name as a literal."""
    return (OPENS_SQL, quoted_tables(contract)) if contract else ()


LEGACY_SQL = (endings, legacy, tables, SQL)


_MS_NAMES = (re.compile(r"_ms(?:ecs?)?(?!\w)"), re.compile(r"milli(?:s|seconds)(?!\w)"))


@remember_last
def milliseconds(contract: Contract | None) -> Need:
    """Return what a file says that names milliseconds: `_ms` alone would find every `error_msg`."""
    epochs = (column.epoch.lower() for _, column in contract.columns()) if contract else ()
    return (
        *_MS_NAMES,
        *(name for name in epochs if not any(known.search(name) for known in _MS_NAMES)),
    )


def _shortest(names: Iterable[str]) -> tuple[str, ...]:
    """Return names in lower case, without those that hold another: they say no more than it."""
    lowered = sorted({name.lower() for name in names})
    return tuple(n for n in lowered if not any(other in n for other in lowered if other != n))
