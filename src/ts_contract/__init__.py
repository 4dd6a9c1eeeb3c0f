"""Naive TIMESTAMP columns to UTC epoch milliseconds: one contract for database, tests and code.

The public names are loaded when they are first used (PEP 562), so that importing the package
costs production code nothing.
"""

from __future__ import annotations

from importlib import import_module

TYPE_CHECKING = False  # typing's own costs more to import than all of this package
if TYPE_CHECKING:
    from .contract import ColumnContract as ColumnContract
    from .contract import Contract as Contract
    from .contract import ContractError as ContractError
    from .contract import TableContract as TableContract
    from .loading import load_contract as load_contract
    from .timestamps import EPOCH_2020_MS as EPOCH_2020_MS
    from .timestamps import EPOCH_2030_MS as EPOCH_2030_MS
    from .timestamps import epoch_ms_to_sqlite_timestamp as epoch_ms_to_sqlite_timestamp
    from .timestamps import format_iso_z as format_iso_z
    from .timestamps import format_timestamp as format_timestamp
    from .timestamps import from_epoch_ms as from_epoch_ms
    from .timestamps import is_recent as is_recent
    from .timestamps import now_ms as now_ms
    from .timestamps import sqlite_timestamp_to_epoch_ms as sqlite_timestamp_to_epoch_ms
    from .timestamps import time_ago as time_ago
    from .timestamps import to_epoch_ms as to_epoch_ms
    from .timestamps import utc_now as utc_now
    from .timestamps import validate_epoch_ms as validate_epoch_ms

__version__ = "0.1.0"

_HOME = {
    "ColumnContract": "contract",
    "Contract": "contract",
    "ContractError": "contract",
    "EPOCH_2020_MS": "timestamps",
    "EPOCH_2030_MS": "timestamps",
    "TableContract": "contract",
    "epoch_ms_to_sqlite_timestamp": "timestamps",
    "format_iso_z": "timestamps",
    "format_timestamp": "timestamps",
    "from_epoch_ms": "timestamps",
    "is_recent": "timestamps",
    "load_contract": "loading",
    "now_ms": "timestamps",
    "sqlite_timestamp_to_epoch_ms": "timestamps",
    "time_ago": "timestamps",
    "to_epoch_ms": "timestamps",
    "utc_now": "timestamps",
    "validate_epoch_ms": "timestamps",
}

__all__ = [*_HOME]  # noqa: PLE0604


def __getattr__(name: str) -> object:
    """Load a public name from its module, once."""
    try:
        module = _HOME[name]
    except KeyError:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}") from None
    value = globals()[name] = getattr(import_module(f".{module}", __name__), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOME})
