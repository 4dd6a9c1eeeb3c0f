"""Who finds the parts of a file that a rule about contract columns may be registered `on`."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from ..source.columns.analysis import find_references, find_stars, find_unsure
from ..source.columns.definitions import find_model_columns
from ..source.columns.model import ColumnData, ModelColumn, ModelUse, ObjectUse, OpaqueName, RowRead
from ..source.columns.named import find_column_data
from ..source.columns.opaque import find_opaque_names
from ..source.columns.orm import find_model_uses, find_object_uses
from ..source.columns.row_reads import find_row_reads
from ..source.file import File
from ..source.sql.references import Reference, Star, Unsure

__all__ = ["FINDERS"]

FINDERS: dict[type, Callable[[File], Iterable[object]]] = {
    ColumnData: find_column_data,
    ModelColumn: find_model_columns,
    ModelUse: find_model_uses,
    ObjectUse: find_object_uses,
    OpaqueName: find_opaque_names,
    Reference: find_references,
    RowRead: find_row_reads,
    Star: find_stars,
    Unsure: find_unsure,
}
