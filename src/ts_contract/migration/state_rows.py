"""The rows of the state as they are stored, refused where this tool cannot have written them.

What a migration does to a database it reads there: which columns are ours and may be dropped, how
far a table is filled. So nothing of it is believed before its shape, its types, its bounds, and
what it says of other rows are checked.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import Any, Final

from ..contract import Contract
from ..loading import parse_contract
from .engines.base import Session
from .errors import Refused
from .forms import MAX_MS, MIN_MS
from .own_tables import FORMAT, QUARANTINE, STATE
from .template_records import is_record

__all__ = ["has_quarantine", "has_state", "read_row", "read_rows"]

_COLUMNS: Final = {
    STATE: ("name", "value"),
    QUARANTINE: ("table_name", "column_name", "row_key", "value", "form", "reason"),
}
_GREATEST: Final = 2**63 - 1
_GREATEST_PROCESS: Final = 2**31 - 1

Check = Callable[[Any], bool]
"""Tells whether a value is one that can stand where it stands."""


def has_state(session: Session) -> bool:
    """Return whether our tables exist.

    Raises:
        Refused: a table has the name of one of ours, and is not.
    """
    inspection = session.engine.inspection
    if not inspection.has_table(session, STATE):
        return False
    for table, columns in _COLUMNS.items():
        if inspection.column_names(session, table) not in (columns, ()):
            raise Refused(
                f"{session.name}: the table {table} is not as ts-contract makes it; rename it if "
                "it is another's, else restore it from a backup"
            )
    return True


def has_quarantine(session: Session) -> bool:
    """Return whether the quarantine is there, which somebody may have dropped.

    Raises:
        Refused: a table has the name of one of ours, and is not.
    """
    return has_state(session) and session.engine.inspection.has_table(session, QUARANTINE)


def read_rows(session: Session) -> dict[str, Any]:
    """Return the values of all rows by their names; none where our tables do not exist.

    Raises:
        Refused: a newer version wrote them, or something else did.
    """
    if not has_state(session):
        return {}
    rows = session.run(f"SELECT name, value FROM {session.qualified(STATE)} ORDER BY name")
    texts = dict(rows)
    if "format" in texts:
        _refuse_newer(session, _value(session, "format", texts["format"]))
    values = {name: _value(session, name, text) for name, text in texts.items()}
    for name, wrong in _contradictions(session, values):
        raise _refusal(session, name, wrong)
    return values


def read_row(session: Session, name: str) -> Any:
    """Return the value of one row by itself; None if there is none. Our tables must exist.

    Raises:
        Refused: this tool cannot have written it.
    """
    row = session.run(
        f"SELECT value FROM {session.qualified(STATE)} WHERE name = ?", name
    ).fetchone()
    return None if row is None else _value(session, name, row[0])


def _refusal(session: Session, name: object, wrong: str) -> Refused:
    return Refused(
        f"{session.name}: row {name!r} of {STATE} {wrong}, so something else than ts-contract "
        "wrote it; restore that table from a backup; nothing was changed"
    )


def _refuse_newer(session: Session, written: int) -> None:
    if written > FORMAT:
        raise Refused(
            f"{session.name}: its migration is in format {written} of a newer ts-contract, this "
            f"one knows formats up to {FORMAT}; use that version"
        )


def _value(session: Session, name: object, text: object) -> Any:
    """Return a row's value, of the right shape."""
    check = _check_of(name)
    if check is None:
        raise _refusal(session, name, "is not one that this version knows")
    try:
        value = json.loads(text, parse_constant=_refuse_constant)  # type: ignore[arg-type]
    except (TypeError, ValueError, RecursionError):
        raise _refusal(session, name, "is not JSON") from None
    if not check(value):
        raise _refusal(session, name, "does not have the shape that it should")
    return value


def _refuse_constant(constant: str) -> None:
    raise ValueError(constant)


# --- the shape of one row --------------------------------------------------------------------


def _is_whole(value: Any, least: int = 0, greatest: int = _GREATEST) -> bool:
    return type(value) is int and least <= value <= greatest


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_bool(value: Any) -> bool:
    return isinstance(value, bool)


def _is_object(value: Any, members: Mapping[str, Check], optional: Iterable[str] = ()) -> bool:
    """Return whether a value has just these members, each as its check wants it."""
    return (
        isinstance(value, dict)
        and members.keys() - set(optional) <= value.keys() <= members.keys()
        and all(members[name](member) for name, member in value.items())
    )


def _are_reasons(value: Any) -> bool:
    return isinstance(value, dict) and all(map(_is_text, value.values()))


def _are_texts(value: Any) -> bool:
    return isinstance(value, list) and all(map(_is_text, value))


def _are_columns(value: Any) -> bool:
    """Return whether these are pairs of columns, no name twice."""
    if not isinstance(value, list) or not all(map(_is_column, value)):
        return False
    named = [name.lower() for legacy, epoch, _ in value for name in (legacy, epoch)]
    return 0 < len(named) == len(set(named))


def _is_column(value: Any) -> bool:
    return (
        isinstance(value, list)
        and len(value) == 3
        and all(map(_is_text, value[:2]))
        and _is_bool(value[2])
    )


def _are_templates(value: Any) -> bool:
    """Return whether these are templates by which triggers can write, by the legacy column."""
    return isinstance(value, dict) and all(map(is_record, value.values()))


def _is_key(value: Any) -> bool:
    """Return whether this is the key of a row; None stands for no row."""
    return value is None or (isinstance(value, list) and bool(value) and all(map(_is_part, value)))


def _is_part(value: Any) -> bool:
    if isinstance(value, dict):
        return len(value) == 1 and any(map(_is_hex, (value.get("blob"), value.get("text"))))
    if isinstance(value, float):
        return math.isfinite(value)
    return isinstance(value, str) or _is_whole(value, -_GREATEST - 1)


def _is_hex(value: Any) -> bool:
    try:
        return isinstance(value, str) and bytes.fromhex(value).hex() == value
    except ValueError:
        return False


def _is_density(value: Any) -> bool:
    return value is None or (type(value) in (int, float) and 0 < value <= 1)


_CURSOR: Final[Mapping[str, Check]] = {
    "cursor": _is_key,
    "bound": _is_key,
    "density": _is_density,
    "done": _is_bool,
    "filled": _is_whole,
    "rows": _is_whole,
}


def _is_cursor(value: Any) -> bool:
    """Return whether this is how far a table is; whole numbers alone can be dense."""
    if not _is_object(value, _CURSOR):
        return False
    keys = [key for key in (value["cursor"], value["bound"]) if key is not None]
    return value["density"] is None or all([type(part) for part in key] == [int] for key in keys)


_is_instant: Final = partial(_is_whole, least=MIN_MS, greatest=MAX_MS)
_WHEN: Final[Mapping[str, Check]] = {"at": _is_instant}
_VERIFIED: Final[Mapping[str, Check]] = {"at": _is_instant, "tables": _are_texts}
_FINALIZED: Final[Mapping[str, Check]] = {"at": _is_instant, "columns": _are_columns}
_LEASE: Final[Mapping[str, Check]] = {
    "token": _is_text,
    "pid": partial(_is_whole, least=1, greatest=_GREATEST_PROCESS),
    "host": _is_text,
    "at": _is_whole,
}
_CONTRACT: Final[Mapping[str, Check]] = {
    "name": _is_text,
    "fingerprint": _is_text,
    "decisive": lambda value: isinstance(value, dict),
}
_OPTIONS: Final[Mapping[str, Check]] = {"sync": _is_bool, "check_range": _is_bool}
_TABLE: Final[Mapping[str, Check]] = {
    "sql": _is_text,
    "columns": _are_columns,
    "templates": _are_templates,
}

_SUCCESSOR: Final[Mapping[str, Check]] = {
    "table": _is_text,
    "name": _is_text,
    "source": _is_text,
    "terms": _are_texts,
    "columns": _are_texts,
    "where": _is_text,
    "unique": _is_bool,
    "of_constraint": _is_bool,
}

_CHECKS: Final[Mapping[str, Check]] = {
    "contract": partial(_is_object, members=_CONTRACT, optional=("decisive",)),
    "format": partial(_is_whole, least=1),
    "lease": partial(_is_object, members=_LEASE),
    "options": partial(_is_object, members=_OPTIONS),
    "reasons": _are_reasons,
    "verified": partial(_is_object, members=_VERIFIED, optional=("tables",)),
    "version": partial(_is_object, members={}),
}
_CHECKS_OF_KIND: Final[Mapping[str, Check]] = {
    "backfill": _is_cursor,
    "finalized": partial(_is_object, members=_FINALIZED),
    "phase": partial(_is_object, members=_WHEN),
    "successor": partial(_is_object, members=_SUCCESSOR),
    "table": partial(_is_object, members=_TABLE, optional=("templates",)),
}


def _check_of(name: object) -> Check | None:
    if not isinstance(name, str):
        return None
    kind, colon, _ = name.partition(":")
    return _CHECKS_OF_KIND.get(kind) if colon else _CHECKS.get(name)


# --- what rows say of each other -------------------------------------------------------------


def _contradictions(session: Session, values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the rows that cannot stand beside the others, each with the reason."""
    declared = None
    if "contract" in values:
        try:
            declared = _declared_pairs(values["contract"])
        except _NO_CONTRACT:
            yield "contract", "does not hold the contract that its fingerprint is of"
            return
    recorded = {name.lower() for name in values if name.startswith("table:")}
    for name, value in values.items():
        kind, _, table = name.partition(":")
        if kind == "backfill" and f"table:{table}".lower() not in recorded:
            yield name, "is of a table that is not on record"
        if kind == "successor" and f"table:{value['table']}".lower() not in recorded:
            yield name, "is of a table that is not on record"
        if kind == "table" and "contract" not in values:
            yield name, "is there without the contract"
        elif kind == "table":
            wrong = _wrong_columns(session, value)
            if wrong is None and declared is not None:
                wrong = _undeclared(table, value, declared)
            if wrong is not None:
                yield name, wrong


_NO_CONTRACT: Final = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
_Pairs = frozenset[tuple[str, str, str]]


def _declared_pairs(value: Mapping[str, Any]) -> _Pairs | None:
    """Return table, legacy and epoch column of each pair of a contract on record, in lower case.

    Returns:
        None where version 0.1.0 recorded no more than the fingerprint.

    Raises:
        Exception: one of `_NO_CONTRACT`, as this is not the contract of that fingerprint, or none
            that a file can have.
    """
    if "decisive" not in value:
        return None
    contract = Contract.of_decisive(value["name"], value["decisive"])
    if contract.fingerprint() != value["fingerprint"]:
        raise ValueError(value["fingerprint"])
    _refuse_invalid(value["decisive"])
    return frozenset(
        (table.name.lower(), column.legacy.lower(), column.epoch.lower())
        for table, column in contract.columns()
    )


def _refuse_invalid(decisive: Mapping[str, Any]) -> None:
    """Refuse what its own fingerprint would vouch for, as a zone or a storage that there is not.

    Raises:
        ValueError: a key holds what no file can have.
    """
    on_overlap, on_gap = decisive["on"]
    raw: dict[str, Any] = {"on-overlap": on_overlap, "on-gap": on_gap, "tables": {}}
    for table in decisive["tables"]:
        raw["tables"][table["name"]] = {
            column["legacy"]: {
                "epoch": column["epoch"],
                "index": column["index"],
                "storage": column["storage"],
                "timezone": column["timezone"],
                "null-values": column.get("null_values", []),
                **({"written-as": column["written_as"]} if "written_as" in column else {}),
            }
            for column in table["columns"]
        }
    if decisive["version"] is not None:
        raw["version"] = decisive["version"]
    parse_contract(raw)
    valid_range = decisive["range"]
    if valid_range is not None and not all(map(_is_instant, valid_range)):
        raise ValueError(valid_range)


def _wrong_columns(session: Session, value: Mapping[str, Any]) -> str | None:
    """Compare the columns that are said to be ours with the table before us."""
    before = session.engine.inspection.columns_of(value["sql"])
    if not before:
        return "does not hold a CREATE TABLE statement"
    for _, epoch, _ in value["columns"]:
        if epoch.lower() in before:
            return f"calls {epoch} ours, which was there before"
    return None


def _undeclared(table: str, value: Mapping[str, Any], declared: _Pairs) -> str | None:
    for legacy, epoch, _ in value["columns"]:
        if (table.lower(), legacy.lower(), epoch.lower()) not in declared:
            return f"has {legacy} with {epoch}, which the contract on record does not have"
    return None
