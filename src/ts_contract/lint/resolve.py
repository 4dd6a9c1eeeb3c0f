"""The SQL of a file, resolved: which contract column each name in it means.

Nothing is guessed: a name that may be a legacy column and cannot be told becomes an `Unsure`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, TypeVar

from ..contract import Contract
from .analysis import Analysis, Reference, Star, Unsure
from .catalog import Catalog, build_catalog
from .columndata import find_column_data
from .models import find_models
from .queries import Query, find_fragments, find_queries, has_sql
from .rows import find_row_reads
from .schema import Schema
from .source import Source
from .sqltext import Text, iter_words

if TYPE_CHECKING:
    from .statements import Found

__all__ = ["analyse", "resolve_queries"]


Place = TypeVar("Place", Reference, Star, Unsure)


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
    return resolve_queries(source, lambda: find_queries(source), contract, schema)


def resolve_queries(
    source: Source,
    find: Callable[[], Sequence[Query]],
    contract: Contract | None,
    schema: Schema | None,
) -> Analysis:
    """Resolve the queries of one file; see `analyse`.

    Args:
        source: the parsed file.
        find: gives the file's queries; asked only if the file has text that begins like SQL.
        contract: the declared columns.
        schema: the other tables that are known.
    """
    if contract is None or not contract.tables:
        return Analysis((), (), (), ())
    catalog = build_catalog(contract, schema)
    queries = find() if has_sql(source.text) else ()
    relevant = [query for query in queries if catalog.concerns(query.text)]
    found: list[Found] = []
    if relevant:
        from .statements import resolve_statement  # noqa: PLC0415 - sqlglot only for a candidate

        found = [
            resolve_statement(query, statement, catalog)
            for query in relevant
            for statement in query.statements
        ]
    references = _each_once(r for f in found for r in f.resolved.references)
    sure = {reference.span for reference in references}
    unsure = [name for f in found for name in f.unsure if name.span not in sure]
    unsure += _loose_names(find_fragments(source, queries), catalog)
    resolved = tuple(f.resolved for f in found)
    return Analysis(
        resolved,
        references,
        _each_once(star for f in found for star in f.stars),
        _each_once(unsure),
        find_row_reads(source, resolved),
        *find_models(source, contract),
        find_column_data(source, contract, resolved),
    )


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
