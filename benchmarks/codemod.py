"""Judge the codemod on open code bases, with SQLite as the reference, and time it beside libcst.

    python benchmarks/real_code.py fetch DIR     # install the code bases there, with pip
    python benchmarks/codemod.py judge DIR       # the table: rewritten, marked, prepared, compared
    python benchmarks/codemod.py time DIR        # `--check` beside libcst parsing the same files
    python benchmarks/codemod.py orm DIR         # the models and ORM queries of apache-superset

Of each code base every whole statement counts that names a legacy column of its contract, DDL and
triggers aside. It is *rewritten* when the statement afterwards names none, *marked* when a comment
stands above it. The real schema is filled with random rows, migrated, and copied without the legacy
columns: each rewritten statement is prepared on the copy, and each SELECT is run old and new.
"""

from __future__ import annotations

import argparse
import random
import shutil
import sqlite3
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field, fields, replace
from pathlib import Path

import libcst
from real_code import CODE_BASES, CodeBase, build_schema, columns_of, contract_of, queries_of

from ts_contract.codemod.changes import Options
from ts_contract.codemod.files import Result, rewrite_bytes, rewrite_files
from ts_contract.codemod.rewrite import RewriteSettings
from ts_contract.codemod.verify.rewrites import verify_rewrites
from ts_contract.contract import Contract
from ts_contract.files.read import decode
from ts_contract.lint.rules import all_rules
from ts_contract.loading import parse_contract
from ts_contract.migration import Refused
from ts_contract.source.columns.analysis import find_statements
from ts_contract.source.file import File, Schema
from ts_contract.source.python.source import Source
from ts_contract.source.sql.queries import find_queries
from ts_contract.source.sql.references import Statement

DEFAULT = frozenset(rule.code for rule in all_rules() if rule.default)
# What the columns hold, as the code that writes them says.
UNITS = {
    "matrix-synapse": "milliseconds",
    "Trac": "microseconds",
    "raiden": "auto",
    "roundup": "auto",
}
_FILES = 1_500
MODES = {"default": Options(), "--unsafe": Options(unsafe=True)}


@dataclass
class Score:
    """What was counted in one code base."""

    statements: int = 0
    default: int = 0
    unsafe: int = 0
    settled: int = 0
    others: int = 0
    prepared: int = 0
    judged: int = 0
    compared: int = 0
    problems: list[str] = field(default_factory=list)


def contract_with_units(base: CodeBase) -> Contract | None:
    """Return a code base's contract, each column with the unit that it holds."""
    contract = contract_of(base)
    if contract is None:
        return None
    unit = UNITS.get(base.package, "seconds")
    return replace(
        contract,
        tables=tuple(
            replace(table, columns=tuple(replace(c, storage=unit) for c in table.columns))
            for table in contract.tables
        ),
    )


def judge(base: CodeBase, root: Path) -> Score:
    """Rewrite one code base in both modes, and ask SQLite."""
    score = Score()
    contract = contract_with_units(base)
    if contract is None:
        return score
    schema_database = build_schema(base, root, list(queries_of(root)))
    schema = Schema(columns_of(schema_database))
    with tempfile.TemporaryDirectory() as directory:
        store = Path(directory) / "store.db"
        fill(schema_database, store, contract)
        for mode, options in MODES.items():
            settings = RewriteSettings(contract, schema, DEFAULT, options)
            results = list(rewritten(root, settings))
            for _, old, new, marked in results:
                count(score, mode, old, new, marked)
            try:
                outcome = verify_rewrites(store, [r for r, *_ in results], settings)
            except Refused as refused:
                score.problems.append(f"{base.package}: {refused}")
                continue
            score.judged += outcome.statements
            score.prepared += outcome.prepared
            score.compared += outcome.compared
            score.problems += [f"{base.package} {mode}: {problem}" for problem in outcome.problems]
    return score


def rewritten(
    root: Path, settings: RewriteSettings
) -> Iterator[tuple[Result, File, File, frozenset[int]]]:
    """Yield what became of each file that the SQL rules concern."""
    for path in sorted(root.rglob("*.py")):
        data = path.read_bytes()
        result = rewrite_bytes(data, str(path.relative_to(root)), settings)
        if result.error or not result.changes:
            continue
        old = File(Source(decode(data)), settings.contract, settings.schema)
        new = File(Source(decode(result.after or data)), settings.contract, settings.schema)
        marked = frozenset(c.finding.start for c in result.changes if c.status == "marked")
        yield result, old, new, marked


def legacy_of(statement: Statement) -> list[tuple[int, int]]:
    """Return the places of the legacy columns of a statement that count."""
    return [
        r.span
        for r in statement.references
        if not r.epoch and not r.opaque and r.access != "ddl" and r.role != "excluded"
    ]


def count(score: Score, mode: str, old: File, new: File, marked: frozenset[int]) -> None:
    """Add the statements of one file to a score."""
    later = dict(zip(map(id, old.part(find_queries)), new.part(find_queries), strict=True))
    after = {(id(r.query), r.text.first): r for r in new.part(find_statements)}
    concerned = {id(r.query.anchor) for r in old.part(find_statements) if legacy_of(r)}
    for query in old.part(find_queries):
        if id(query.anchor) not in concerned:
            score.others += query.text.value != later[id(query)].text.value
    for statement in old.part(find_statements):
        places = legacy_of(statement)
        changed = later[id(statement.query)]
        if not places or statement.query.text.holes:
            continue
        at = statement.query.statements.index(statement.text)
        found = after.get((id(changed), changed.statements[at].first))
        done = found is None or not legacy_of(found)
        if mode == "default":
            score.statements += 1
            score.default += done
        else:
            score.unsafe += done
            score.settled += done or any(place[0] in marked for place in places)


def fill(schema: sqlite3.Connection, store: Path, contract: Contract) -> None:
    """Copy a schema into a file, and put random rows into its tables."""
    draw = random.Random(7)
    schema.commit()  # a backup waits for an open transaction
    with closing(sqlite3.connect(store)) as database:
        schema.backup(database)
        database.execute("PRAGMA foreign_keys = OFF")
        for (trigger,) in database.execute(
            "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        ).fetchall():
            database.execute(f'DROP TRIGGER "{trigger}"')
        for table in contract.tables:
            legacy = {c.legacy.lower(): c.storage for c in table.columns}
            columns = database.execute(
                "SELECT name, lower(type) FROM pragma_table_info(?)", (table.name,)
            ).fetchall()
            names = ", ".join(f'"{name}"' for name, _ in columns)
            marks = ", ".join("?" * len(columns))
            for number in range(40):
                row = [
                    moment(draw, legacy[name.lower()])
                    if name.lower() in legacy
                    else value(draw, kind, number)
                    for name, kind in columns
                ]
                insert = f'INSERT OR IGNORE INTO "{table.name}" ({names}) VALUES ({marks})'
                if columns:
                    database.execute(insert, row)
        database.commit()


def moment(draw: random.Random, storage: str) -> int | str:
    """Return a time of 2024 as a column holds it."""
    seconds = draw.randrange(1_704_067_200, 1_735_689_600)
    if storage == "auto":
        return time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(seconds))
    return seconds * {"seconds": 1, "milliseconds": 1_000, "microseconds": 1_000_000}[storage]


def value(draw: random.Random, kind: str, number: int) -> object:
    """Return something for a column of a declared type."""
    if "int" in kind or "bool" in kind:
        return number % 7
    if "blob" in kind or "bytea" in kind:
        return bytes([number])
    return draw.choice("abc") + str(number % 5)


def report(directory: Path, verbose: bool) -> int:
    """Print the table over all code bases; return 1 if a limit is broken."""
    names = "statements by default | --unsafe | or marked | others | prepared | compared | problems"
    print(f"| code base | {names} |".replace("statements by", "statements | by"))
    print("|---" * 9 + "|")
    total = Score()
    for base in CODE_BASES:
        score = judge(base, directory / base.package)
        if score.statements:
            print_row(base.package, score)
        for attribute in fields(Score):
            name = attribute.name
            setattr(total, name, getattr(total, name) + getattr(score, name))
    print_row("**all**", total)
    if verbose:
        print(*total.problems, sep="\n")
    return int(
        total.default < 0.5 * total.statements
        or total.unsafe < 0.9 * total.statements
        or total.settled < total.statements
        or total.others > 0
        or bool(total.problems)
    )


def print_row(name: str, score: Score) -> None:
    """Print one line of the table."""
    print(
        f"| {name} | {score.statements} | {score.default} | {score.unsafe} | {score.settled} "
        f"| {score.others} | {score.prepared}/{score.judged} | {score.compared} "
        f"| {len(score.problems)} |",
        flush=True,
    )


# The models of apache-superset that have naive DateTime columns of their own.
SUPERSET = {
    "KeyValueEntry": ("key_value", ["created_on", "changed_on", "expires_on"]),
    "Log": ("logs", ["dttm"]),
    "FavStar": ("favstar", ["dttm"]),
    "ReportExecutionLog": ("report_execution_log", ["scheduled_dttm", "start_dttm", "end_dttm"]),
    "ReportSchedule": ("report_schedule", ["last_eval_dttm"]),
    "Annotation": ("annotation", ["start_dttm", "end_dttm"]),
    "Query": ("query", ["changed_on"]),
    "Task": ("tasks", ["started_at", "ended_at"]),
    "CacheKey": ("cache_keys", ["created_on"]),
}


def judge_orm(directory: Path) -> int:
    """Print what becomes of a code base's models, then of its queries; 1 if a file fails."""
    contract = parse_contract(
        {
            "models": {model: table for model, (table, _) in SUPERSET.items()},
            "tables": dict(SUPERSET.values()),
        }
    )
    failed = 0
    with tempfile.TemporaryDirectory() as copy:
        tree = Path(copy) / "tree"
        shutil.copytree(directory, tree)
        paths = sorted(path for path in tree.rglob("*.py") if path.is_file())
        rounds = (
            ("definitions, --unsafe", "TSC304", Options(unsafe=True, markers=False), True),
            ("queries, by default", "TSC303", Options(markers=False), False),
            ("queries, --unsafe", "TSC303", Options(unsafe=True, markers=False), False),
        )
        for name, code, options, write in rounds:
            settings = RewriteSettings(contract, None, frozenset({code}), options)
            results = list(rewrite_files(paths, settings, 1, write=write))
            found = [change for result in results for change in result.changes]
            done = sum(change.status == "rewritten" for change in found)
            failed += sum(bool(result.error) for result in results)
            print(f"{name}: {done} of {len(found)} rewritten")
    return int(failed > 0)


def measure(directory: Path) -> int:
    """Time `--check` and libcst on the same files, on one core, the least of two rounds each."""
    paths = sorted(p for p in directory.rglob("*.py") if p.is_file())[:_FILES]
    settings = RewriteSettings(parse_contract({"extends": "agentos"}), None, DEFAULT)
    ours, theirs = [], []
    for _ in range(2):
        start = time.process_time()
        changed = sum(r.is_changed for r in rewrite_files(paths, settings, 1, write=False))
        ours.append(time.process_time() - start)
        start = time.process_time()
        for path in paths:
            try:
                libcst.parse_module(path.read_bytes())
            except (libcst.ParserSyntaxError, UnicodeDecodeError, RecursionError):
                continue
        theirs.append(time.process_time() - start)
    ratio = min(ours) / min(theirs)
    print(
        f"{len(paths)} files, {changed} would change: --check {min(ours):.1f} s, "
        f"libcst parse {min(theirs):.1f} s, ratio {ratio:.2f}"
    )
    return int(ratio > 0.5)


def main() -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("command", choices=["judge", "time", "orm"])
    parser.add_argument("directory", type=Path)
    parser.add_argument("--problems", action="store_true", help="print what differs")
    options = parser.parse_args()
    if options.command == "time":
        return measure(options.directory)
    if options.command == "orm":
        return judge_orm(options.directory)
    return report(options.directory, options.problems)


if __name__ == "__main__":
    sys.exit(main())
