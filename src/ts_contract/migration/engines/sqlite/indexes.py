"""The successors of the application's indexes and keys, on the epoch columns.

Whatever keeps rows apart by a legacy column keeps them apart by the epoch column too, and what is
quick by the one is quick by the other, long before the legacy column goes.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace

from ....contract import index_name
from ...pairs import ColumnPair, PairedTable, SuccessorIndex
from ...schema import DatabaseInfo
from ..answers import DependentIndex
from ..base import Session
from .clauses import clauses_of, edited, groups, without_parentheses
from .create_index import Term, create_index, index_text, terms_of, without_order
from .create_text import Token, create_text, is_same, items_of, tokens
from .epoch_checks import epoch_condition
from .names import column_in, quote, quote_for_index
from .recognise import ms_expression
from .survey import provide_zones

__all__ = ["collisions", "dependent_indexes", "is_built", "with_successors"]

Pairs = Mapping[str, ColumnPair]


def with_successors(session: Session, info: DatabaseInfo, table: PairedTable) -> PairedTable:
    """Return a table with what its epoch columns get for the application's indexes and keys.

    Args:
        session: an open database.
        info: its indexes.
        table: the table, with the legacy columns that it has.
    """
    pairs = {pair.legacy.lower(): pair for pair in table.columns}
    found: list[SuccessorIndex] = []
    unsaid: list[str] = []
    for index in dependent_indexes(info, table.name, [pair.legacy for pair in table.columns]):
        successor = _of_index(index, pairs)
        if successor is not None:
            found.append(successor)
        else:
            unsaid.append(index.name)
    inspected = info.table(table.name)
    create = create_text(session, table.name) if inspected is None else inspected.create
    found += _of_keys(table.name, create, pairs)
    wanted = (each for each in found if not _is_there_by_contract(each, table))
    return replace(table, indexes=tuple(_named_apart(wanted, table)), unsaid=tuple(unsaid))


def dependent_indexes(
    info: DatabaseInfo, table: str, columns: Collection[str]
) -> list[DependentIndex]:
    """Return the indexes on a table that name any of some columns."""
    found = []
    for index in info.indexes_on(table):
        if index.sql:  # that of a constraint has none
            text = index_text(index.sql)
            named = [column for column in columns if text.mentions(column)]
            if named:
                found.append(DependentIndex(index.name, text.unique, named[0], index.sql))
    return found


def is_built(info: DatabaseInfo, table: str, index: SuccessorIndex) -> bool:
    """Return whether an index is there, and as it has to be."""
    wanted = create_index(table, index)
    return any(
        each.name.lower() == index.name.lower() and is_same(each.sql or "", wanted)
        for each in info.indexes_on(table)
    )


def _named_apart(found: Iterable[SuccessorIndex], table: PairedTable) -> Iterator[SuccessorIndex]:
    """Give each another name, where two would be called alike or like the index of a column."""
    taken = {index_name(table.name, pair.epoch).lower() for pair in table.columns if pair.index}
    for each in found:
        name, number = each.name, 2
        while name.lower() in taken:
            name, number = f"{each.name}_{number}", number + 1
        taken.add(name.lower())
        yield replace(each, name=name)


def _is_there_by_contract(index: SuccessorIndex, table: PairedTable) -> bool:
    """Return whether it would be what the index of a column is, which can be read backwards."""
    own = {quote_for_index(pair.epoch) for pair in table.columns if pair.index}
    term = index.terms[0].removesuffix(" ASC").removesuffix(" DESC")
    return not index.unique and not index.where and len(index.terms) == 1 and term in own


# --- of an index -----------------------------------------------------------------------------


def _of_index(index: DependentIndex, pairs: Pairs) -> SuccessorIndex | None:
    """Return the successor of an index; None if it needs the stored form of a column."""
    create, text = index.create, index_text(index.create)
    terms = [_term(create, term, pairs) for term in text.terms]
    where = _condition(create, text.where, pairs) if text.where else ""
    if where is None or None in terms:
        return None
    return SuccessorIndex(
        name=f"{index.name}_ms",
        source=f"index {index.name}",
        terms=tuple(term for term in terms if term is not None),
        columns=tuple(p.epoch for p in pairs.values() if text.mentions(p.legacy)),
        where=where,
        unique=text.unique,
    )


def _term(create: str, term: Term, pairs: Pairs) -> str | None:
    """Return a term of an index on the epoch columns; None if there is no equal."""
    bare = without_parentheses(_without_collation(term))
    pair = pairs.get(bare[0].value.lower()) if bare[0].kind == "name" else None
    if len(bare) > 1 or pair is None:
        return _condition(create, term, pairs)
    behind = create[bare[-1].end : term[-1].end].lstrip(" )")
    return " ".join(filter(None, (quote_for_index(pair.epoch), behind)))


def _without_collation(term: Term) -> Term:
    term = without_order(term)
    return term[:-2] if len(term) > 2 and term[-2].is_word("COLLATE") else term


def _condition(create: str, words: tuple[Token, ...], pairs: Pairs) -> str | None:
    edits = epoch_condition(words, pairs)
    return None if edits is None else edited(create, words[0].start, words[-1].end, edits)


# --- of a key --------------------------------------------------------------------------------


def _of_keys(table: str, create: str, pairs: Pairs) -> Iterator[SuccessorIndex]:
    """Yield the successors of what UNIQUE and PRIMARY KEY say of legacy columns."""
    for item in items_of(create):
        for clause in clauses_of(item):
            if clause.kind not in ("UNIQUE", "PRIMARY"):
                continue
            listed = groups(clause.body)[0] if item.is_constraint else item.tokens[:1]
            names = [term[0].value for term in terms_of(listed)]
            if not any(name.lower() in pairs for name in names):
                continue
            epochs = [pairs[n.lower()].epoch if n.lower() in pairs else n for n in names]
            terms = (_term(create, term, pairs) for term in terms_of(listed))
            word = "UNIQUE" if clause.kind == "UNIQUE" else "PRIMARY KEY"
            yield SuccessorIndex(
                name="_".join(("unique", table, *epochs)),
                source=f"{word} ({', '.join(names)})",
                terms=tuple(term for term in terms if term is not None),
                columns=tuple(pairs[n.lower()].epoch for n in names if n.lower() in pairs),
                unique=True,
                of_constraint=True,
            )


# --- what they would refuse ------------------------------------------------------------------


def collisions(session: Session, table: PairedTable, index: SuccessorIndex) -> int:
    """Count the groups of rows that a unique successor would not let stand beside each other."""
    epochs = {pair.epoch.lower(): pair for pair in table.columns}
    for pair in table.columns:
        provide_zones(session, pair.reading)
    info = session.run(f"PRAGMA {quote(session.schema)}.table_xinfo({quote(table.name)})")
    others = [name for _, name, *_ in info.fetchall() if name.lower() not in epochs]
    converted = (
        f"{ms_expression(column_in(pair.legacy, table.name), pair.reading)} AS {quote(pair.epoch)}"
        for pair in table.columns
    )
    columns = ", ".join((*(column_in(name, table.name) for name in others), *converted))
    keys = [_grouped(term) for term in index.terms]
    where = " AND ".join((*(f"{key} IS NOT NULL" for key in keys), index.where or "1"))
    found: int = session.value(
        f"SELECT count(*) FROM (SELECT 1 FROM (SELECT {columns} FROM"
        f" {session.qualified(table.name)} AS {quote(table.name)} LIMIT -1)"  # not flattened
        f" WHERE {where} GROUP BY {', '.join(keys)} HAVING count(*) > 1)"
    )
    return found


def _grouped(term: str) -> str:
    words = without_order(tuple(tokens(term)))
    return term[: words[-1].end]
