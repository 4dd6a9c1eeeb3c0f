"""Proposes a contract for any database, for a person to review."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from ..progress import Progress, ProgressCallback, silent
from .engines.answers import FormCount
from .engines.base import Session, Target
from .engines.choose import opened
from .forms import DATED, FORMS
from .pairs import ColumnPair
from .schema import ColumnInfo, TableInfo

__all__ = ["Candidate", "Proposal", "discover"]

# A name that ends like this says "an instant"; like that, "a length of time" or "a count".
_INSTANT: Final = re.compile(
    r"(^|_)(at|on|time|timestamp|ts|date|datetime|until|since|when|expires|expiry|deadline|seen|"
    r"updated|created|modified|deleted|started|ended|finished|completed|joined|login|begin|due)$",
    re.IGNORECASE,
)
_LENGTH: Final = re.compile(
    r"(latency|duration|elapsed|timeout|ttl|delay|interval|age|wait|uptime|took|cost|lag|period|"
    r"retention|window|count|size|offset|budget|limit|rate|total|avg|mean|min|max|p\d\d)"
    r"(_(ms|s|sec|secs|seconds|us|ns|millis|minutes|hours|days))?$",
    re.IGNORECASE,
)
_CAMEL: Final = re.compile(r"[a-z](At|On|Time|Timestamp|Date|Until|Since|Seen)$")
_EPOCH_NAME: Final = re.compile(r"_(ms|millis|epoch_ms)$", re.IGNORECASE)
_DECLARED: Final = ("TIMESTAMP", "DATETIME")
_DATED: Final = tuple(form.name for form in DATED)
_EPOCHS: Final = ("seconds", "milliseconds", "microseconds")


@dataclass(frozen=True, slots=True)
class Candidate:
    """One column that may hold instants.

    Attributes:
        table: its table.
        column: its name.
        type: its declared type.
        forms: the storage forms in it.
        storage: the unit of its numbers, `auto` if it holds none or they are mixed.
        proposed: whether the contract should have it.
        reason: why, or why not.
    """

    table: str
    column: str
    type: str
    forms: tuple[FormCount, ...]
    storage: str
    proposed: bool
    reason: str


@dataclass(frozen=True, slots=True)
class Proposal:
    """What was found, and the contract that it suggests."""

    database: str
    candidates: tuple[Candidate, ...]

    def toml(self) -> str:
        """Return the contract as TOML, with what was found in comments, for a person to review."""
        lines = [
            f"# Proposed by `ts-contract discover` for {_comment(self.database)}.",
            "# Review every line: whether each column holds instants, and in which time zone its",
            "# texts without a zone were written.",
            "",
            'timezone = "UTC"',
            'on-overlap = "reject"',
            'on-gap = "reject"',
        ]
        for table in sorted({c.table for c in self.candidates}):
            columns = [c for c in self.candidates if c.table == table]
            is_proposed = any(c.proposed for c in columns)
            head = f"[tables.{_key(table)}]" if is_proposed else f"# {_comment(table)}"
            lines += ["", head, *(_line(c) for c in columns)]
        return "\n".join(lines) + "\n"


def discover(
    db: Target, *, progress: ProgressCallback = silent, schema: str | None = None
) -> Proposal:
    """Look at every column of a database and propose those that hold instants.

    A column is looked at closely if its name, its declared type or its first texts suggest
    instants. It is proposed if most of what it holds are instants; a length of time such as
    `fetch_latency_ms` is told by its name.

    Args:
        db: path, `sqlite:///path`, or an open connection outside a transaction.
        progress: told of each table.
        schema: which of the attached databases of a connection is meant; by default the main one.

    Returns:
        The proposal.

    Raises:
        Refused: the database cannot be opened.
        Failed: it cannot be read.
    """
    with opened(db, write=False, schema=schema) as session:
        names = session.engine.inspection.table_names(session)
        candidates: list[Candidate] = []
        info = session.engine.inspection.inspect(session, names)
        for done, table in enumerate(info.tables):
            progress(Progress("discover", table.name, done, len(info.tables)))
            taken = {column.name.lower() for column in table.columns}
            for column in table.columns:
                candidate = _candidate(session, table, column, taken)
                if candidate is not None:
                    candidates.append(candidate)
        progress(Progress("discover", "", len(info.tables), len(info.tables)))
        return Proposal(session.name, tuple(candidates))


def _candidate(
    session: Session, table: TableInfo, column: ColumnInfo, taken: set[str]
) -> Candidate | None:
    """Judge one column; None if neither its name, nor its type, nor its values suggest instants."""
    declared = any(word in column.type for word in _DECLARED) or column.type == "DATE"
    named = bool(_INSTANT.search(column.name) or _CAMEL.search(column.name))
    length = bool(_LENGTH.search(column.name))
    if length and not declared and "_ms" not in column.name.lower():
        return None
    if not (named or declared or length) and not _begins_with_dates(session, table, column):
        return None
    forms = session.engine.survey.count_forms(session, table.name, _pair(column))
    proposed, storage, reason = _judge(column, forms, taken, declared=declared, length=length)
    if not f"{table.name}{column.name}".isprintable():
        proposed, reason = False, "a name with unprintable characters cannot stand in a contract"
    return Candidate(table.name, column.name, column.type, forms, storage, proposed, reason)


def _pair(column: ColumnInfo) -> ColumnPair:
    return ColumnPair(column.name, f"{column.name}_ms")


def _begins_with_dates(session: Session, table: TableInfo, column: ColumnInfo) -> bool:
    """Return whether the first texts of a column are dates; numbers alone say nothing."""
    forms = session.engine.survey.first_forms(session, table.name, _pair(column))
    return bool(forms) and forms <= set(_DATED)


def _judge(
    column: ColumnInfo,
    forms: tuple[FormCount, ...],
    taken: set[str],
    *,
    declared: bool,
    length: bool,
) -> tuple[bool, str, str]:
    """Return whether a column is proposed, the unit of its numbers, and the reason."""
    storage = _storage(forms)
    objection = _objection(column.name, taken, length=length)
    if objection is not None:
        return False, storage, objection
    values = sum(f.rows for f in forms if f.form != "null")
    if not values:
        return declared, storage, "no values yet; judged by its type"
    instants = sum(f.rows for f in forms if f.form in _DATED or f.form in _EPOCHS)
    if instants < values / 2:
        return False, storage, "most values are not instants"
    about = f"numbers that are epoch {storage}" if storage in _EPOCHS else "dates and times"
    return True, storage, about


def _storage(forms: tuple[FormCount, ...]) -> str:
    """Return the unit of the numbers; `auto` if there are none, or dates or other units as well."""
    units = {f.form for f in forms if f.form in _EPOCHS}
    has_dates = any(f.rows for f in forms if f.form in _DATED)
    return next(iter(units)) if len(units) == 1 and not has_dates else "auto"


def _objection(name: str, taken: set[str], *, length: bool) -> str | None:
    """Return what speaks against a column by names alone."""
    if length:
        return "a length of time or a count by its name"
    if _EPOCH_NAME.search(name):
        return "epoch milliseconds already by its name"
    if f"{name.lower()}_ms" in taken:
        return f"{name}_ms stands beside it already"
    return None


def _line(candidate: Candidate) -> str:
    forms = ", ".join(f"{f.rows:,} {f.form} ({f.example})" for f in candidate.forms[:4])
    comment = _comment(f"{candidate.reason}: {forms or 'no rows'}")
    if not candidate.proposed:
        return f"# {_comment(candidate.column)}: {comment}"
    refused = sum(f.rows for f in candidate.forms if FORMS[f.form].reason is not None)
    if refused:
        comment += f"; {refused:,} cannot be converted"
    storage = "" if candidate.storage == "auto" else f', storage = "{candidate.storage}"'
    epoch = _string(f"{candidate.column}_ms")
    return f"{_key(candidate.column)} = {{ epoch = {epoch}{storage} }}  # {comment}"


def _key(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else _string(name)


def _string(text: str) -> str:
    """Return a TOML basic string."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(c if c.isprintable() else f"\\U{ord(c):08X}" for c in escaped) + '"'


def _comment(text: str) -> str:
    """A comment ends with its line, whatever a database has for names and values."""
    return "".join(c if c.isprintable() else "?" for c in text)
