"""The public fixtures. What they need is imported when they are used."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest

if TYPE_CHECKING:
    from ..contract import Contract
    from ..testing.clock import FrozenClock
    from ..testing.engines.sqlite.connections import Connection
    from .settings import Schema
    from .templates import Templates
    from .watch import SeenReads

__all__ = [
    "_ts_templates",
    "contract_async_engine",
    "contract_db",
    "contract_db_path",
    "contract_db_url",
    "contract_engine",
    "finalized_db",
    "finalized_db_path",
    "legacy_db",
    "legacy_db_path",
    "legacy_reads",
    "make_contract_db",
    "migrate_django_db",
    "migrated_db",
    "migrated_db_path",
    "ts_clock",
    "ts_contract",
    "ts_legacy_builder",
    "ts_schema",
]

# A test's clock and watch have to stand before its databases are opened, whatever order it names
# them in.
_FIRST = ("ts_clock", "legacy_reads")


@pytest.fixture(scope="session")
def ts_contract(pytestconfig: pytest.Config) -> Contract:
    """The project's contract (ts_contract.Contract); override it to use another one.

    By default the nearest ts-contract.toml or [tool.ts-contract] of a pyproject.toml, looked for
    from pytest's rootdir upwards.
    """
    from ..contract import ContractError  # noqa: PLC0415
    from ..loading import load_contract  # noqa: PLC0415

    try:
        return load_contract(start=pytestconfig.rootpath)
    except ContractError as error:
        problem = f"{error}; or override the fixture ts_contract"
    pytest.fail(problem, pytrace=False)


@pytest.fixture(scope="session")
def ts_legacy_builder(pytestconfig: pytest.Config) -> Callable[[Path], object]:
    """Builds the project's legacy schema: a callable that gets the path of a file to create.

    By default what the ini key ts_contract_migrations names. Override it where the project has a
    migrator of its own. The rows of ts_contract_seed are added afterwards, in either case.

    What is built is kept until an input changes: the file of the builder, the Python and SQL files
    of the project's packages that it uses, and whatever else ts_contract_migrations names.
    """
    from .sources import SqlFiles  # noqa: PLC0415

    paths = pytestconfig.getini("ts_contract_migrations")
    if not paths:
        pytest.fail(
            "no schema for the test databases: set the ini key ts_contract_migrations to a "
            "directory of numbered SQL files, to SQL files or to a database file, or override "
            "the fixture ts_legacy_builder",
            pytrace=False,
        )
    return SqlFiles(tuple(paths))


@pytest.fixture(scope="session")
def _ts_templates(
    pytestconfig: pytest.Config,
    ts_contract: Contract,
    ts_legacy_builder: Callable[[Path], object],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Templates]:
    """Give the template databases of this session, and note in the report how they came."""
    from .tally import TALLY  # noqa: PLC0415
    from .templates import open_templates  # noqa: PLC0415

    copies = tmp_path_factory.mktemp("ts_contract", numbered=False)
    templates = open_templates(pytestconfig, ts_legacy_builder, ts_contract, copies)
    yield templates
    tally = pytestconfig.stash.get(TALLY, None)
    if tally is not None:
        for schema, template in templates.ready.items():
            tally.note_template(schema, str(template))
    shutil.rmtree(copies, ignore_errors=True)


@pytest.fixture(scope="session")
def make_contract_db(
    request: pytest.FixtureRequest, _ts_templates: Templates
) -> Iterator[Callable[..., Path]]:
    """A function that makes private databases, for fixtures of a wider scope than a test.

    make_contract_db(schema=None) returns a path. Each call makes another database, which lives
    until the session ends. The schema is that of the command line, or "legacy", "migrated" or
    "finalized" by name.
    """
    from .schemas import schema_of_run  # noqa: PLC0415
    from .watch import lend  # noqa: PLC0415

    with ExitStack() as lent:

        def make(schema: str | None = None) -> Path:
            chosen = schema_of_run(request.config, "make_contract_db", schema)
            _template_or_failure(_ts_templates, chosen)
            path = lent.enter_context(_ts_templates.copy(chosen))
            lent.enter_context(lend(request.config, path, chosen))
            return path

        yield make


@pytest.fixture(scope="session")
def migrate_django_db(request: pytest.FixtureRequest, ts_contract: Contract) -> Callable[..., None]:
    """A function that brings Django's test database to the schema of the command line.

    migrate_django_db(using="default") is for a fixture django_db_setup of the project, after
    pytest-django's own. On the legacy schema it does nothing.
    """
    from .schemas import schema_of_run  # noqa: PLC0415

    def migrate(using: str = "default") -> None:
        from .django import bring_to  # noqa: PLC0415
        from .sources import SchemaError  # noqa: PLC0415

        problem = ""
        try:
            bring_to(
                schema_of_run(request.config, "migrate_django_db"), using, ts_contract, request
            )
        except SchemaError as error:
            problem = str(error)
        if problem:
            pytest.fail(f"migrate_django_db({using!r}): {problem}", pytrace=False)

    return migrate


def _template_or_failure(templates: Templates, schema: Schema) -> None:
    from .sources import SchemaError  # noqa: PLC0415

    problem = ""
    try:
        templates.template(schema)
    except SchemaError as error:
        problem = str(error)
    if problem:  # out of the handler, so that pytest does not show the way there
        pytest.fail(problem, pytrace=False)


def _private_copy(request: pytest.FixtureRequest, schema: Schema) -> Generator[Path]:
    for name in _FIRST:
        if name in request.fixturenames:
            request.getfixturevalue(name)
    from .watch import lend  # noqa: PLC0415

    templates = cast("Templates", request.getfixturevalue("_ts_templates"))
    _template_or_failure(templates, schema)
    with templates.copy(schema) as path, lend(request.config, path, schema) as is_opened:
        yield path
        if not is_opened():
            from .judging import JUDGE  # noqa: PLC0415

            request.config.stash[JUDGE].page.unopened.add(request.node.nodeid)


def _connection(path: Path) -> Generator[Connection]:
    from ..testing.engines.sqlite.connections import opened  # noqa: PLC0415

    with opened(path) as connection:
        yield connection


@pytest.fixture
def legacy_db_path(request: pytest.FixtureRequest) -> Generator[Path]:
    """Path of a private database with the legacy schema."""
    yield from _private_copy(request, "legacy")


@pytest.fixture
def legacy_db(legacy_db_path: Path) -> Generator[Connection]:
    """Connection to a private database with the legacy schema: the one at legacy_db_path."""
    yield from _connection(legacy_db_path)


@pytest.fixture
def migrated_db_path(request: pytest.FixtureRequest) -> Generator[Path]:
    """Path of a private database with both legacy and epoch columns, migrated and verified."""
    yield from _private_copy(request, "migrated")


@pytest.fixture
def migrated_db(migrated_db_path: Path) -> Generator[Connection]:
    """Connection to a private migrated database: the one at migrated_db_path."""
    yield from _connection(migrated_db_path)


@pytest.fixture
def finalized_db_path(request: pytest.FixtureRequest) -> Generator[Path]:
    """Path of a private database whose legacy columns are gone."""
    yield from _private_copy(request, "finalized")


@pytest.fixture
def finalized_db(finalized_db_path: Path) -> Generator[Connection]:
    """Connection to a private finalized database: the one at finalized_db_path."""
    yield from _connection(finalized_db_path)


@pytest.fixture
def ts_schema(request: pytest.FixtureRequest) -> Schema:
    """The schema of this test's contract_db: "legacy", "migrated" or "finalized".

    The command line chooses it (--migrated-db, --ts-schema), or the marker ts_schema.
    """
    from .schemas import schema_of  # noqa: PLC0415

    return schema_of(request)


@pytest.fixture
def contract_db_path(request: pytest.FixtureRequest, ts_schema: Schema) -> Generator[Path]:
    """Path of a private database with the schema that the command line chooses.

    Legacy by default, migrated under --migrated-db, each in turn under --ts-schema=both.
    """
    yield from _private_copy(request, ts_schema)


@pytest.fixture
def contract_db(contract_db_path: Path) -> Generator[Connection]:
    """Connection to the private database at contract_db_path."""
    yield from _connection(contract_db_path)


@pytest.fixture
def contract_db_url(contract_db_path: Path) -> str:
    """URL of the private database at contract_db_path: "sqlite:////...", for SQLAlchemy."""
    return f"sqlite:///{contract_db_path}"


@pytest.fixture
def contract_engine(contract_db_url: str) -> Generator[Any]:
    """SQLAlchemy engine of the private database at contract_db_path; disposed of afterwards."""
    sqlalchemy = _needed("sqlalchemy", "contract_engine")
    engine = sqlalchemy.create_engine(contract_db_url)
    yield engine
    engine.dispose()


@pytest.fixture
def contract_async_engine(contract_db_path: Path) -> Generator[Any]:
    """Asynchronous SQLAlchemy engine (aiosqlite) of the private database at contract_db_path.

    It keeps no connections open between uses, so that it can serve one event loop after another.
    """
    _needed("aiosqlite", "contract_async_engine")
    asyncio = _needed("sqlalchemy.ext.asyncio", "contract_async_engine")
    pool = _needed("sqlalchemy.pool", "contract_async_engine")
    url = f"sqlite+aiosqlite:///{contract_db_path}"
    engine = asyncio.create_async_engine(url, poolclass=pool.NullPool)
    yield engine
    engine.sync_engine.dispose()


def _needed(module: str, fixture: str) -> Any:
    try:
        return import_module(module)
    except ImportError:
        package = module.partition(".")[0]
    pytest.fail(f"{fixture} needs {package}: pip install {package}", pytrace=False)


@pytest.fixture
def legacy_reads(request: pytest.FixtureRequest) -> Generator[SeenReads]:
    """The reads of legacy columns that this test has made so far, as a sequence of LegacyRead.

    Each has site (path, line, function), table, column, epoch and through.
    """
    from .watch import seen_reads  # noqa: PLC0415

    with seen_reads(request) as reads:
        yield reads


@pytest.fixture
def ts_clock() -> Generator[FrozenClock]:
    """A clock that stands still: now_ms(), and CURRENT_TIMESTAMP in SQLite, until it is moved.

    ts_clock.now_ms tells its time, ts_clock.move_to("2024-01-15 12:00:00") sets it,
    ts_clock.advance(milliseconds) moves it on.
    """
    from ..testing.clock import FrozenClock  # noqa: PLC0415

    with FrozenClock() as clock:
        yield clock
