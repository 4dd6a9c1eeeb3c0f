"""The tables that are known beside the contract's: what the linter reads from `schema`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = ["Schema"]


@dataclass(frozen=True, slots=True)
class Schema:
    """Every table and view whose columns are known.

    Attributes:
        tables: name in lower case -> the columns' names in lower case, in the order of the table.
    """

    tables: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
