"""What a live database has, as data: tables, keys, indexes, triggers, views."""

from __future__ import annotations

from dataclasses import dataclass

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
    """

    name: str
    type: str
    not_null: bool
    default: str | None
    generated: bool


@dataclass(frozen=True, slots=True)
class SchemaObject:
    """An index, trigger or view.

    Attributes:
        kind: `index`, `trigger` or `view`.
        name: its name.
        table: the table it belongs to; for a view its own name.
        sql: its CREATE statement; None for an index that a constraint implies.
    """

    kind: str
    name: str
    table: str
    sql: str | None


@dataclass(frozen=True, slots=True)
class TableInfo:
    """One table.

    Attributes:
        name: its name, as declared.
        kind: `table`, `view` or `virtual`.
        sql: its CREATE statement, byte for byte.
        columns: its columns, in order.
        key: the columns that address a row, in order; empty if no name can.
        strict: whether it checks types.
        rows: how many rows it has.
    """

    name: str
    kind: str
    sql: str
    columns: tuple[ColumnInfo, ...]
    key: tuple[str, ...]
    strict: bool
    rows: int

    def column(self, name: str) -> ColumnInfo | None:
        """Return the column of that name (case does not count), or None."""
        return next((c for c in self.columns if c.name.lower() == name.lower()), None)


@dataclass(frozen=True, slots=True)
class DatabaseInfo:
    """What was found, for the tables that were asked for.

    Attributes:
        tables: those that are there.
        objects: every index, trigger and view of the whole database, in order of creation.
        names: the names of all tables, views and indexes, in lower case.
        size: bytes of the database.
    """

    tables: tuple[TableInfo, ...]
    objects: tuple[SchemaObject, ...]
    names: frozenset[str]
    size: int

    def table(self, name: str) -> TableInfo | None:
        """Return the table of that name (case does not count), or None."""
        return next((t for t in self.tables if t.name.lower() == name.lower()), None)

    def triggers_on(self, table: str) -> tuple[SchemaObject, ...]:
        """Return the triggers on a table, ours included, in order of creation."""
        return tuple(
            o for o in self.objects if o.kind == "trigger" and o.table.lower() == table.lower()
        )
