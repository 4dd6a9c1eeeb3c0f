"""Brings the test database of a Django project to the schema that the command line chooses."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from .templates import finalize_open, migrate_open

if TYPE_CHECKING:
    from ..contract import Contract
    from .settings import Schema

__all__ = ["bring_to"]


def bring_to(
    schema: Schema, using: str, contract: Contract, request: pytest.FixtureRequest
) -> None:
    """Migrate, and finalize, the test database of an alias; nothing on the legacy schema.

    Args:
        schema: the schema that it is to have.
        using: the alias of Django's settings.
        contract: the contract of the migration.
        request: of a fixture, to reach pytest-django's and the ini keys.
    """
    if schema == "legacy":
        return
    with _unblocked(request):
        connection = import_module("django.db").connections[using]
        if connection.vendor != "sqlite":
            pytest.fail(
                f"migrate_django_db({using!r}): a {connection.vendor} database; only SQLite "
                "databases can be migrated yet",
                pytrace=False,
            )
        connection.ensure_connection()
        migrate_open(connection.connection, contract)
        if schema == "finalized":
            for path in request.config.getini("ts_contract_before_finalize"):
                connection.connection.executescript(Path(path).read_text("utf-8"))
            finalize_open(connection.connection, contract)


def _unblocked(request: pytest.FixtureRequest) -> AbstractContextManager[object]:
    """Return what lets pytest-django's database be used outside of a test."""
    try:
        blocker = request.getfixturevalue("django_db_blocker")
    except pytest.FixtureLookupError:
        return nullcontext()
    unblocked: AbstractContextManager[object] = blocker.unblock()
    return unblocked
