"""All tables that are known, by name: those of the contract and those of the schema."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from ...contract import Contract, TableContract
from ..cache import remember_last
from ..file import Schema
from .tables import Table
from .text import Text

__all__ = ["Catalog"]


@dataclass(frozen=True, slots=True, eq=False)
class Catalog:
    """The tables of one contract and one schema.

    Attributes:
        contract: the contract.
        tables: table by its name in lower case.
        legacy: contract tables by each legacy column's name in lower case.
        column_words: finds the name of a contract column, legacy or epoch.
        table_words: finds the name of a contract table.
    """

    contract: Contract
    tables: dict[str, Table]
    legacy: dict[str, tuple[TableContract, ...]]
    column_words: re.Pattern[str]
    table_words: re.Pattern[str]

    def table(self, name: str) -> Table:
        """Return a table by its name in lower case; one without known columns if it is new."""
        return self.tables.get(name) or Table(name, None, None)

    def concerns(self, text: Text) -> bool:
        """Tell whether a text may touch a contract column: name it, hide it, or take all."""
        if self.column_words.search(text.value):
            return True
        hiding = text.holes or "*" in text.value
        return bool(hiding) and self.table_words.search(text.value) is not None


@remember_last
def build_catalog(contract: Contract, schema: Schema | None) -> Catalog:
    """Return the catalog of a contract and a schema; the same one for the same two."""
    known = schema.tables if schema else {}
    tables = {name: Table(name, None, columns) for name, columns in known.items()}
    legacy: dict[str, tuple[TableContract, ...]] = {}
    for table in contract.tables:
        name = table.name.lower()
        named = frozenset(n.lower() for c in table.columns for n in (c.legacy, c.epoch))
        tables[name] = Table(name, table, known.get(name), named)
        for column in table.columns:
            lowered = column.legacy.lower()
            legacy[lowered] = (*legacy.get(lowered, ()), table)
    columns = {name for _, c in contract.columns() for name in (c.legacy, c.epoch)}
    return Catalog(
        contract, tables, legacy, _words(columns), _words(table.name for table in contract.tables)
    )


def _words(names: Iterable[str]) -> re.Pattern[str]:
    alternatives = "|".join(sorted(map(re.escape, names), key=len, reverse=True))
    return re.compile(rf"(?<!\w)(?:{alternatives})(?!\w)", re.IGNORECASE)
