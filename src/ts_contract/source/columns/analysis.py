"""The SQL of a file, resolved: which contract column each name in it means.

Nothing is guessed: a name that may be a legacy column and cannot be told becomes an `Unsure`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, TypeVar

from ..file import File
from ..sql.catalog import Catalog, build_catalog
from ..sql.queries import find_fragments, find_queries
from ..sql.references import Reference, Star, Statement, Unsure
from ..sql.text import Text, iter_words

if TYPE_CHECKING:
    from ..sql.statements import Found

__all__ = ["find_references", "find_stars", "find_statements", "find_unsure"]

Part = TypeVar("Part", Reference, Star, Unsure)


def find_statements(file: File) -> tuple[Statement, ...]:
    """Return every statement of every query, each branch of the program for itself."""
    return tuple(found.statement for found in file.part(_resolve))


def find_references(file: File) -> tuple[Reference, ...]:
    """Return the contract columns that SQL names, each place of the file once, in its order.

    Example:
        >>> from ts_contract import load_contract
        >>> from ts_contract.source.python.source import Source
        >>> source = Source('db.execute("SELECT id FROM tasks ORDER BY created_at")')
        >>> file = File(source, load_contract("agentos"))
        >>> [(r.name, r.role) for r in file.part(find_references)]
        [('tasks.created_at', 'order-by')]
    """
    statements = file.part(find_statements)
    return _each_once(reference for s in statements for reference in s.references)


def find_stars(file: File) -> tuple[Star, ...]:
    """Return each `*` over a contract table, each place once."""
    return _each_once(star for found in file.part(_resolve) for star in found.stars)


def find_unsure(file: File) -> tuple[Unsure, ...]:
    """Return the names that may be legacy columns and cannot be told, each place once."""
    if file.contract is None:
        return ()
    sure = {reference.span for reference in file.part(find_references)}
    unsure = [name for f in file.part(_resolve) for name in f.unsure if name.span not in sure]
    return _each_once(
        [*unsure, *_loose_names(find_fragments(file), build_catalog(file.contract, file.schema))]
    )


def _resolve(file: File) -> list[Found]:
    if file.contract is None or not file.contract.tables:
        return []
    catalog = build_catalog(file.contract, file.schema)
    relevant = [query for query in file.part(find_queries) if catalog.concerns(query.text)]
    if not relevant:
        return []
    from ..sql.statements import resolve_statement  # noqa: PLC0415 - sqlglot only for a candidate

    return [
        resolve_statement(query, text, catalog) for query in relevant for text in query.statements
    ]


def _loose_names(fragments: Sequence[Text], catalog: Catalog) -> Iterator[Unsure]:
    """Yield the legacy columns named in clauses that no query of the file takes in."""
    for text in fragments:
        for word, first, last in iter_words(text.value):
            tables = catalog.legacy.get(word.lower())
            if tables:
                yield Unsure(word, tables, text.span(first, last))


def _each_once(parts: Iterable[Part]) -> tuple[Part, ...]:
    """Return the parts in the order of the file, each place and meaning once."""
    kept: dict[tuple[tuple[int, int], str], Part] = {}
    for part in parts:
        name = part.table.name if isinstance(part, Star) else part.name
        kept.setdefault((part.span, name), part)
    return tuple(sorted(kept.values(), key=lambda part: part.span))
