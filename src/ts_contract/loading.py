"""Reading a contract: finds the TOML, reads it, and lays it over the contract that it extends.

Every mistake is a `ContractError` that names the file, the key and the remedy, so that a caller
prints it and stops. What the keys may hold is said in `checking`.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .checking import ConfigPlace, build_contract, typed
from .contract import Contract, ContractError

__all__ = ["find_config", "load_contract", "parse_contract", "shipped_contracts"]

_SHIPPED = Path(__file__).parent / "contracts"
_MAX_BASES = 50  # each is loaded on top of the one before


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

    A file may extend a shipped contract or another file: its `tables` and `models` are added to
    those of the base by name, its `optional-tables` to the base's list, and every other key
    replaces the base's.

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
    if source is None:
        path = find_config(start)
        if path is None:
            raise ContractError(
                "no contract: no ts-contract.toml and no pyproject.toml with [tool.ts-contract] "
                f"in {(start or Path.cwd()).resolve()} or above; write one "
                "(`ts-contract discover DB` proposes it) or name one"
            )
    else:
        path = _named(str(source), Path(), ConfigPlace("--contract"))
    return _load(path, ())[1]


def parse_contract(
    raw: Mapping[str, Any], *, name: str = "contract", where: str = "contract"
) -> Contract:
    """Build a contract from what `[tool.ts-contract]` would hold.

    Args:
        raw: the keys and values of the configuration. A path in `extends` is taken from the
            working directory.
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
    place = ConfigPlace(where)
    return build_contract(_with_base(raw, place, Path(), ()), place, name=name, root=None)


# --- files -----------------------------------------------------------------------------------


def _named(name: str, directory: Path, place: ConfigPlace) -> Path:
    """Return the file that a name stands for: a shipped contract's, or a path in `directory`."""
    if name in shipped_contracts():
        return _SHIPPED / f"{name}.toml"
    if name.endswith(".toml"):
        return directory / name
    raise place.error(
        f"no contract is called {name!r}; shipped are {', '.join(shipped_contracts())}, "
        "and a file is named by its path, ending in .toml"
    )


def _load(path: Path, seen: tuple[Path, ...]) -> tuple[dict[str, Any], Contract]:
    """Return the configuration of a file, over those that it extends, and its contract.

    The contract is built for a base too, so that a mistake in it is reported in its own file.
    """
    raw, place = _read(path)
    file = path.resolve()
    merged = _with_base(raw, place, path.parent, (*seen, file))
    standard = path.name in {"ts-contract.toml", "pyproject.toml"}
    contract = build_contract(
        merged,
        place,
        name=(file.parent.name if standard else "") or file.stem,
        root=None if file.parent == _SHIPPED.resolve() else file.parent,
    )
    return merged, contract


def _read(path: Path) -> tuple[dict[str, Any], ConfigPlace]:
    """Return the configuration in a file, and where it stands."""
    document = _read_toml(path)
    table = _tool_table(document)
    if table is not None:
        return table, ConfigPlace(f"{path}: [tool.ts-contract]")
    if path.name == "pyproject.toml":
        raise ConfigPlace(str(path)).error(
            "has no [tool.ts-contract]; add the table, or name another file"
        )
    return document, ConfigPlace(str(path))


def _read_toml(path: Path) -> dict[str, Any]:
    place = ConfigPlace(str(path))
    if path.exists() and not (path.is_file() or path.is_dir()):
        # A pipe would be waited for, a device has no end; reading a directory fails by itself.
        raise place.error("is not a regular file; name a TOML file")
    try:
        return tomllib.loads(path.read_bytes().decode("utf-8-sig"))
    except OSError as error:
        raise place.error(
            f"cannot be read ({error.strerror}); check the path and its rights"
        ) from error
    except UnicodeDecodeError as error:
        raise place.error(f"is not UTF-8 (byte {error.start}); save it as UTF-8") from error
    except tomllib.TOMLDecodeError as error:
        raise place.error(f"is not valid TOML: {error}; correct it there") from error
    except (ValueError, RecursionError) as error:
        # A path with a zero byte, a number of thousands of digits, brackets nested as deep.
        raise place.error(f"cannot be read: {error}") from error


def _tool_table(document: Mapping[str, Any]) -> dict[str, Any] | None:
    tool = document.get("tool")
    table = tool.get("ts-contract") if isinstance(tool, dict) else None
    return table if isinstance(table, dict) else None


# --- extends ---------------------------------------------------------------------------------


def _with_base(
    raw: Mapping[str, Any], place: ConfigPlace, directory: Path, seen: tuple[Path, ...]
) -> dict[str, Any]:
    """Return `raw` laid over the contract that it extends, if it extends one.

    Args:
        raw: the configuration of one file.
        place: where it stands.
        directory: the directory that a path in `extends` begins in.
        seen: the files that led here, itself included.
    """
    if "extends" not in raw:
        return dict(raw)
    here = place.at("extends")
    path = _named(typed(raw["extends"], str, here), directory, here)
    if path.is_file() and path.resolve() in seen:
        raise here.error(f"{raw['extends']!r} leads back to {path}; remove one of the two")
    if len(seen) > _MAX_BASES:
        raise here.error(f"more than {_MAX_BASES} files extend one another; write them as fewer")
    base, _ = _load(path, seen)
    root = path.resolve().parent  # the base's own paths begin there
    base["schema"] = [str(root / entry) for entry in base.get("schema", [])]
    return _merge(base, raw, place)


def _merge(base: Mapping[str, Any], raw: Mapping[str, Any], place: ConfigPlace) -> dict[str, Any]:
    """Lay `raw` over its checked `base`: tables and models by name, optional tables added."""
    merged = {**base, **raw}
    for key in ("tables", "models"):
        merged[key] = base.get(key, {}) | typed(raw.get(key, {}), dict, place.at(key))
    key = "optional-tables"
    merged[key] = base.get(key, []) + typed(raw.get(key, []), list, place.at(key))
    return merged
