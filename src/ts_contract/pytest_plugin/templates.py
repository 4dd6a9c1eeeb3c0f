"""A template database for each schema, built once for all runs and workers; a copy for each test.

A template is a file in pytest's cache, named by a hash of all its inputs. It is built under a lock
and under another name, so that neither a second worker nor a kill leaves half of one behind.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import pytest

from .. import __version__
from ..contract import Contract
from ..files.write import written_aside
from ..testing.engines.sqlite import connections
from ..testing.engines.sqlite.connections import Connection
from .engines.sqlite import ENGINE_VERSION, open_unsynced, remove, settle
from .inputs import Inputs, are_unchanged, recorded, write_inputs
from .settings import Schema
from .sources import Builder, SchemaError, SqlFiles, apply_sql, hash_inputs

try:
    import fcntl
except ImportError:  # no such lock on this system: two workers may build the same, to no harm
    fcntl = None  # type: ignore[assignment]

__all__ = [
    "Template",
    "Templates",
    "cache_directory",
    "finalize_open",
    "migrate_open",
    "open_templates",
]

_PACKAGE = Path(__file__).resolve().parent.parent
_UNUSED_SECONDS = 14 * 86_400


@dataclass(frozen=True, slots=True)
class Template:
    """A template that was found or built.

    Attributes:
        schema: its schema.
        path: its file; never open it, copy it.
        built: whether it was built just now, and not found in the cache.
        seconds: how long that took.
    """

    schema: Schema
    path: Path
    built: bool
    seconds: float

    def __str__(self) -> str:
        return f"{self.schema} {'built' if self.built else 'cached'} ({self.seconds:.2f} s)"


@dataclass(slots=True)
class Templates:
    """The templates of one project, and the private copies of one session.

    Attributes:
        builder: builds the legacy schema.
        inputs: what ts_contract_migrations names, which a builder of the project may read, too.
        seed: SQL files that are run after it.
        before_finalize: SQL files that are run on a migrated database before it is finalized.
        contract: the contract of the migration.
        cache: directory that keeps the templates between runs.
        copies: directory of this session that holds the copies.
        test_files: patterns of the names of test modules, which are not inputs of a builder.
        ready: the templates that this session has used.
    """

    builder: Builder
    inputs: tuple[Path, ...]
    seed: tuple[Path, ...]
    before_finalize: tuple[Path, ...]
    contract: Contract
    cache: Path
    copies: Path
    test_files: tuple[str, ...] = ()
    ready: dict[Schema, Template] = field(default_factory=dict)
    _failed: dict[Schema, Exception] = field(default_factory=dict)
    _empty: list[Path] = field(default_factory=list)
    _numbers: Iterator[int] = field(default_factory=count)

    @contextmanager
    def copy(self, schema: Schema) -> Iterator[Path]:
        """Lend a new private database of a schema, alone in its directory.

        An emptied directory serves again, because removing one costs more than the copy; the name
        of a file never does, so that a thread which a test forgot finds nothing under it.

        Raises:
            SchemaError: the template cannot be built.
        """
        template = self.template(schema).path
        number = next(self._numbers)
        directory = self._empty.pop() if self._empty else self.copies / str(number)
        directory.mkdir(exist_ok=True)
        yield Path(shutil.copyfile(template, directory / f"{schema}-{number}.db"))
        with suppress(OSError):  # something is in use still, so the directory is not used again
            for entry in os.scandir(directory):
                shutil.rmtree(entry) if entry.is_dir() else Path(entry).unlink()
            self._empty.append(directory)

    def template(self, schema: Schema) -> Template:
        """Return the template of a schema; built once, also when it fails."""
        if schema in self._failed:
            raise self._failed[schema]
        if schema not in self.ready:
            start = _seconds()
            try:
                with connections.unobserved():
                    path, built = self._find_or_build(schema)
            except Exception as error:
                self._failed[schema] = error
                raise
            self.ready[schema] = Template(schema, path, built, _seconds() - start)
        return self.ready[schema]

    def _find_or_build(self, schema: Schema) -> tuple[Path, bool]:
        key = hash_inputs(
            self.builder,
            (*self.inputs, *self.seed, *self.before_finalize, *_package_files()),
            __version__,
            ENGINE_VERSION,
            sys.version,
            self.contract.fingerprint(),
        )[:32]
        path = self.cache / f"{key}-{schema}.db"
        inputs = path.with_suffix(".json")
        traced = not isinstance(self.builder, SqlFiles)  # which says itself what it reads
        with _locked(self.cache / f"{key}-{schema}.lock"):
            if path.exists() and (not traced or are_unchanged(inputs)):
                for used in (path, inputs):
                    with suppress(FileNotFoundError):
                        os.utime(used)
                return path, False
            with written_aside(path) as unfinished:
                since = unfinished.stat().st_ctime_ns
                remove(unfinished)
                with recorded(since) as read:
                    self._build(schema, unfinished)
                _settle(unfinished, schema)
            if traced:  # after the template: a kill in between makes it be built anew
                self._keep_inputs(schema, read, inputs)
        _remove_unused(self.cache, path)
        return path, True

    def _keep_inputs(self, schema: Schema, read: Inputs, path: Path) -> None:
        if schema == "legacy":
            write_inputs(path, read.states((self.cache, self.copies), self.test_files))
        else:
            shutil.copyfile(self.template("legacy").path.with_suffix(".json"), path)

    def _build(self, schema: Schema, path: Path) -> None:
        if schema == "legacy":
            self.builder(path)
            if not path.exists():
                raise SchemaError(
                    f"ts_legacy_builder left no database at the path that it was given ({path}); "
                    "it is called with the path of a file to create"
                )
            apply_sql(path, self.seed)
        elif schema == "migrated":
            shutil.copyfile(self.template("legacy").path, path)
            with open_unsynced(path) as connection:
                migrate_open(connection, self.contract)
        else:
            shutil.copyfile(self.template("migrated").path, path)
            apply_sql(path, self.before_finalize)
            with open_unsynced(path) as connection:
                finalize_open(connection, self.contract)


def migrate_open(connection: Connection, contract: Contract) -> None:
    """Migrate an open database.

    Raises:
        SchemaError: it cannot be migrated, or is not right afterwards.
    """
    from ..migration import MigrationError, migrate  # noqa: PLC0415 - only who builds pays for it

    try:
        report = migrate(connection, contract, offline=True)
    except MigrationError as error:
        raise SchemaError(f"the legacy template cannot be migrated: {_reason(error)}") from error
    if not report.correct:
        problem = [*report.problems, *map(str, report.examples)][0]
        raise SchemaError(f"the migrated template does not verify: {problem}")


def finalize_open(connection: Connection, contract: Contract) -> None:
    """Finalize an open, migrated database.

    Raises:
        SchemaError: it cannot be finalized.
    """
    from ..migration import MigrationError, finalize  # noqa: PLC0415 - as above

    try:
        finalize(connection, contract)
    except MigrationError as error:
        raise SchemaError(
            f"the migrated template cannot be finalized: {_reason(error)}; what the project "
            "changes first goes into SQL files that ts_contract_before_finalize names"
        ) from error


def _reason(error: Exception) -> str:
    return str(error).removeprefix("the connection: ")  # which is ours, and not the user's


def open_templates(
    config: pytest.Config, builder: Builder, contract: Contract, copies: Path
) -> Templates:
    """Return the templates of a project; they are kept in pytest's cache, if it has one."""
    seed, before_finalize, inputs = (
        tuple(config.getini(f"ts_contract_{key}"))
        for key in ("seed", "before_finalize", "migrations")
    )
    cache = cache_directory(config) or _shared_directory(config, copies)
    test_files = tuple(config.getini("python_files"))
    return Templates(builder, inputs, seed, before_finalize, contract, cache, copies, test_files)


def cache_directory(config: pytest.Config) -> Path | None:
    """Return the directory that keeps the templates between runs; None if there can be none."""
    cache = getattr(config, "cache", None)
    try:
        return None if cache is None else Path(cache.mkdir("ts_contract"))
    except OSError:  # a checkout that cannot be written to
        return None


def _shared_directory(config: pytest.Config, copies: Path) -> Path:
    """Return a temporary directory of this run; xdist's workers have theirs in a common one."""
    own = copies.parent
    directory = (own.parent if hasattr(config, "workerinput") else own) / "ts_contract_templates"
    directory.mkdir(exist_ok=True)
    return directory


def _package_files() -> list[Path]:
    """Return the source of the migration: the version alone says nothing while it is developed."""
    shared = (_PACKAGE / name for name in ("contract.py", "timestamps.py"))
    return sorted((*(_PACKAGE / "migration").rglob("*.py"), *shared))


def _settle(path: Path, schema: Schema) -> None:
    if not settle(path):
        raise SchemaError(
            f"the builder of the {schema} template still has its database open; close it"
        )


def _remove_unused(cache: Path, written: Path) -> None:
    """Remove what no run has used for two weeks, by the time of a file that was just written.

    A test may have frozen Python's clocks, and not the file system's.
    """
    limit = written.stat().st_mtime - _UNUSED_SECONDS
    for path in cache.iterdir():
        with suppress(OSError):  # another run was faster
            if path.stat().st_mtime < limit:
                path.unlink()


def _seconds() -> float:
    return os.times().elapsed  # a clock that nobody freezes


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as file:
        if fcntl is not None:
            fcntl.flock(file, fcntl.LOCK_EX)  # ends with the process, whatever ends it
        yield
