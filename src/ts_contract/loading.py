"""Reading a contract: finds the TOML, checks every key, builds the model.

Every mistake is a `ContractError` that names the file, the key and the remedy, so that a caller
prints it and stops.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from difflib import get_close_matches
from pathlib import Path
from typing import Any, NoReturn, TypeVar, cast, get_args
from zoneinfo import ZoneInfo

from .contract import (
    ColumnContract,
    Contract,
    ContractError,
    Dialect,
    OnGap,
    OnOverlap,
    Phase,
    Storage,
    TableContract,
    VersionRow,
    index_name,
)
from .timestamps import to_epoch_ms

__all__ = ["find_config", "load_contract", "parse_contract", "shipped_contracts"]

T = TypeVar("T")

_SHIPPED = Path(__file__).parent / "contracts"
_RESERVED_PREFIXES = ("sqlite_", "_ts_contract_")


def shipped_contracts() -> tuple[str, ...]:
    """Return the names of the contracts that ship with the package.

    Example:
        >>> shipped_contracts()
        ('agentos',)
    """
    return tuple(sorted(path.stem for path in _SHIPPED.glob("*.toml")))


def find_config(start: Path | None = None) -> Path | None:
    """Return the nearest configuration file, looking from `start` upwards.

    In one directory `ts-contract.toml` goes before `pyproject.toml`, which counts only if it has
    a table `[tool.ts-contract]`.

    Args:
        start: directory to begin in; the working directory by default.

    Returns:
        The file's path, or None where no directory up to the root has one.

    Raises:
        ContractError: a pyproject.toml on the way cannot be read or is not TOML.
    """
    here = (start or Path.cwd()).resolve()
    for directory in (here, *here.parents):
        own = directory / "ts-contract.toml"
        if own.is_file():
            return own
        pyproject = directory / "pyproject.toml"
        if pyproject.is_file() and _tool_table(_read_toml(pyproject)) is not None:
            return pyproject
    return None


def load_contract(source: str | Path | None = None, *, start: Path | None = None) -> Contract:
    """Load and check a contract.

    Args:
        source: name of a shipped contract, or the path of a pyproject.toml or another TOML file;
            by default the nearest configuration.
        start: directory in which to begin looking for the nearest one.

    Returns:
        The checked contract.

    Raises:
        ContractError: nothing found, not readable, not TOML, or a mistake in it.

    Example:
        >>> sum(len(table.columns) for table in load_contract("agentos").tables)
        29
    """
    return _load(_locate(source, start), ())


def parse_contract(
    raw: Mapping[str, Any], *, name: str = "contract", where: str = "contract"
) -> Contract:
    """Build a contract from what `[tool.ts-contract]` would hold.

    Args:
        raw: the keys and values of the configuration.
        name: what messages and reports call the contract.
        where: what an error message names as the place of a mistake.

    Returns:
        The checked contract.

    Raises:
        ContractError: a mistake in `raw`.

    Example:
        >>> contract = parse_contract({"tables": {"tasks": ["created_at"]}})
        >>> contract.tables[0].columns[0].epoch
        'created_at_ms'
    """
    merged = _with_base(raw, _Where(where), Path(), ())
    return _Builder(_Where(where)).contract(merged, name, None)


# --- finding and reading files ---------------------------------------------------------------


def _locate(source: str | Path | None, start: Path | None) -> Path:
    """Return the file that `source` stands for."""
    if source is None:
        found = find_config(start)
        if found is None:
            raise ContractError(
                "no contract: no ts-contract.toml and no pyproject.toml with [tool.ts-contract] "
                f"in {(start or Path.cwd()).resolve()} or above; write one "
                "(`ts-contract discover DB` proposes it) or name one with --contract"
            )
        return found
    path = Path(source)
    if path.suffix == ".toml" or len(path.parts) > 1:
        return path
    shipped = _SHIPPED / f"{source}.toml"
    if shipped.is_file():
        return shipped
    raise ContractError(
        f"no contract is called {str(source)!r}: shipped are {', '.join(shipped_contracts())}; "
        "a file is named by its path, ending in .toml"
    )


def _load(path: Path, seen: tuple[Path, ...]) -> Contract:
    raw, where = _raw(path)
    merged = _with_base(raw, where, path.parent, (*seen, path.resolve()))
    shipped = path.parent == _SHIPPED
    name = path.stem if path.name != "pyproject.toml" else path.resolve().parent.name
    if path.name == "ts-contract.toml":
        name = path.resolve().parent.name
    return _Builder(where).contract(merged, name, None if shipped else path.resolve().parent)


def _raw(path: Path) -> tuple[dict[str, Any], _Where]:
    """Read the configuration table of a file, and say where it stands."""
    document = _read_toml(path)
    table = _tool_table(document)
    if table is not None:
        return table, _Where(f"{path}: [tool.ts-contract]")
    if path.name == "pyproject.toml":
        raise ContractError(
            f"{path}: has no [tool.ts-contract]; add the table, or name another file"
        )
    return document, _Where(str(path))


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_bytes().decode("utf-8-sig"))
    except OSError as error:
        reason = error.strerror or str(error)
        raise ContractError(
            f"{path}: cannot be read ({reason}); check the path and its rights"
        ) from error
    except UnicodeDecodeError as error:
        raise ContractError(
            f"{path}: is not UTF-8 (byte {error.start}); save it as UTF-8"
        ) from error
    except tomllib.TOMLDecodeError as error:
        raise ContractError(f"{path}: is not valid TOML: {error}; correct it there") from error


def _tool_table(document: Mapping[str, Any]) -> dict[str, Any] | None:
    tool = document.get("tool")
    table = tool.get("ts-contract") if isinstance(tool, dict) else None
    return table if isinstance(table, dict) else None


# --- extends ---------------------------------------------------------------------------------


def _with_base(
    raw: Mapping[str, Any], where: _Where, directory: Path, seen: tuple[Path, ...]
) -> dict[str, Any]:
    """Return `raw` laid over the contract that it extends, if it extends one."""
    base = raw.get("extends")
    if base is None:
        return dict(raw)
    if not isinstance(base, str):
        where.fail("extends", f"is {base!r}; write the name of a contract or a path in quotes")
    path = _SHIPPED / f"{base}.toml"
    if not path.is_file() or base.endswith(".toml"):
        path = directory / base
        if not base.endswith(".toml"):
            where.fail(
                "extends",
                f"names no shipped contract: {base!r}; shipped are "
                f"{', '.join(shipped_contracts())}; a file is named by its path, ending in .toml",
            )
    if path.resolve() in seen:
        where.fail("extends", f"{base!r} extends this file in turn; remove one of the two")
    _load(path, seen)  # so that a mistake in the base is reported in the base's own file
    base_raw, base_where = _raw(path)
    return _merge(
        _with_base(base_raw, base_where, path.parent, (*seen, path.resolve())), raw, where
    )


def _merge(base: dict[str, Any], raw: Mapping[str, Any], where: _Where) -> dict[str, Any]:
    """Lay `raw` over `base`: scalars replace, tables and models merge by name, lists add."""
    merged = {**base, **raw}
    for key, wanted in (("tables", dict), ("models", dict), ("optional-tables", list)):
        for value in (base.get(key), raw.get(key)):
            if value is not None and not isinstance(value, wanted):
                where.fail(key, f"is {value!r}; write a {_TOML_NAME[wanted]}")
    merged["tables"] = {**base.get("tables", {}), **raw.get("tables", {})}
    merged["models"] = {**base.get("models", {}), **raw.get("models", {})}
    merged["optional-tables"] = [*base.get("optional-tables", []), *raw.get("optional-tables", [])]
    return merged


# --- checking and building -------------------------------------------------------------------

_TOML_NAME: dict[type, str] = {
    str: "string in quotes",
    bool: "true or false",
    list: "list in brackets",
    dict: "table",
}


@dataclass(frozen=True, slots=True)
class _Where:
    """The place that error messages name."""

    text: str

    def fail(self, key: str, problem: str) -> NoReturn:
        raise ContractError(f"{self.text}: {key}: {problem}")


@dataclass(frozen=True, slots=True)
class _Builder:
    """Turns checked TOML values into the model; `where` is named in each refusal."""

    where: _Where

    def contract(self, raw: Mapping[str, Any], name: str, root: Path | None) -> Contract:
        self.known_keys(raw, _TOP_KEYS, "")
        zone = self.zone(raw.get("timezone", "UTC"), "timezone")
        tables = self.tables(raw, zone)
        return Contract(
            name=name,
            tables=tables,
            phase=cast(Phase, self.choice(raw, "phase", Phase, "migrate")),
            on_overlap=cast(OnOverlap, self.choice(raw, "on-overlap", OnOverlap, "reject")),
            on_gap=cast(OnGap, self.choice(raw, "on-gap", OnGap, "reject")),
            valid_range=self.valid_range(raw),
            clock=self.dotted(raw.get("clock", "ts_contract"), "clock"),
            schema=self.strings(raw, "schema"),
            dialect=cast(Dialect, self.choice(raw, "dialect", Dialect, "sqlite")),
            exclude=self.strings(raw, "exclude"),
            helpers=tuple(self.dotted(h, "helpers") for h in self.strings(raw, "helpers")),
            models=self.models(raw),
            version=self.version(raw),
            root=root,
        )

    # -- tables

    def tables(self, raw: Mapping[str, Any], zone: str) -> tuple[TableContract, ...]:
        optional = {name.lower(): name for name in self.strings(raw, "optional-tables")}
        spec = self.typed(raw.get("tables", {}), "tables", dict)
        tables = tuple(
            TableContract(
                self.identifier(name, f"tables.{name}"),
                self.columns(columns, f"tables.{name}", zone),
                name.lower() in optional,
            )
            for name, columns in spec.items()
        )
        self.distinct((t.name for t in tables), "tables", "the table")
        for lowered, name in optional.items():
            if all(t.name.lower() != lowered for t in tables):
                self.where.fail(
                    "optional-tables", f"{name!r} is not in tables; add it there or remove it here"
                )
        self.distinct(
            (index_name(t.name, c.epoch) for t in tables for c in t.columns if c.index),
            "tables",
            "the index",
        )
        return tables

    def columns(self, spec: Any, key: str, zone: str) -> tuple[ColumnContract, ...]:
        if isinstance(spec, list):
            spec = {self.typed(name, key, str): {} for name in self.no_duplicate(spec, key)}
        if not isinstance(spec, dict) or not spec:
            self.where.fail(
                key, f'is {spec!r}; write a list of legacy columns, for example ["created_at"]'
            )
        columns = tuple(self.column(n, s, f"{key}.{n}", zone) for n, s in spec.items())
        names = [c.legacy for c in columns]
        self.distinct(names, key, "the legacy column")
        self.distinct((c.epoch for c in columns), key, "the epoch column")
        for column in columns:
            if column.epoch.lower() in {name.lower() for name in names}:
                self.where.fail(
                    f"{key}.{column.legacy}",
                    f"its epoch column {column.epoch!r} is a legacy column too; name another",
                )
        return columns

    def column(self, legacy: str, spec: Any, key: str, zone: str) -> ColumnContract:
        spec = {"epoch": spec} if isinstance(spec, str) else self.typed(spec, key, dict)
        self.known_keys(spec, _COLUMN_KEYS, f"{key}.")
        return ColumnContract(
            legacy=self.identifier(legacy, key),
            epoch=self.identifier(spec.get("epoch", f"{legacy}_ms"), key),
            index=self.typed(spec.get("index", True), f"{key}.index", bool),
            storage=cast(Storage, self.choice(spec, "storage", Storage, "auto", f"{key}.")),
            timezone=self.zone(spec.get("timezone", zone), f"{key}.timezone"),
        )

    def version(self, raw: Mapping[str, Any]) -> VersionRow | None:
        if "version" not in raw:
            return None
        spec = self.typed(raw["version"], "version", dict)
        self.known_keys(spec, _VERSION_KEYS, "version.")
        for key in ("table", "value"):
            if key not in spec:
                self.where.fail(f"version.{key}", "is missing; add it, or remove [version]")
        return VersionRow(
            table=self.identifier(spec["table"], "version.table"),
            value=self.typed(spec["value"], "version.value", str),
            column=self.identifier(spec.get("column", "version"), "version.column"),
        )

    # -- values

    def valid_range(self, raw: Mapping[str, Any]) -> tuple[int, int]:
        key = "valid-range"
        bounds = self.typed(raw.get(key, ["2020-01-01", "2030-01-01"]), key, list)
        if len(bounds) != 2:
            self.where.fail(key, f'is {bounds!r}; write two dates: ["2020-01-01", "2030-01-01"]')
        first, last = (self.instant(bound, key) for bound in bounds)
        if first >= last:
            self.where.fail(key, f"{bounds[0]!s} is not before {bounds[1]!s}; swap them")
        return first, last

    def instant(self, value: Any, key: str) -> int:
        """Return a date or date-time of the TOML as epoch milliseconds."""
        try:
            if isinstance(value, str):
                value = datetime.fromisoformat(value)
            if isinstance(value, date) and not isinstance(value, datetime):
                value = datetime(value.year, value.month, value.day)  # noqa: DTZ001 - naive is UTC
            return to_epoch_ms(value)
        except (TypeError, ValueError):
            self.where.fail(key, f'{value!r} is no date; write it like "2020-01-01"')

    def zone(self, value: Any, key: str) -> str:
        name = self.typed(value, key, str)
        try:
            ZoneInfo(name)
        except (OSError, ValueError):  # ZoneInfoNotFoundError is a KeyError
            known = False
        except KeyError:
            known = False
        else:
            known = True
        if not known:
            self.where.fail(
                key, f'{name!r} is no zone that this machine knows; write one like "Europe/Paris"'
            )
        return name

    def identifier(self, value: Any, key: str) -> str:
        """Return a name that can stand, quoted, in a statement; refuse one that never can."""
        name = self.typed(value, key, str)
        if not name or not name.isprintable():
            self.where.fail(key, f"{name!r} is no identifier; write the name as in the database")
        if name.lower().startswith(_RESERVED_PREFIXES):
            self.where.fail(
                key, f"{name!r} begins with a reserved prefix; name a table or column of your own"
            )
        return name

    def dotted(self, value: Any, key: str) -> str:
        name = self.typed(value, key, str)
        if not all(part.isidentifier() for part in name.split(".")):
            self.where.fail(key, f'{name!r} is no dotted Python name; write it like "myapp.time"')
        return name

    def models(self, raw: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
        spec = self.typed(raw.get("models", {}), "models", dict)
        return tuple(
            sorted(
                (self.dotted(model, "models"), self.identifier(table, f"models.{model}"))
                for model, table in spec.items()
            )
        )

    def strings(self, raw: Mapping[str, Any], key: str) -> tuple[str, ...]:
        return tuple(self.typed(v, key, str) for v in self.typed(raw.get(key, []), key, list))

    def choice(
        self, raw: Mapping[str, Any], key: str, allowed: Any, default: str, prefix: str = ""
    ) -> str:
        value = raw.get(key, default)
        if value not in get_args(allowed):
            choices = ", ".join(repr(choice) for choice in get_args(allowed))
            self.where.fail(prefix + key, f"is {value!r}; write one of {choices}")
        return cast(str, value)

    def typed(self, value: Any, key: str, wanted: type[T]) -> T:
        if not isinstance(value, wanted):
            self.where.fail(key, f"is {value!r}; write a {_TOML_NAME[wanted]}")
        return value

    # -- sets of names

    def known_keys(self, raw: Mapping[str, Any], known: tuple[str, ...], prefix: str) -> None:
        for key in raw:
            if key not in known:
                close = get_close_matches(key, known, n=1)
                remedy = f"did you mean {close[0]!r}?" if close else f"known: {', '.join(known)}"
                self.where.fail(f"{prefix}{key}", f"is no key of a contract; {remedy}")

    def no_duplicate(self, names: list[Any], key: str) -> list[Any]:
        self.distinct((n for n in names if isinstance(n, str)), key, "the legacy column")
        return names

    def distinct(self, names: Iterable[str], key: str, what: str) -> None:
        seen: set[str] = set()
        for name in names:
            if name.lower() in seen:
                self.where.fail(key, f"{what} {name!r} stands there twice; name each one once")
            seen.add(name.lower())


_TOP_KEYS = (
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
_COLUMN_KEYS = ("epoch", "index", "storage", "timezone")
_VERSION_KEYS = ("table", "value", "column")
