"""Judge the linter on open code bases, with SQLite's own answer as the reference.

    python benchmarks/real_code.py fetch DIR     # install the code bases there, with pip
    python benchmarks/real_code.py judge DIR     # the table: statements, resolution, findings
    python benchmarks/real_code.py sample DIR    # findings and silences to be read by hand
    python benchmarks/real_code.py survive DIR   # no crash, no wrong place, in any tree of files

For each code base the real schema is built in memory, from its SQL files and the CREATE statements
in its code. Every statement of the code that is whole (no part known only at run time) and that
SQLite prepares on that schema is compared: SQLite's authorizer names each (table, column) that the
statement reads or updates; the resolver, given a contract of every column of every table, names
what it sees. `read` is the share of the authorizer's columns that the resolver names; `invented`
the share of the resolver's that the authorizer does not have.
"""

from __future__ import annotations

import argparse
import ast
import random
import re
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from ts_contract import Contract, load_contract
from ts_contract.contract import ColumnContract, TableContract
from ts_contract.files.read import SourceError
from ts_contract.lint.engine import check
from ts_contract.source.file import File, Schema
from ts_contract.source.python.source import Source
from ts_contract.source.sql.catalog import Catalog, build_catalog
from ts_contract.source.sql.queries import Query, find_queries
from ts_contract.source.sql.references import Statement
from ts_contract.source.sql.statements import resolve_statement
from ts_contract.source.sql.text import StatementText

CONTRACTS = Path(__file__).parent / "contracts"
TRAC_SCHEMA = """
from trac.db_default import schema
from trac.db.sqlite_backend import _to_sql
print(";".join(statement for table in schema for statement in _to_sql(table)))
"""
Column = tuple[str, str]


@dataclass(frozen=True)
class CodeBase:
    """One open code base.

    Attributes:
        package: its name on the package index.
        schema: glob patterns of its SQL files, in the order in which they are applied.
        program: Python that prints its schema, run in its own directory.
        needs: packages that the program imports.
    """

    package: str
    schema: tuple[str, ...] = ()
    program: str = ""
    needs: tuple[str, ...] = ()


CODE_BASES = (
    CodeBase(
        "matrix-synapse",
        (
            "synapse/storage/schema/*/full_schemas/72/full.sql.sqlite",
            "synapse/storage/schema/common/full_schemas/72/full.sql.sqlite",
            "synapse/storage/schema/*/delta/7[2-9]/*.sql",
            "synapse/storage/schema/*/delta/7[2-9]/*.sql.sqlite",
            "synapse/storage/schema/*/delta/[89]*/*.sql",
            "synapse/storage/schema/*/delta/[89]*/*.sql.sqlite",
        ),
    ),
    CodeBase("chia-blockchain"),
    CodeBase("Trac", program=TRAC_SCHEMA, needs=("jinja2", "setuptools<81")),
    CodeBase("roundup"),
    CodeBase("magic-wormhole-mailbox-server", ("**/db-schemas/*.sql",)),
    CodeBase("limnoria"),
    CodeBase("gramps"),
    CodeBase("sqlite-utils"),
    CodeBase("datasette"),
    CodeBase("diskcache"),
    CodeBase("buku"),
    CodeBase("pyload-ng"),
    CodeBase("persist-queue"),
    CodeBase("coverage"),
    CodeBase("raiden"),
    CodeBase("khal"),
    CodeBase("todoman"),
    CodeBase("tahoe-lafs"),
)


# --- fetching --------------------------------------------------------------------------------


def fetch(directory: Path) -> None:
    """Install each code base in a directory of its own, without what it depends on."""
    for base in CODE_BASES:
        target = directory / base.package
        if not target.exists():
            command = [sys.executable, "-m", "pip", "install", "-q", "--no-deps"]
            subprocess.run([*command, "--target", str(target), base.package], check=True)
        if base.needs and not (needed := directory / "needs").exists():
            command = [sys.executable, "-m", "pip", "install", "-q", "--target", str(needed)]
            subprocess.run([*command, *base.needs], check=True)


def queries_of(root: Path) -> Iterator[tuple[Path, Query]]:
    """Yield every query of every Python file below `root`."""
    for path in sorted(root.rglob("*.py")):
        try:
            source = Source(path.read_text(encoding="utf-8"), str(path))
        except (SourceError, UnicodeDecodeError):
            continue
        for query in find_queries(File(source)):
            yield path, query


# --- the real schema -------------------------------------------------------------------------

_CREATES = re.compile(
    r"\s*CREATE\s+(?:UNIQUE\s+)?(?:TABLE|INDEX|VIEW|VIRTUAL|(?:TEMP\w*\s+)?TRIGGER)\b",
    re.IGNORECASE,
)
_PRIVATE = re.compile("[\ue000-\uf8ff]")


def build_schema(
    base: CodeBase, root: Path, queries: list[tuple[Path, Query]]
) -> sqlite3.Connection:
    """Return a database with the code base's own tables, as far as SQLite accepts them."""
    database = sqlite3.connect(":memory:")
    script: list[str] = []
    for pattern in base.schema:
        for path in sorted(root.glob(pattern)):
            script += split(path.read_text(encoding="utf-8"))
    if base.program:
        command = [sys.executable, "-W", "ignore", "-c", base.program]
        paths = {"PYTHONPATH": f"{root}:{root.parent / 'needs'}"}
        run = subprocess.run(command, env=paths, stdout=subprocess.PIPE, text=True, check=True)
        script += split(run.stdout)
    script += [
        statement.sql
        for _, query in queries
        for statement in query.statements
        if _CREATES.match(statement.sql) and not _PRIVATE.search(statement.sql)
    ]
    apply(database, script)
    return database


def split(script: str) -> list[str]:
    """Return the statements of a script, where SQLite thinks each one complete."""
    statements, pending = [], ""
    for part in script.split(";"):
        pending += part + ";"
        if sqlite3.complete_statement(pending):
            statements.append(pending)
            pending = ""
    return [*statements, pending]


def apply(database: sqlite3.Connection, script: list[str]) -> None:
    """Run what can be run, again as long as that makes more of it possible."""
    pending = script
    while pending:
        failed = []
        for statement in pending:
            try:
                database.execute(statement)
            except (sqlite3.Error, sqlite3.Warning):
                failed.append(statement)
        if len(failed) == len(pending):
            return
        pending = failed


def columns_of(database: sqlite3.Connection) -> dict[str, tuple[str, ...]]:
    """Return the columns of every table and view, in lower case."""
    names = database.execute(
        "SELECT name FROM sqlite_master"
        " WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite_%'"
    )
    return {
        name.lower(): tuple(
            row[1].lower()
            for row in database.execute("SELECT * FROM pragma_table_info(?)", (name,))
        )
        for (name,) in names.fetchall()
    }


def catalog_of_everything(database: sqlite3.Connection) -> Catalog:
    """Return a catalog whose contract holds every column of every table."""
    tables = columns_of(database)
    real = {
        n.lower()
        for (n,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
    }
    contract = Contract(
        "everything",
        tuple(
            TableContract(name, tuple(ColumnContract(c, f"{c} in ms") for c in columns))
            for name, columns in tables.items()
            if name in real
        ),
    )
    return build_catalog(contract, Schema(tables))


# --- SQLite's answer and ours ----------------------------------------------------------------


def authorized(database: sqlite3.Connection, sql: str) -> set[Column] | None:
    """Return the columns that SQLite says a statement reads or updates; None if it refuses it."""
    seen: set[Column] = set()
    inside = {
        name.lower()
        for (name,) in database.execute(
            "SELECT name FROM sqlite_master WHERE type IN ('trigger', 'view')"
        )
    }

    def note(
        action: int, table: str | None, column: str | None, _: str | None, source: str | None
    ) -> int:
        reported = action in {sqlite3.SQLITE_READ, sqlite3.SQLITE_UPDATE}
        if reported and table and column and (source or "").lower() not in inside:
            seen.add((table.lower(), column.lower()))
        return sqlite3.SQLITE_OK

    bare = _PRIVATE.sub(lambda m: " " if m[0] == "\uf8ff" else "?", sql)
    database.set_authorizer(note)
    try:
        database.execute("EXPLAIN " + bare, ("",) * bare.count("?")).close()
    except (sqlite3.Error, sqlite3.Warning):
        return None
    finally:
        database.set_authorizer(None)
    columns = columns_of(database)
    return {(t, c) for t, c in seen if t not in inside and c in columns.get(t, ())}


# What the authorizer does not report: the columns of an INSERT list, those of USING, and what is
# no read of the table (excluded.x, NEW.x, OLD.x).
_UNREPORTED = {"insert", "using", "excluded"}


def resolved_columns(statement: Statement, stars: set[str], catalog: Catalog) -> set[Column]:
    """Return the columns that the resolver says a statement reads or updates."""
    named = {
        (reference.table.name, reference.column.legacy)
        for reference in statement.references
        if reference.role not in _UNREPORTED and not reference.epoch
    }
    named |= {(table, column) for table in stars for column in catalog.tables[table].columns or ()}
    return named


@dataclass
class Score:
    """What was counted in one code base."""

    files: int = 0
    statements: int = 0
    whole: int = 0
    parsed: int = 0
    prepared: int = 0
    expected: int = 0
    read: int = 0
    named: int = 0
    invented: int = 0
    differences: list[str] = field(default_factory=list)
    findings: Counter[str] = field(default_factory=Counter)


def judge(base: CodeBase, root: Path) -> Score:
    """Compare the resolver with SQLite on one code base, and count the findings."""
    queries = list(queries_of(root))
    database = build_schema(base, root, queries)
    catalog = catalog_of_everything(database)
    score = Score(files=sum(1 for _ in root.rglob("*.py")))
    for path, query in queries:
        for statement in query.statements:
            compare(score, (path, query, statement), database, catalog)
    contract = contract_of(base)
    schema = Schema(columns_of(database))
    for path in sorted(root.rglob("*.py")) if contract else ():
        try:
            found = check(path.read_text(encoding="utf-8"), str(path), contract, schema)
        except (SourceError, UnicodeDecodeError):
            continue
        score.findings.update(f.code for f in found)
    return score


def compare(
    score: Score,
    place: tuple[Path, Query, StatementText],
    database: sqlite3.Connection,
    catalog: Catalog,
) -> None:
    """Add one statement to a score."""
    path, query, statement = place
    score.statements += 1
    found = resolve_statement(query, statement, catalog)
    score.parsed += found.statement.tree is not None
    if re.search("[\uf000-\uf8fe]", statement.sql):
        return
    score.whole += 1
    expected = authorized(database, statement.sql)
    if expected is None or _CREATES.match(statement.sql):
        return
    score.prepared += 1
    named = resolved_columns(found.statement, {star.table.name for star in found.stars}, catalog)
    score.expected += len(expected)
    score.read += len(expected & named)
    score.named += len(named)
    score.invented += len(named - expected)
    if expected != named:
        line = query.anchor.lineno
        score.differences.append(
            f"{path}:{line}\n  {' '.join(statement.sql.split())[:300]!a}\n"
            f"  missed {sorted(expected - named)}, invented {sorted(named - expected)}"
        )


def contract_of(base: CodeBase) -> Contract | None:
    """Return the contract written for a code base's own tables."""
    path = CONTRACTS / f"{base.package.lower()}.toml"
    return load_contract(path) if path.exists() else None


# --- reports ---------------------------------------------------------------------------------


def report(directory: Path, verbose: bool) -> int:
    """Print the table over all code bases; return 1 if a limit is broken."""
    total = Score()
    heads = "code base", "files", "statements", "parsed", "whole", "prepared", "read", "invented"
    print(f"| {' | '.join(heads)} | findings |")
    print("|---" * (len(heads) + 1) + "|")
    for base in CODE_BASES:
        root = directory / base.package
        score = judge(base, root)
        print_row(base.package, score)
        for name in (
            "files",
            "statements",
            "parsed",
            "whole",
            "prepared",
            "expected",
            "read",
            "named",
            "invented",
        ):
            setattr(total, name, getattr(total, name) + getattr(score, name))
        total.findings.update(score.findings)
        total.differences += score.differences
    print_row("**all**", total)
    if verbose:
        print(*total.differences, sep="\n")
    return int(total.read < 0.99 * total.expected or total.invented > 0.01 * total.named)


def print_row(name: str, score: Score) -> None:
    """Print one line of the table."""
    findings = ", ".join(f"{code} {n}" for code, n in sorted(score.findings.items())) or "-"
    read = f"{score.read}/{score.expected}"
    invented = f"{score.invented}/{score.named}"
    print(
        f"| {name} | {score.files} | {score.statements} | {score.parsed} | {score.whole} "
        f"| {score.prepared} | {read} | {invented} | {findings} |",
        flush=True,
    )


def survive(directory: Path) -> int:
    """Check every Python file below a directory; return 1 if one crashes or is misplaced.

    The contract takes common words for legacy columns, so that there is much to find. A place is
    right if the text there holds the column that the finding names.
    """
    contract = Contract(
        "words",
        tuple(
            TableContract(table, tuple(ColumnContract(c, f"{c}_ms") for c in _COMMON_COLUMNS))
            for table in _COMMON_TABLES
        ),
    )
    files = findings = wrong = 0
    for path in sorted(directory.rglob("*.py")):
        try:
            text = path.read_text(encoding="utf-8")
            found = check(text, str(path), contract)
            source = Source(text)
        except (SourceError, UnicodeDecodeError, OSError):
            continue
        except Exception as error:
            print(f"{path}: crashed: {error!r}")
            wrong += 1
            continue
        files += 1
        for f in found:
            findings += 1
            line, column = source.position(f.start)
            held = re.sub(r"[^\w]", "", text[f.start : f.end]).lower()
            named = [c for c in _COMMON_COLUMNS if c in f.message.lower()]
            misplaced = (line, column) != (f.line, f.column) or not 0 <= f.start <= f.end <= len(
                text
            )
            if misplaced or (_NAMED_PLACE.match(f.code) and not any(c in held for c in named)):
                print(f"{path}:{f.line}:{f.column}: {f.code} stands at {text[f.start : f.end]!r}")
                wrong += 1
    print(f"{files} files, {findings} findings, {wrong} crashed or misplaced")
    return int(wrong > 0)


_COMMON_TABLES = ("users", "events", "t", "test", "foo", "jobs", "tasks", "files", "data", "items")
_COMMON_COLUMNS = ("id", "name", "time", "date", "key", "value", "created", "a", "x", "created_at")
_NAMED_PLACE = re.compile("TSC20[1236]|TSC208|TSC30[345]")


def sample(directory: Path, count: int, seed: int) -> None:
    """Print findings and silences, drawn at random, with what a reader needs to judge them.

    A silence is a place in a string literal where a contract's legacy column is named as a word,
    and no rule about SQL, rows or models reports it.
    """
    findings: list[str] = []
    silences: list[str] = []
    for base in CODE_BASES:
        contract = contract_of(base)
        root = directory / base.package
        if contract is None:
            continue
        schema = Schema(columns_of(build_schema(base, root, list(queries_of(root)))))
        names = "|".join(sorted({column.legacy for _, column in contract.columns()}))
        word = re.compile(rf"(?<!\w)(?:{names})(?!\w)")
        for path in sorted(root.rglob("*.py")):
            try:
                source = Source(path.read_text(encoding="utf-8"), str(path))
                found = check(source.text, str(path), contract, schema)
            except (SourceError, UnicodeDecodeError):
                continue
            found = [f for f in found if f.code[3] in "23"]
            where = path.relative_to(directory)
            findings += [
                f"{where}:{f.line}:{f.column}: {f.code} {f.message}\n{excerpt(source, f.start)}"
                for f in found
            ]
            literals = [
                source.span(node)
                for node in source.nodes(ast.Constant)
                if isinstance(node.value, str)
            ]
            for match in word.finditer(source.text):
                at = match.start()
                if any(f.start <= at < f.end for f in found):
                    continue
                if any(start <= at < end for start, end in literals):
                    silences.append(f"{where}:{source.position(at)[0]}:\n{excerpt(source, at)}")
    draw = random.Random(seed)
    for title, pool in (("findings", findings), ("silences", silences)):
        print(f"=== {min(count, len(pool))} of {len(pool)} {title}")
        for number, item in enumerate(draw.sample(pool, min(count, len(pool))), 1):
            print(f"[{number}] {item}")


def excerpt(source: Source, at: int) -> str:
    """Return the lines around an offset, the place itself marked."""
    line = source.position(at)[0]
    marked = source.text[:at] + "»" + source.text[at:]
    lines = marked.splitlines()
    return "\n".join(f"    {text[:150]}" for text in lines[max(0, line - 4) : line + 3])


def main() -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("command", choices=["fetch", "judge", "sample", "survive"])
    parser.add_argument("directory", type=Path)
    parser.add_argument(
        "--differences", action="store_true", help="print each statement that differs"
    )
    parser.add_argument("--count", type=int, default=200, help="how many to draw of each")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    if options.command == "fetch":
        fetch(options.directory)
        return 0
    if options.command == "survive":
        return survive(options.directory)
    if options.command == "sample":
        sample(options.directory, options.count, options.seed)
        return 0
    return report(options.directory, options.differences)


if __name__ == "__main__":
    sys.exit(main())
