"""What the epoch columns of a table take over from its legacy columns, and what they cannot.

Everything that CREATE TABLE says of a legacy column, or with it, is put on the epoch column with
the same meaning, or it is a refusal. The rest of the text stays as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ...errors import Refused
from ...pairs import ColumnPair, PairedTable
from ..answers import Succession
from ..base import Session
from .clauses import Clause, Edit, clauses_of, edited, groups
from .create_text import Item, Token, create_text, items_of, tokens, without_items
from .epoch_checks import epoch_check
from .epoch_defaults import epoch_default
from .foreign_keys import Going, foreign_keys, uncarried
from .names import quote

__all__ = ["successions"]


def successions(session: Session, tables: tuple[PairedTable, ...]) -> dict[str, Succession]:
    """Return what becomes of some tables, by their names, when their legacy columns go.

    Args:
        session: an open database.
        tables: the tables, with their columns that go.
    """
    going = {
        table.name.lower(): {pair.legacy.lower(): pair for pair in table.columns}
        for table in tables
    }
    keys = _key_refusals(session, going)
    found = {}
    for table in tables:
        text = _TableText(session, table.name, create_text(session, table.name), going)
        text.read()
        found[table.name] = Succession(
            create=text.changed(),
            carried=tuple(text.carried),
            refusals=(*text.refusals, *keys.get(table.name.lower(), ())),
            is_rebuild=bool(text.edits),
        )
    return found


def _key_refusals(session: Session, going: Going) -> dict[str, list[str]]:
    """Return the refusals that foreign keys are, by the table in lower case that causes them."""
    found: dict[str, list[str]] = {}
    for key in foreign_keys(session):
        cause = uncarried(key, going)
        if cause is not None:
            table, column = cause
            found.setdefault(table.lower(), []).append(
                f"the foreign key of {key} needs {table}.{column}; change it first, or put both "
                "sides into the contract"
            )
    return found


@dataclass(slots=True)
class _TableText:
    """The CREATE statement of one table, while it is gone through.

    Attributes:
        session: the database.
        table: the name of the table.
        create: the statement.
        going: the columns that go, of all tables.
        edits: what changes in place.
        added: the clauses that each epoch column gets, by its name in lower case.
        carried: what is taken over, in words.
        refusals: what cannot be.
    """

    session: Session
    table: str
    create: str
    going: Going
    edits: list[Edit] = field(default_factory=list)
    added: dict[str, list[str]] = field(default_factory=dict)
    carried: list[str] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)

    @property
    def pairs(self) -> Mapping[str, ColumnPair]:
        return self.going[self.table.lower()]

    def read(self) -> None:
        """Find what each clause of the table becomes."""
        for item in items_of(self.create):
            pair = None if item.is_constraint else self.pairs.get(item.keyword)
            for clause in clauses_of(item):
                if pair is not None:
                    self._move(clause, pair)
                else:
                    self._stay(clause, item)
        for item in items_of(self.create):
            added = self.added.get(item.keyword)
            if added and not item.is_constraint:
                self.edits.append((item.end, item.end, " " + " ".join(added)))

    def changed(self) -> str:
        """Return the statement without the columns that go."""
        items = items_of(self.create)
        kept = [i for i in items if i.is_constraint or i.keyword not in self.pairs]
        edits = [*self.edits, *without_items(items, kept)]
        return edited(self.create, 0, len(self.create), edits)

    # --- a clause of a column that goes ---

    def _move(self, clause: Clause, pair: ColumnPair) -> None:
        """Put a clause of a legacy column on the epoch column."""
        if clause.kind == "PRIMARY":
            self._refuse(f"{pair.legacy} is the primary key; change the key first")
        elif clause.kind in ("AS", "GENERATED"):
            self._refuse(
                f"{pair.legacy} is generated, and nothing would fill {pair.epoch} without it; "
                "make it an ordinary column first"
            )
        elif clause.kind == "DEFAULT":
            self._move_default(clause, pair)
        elif clause.kind == "CHECK":
            edits = self._check(clause)
            if edits is not None:
                self._add(pair, clause, clause.text(self.create, edits))
        elif clause.kind == "REFERENCES":
            self._add(pair, clause, clause.text(self.create, self._parents(clause.body)))
        elif clause.kind in ("NOT", "UNIQUE"):
            self._add(pair, clause, clause.text(self.create))
        # NULL says nothing, and numbers compare alike under each COLLATE.

    def _move_default(self, clause: Clause, pair: ColumnPair) -> None:
        try:
            default = epoch_default(self.session, self.create, clause.body, pair.reading)
        except Refused as refusal:
            text = " ".join(clause.text(self.create).split())
            self._refuse(f"the {text} of {pair.legacy} is {refusal}; change it first")
        else:
            self._add(pair, clause, f"DEFAULT {default}")

    def _add(self, pair: ColumnPair, clause: Clause, text: str) -> None:
        self.added.setdefault(pair.epoch.lower(), []).append(text)
        said = " ".join(clause.text(self.create).split())
        self.carried.append(f"{said} of {self.table}.{pair.legacy}")

    # --- a clause of what stays ---

    def _stay(self, clause: Clause, item: Item) -> None:
        """Name epoch columns in a clause of what stays."""
        named = self._named(clause.body)
        edits: tuple[Edit, ...] | None = ()
        if clause.kind == "CHECK" and named:
            edits = self._check(clause)
        elif clause.kind in ("AS", "GENERATED") and named:
            column = item.tokens[0].value
            self._refuse(f"column {column} is computed from {named[0].value}; change it first")
        elif clause.kind == "REFERENCES":
            edits = tuple(self._parents(clause.body))
        elif clause.kind == "FOREIGN":
            edits = self._foreign(clause)
        elif item.is_constraint and named:
            if clause.kind == "PRIMARY" and self._is_one_column(clause) and self._has_rowid():
                self._refuse(f"{named[0].value} is the primary key; change the key first")
            else:
                edits = self._renamed(named, self.pairs)
        if edits:
            self.edits += edits
            self.carried.append(f"{' '.join(clause.text(self.create).split())} of {self.table}")

    def _is_one_column(self, clause: Clause) -> bool:
        return len({t.value.lower() for t in self._key_names(clause)}) == 1

    def _key_names(self, clause: Clause) -> list[Token]:
        listed = groups(clause.body)[0]
        return [
            token
            for place, token in enumerate(listed)
            if place == 0 or listed[place - 1].text == ","
        ]

    def _has_rowid(self) -> bool:
        """Return whether a key of one INTEGER column would be the rowid."""
        last = items_of(self.create)[-1].end
        return not any(t.is_word("ROWID") and t.start >= last for t in tokens(self.create))

    def _check(self, clause: Clause) -> tuple[Edit, ...] | None:
        edits = epoch_check(clause.body, self.pairs)
        if edits is None:
            text = " ".join(clause.text(self.create).split())
            column = self._named(clause.body)[0].value
            self._refuse(f"{text} needs the stored form of {column}; change it first")
        return edits

    def _foreign(self, clause: Clause) -> tuple[Edit, ...]:
        place = next(n for n, t in enumerate(clause.body) if t.is_word("REFERENCES"))
        ours = self._renamed(self._named(clause.body[:place]), self.pairs)
        return (*ours, *self._parents(clause.body[place + 1 :]))

    def _parents(self, tokens: tuple[Token, ...]) -> tuple[Edit, ...]:
        """Return the edits that name epoch columns of the table that is referred to."""
        pairs = self.going.get(tokens[0].value.lower(), {})
        listed = [token for group in groups(tokens[1:]) for token in group]
        return self._renamed([t for t in listed if t.value.lower() in pairs], pairs)

    def _named(self, tokens: tuple[Token, ...]) -> list[Token]:
        return [t for t in tokens if t.kind == "name" and t.value.lower() in self.pairs]

    def _renamed(self, tokens: list[Token], pairs: Mapping[str, ColumnPair]) -> tuple[Edit, ...]:
        return tuple((t.start, t.end, quote(pairs[t.value.lower()].epoch)) for t in tokens)

    def _refuse(self, message: str) -> None:
        self.refusals.append(f"{self.table}: {message}")
