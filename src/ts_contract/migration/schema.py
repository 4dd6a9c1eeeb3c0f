"""What a live database has, as data: tables, keys, indexes, triggers, views."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property

__all__ = ["ColumnInfo", "DatabaseInfo", "SchemaObject", "TableInfo"]


@dataclass(frozen=True, slots=True)
class ColumnInfo:
    """One column of a table.

    Attributes:
        name: its name, as declared.
        type: its declared type, in capitals; may be empty.
        not_null: whether it refuses NULL.
        default: the SQL text of its default, if any.
        generated: whether it is computed and cannot be written.
        is_integer: whether its declared type is one of whole numbers.
        is_real: whether it is one of floating-point numbers.
    """

    name: str
    type: str
    not_null: bool
    default: str | None
    generated: bool
    is_integer: bool = False
    is_real: bool = False


@dataclass(frozen=True, slots=True)
class SchemaObject:
    """An index, trigger or view, or a table with a name of ours.

    Attributes:
        kind: `index`, `trigger`, `view` or `table`.
        name: its name.
        table: the table it belongs to; for a view or a table its own name.
        sql: its CREATE statement; None for an index that a constraint implies.
        update_of: for a trigger, the columns, in lower case, whose UPDATE fires it; empty if that
            of any column does, None if none does.
    """

    kind: str
    name: str
    table: str
    sql: str | None
    update_of: tuple[str, ...] | None = None

    def fires_on_update_of(self, columns: Collection[str]) -> bool:
        """Return whether an UPDATE of one of some columns, in lower case, fires the trigger."""
        if self.update_of is None:
            return False
        return not self.update_of or any(column in columns for column in self.update_of)


@dataclass(frozen=True, slots=True)
class TableInfo:
    """One table.

    Attributes:
        name: its name, as declared.
        kind: `table`, `view` or `virtual`.
        columns: its columns, in order.
        key: the columns that address a row, in order; empty if no name can.
        strict: whether it checks types.
        rows: how many rows it has.
        index_heads: the columns, in lower case, that an index begins with.
        synced: whether it has all our sync triggers.
        row_number: the column that is the database's own number of a row; None if there is none.
        temporary_triggers: the triggers on it that this connection alone has.
        create: its CREATE statement, as the database stores it.
    """

    name: str
    kind: str
    columns: tuple[ColumnInfo, ...]
    key: tuple[str, ...] = ()
    strict: bool = False
    rows: int = 0
    index_heads: frozenset[str] = frozenset()
    synced: bool = False
    row_number: str | None = None
    temporary_triggers: tuple[str, ...] = ()
    create: str = ""

    def column(self, name: str) -> ColumnInfo | None:
        """Return the column of that name (case does not count), or None."""
        return next((c for c in self.columns if c.name.lower() == name.lower()), None)

    def has_index_on(self, column: str) -> bool:
        """Return whether an index begins with the column of that name (case does not count)."""
        return column.lower() in self.index_heads


@dataclass(frozen=True)
class DatabaseInfo:
    """What was found, for the tables that were asked for.

    Attributes:
        tables: those that are there.
        objects: every index, trigger and view of the whole database, and the tables with a name
            of ours, in order of creation.
        names: the names of all tables, views and indexes, in lower case.
        zones: the rows of our table of time zones: zone, clock, start, offset, note.
    """

    tables: tuple[TableInfo, ...]
    objects: tuple[SchemaObject, ...]
    names: frozenset[str]
    zones: tuple[tuple[str, str, int, int | None, str], ...] = ()

    def table(self, name: str) -> TableInfo | None:
        """Return the table of that name (case does not count), or None."""
        return self._by_name.get(name.lower())

    def has(self, name: str) -> bool:
        """Return whether a table, view or index has that name (case does not count)."""
        return name.lower() in self.names

    def triggers_on(self, table: str) -> tuple[SchemaObject, ...]:
        """Return the triggers on a table, ours included, in order of creation."""
        return self._on_table("trigger", table)

    def indexes_on(self, table: str) -> tuple[SchemaObject, ...]:
        """Return the indexes on a table, ours included, in order of creation."""
        return self._on_table("index", table)

    def _on_table(self, kind: str, table: str) -> tuple[SchemaObject, ...]:
        return tuple(o for o in self._by_table.get(table.lower(), ()) if o.kind == kind)

    # A contract may have a thousand tables, each of which is looked up.

    @cached_property
    def _by_name(self) -> Mapping[str, TableInfo]:
        return {table.name.lower(): table for table in reversed(self.tables)}

    @cached_property
    def _by_table(self) -> Mapping[str, list[SchemaObject]]:
        found: dict[str, list[SchemaObject]] = {}
        for each in self.objects:
            found.setdefault(each.table.lower(), []).append(each)
        return found
