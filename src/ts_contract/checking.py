"""Checking a contract: what each key of the configuration may hold, and the model built of it.

One function per kind of value. Each takes the value and its `ConfigPlace`, and returns it checked,
or raises a `ContractError` that names the place, what was found, and what to write instead.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from difflib import get_close_matches
from keyword import iskeyword
from pathlib import Path
from reprlib import Repr
from typing import Any, TypeVar, cast, get_args
from zoneinfo import ZoneInfo

from .contract import (
    ROWID_NAMES,
    ColumnContract,
    Contract,
    ContractError,
    Dialect,
    NullValue,
    OnGap,
    OnOverlap,
    Phase,
    Storage,
    StorageName,
    TableContract,
    Ticks,
    Unit,
    VersionRow,
    WrittenAs,
    index_name,
)
from .text_forms import read_text
from .timestamps import to_epoch_ms

__all__ = ["ConfigPlace", "build_contract", "typed"]

T = TypeVar("T")

_KEYS = (
    "extends",
    "phase",
    "timezone",
    "on-overlap",
    "on-gap",
    "valid-range",
    "clock",
    "schema",
    "dialect",
    "exclude",
    "helpers",
    "models",
    "optional-tables",
    "version",
    "tables",
)
_COLUMN_KEYS = ("epoch", "index", "storage", "timezone", "null-values", "written-as")
_TICKS_KEYS = ("unit", "epoch")
_VERSION_KEYS = ("table", "value", "column")

_TOML_NAME: dict[type, str] = {
    str: "a string in quotes",
    bool: "true or false",
    list: "a list in brackets",
    dict: "a table",
}

_RESERVED_PREFIXES = ("sqlite_", "_ts_contract_")

_REPR = Repr()
_REPR.maxstring = _REPR.maxother = _REPR.maxlong = 80


@dataclass(frozen=True, slots=True)
class ConfigPlace:
    """Where a value stands.

    Attributes:
        file: the file, or what else a message names.
        key: the dotted key in it; empty for the file as a whole.

    Example:
        >>> print(ConfigPlace("ts-contract.toml").at("tables").at("tasks").error("is empty"))
        ts-contract.toml: tables.tasks: is empty
    """

    file: str
    key: str = ""

    def at(self, key: str) -> ConfigPlace:
        """Return the place of a key within this one."""
        return replace(self, key=f"{self.key}.{key}" if self.key else key)

    def error(self, problem: str) -> ContractError:
        """Return the error to raise for what is wrong here."""
        return ContractError(": ".join(filter(None, (self.file, self.key, problem))))


def build_contract(
    raw: Mapping[str, Any], place: ConfigPlace, *, name: str, root: Path | None
) -> Contract:
    """Check a configuration and build the contract that it describes.

    Args:
        raw: the keys and values, with those of the contract it extends.
        place: where it stands.
        name: what messages and reports call the contract.
        root: directory of the configuration file, if it has one.

    Returns:
        The contract.

    Raises:
        ContractError: a mistake in `raw`.
    """
    _known_keys(raw, _KEYS, place)
    return Contract(
        name=name,
        tables=_tables(raw, place),
        phase=cast(Phase, _choice(raw, "phase", Phase, "migrate", place)),
        on_overlap=cast(OnOverlap, _choice(raw, "on-overlap", OnOverlap, "reject", place)),
        on_gap=cast(OnGap, _choice(raw, "on-gap", OnGap, "reject", place)),
        valid_range=_valid_range(raw.get("valid-range"), place.at("valid-range")),
        clock=_dotted(raw.get("clock", "ts_contract"), place.at("clock")),
        schema=_strings(raw, "schema", place),
        dialect=cast(Dialect, _choice(raw, "dialect", Dialect, "sqlite", place)),
        exclude=_strings(raw, "exclude", place),
        helpers=tuple(_dotted(h, place.at("helpers")) for h in _strings(raw, "helpers", place)),
        models=_models(raw.get("models", {}), place.at("models")),
        version=_version(raw["version"], place.at("version")) if "version" in raw else None,
        root=root,
    )


# --- tables ----------------------------------------------------------------------------------


def _tables(raw: Mapping[str, Any], place: ConfigPlace) -> tuple[TableContract, ...]:
    optional = {name.lower(): name for name in _strings(raw, "optional-tables", place)}
    zone = _zone(raw.get("timezone", "UTC"), place.at("timezone"))
    here = place.at("tables")
    tables = tuple(
        TableContract(
            name=_identifier(name, here.at(name)),
            columns=_columns(columns, here.at(name), zone),
            optional=name.lower() in optional,
        )
        for name, columns in typed(raw.get("tables", {}), dict, here).items()
    )
    _distinct((table.name for table in tables), "the table", here)
    known = {table.name.lower() for table in tables}
    for lowered, name in optional.items():
        if lowered not in known:
            raise place.at("optional-tables").error(
                f"{name!r} is not in tables; add it there or remove it here"
            )
    _distinct_indexes(tables, here)
    return tables


def _columns(spec: Any, place: ConfigPlace, zone: str) -> tuple[ColumnContract, ...]:
    if not isinstance(spec, list | dict) or not spec:
        raise place.error(
            f'is {_shown(spec)}; write a list of legacy columns, for example ["created_at"]'
        )
    if isinstance(spec, list):
        names = [typed(name, str, place) for name in spec]
        _distinct(names, "the legacy column", place)
        spec = {name: {} for name in names}
    columns = tuple(_column(name, column, place.at(name), zone) for name, column in spec.items())
    _distinct((column.legacy for column in columns), "the legacy column", place)
    _distinct((column.epoch for column in columns), "the epoch column", place)
    legacy = {column.legacy.lower() for column in columns}
    for column in columns:
        if column.epoch.lower() in legacy:
            raise place.at(column.legacy).error(
                f"its epoch column {column.epoch!r} is a legacy column too; name another"
            )
    return columns


def _column(legacy: str, spec: Any, place: ConfigPlace, zone: str) -> ColumnContract:
    spec = {"epoch": spec} if isinstance(spec, str) else typed(spec, dict, place)
    _known_keys(spec, _COLUMN_KEYS, place)
    return ColumnContract(
        legacy=_identifier(legacy, place),
        epoch=_epoch(spec.get("epoch", f"{legacy}_ms"), place.at("epoch")),
        index=typed(spec.get("index", True), bool, place.at("index")),
        storage=_storage(spec.get("storage", "auto"), place.at("storage")),
        timezone=_zone(spec.get("timezone", zone), place.at("timezone")),
        null_values=_null_values(spec.get("null-values", []), place.at("null-values")),
        written_as=_written_as(spec.get("written-as"), place.at("written-as")),
    )


def _storage(value: Any, place: ConfigPlace) -> Storage:
    """Return a storage by its name, or by its unit and epoch."""
    if isinstance(value, dict):
        return _ticks(value, place)
    names = get_args(StorageName)
    if value in names:
        return cast(StorageName, value)
    close = get_close_matches(value, names, n=1) if isinstance(value, str) else []
    remedy = (
        f"did you mean {close[0]!r}?" if close else f"write one of {', '.join(map(repr, names))}"
    )
    raise place.error(f'is {_shown(value)}; {remedy}, or {{ unit = "s", epoch = "1904-01-01" }}')


def _ticks(spec: dict[str, Any], place: ConfigPlace) -> Ticks:
    _known_keys(spec, _TICKS_KEYS, place)
    for key, example in (("unit", '"100ns"'), ("epoch", '"1601-01-01"')):
        if key not in spec:
            raise place.at(key).error(f"is missing; write it like {key} = {example}")
    return Ticks(
        unit=cast(Unit, _choice(spec, "unit", Unit, "s", place)),
        epoch=_day(spec["epoch"], place.at("epoch")),
    )


def _day(value: Any, place: ConfigPlace) -> date:
    if type(value) is date:  # TOML has dates, too; a datetime is one of them for Python
        return value
    try:
        if isinstance(value, str) and len(value) == len("1601-01-01"):
            return date.fromisoformat(value)
    except ValueError:
        pass
    raise place.error(f'{_shown(value)} is not a day; write it like "1601-01-01"')


def _null_values(values: Any, place: ConfigPlace) -> tuple[NullValue, ...]:
    for value in typed(values, list, place):
        if isinstance(value, datetime | date | time):
            raise place.error(f'{value} has no quotes; write the text that is stored: "{value}"')
        if not _can_be_stored(value):
            raise place.error(
                f"{_shown(value)} is not a text or number that a column can hold; write values as "
                'they are stored, for example ["0001-01-01 00:00:00", 0]'
            )
    return tuple(dict.fromkeys(values))


def _written_as(value: Any, place: ConfigPlace) -> WrittenAs | None:
    """Return an example of how a legacy column is written, if there is one."""
    if value is None:
        return None
    if not isinstance(value, str | int | float) or not _can_be_stored(value):
        raise place.error(
            f"is {_shown(value)}; write an instant as it is stored, a text in quotes or a number: "
            '"2024-01-15 12:00:00.000"'
        )
    if isinstance(value, str) and not _is_number(value) and read_text(value).local_ms is None:
        raise place.error(
            f"{_shown(value)} is not a date and time of a known form; write one as it is stored: "
            '"2024-01-15 12:00:00.000"'
        )
    return value


def _is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False


def _can_be_stored(value: Any) -> bool:
    if isinstance(value, bool):
        return False
    if isinstance(value, int):
        return -(2**63) <= value < 2**63
    if isinstance(value, float):
        return value == value  # noqa: PLR0124 - a NaN is stored as NULL
    return isinstance(value, str) and "\0" not in value


def _epoch(value: Any, place: ConfigPlace) -> str:
    """Return the name of a column that can be added to a table."""
    name = _identifier(value, place)
    if name.lower() in ROWID_NAMES:  # a column of that name hides the key of the table's rows
        raise place.error(f"{name!r} is SQLite's own name for the key of a row; name another")
    return name


def _version(spec: Any, place: ConfigPlace) -> VersionRow:
    spec = typed(spec, dict, place)
    _known_keys(spec, _VERSION_KEYS, place)
    for key in ("table", "value"):
        if key not in spec:
            raise place.at(key).error("is missing; add it, or remove [version]")
    return VersionRow(
        table=_identifier(spec["table"], place.at("table")),
        value=typed(spec["value"], str, place.at("value")),
        column=_identifier(spec.get("column", "version"), place.at("column")),
    )


# --- values ----------------------------------------------------------------------------------


def typed(value: Any, wanted: type[T], place: ConfigPlace) -> T:
    """Return a value of the type that its key wants.

    Args:
        value: what the TOML holds.
        wanted: `str`, `bool`, `list` or `dict`.
        place: where it stands.

    Returns:
        The value.

    Raises:
        ContractError: it is of another type.
    """
    if not isinstance(value, wanted):
        raise place.error(f"is {_shown(value)}; write {_TOML_NAME[wanted]}")
    return value


def _shown(value: Any) -> str:
    """Return a value for a message, cut to a length that fits one."""
    try:
        return _REPR.repr(value)
    except ValueError:  # Python writes no number of more than 4300 digits
        return "a number"


def _strings(raw: Mapping[str, Any], key: str, place: ConfigPlace) -> tuple[str, ...]:
    here = place.at(key)
    return tuple(typed(value, str, here) for value in typed(raw.get(key, []), list, here))


def _choice(
    raw: Mapping[str, Any], key: str, allowed: Any, default: str, place: ConfigPlace
) -> str:
    value = raw.get(key, default)
    if value not in get_args(allowed):
        choices = ", ".join(repr(choice) for choice in get_args(allowed))
        raise place.at(key).error(f"is {_shown(value)}; write one of {choices}")
    return cast(str, value)


def _valid_range(bounds: Any, place: ConfigPlace) -> tuple[int, int] | None:
    if bounds is None:
        return None
    bounds = typed(bounds, list, place)
    if len(bounds) != 2:
        raise place.error(f'is {_shown(bounds)}; write two dates: ["2020-01-01", "2030-01-01"]')
    first, last = (_instant(bound, place) for bound in bounds)
    if first >= last:
        raise place.error(f"{bounds[0]} is not before {bounds[1]}; write the earlier one first")
    return first, last


def _instant(value: Any, place: ConfigPlace) -> int:
    try:
        if isinstance(value, str | date):
            return to_epoch_ms(value)
    except ValueError:
        pass
    raise place.error(f'{_shown(value)} is not a date; write it like "2020-01-01"')


def _zone(value: Any, place: ConfigPlace) -> str:
    name = typed(value, str, place)
    try:
        ZoneInfo(name)
    except (KeyError, OSError, ValueError):  # unknown, a directory, no path of a zone at all
        raise place.error(
            f'{name!r} is not a time zone known on this machine; write one like "Europe/Paris"'
        ) from None
    return name


def _identifier(value: Any, place: ConfigPlace) -> str:
    """Return a name that can stand, quoted, in a statement; refuse one that never can."""
    name = typed(value, str, place)
    if not name or not name.isprintable():
        raise place.error(f"{name!r} is not an identifier; write the name as in the database")
    if name.lower().startswith(_RESERVED_PREFIXES):
        raise place.error(f"{name!r} begins with a reserved prefix; name one of your own")
    return name


def _dotted(value: Any, place: ConfigPlace) -> str:
    name = typed(value, str, place)
    if not all(part.isidentifier() and not iskeyword(part) for part in name.split(".")):
        raise place.error(f'{name!r} is not a dotted Python name; write it like "myapp.time"')
    return name


def _models(spec: Any, place: ConfigPlace) -> tuple[tuple[str, str], ...]:
    models = typed(spec, dict, place).items()
    return tuple(sorted((_dotted(m, place), _identifier(t, place.at(m))) for m, t in models))


# --- sets of names ---------------------------------------------------------------------------


def _known_keys(raw: Mapping[str, Any], known: tuple[str, ...], place: ConfigPlace) -> None:
    for key in raw:
        if key not in known:
            close = get_close_matches(key, known, n=1)
            remedy = f"did you mean {close[0]!r}?" if close else f"known are {', '.join(known)}"
            raise place.at(key).error(f"is not a key of the contract; {remedy}")


def _distinct(names: Iterable[str], what: str, place: ConfigPlace) -> None:
    seen: set[str] = set()
    for name in names:
        if name.lower() in seen:
            raise place.error(f"{what} {name!r} stands there twice; name each one once")
        seen.add(name.lower())


def _distinct_indexes(tables: Iterable[TableContract], place: ConfigPlace) -> None:
    """Refuse `a`.`b_c` beside `a_b`.`c`, whose indexes would have one name."""
    owner: dict[str, str] = {}
    for table in tables:
        for column in (column for column in table.columns if column.index):
            index = index_name(table.name, column.epoch)
            if owner.setdefault(index.lower(), table.name) != table.name:
                raise (
                    place.at(table.name)
                    .at(column.legacy)
                    .error(
                        f"its index {index!r} would have the name of one of table "
                        f"{owner[index.lower()]!r}; write index = false for one of the two columns"
                    )
                )
