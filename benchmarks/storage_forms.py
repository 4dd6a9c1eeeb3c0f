"""What each storage form costs: plan, migrate and verify, as ratios to the plain form.

Usage: python benchmarks/storage_forms.py [--rows N] [--rounds N]

Each form has a table of its own in a fresh file, in turn, round by round; figures are the least of
processor time over the rounds, divided by those of `2021-05-02 10:51:37`. Ends with 1 when a form
that drivers and ORMs write costs more than four times the plain one in migrate or in verify, or a
named zone more than five times.
"""

from __future__ import annotations

import argparse
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from ts_contract.contract import Contract
from ts_contract.loading import parse_contract
from ts_contract.migration import migrate, plan, verify

PLAIN = "`2021-05-02 10:51:37`"
MOST, MOST_IN_ZONE = 4.0, 5.0
UTC_ONLY, IN_PARIS = {}, {"timezone": "Europe/Paris"}


def text(pattern: str, *, cut: int | None = None) -> Callable[[datetime], object]:
    """Return what writes texts, cut behind so many characters and then the suffix put on."""
    pattern, _, suffix = pattern.partition("|")
    return lambda at: at.strftime(pattern)[:cut] + suffix


def go_trimmed(at: datetime) -> str:
    return at.strftime("%Y-%m-%d %H:%M:%S.%f").rstrip("0") + "+00:00"


def micros(at: datetime) -> int:
    return (at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


SPACE, WITH_T = "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S"
FORMS: dict[str, tuple[Callable[[datetime], object], dict[str, str]]] = {
    PLAIN: (text(SPACE), UTC_ONLY),
    "microseconds": (text(f"{SPACE}.%f"), UTC_ONLY),
    "milliseconds": (text(f"{SPACE}.%f", cut=23), UTC_ONLY),
    "T, microseconds": (text(f"{WITH_T}.%f"), UTC_ONLY),
    "T, milliseconds, Z": (text(f"{WITH_T}.%f|Z", cut=23), UTC_ONLY),
    "microseconds, +00:00": (text(f"{SPACE}.%f|+00:00"), UTC_ONLY),
    "Go, trimmed, +00:00": (go_trimmed, UTC_ONLY),
    "EF Core, 7 digits": (text(f"{SPACE}.%f1"), UTC_ONLY),
    ".NET, 7 digits, Z": (text(f"{WITH_T}.%f1Z"), UTC_ONLY),
    "Sequelize, milliseconds, ` +00:00`": (text(f"{SPACE}.%f| +00:00", cut=23), UTC_ONLY),
    "microseconds, +02:00": (text(f"{SPACE}.%f+02:00"), UTC_ONLY),
    "PostgreSQL, +00": (text(f"{SPACE}.%f+00"), UTC_ONLY),
    "comma, milliseconds": (text(f"{SPACE},%f", cut=23), UTC_ONLY),
    "a date": (text("%Y-%m-%d"), UTC_ONLY),
    "epoch seconds": (lambda at: micros(at) // 1_000_000, UTC_ONLY),
    "epoch milliseconds": (lambda at: micros(at) // 1_000, UTC_ONLY),
    "epoch microseconds": (micros, UTC_ONLY),
    "REAL seconds": (lambda at: micros(at) / 1_000_000, UTC_ONLY),
    "plain, in Europe/Paris": (text(SPACE), IN_PARIS),
    "T, milliseconds, Z, in Europe/Paris": (text(f"{WITH_T}.%f|Z", cut=23), IN_PARIS),
}


def build(path: Path, write: Callable[[datetime], object], rows: int) -> None:
    """Write a table of one column, the instants 21 minutes and some microseconds apart."""
    step = timedelta(seconds=1_277, microseconds=123_457)
    start = datetime(2021, 5, 2, 10, 51, 37, 527_095, UTC)
    with closing(sqlite3.connect(path)) as db:
        db.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, at, note TEXT DEFAULT 'a note')")
        values = ((write(start + step * n),) for n in range(rows))
        db.executemany("INSERT INTO t (at) VALUES (?)", values)
        db.commit()


def measured(path: Path, contract: Contract) -> dict[str, float]:
    """Return the processor time of each command."""
    found = {}
    commands: dict[str, Callable[[], object]] = {
        "plan": lambda: plan(str(path), contract),
        "migrate": lambda: migrate(str(path), contract, pause=0),
        "verify": lambda: verify(str(path), contract),
    }
    for name, command in commands.items():
        began = time.process_time()
        command()
        found[name] = time.process_time() - began
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rows", type=int, default=60_000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    least: dict[str, dict[str, float]] = {}
    with tempfile.TemporaryDirectory() as directory:
        for _ in range(options.rounds):
            for number, (name, (write, keys)) in enumerate(FORMS.items()):
                path = Path(directory, f"{number}.db")
                build(path, write, options.rows)
                found = measured(path, parse_contract({**keys, "tables": {"t": ["at"]}}))
                path.unlink()
                known = least.setdefault(name, found)
                least[name] = {key: min(known[key], value) for key, value in found.items()}
    return report(least)


def report(least: dict[str, dict[str, float]]) -> int:
    """Print the table, and return 1 if a limit is broken."""
    broken = False
    print("| form | migrate | verify | plan |\n|---|---|---|---|")
    for name, found in least.items():
        ratios = {key: value / least[PLAIN][key] for key, value in found.items()}
        most = MOST_IN_ZONE if FORMS[name][1] else MOST
        broken |= max(ratios["migrate"], ratios["verify"]) > most
        print(
            f"| {name} | "
            + " | ".join(f"{ratios[k]:.1f}" for k in ("migrate", "verify", "plan"))
            + " |"
        )
    return int(broken)


if __name__ == "__main__":
    sys.exit(main())
