"""The project's legacy schema: where it comes from, and every input that decides about it."""

from __future__ import annotations

import dis
import functools
import hashlib
import importlib.util
import inspect
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import CodeType, ModuleType

from ..files.migrations import has_number, is_sqlite_database, migration_files
from ..testing.sites import is_users
from .engines.sqlite import EngineError, copy_database, open_unsynced

__all__ = ["Builder", "SchemaError", "SqlFiles", "apply_sql", "hash_inputs"]

Builder = Callable[[Path], object]

_INPUT_SUFFIXES = {".py", ".sql"}


class SchemaError(Exception):
    """The legacy schema cannot be built; the message says which input, why, and what to do."""


@dataclass(frozen=True, slots=True)
class SqlFiles:
    """Builds the legacy schema from the paths of the ini key `ts_contract_migrations`.

    Attributes:
        paths: directories of numbered SQL files, SQL files, or one database file.
    """

    paths: tuple[Path, ...]

    def __call__(self, database: Path) -> None:
        """Build the schema in the file `database`."""
        for path in self.paths:
            if _is_database(path):
                copy_database(path, database)
            else:
                apply_sql(database, _sql_files(path))

    def files(self) -> Iterator[Path]:
        """Yield every file that is read, in order."""
        for path in self.paths:
            yield from [path] if _is_database(path) else _sql_files(path)


def apply_sql(database: Path, files: Iterable[Path]) -> None:
    """Run SQL files on a database, in the order given.

    Raises:
        SchemaError: a file cannot be read, or SQLite refuses it.
    """
    with open_unsynced(database) as connection:
        for file in files:
            try:
                connection.executescript(file.read_text(encoding="utf-8"))
            except (OSError, UnicodeDecodeError, EngineError) as error:
                raise SchemaError(f"{file}: {error}; the legacy schema is not built") from error
        connection.commit()


def _sql_files(path: Path) -> list[Path]:
    if not path.is_dir():
        if not path.is_file():
            raise SchemaError(
                f"{path}: no such file or directory; "
                "correct ts_contract_migrations or ts_contract_seed"
            )
        return [path]
    files = migration_files(path)
    if not files:
        raise SchemaError(
            f"{path}: no *.sql in this directory; correct ts_contract_migrations, or override "
            "the fixture ts_legacy_builder"
        )
    for file in files:
        if not has_number(file.relative_to(path)):
            raise SchemaError(
                f"{file}: no number in the name, so its place in the order is unknown; move it, "
                "or list the files one by one in ts_contract_migrations"
            )
    return files


def _is_database(path: Path) -> bool:
    return path.is_file() and is_sqlite_database(path)


# --- inputs ----------------------------------------------------------------------------------


def hash_inputs(builder: Builder, paths: Iterable[Path], *texts: str) -> str:
    """Return a hash (64 hex digits) of everything that decides what is built.

    Args:
        builder: builds the legacy schema.
        paths: files that are read as well, and directories of them.
        texts: whatever else decides.
    """
    digest = hashlib.sha256()
    for text in texts:
        digest.update(f"{text}\0".encode())
    for file in (*_builder_files(builder), *_files_below(paths)):
        try:
            content = file.read_bytes()
        except OSError as error:
            raise SchemaError(f"{file}: {error.strerror}; the legacy schema is not built") from None
        digest.update(b"%s\0%d\0" % (os.fsencode(file.name), len(content)) + content)
    return digest.hexdigest()


def _files_below(paths: Iterable[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            yield from sorted(each for each in path.rglob("*") if each.is_file())
        else:
            yield path


def _builder_files(builder: Builder) -> list[Path]:
    """Return the files behind a builder: its own, and all of the project that its code names."""
    if isinstance(builder, SqlFiles):
        return list(builder.files())
    while isinstance(builder, functools.partial):
        builder = builder.func
    function = inspect.unwrap(builder)
    if not inspect.isroutine(function):
        function = type(function).__call__
    files = {Path(inspect.getsourcefile(function) or "")} - {Path()}
    code = getattr(function, "__code__", None)
    if code is not None:
        for module in sorted(set(_named_modules(code, inspect.getmodule(function)))):
            files.update(_project_files(module.partition(".")[0]))
    return sorted(files)


def _named_modules(code: CodeType, module: ModuleType | None) -> Iterator[str]:
    """Yield the modules that a function imports, or whose objects it names."""
    for instruction in dis.get_instructions(code):
        if instruction.opname == "IMPORT_NAME":
            yield instruction.argval
        elif instruction.opname in {"LOAD_GLOBAL", "LOAD_NAME"}:
            value = getattr(module, instruction.argval, None)
            if isinstance(value, ModuleType):
                yield value.__name__
            else:
                yield getattr(value, "__module__", None) or "builtins"
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _named_modules(constant, module)


def _project_files(name: str) -> Iterator[Path]:
    """Yield the Python and SQL files of a top-level module or package; none of a library's."""
    try:
        spec = importlib.util.find_spec(name)
    except (ImportError, ValueError):  # a module that is no longer there, or was never imported
        return
    if spec is None or spec.origin is None or not spec.has_location or not is_users(spec.origin):
        return
    if spec.submodule_search_locations is None:
        yield Path(spec.origin)
    for directory in spec.submodule_search_locations or ():
        yield from (p for p in Path(directory).rglob("*") if p.suffix in _INPUT_SUFFIXES)
