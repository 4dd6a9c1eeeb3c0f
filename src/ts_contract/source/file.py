"""One parsed file under one contract, beside the other tables that are known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from ..contract import Contract
from .python.source import Source

if TYPE_CHECKING:
    from .columns.analysis import Analysis
    from .instants.assigned import Given
    from .instants.units import Quantity
    from .sql.queries import Query

__all__ = ["File", "Schema"]


@dataclass(frozen=True, slots=True, eq=False)
class Schema:
    """Every table and view whose columns are known.

    Attributes:
        tables: name in lower case -> the columns' names in lower case, in the order of the table.
    """

    tables: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


class File:
    """One file under one contract.

    Args:
        source: the parsed file.
        contract: the declared columns; None where there is none, so that only clocks and units
            are checked.
        schema: the other tables that are known.
    """

    def __init__(self, source: Source, contract: Contract | None, schema: Schema | None) -> None:
        self.source = source
        self.contract = contract
        self.schema = schema

    @cached_property
    def epoch_columns(self) -> frozenset[str]:
        """The names of the contract's epoch columns, in lower case."""
        columns = self.contract.columns() if self.contract else ()
        return frozenset(column.epoch.lower() for _, column in columns)

    @cached_property
    def legacy_columns(self) -> frozenset[str]:
        """The names of the contract's legacy columns, in lower case."""
        columns = self.contract.columns() if self.contract else ()
        return frozenset(column.legacy.lower() for _, column in columns)

    @cached_property
    def quantities(self) -> dict[tuple[int, ...], Quantity | None]:
        """What names are known to measure, by the identities of the values given to them.

        A chain of names that are each made of the one before would else be followed anew from
        every one of its links.
        """
        return {}

    @cached_property
    def given(self) -> tuple[Given, ...]:
        """What the file gives to names that say something of time."""
        from .instants.assigned import given_values  # noqa: PLC0415 - only where a rule needs it

        return given_values(self)

    @cached_property
    def queries(self) -> list[Query]:
        """The SQL of the file, found and joined; resolved in `analysis`."""
        from .sql.queries import find_queries  # noqa: PLC0415 - only where a rule needs it

        return find_queries(self.source)

    @cached_property
    def analysis(self) -> Analysis:
        """What the file says about contract columns; each part is found when a rule asks for it."""
        from .columns.analysis import Analysis  # noqa: PLC0415 - only where a rule needs it

        return Analysis(self.source, self.contract, self.schema, self.queries)
