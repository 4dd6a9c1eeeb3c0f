"""What the command line asks for, checked; imported only when it asks for something."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast

import pytest

from .allow_file import AllowFile, read_allow_file

__all__ = ["SETTINGS", "Reads", "RunSettings", "Schema", "read_settings"]

Schema = Literal["legacy", "migrated", "finalized"]
Reads = Literal["fail", "warn", "off", "deny"]


@dataclass(frozen=True, slots=True)
class RunSettings:
    """What the command line asks for.

    Attributes:
        schemas: the schemas that `contract_*` fixtures give, in turn.
        reads: what a legacy read does to its test.
        report: file that receives the reads as JSON.
        origin: the option that chose the schemas; empty if none did.
        update_allow: file that receives the reads as allowances.
        allowed: the allow file that counts, or that is to be written.
    """

    schemas: tuple[Schema, ...]
    reads: Reads
    report: Path | None
    origin: str
    update_allow: Path | None
    allowed: AllowFile


SETTINGS = pytest.StashKey[RunSettings]()


def read_settings(config: pytest.Config, options: argparse.Namespace) -> RunSettings:
    """Read the options, as soon as they are known.

    Args:
        config: pytest's configuration, with the ini keys.
        options: what the command line has given.

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
    report = _file("--ts-report", options.ts_report)
    update = _file("--ts-update-allow", options.ts_update_allow)
    named = config.getini("ts_contract_allow_file")
    if len(named) > 1:
        raise pytest.UsageError("ts_contract_allow_file: name one file")
    allowed = read_allow_file(update or next(iter(named), None), config.rootpath)
    return RunSettings(schemas, _reads(options, schemas), report, origin, update, allowed)


def _reads(options: argparse.Namespace, schemas: tuple[Schema, ...]) -> Reads:
    if options.ts_legacy_reads is not None:
        return cast(Reads, options.ts_legacy_reads)
    if schemas != ("legacy",):
        return "fail"
    return "warn" if options.ts_report or options.ts_update_allow else "off"


def _file(option: str, value: str | None) -> Path | None:
    if value is None:
        return None
    path = Path(value).absolute()
    if path.is_dir() or not path.parent.is_dir():
        problem = "is a directory" if path.is_dir() else "is in a directory that does not exist"
        raise pytest.UsageError(f"{option}: {value} {problem}; name a file to write")
    return path
