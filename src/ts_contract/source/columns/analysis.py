"""The SQL of a file, resolved: which contract column each name in it means.

Nothing is guessed: a name that may be a legacy column and cannot be told becomes an `Unsure`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

from ...contract import Contract
from ..file import Schema
from ..python.source import Source
from ..sql.catalog import Catalog, build_catalog
from ..sql.queries import Query, find_fragments, find_queries
from ..sql.text import Text, iter_words
from .model import ColumnData, ModelColumn, ModelUse, Reference, RowRead, Star, Statement, Unsure
from .named import find_column_data
from .orm import find_models
from .rows import find_row_reads

if TYPE_CHECKING:
    from ..sql.statements import Found

__all__ = ["Analysis", "analyse"]


Place = TypeVar("Place", Reference, Star, Unsure)

_NO_CONTRACT = Contract("none")


class Analysis:
    """What a file's SQL, rows and models say about contract columns, found as it is asked for.

    Args:
        source: the parsed file.
        contract: the declared columns; without any nothing is found.
        schema: the other tables that are known.
        queries: the file's queries.
    """

    def __init__(
        self,
        source: Source,
        contract: Contract | None,
        schema: Schema | None,
        queries: Sequence[Query],
    ) -> None:
        self._source = source
        self._contract = contract or _NO_CONTRACT
        self._schema = schema
        self._queries = queries

    @cached_property
    def _catalog(self) -> Catalog:
        return build_catalog(self._contract, self._schema)

    @cached_property
    def _found(self) -> list[Found]:
        if not self._contract.tables:
            return []
        relevant = [query for query in self._queries if self._catalog.concerns(query.text)]
        if not relevant:
            return []
        from ..sql.statements import resolve_statement  # noqa: PLC0415 - sqlglot only for a candidate

        return [
            resolve_statement(query, text, self._catalog)
            for query in relevant
            for text in query.statements
        ]

    @cached_property
    def statements(self) -> tuple[Statement, ...]:
        """Every statement of every query, each branch of the program for itself."""
        return tuple(found.statement for found in self._found)

    @cached_property
    def references(self) -> tuple[Reference, ...]:
        """Contract columns named, each place of the file once, in its order."""
        return _each_once(
            reference for statement in self.statements for reference in statement.references
        )

    @cached_property
    def stars(self) -> tuple[Star, ...]:
        """`*` over contract tables, each place once."""
        return _each_once(star for found in self._found for star in found.stars)

    @cached_property
    def unsure(self) -> tuple[Unsure, ...]:
        """Names that cannot be told, each place once."""
        sure = {reference.span for reference in self.references}
        unsure = [name for f in self._found for name in f.unsure if name.span not in sure]
        fragments = find_fragments(self._source, self._queries)
        return _each_once([*unsure, *_loose_names(fragments, self._catalog)])

    @cached_property
    def row_reads(self) -> tuple[RowRead, ...]:
        """Legacy columns taken out of rows in Python."""
        return find_row_reads(self._source, self.statements)

    @cached_property
    def _models(self) -> tuple[tuple[ModelColumn, ...], tuple[ModelUse, ...]]:
        return find_models(self._source, self._contract)

    @property
    def model_columns(self) -> tuple[ModelColumn, ...]:
        """Contract columns that classes define."""
        return self._models[0]

    @property
    def model_uses(self) -> tuple[ModelUse, ...]:
        """Legacy columns that ORM queries name."""
        return self._models[1]

    @cached_property
    def column_data(self) -> tuple[ColumnData, ...]:
        """Legacy columns named in collections that reach SQL."""
        return find_column_data(self._source, self._contract, self.statements)

    def parts(self, kind: type) -> Sequence[object]:
        """Return the parts of one class, in the order of the file."""
        return _PARTS[kind](self)


_PARTS: dict[type, Callable[[Analysis], Sequence[object]]] = {
    Reference: lambda analysis: analysis.references,
    Star: lambda analysis: analysis.stars,
    Unsure: lambda analysis: analysis.unsure,
    RowRead: lambda analysis: analysis.row_reads,
    ModelColumn: lambda analysis: analysis.model_columns,
    ModelUse: lambda analysis: analysis.model_uses,
    ColumnData: lambda analysis: analysis.column_data,
}


def analyse(source: Source, contract: Contract | None, schema: Schema | None = None) -> Analysis:
    """Find and resolve the SQL of a file.

    Args:
        source: the parsed file.
        contract: the declared columns; without one nothing is found.
        schema: the other tables that are known.

    Returns:
        Every contract column that SQL names, with its query and what is bound to it.

    Example:
        >>> from ts_contract import load_contract
        >>> source = Source('db.execute("SELECT id FROM tasks ORDER BY created_at")')
        >>> [(r.name, r.role) for r in analyse(source, load_contract("agentos")).references]
        [('tasks.created_at', 'order-by')]
    """
    return Analysis(source, contract, schema, find_queries(source))


def _loose_names(fragments: Sequence[Text], catalog: Catalog) -> Iterator[Unsure]:
    """Yield the legacy columns named in clauses that no query was seen to take in."""
    for text in fragments:
        for word, first, last in iter_words(text.value):
            tables = catalog.legacy.get(word.lower())
            if tables:
                yield Unsure(word, tables, text.span(first, last))


def _each_once(parts: Iterable[Place]) -> tuple[Place, ...]:
    """Return the parts in the order of the file, each place and meaning once."""
    kept: dict[tuple[tuple[int, int], str], Place] = {}
    for part in parts:
        name = part.table.name if isinstance(part, Star) else part.name
        kept.setdefault((part.span, name), part)
    return tuple(sorted(kept.values(), key=lambda part: part.span))
