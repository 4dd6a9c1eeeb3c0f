"""Command line options and ini keys: declared here, read here, checked here."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any, Literal, NamedTuple, cast

import pytest

__all__ = ["SETTINGS", "Reads", "Schema", "Settings", "add_options", "read_settings"]

Schema = Literal["legacy", "migrated", "finalized"]
Reads = Literal["fail", "warn", "off"]


class Settings(NamedTuple):
    """What the command line asks for; no dataclass, which every run of pytest would pay for.

    Attributes:
        schemas: the schemas that `contract_*` fixtures give, in turn.
        reads: what a legacy read does to its test.
        report: file that receives the reads as JSON.
        origin: the option that chose the schemas; empty if none did.
    """

    schemas: tuple[Schema, ...]
    reads: Reads
    report: Path | None
    origin: str

    @property
    def active(self) -> bool:
        """Whether any option was given: without one the plugin changes nothing."""
        return bool(self.origin) or self.reads != "off"


SETTINGS = pytest.StashKey[Settings]()


def add_options(parser: pytest.Parser) -> None:
    """Declare the options and ini keys."""
    group = parser.getgroup("ts-contract", "legacy, migrated and finalized databases (ts-contract)")
    group.addoption(
        "--migrated-db",
        action="store_true",
        help="contract_db is migrated, and a test that reads a legacy column fails "
        "(the same as --ts-schema=migrated)",
    )
    group.addoption(
        "--ts-schema",
        choices=("legacy", "migrated", "finalized", "both"),
        help="schema of contract_db; both: each test on legacy and on migrated",
    )
    group.addoption(
        "--ts-legacy-reads",
        choices=("fail", "warn", "off"),
        help="what a read of a legacy column does: fail its test, be listed, nothing "
        "(default: fail, on a schema that has epoch columns)",
    )
    group.addoption(
        "--ts-report", metavar="FILE", help="write the places of all legacy reads as JSON"
    )
    parser.addini(
        "ts_contract_migrations",
        "the legacy schema: a directory of numbered SQL files, SQL files, or a database file",
        type="paths",
        default=[],
    )
    parser.addini(
        "ts_contract_seed", "SQL files with rows for the test databases", type="paths", default=[]
    )
    parser.addini(
        "ts_contract_before_finalize",
        "SQL files that a migrated database needs before it can be finalized: the triggers and "
        "views that name legacy columns, written anew",
        type="paths",
        default=[],
    )
    parser.addini(
        "ts_contract_allow",
        "legacy reads that are allowed, one a line: TEST TABLE.COLUMN REASON; * is any test",
        type="linelist",
        default=[],
    )


def read_settings(options: argparse.Namespace) -> Settings:
    """Read the options, as soon as they are known.

    Raises:
        pytest.UsageError: two options contradict each other, or the report cannot be written.
    """
    chosen = options.ts_schema
    if options.migrated_db and chosen not in {None, "migrated"}:
        raise pytest.UsageError(
            f"--migrated-db is --ts-schema=migrated, and --ts-schema={chosen} was given too; "
            "give one of them"
        )
    origin = "--migrated-db" if options.migrated_db else ""
    if chosen is not None:
        origin = origin or f"--ts-schema={chosen}"
    schema = "migrated" if options.migrated_db else chosen or "legacy"
    schemas: Any = ("legacy", "migrated") if schema == "both" else (schema,)
    return Settings(schemas, _reads(options, schemas), _report(options.ts_report), origin)


def _reads(options: argparse.Namespace, schemas: tuple[Schema, ...]) -> Reads:
    if options.ts_legacy_reads is not None:
        return cast(Reads, options.ts_legacy_reads)
    if schemas != ("legacy",):
        return "fail"
    return "warn" if options.ts_report else "off"


def _report(value: str | None) -> Path | None:
    if value is None:
        return None
    path = Path(value).absolute()
    if path.is_dir() or not path.parent.is_dir():
        problem = "is a directory" if path.is_dir() else "is in a directory that does not exist"
        raise pytest.UsageError(f"--ts-report: {value} {problem}; name a file to write")
    return path
