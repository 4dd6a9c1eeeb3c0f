"""Proposes a contract for any database, for a person to review."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Final

from ..contract import NullValue, Storage
from ..progress import Progress, ProgressCallback, silent
from .engines.answers import FormCount
from .engines.base import Session, Target
from .engines.choose import opened
from .epochs import is_number, likely_storage
from .forms import DATED, Reading, convert
from .pairs import ColumnPair
from .proposal import Candidate, Proposal
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
_DATED: Final = frozenset(form.name for form in DATED)
_LOCAL: Final = ("datetime", "iso-local", "minutes", "basic", "slashes", "exif", "db2", "ctime")
_EPOCHS: Final[tuple[Storage, ...]] = ("seconds", "milliseconds", "microseconds")
# What .NET, Go, MySQL and C write where there is no instant.
_NONE_TEXTS: Final = (
    "0001-01-01 00:00:00",
    "0001-01-01 00:00:00+00:00",
    "0001-01-01T00:00:00",
    "0001-01-01T00:00:00Z",
    "0000-00-00 00:00:00",
    "9999-12-31 23:59:59",
    "9999-12-31 23:59:59.9999999",
    "9999-12-31T23:59:59.9999999",
)
_NONE_NUMBERS: Final = (0, -1, 2_147_483_647)


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
    is_declared = _is_declared(column.type)
    is_named = bool(_INSTANT.search(column.name) or _CAMEL.search(column.name))
    is_length = bool(_LENGTH.search(column.name))
    if is_length and not is_declared and "_ms" not in column.name.lower():
        return None
    first = session.engine.survey.first_values(session, table.name, column.name)
    storage, has_dates = _likely_storage(first), _most(first, _is_dated)
    is_expected = is_named or is_declared or is_length
    if not (is_expected or has_dates or storage is not None):
        return None
    is_unix = storage in _EPOCHS
    null_values = _null_values(session, table, column, has_numbers=storage is not None)
    reading = Reading("auto" if is_unix or storage is None else storage, null_values=null_values)
    pair = ColumnPair(column.name, f"{column.name}_ms", reading)
    forms = session.engine.survey.count_forms(session, table.name, pair)
    if is_unix or storage is None:
        storage = _unit(forms)
    objection = _objection(column.name, taken, is_length=is_length)
    if objection is None and not (is_expected or has_dates):
        objection = f"numbers that could be {storage} by their size alone"
    proposed, reason = _judge(forms, storage, objection, column.type)
    return Candidate(
        table=table.name,
        column=column.name,
        type=column.type,
        forms=forms,
        storage=storage,
        proposed=proposed,
        reason=reason,
        zone=_zone(column, forms),
        null_values=null_values,
    )


def _is_declared(type_: str) -> bool:
    return any(word in type_ for word in _DECLARED) or type_ == "DATE"


def _likely_storage(values: Sequence[object]) -> Storage | None:
    """Return what most values are, if they are numbers since a likely epoch."""
    numbers = [value for value in values if is_number(value) and value not in _NONE_NUMBERS]
    return likely_storage(numbers) if len(numbers) > len(values) / 2 else None


def _is_dated(value: object) -> bool:
    return convert(value).form in _DATED


def _most(values: Sequence[object], holds: Callable[[object], bool]) -> bool:
    return sum(map(holds, values)) > len(values) / 2


def _null_values(
    session: Session, table: TableInfo, column: ColumnInfo, *, has_numbers: bool
) -> tuple[NullValue, ...]:
    """Return the values of a column by which its writers mean "none"."""
    known: tuple[NullValue, ...] = (*_NONE_TEXTS, *(_NONE_NUMBERS if has_numbers else ()))
    return session.engine.survey.among(session, table.name, column.name, known)


def _unit(forms: tuple[FormCount, ...]) -> Storage:
    """Return the unit of the numbers; `auto` if there are none, or dates or other units as well."""
    units = [storage for storage in _EPOCHS if any(f.form == storage for f in forms)]
    has_dates = any(f.rows for f in forms if f.form in _DATED)
    return units[0] if len(units) == 1 and not has_dates else "auto"


def _objection(name: str, taken: set[str], *, is_length: bool) -> str | None:
    """Return what speaks against a column by names alone."""
    if is_length:
        return "a length of time or a count by its name"
    if _EPOCH_NAME.search(name):
        return "epoch milliseconds already by its name"
    if f"{name.lower()}_ms" in taken:
        return f"{name}_ms stands beside it already"
    if not name.isprintable():
        return "a name with unprintable characters cannot stand in a contract"
    return None


def _judge(
    forms: tuple[FormCount, ...], storage: Storage, objection: str | None, type_: str
) -> tuple[bool, str]:
    """Return whether a column is proposed, and the reason."""
    if objection is not None:
        return False, objection
    rows = {form.form: form.rows for form in forms if form.form not in ("null", "null-value")}
    if not rows:
        return _is_declared(type_), "no values yet; judged by its type"
    instants = sum(rows.get(form, 0) for form in {*_DATED, *map(str, (*_EPOCHS, storage))})
    if instants < sum(rows.values()) / 2:
        return False, "most values are not instants"
    if rows.get("date") == instants and not any(word in type_ for word in _DECLARED):
        return False, "dates without a time"
    if storage == "auto":
        return True, "dates and times"
    return True, f"numbers that are {'epoch ' * (storage in _EPOCHS)}{storage}"


def _zone(column: ColumnInfo, forms: tuple[FormCount, ...]) -> str:
    """Return what is known of the zone of texts that name none."""
    if not any(form.form in _LOCAL for form in forms):
        return ""
    default = (column.default or "").lower()
    is_utc = "current_timestamp" in default or ("'now'" in default and "localtime" not in default)
    return "UTC by its DEFAULT" if is_utc else "zone not known"
