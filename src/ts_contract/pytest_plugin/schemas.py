"""Which schema a test runs on: the command line's choice, the marker's, or each in turn."""

from __future__ import annotations

from typing import cast, get_args

import pytest

from .settings import SETTINGS, Schema

__all__ = ["parametrize", "pinned_schema", "schema_of", "schema_of_run"]


def parametrize(metafunc: pytest.Metafunc) -> None:
    """Run a test that uses a contract_* fixture once on each schema, unless it chose its own."""
    if "ts_schema" not in metafunc.fixturenames:
        return
    definition = metafunc.definition
    if pinned_schema(definition) or "ts_schema" in _own_parameters(definition):
        return
    schemas = metafunc.config.stash[SETTINGS].schemas
    metafunc.parametrize("ts_schema", schemas, indirect=True)


def _own_parameters(definition: pytest.Item) -> set[str]:
    names: set[str] = set()
    for mark in definition.iter_markers("parametrize"):
        given = mark.args[0] if mark.args else mark.kwargs.get("argnames", ())
        names.update(given.replace(",", " ").split() if isinstance(given, str) else given)
    return names


def pinned_schema(item: pytest.Item) -> Schema | None:
    """Return the schema that a test's marker names, or None.

    Raises:
        pytest.fail.Exception: the marker names no schema.
    """
    marker = item.get_closest_marker("ts_schema")
    if marker is None:
        return None
    if len(marker.args) != 1 or marker.kwargs or marker.args[0] not in get_args(Schema):
        pytest.fail(
            f"{item.nodeid}: the marker ts_schema names one schema: "
            '@pytest.mark.ts_schema("legacy"), "migrated" or "finalized"',
            pytrace=False,
        )
    return cast(Schema, marker.args[0])


def schema_of(request: pytest.FixtureRequest) -> Schema:
    """Return the schema of the test that requests a contract_* fixture."""
    schema = getattr(request, "param", None) or pinned_schema(request.node)
    if schema is not None:
        return cast(Schema, schema)
    settings = request.config.stash.get(SETTINGS, None)
    schemas = settings.schemas if settings is not None else ("legacy",)
    if len(schemas) > 1:
        pytest.fail(
            "under --ts-schema=both this test would run only once: pytest cannot parametrise a "
            "fixture that is requested while the test runs, nor a unittest.TestCase; name "
            "contract_db or contract_db_path in the test's arguments or in usefixtures, or pin it "
            'with @pytest.mark.ts_schema("legacy")',
            pytrace=False,
        )
    return schemas[0]


def schema_of_run(config: pytest.Config, fixture: str, schema: str | None = None) -> Schema:
    """Return the schema of a database that lives longer than a test.

    Args:
        config: pytest's configuration.
        fixture: the fixture that gives the database, for messages.
        schema: the schema that was asked for; None for the command line's.

    Raises:
        pytest.UsageError: the command line chooses two.
        ValueError: there is no schema of that name.
    """
    if schema is not None:
        if schema not in get_args(Schema):
            raise ValueError(f'{fixture}: {schema!r} is not "legacy", "migrated" or "finalized"')
        return cast(Schema, schema)
    settings = config.stash.get(SETTINGS, None)
    schemas = settings.schemas if settings is not None else ("legacy",)
    if len(schemas) > 1:
        raise pytest.UsageError(
            f"{fixture}: --ts-schema=both runs tests on two schemas, and this database has one: "
            'name it, as in make_contract_db("migrated"), or run pytest twice, with '
            "--ts-schema=legacy and with --ts-schema=migrated"
        )
    return schemas[0]
