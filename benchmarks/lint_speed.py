"""What the linter costs: flake8 with and without it, beside its peers, and `ts-contract lint`.

Needs flake8-datetimez, flake8-async and ruff beside ts-contract[flake8]; run it as

    python benchmarks/lint_speed.py [DIRECTORY] [--contract agentos] [--rounds 5]
    python benchmarks/lint_speed.py --engine DIRECTORY...

DIRECTORY is `django.contrib` of an installed Django by default: 337 files. flake8-async runs once
only, since it takes longer than everything else together. With `--engine` only the engine is
measured, against ast.parse of the same files.

All plugins stand in one environment, and a run hides those that it does not measure from flake8's
search for entry points, so that every run has the same interpreter and the same versions. The runs
take turns, and of each the fastest counts. Processor time is what a busy machine disturbs least.
"""

from __future__ import annotations

import argparse
import ast
import importlib.util
import os
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ts_contract.lint.engine import check
from ts_contract.lint.rules import all_rules, applying
from ts_contract.loading import load_contract

ONCE = {"flake8 with flake8-async"}
PLUGINS = ("ts-contract", "flake8-datetimez", "flake8-async")

_FLAKE8 = """
import importlib.metadata as metadata, sys
hidden, every = set(sys.argv.pop(1).split(",")), metadata.distributions
metadata.distributions = lambda **kw: (d for d in every(**kw) if d.metadata["name"] not in hidden)
from flake8.main.cli import main
sys.exit(main())
"""


@dataclass(frozen=True, slots=True)
class Cost:
    """What one run took, in seconds."""

    cpu: float
    wall: float


def flake8(directory: str, *plugins: str, jobs: int = 1, options: Sequence[str] = ()) -> list[str]:
    """Return the command that runs flake8 with these plugins of ours and our peers alone."""
    hidden = ",".join(sorted({*PLUGINS} - {*plugins})) or "none"
    command = [sys.executable, "-c", _FLAKE8, hidden, "--isolated", f"-j{jobs}", *options]
    return [*command, directory]


def commands(directory: str, contract: str) -> dict[str, list[str]]:
    """Return every command that is measured, by the name of its line in the table."""
    ours = [f"--ts-contract={contract}"]
    lint = [sys.executable, "-m", "ts_contract", "lint", "-q", f"--contract={contract}"]
    ruff = shutil.which(
        "ruff", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    )
    return {
        "flake8 alone": flake8(directory),
        "flake8 with ts-contract": flake8(directory, "ts-contract", options=ours),
        "flake8 with flake8-datetimez": flake8(directory, "flake8-datetimez"),
        "flake8 with flake8-async": flake8(directory, "flake8-async"),
        "flake8 alone, -j2": flake8(directory, jobs=2),
        "ts-contract lint, --jobs 1": [*lint, "--jobs=1", directory],
        "ts-contract lint, --jobs 2": [*lint, "--jobs=2", directory],
        "ruff --select DTZ": [str(ruff), "check", "--isolated", "-n", "--select=DTZ", directory],
    }


def measure(command: Sequence[str]) -> Cost:
    """Run a command once."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(command, capture_output=True, check=False)
    wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode not in {0, 1, 3}:
        sys.exit(f"{' '.join(command)}\n{done.stderr.decode()}")
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Cost(cpu, wall)


def rounds(count: int, wanted: dict[str, list[str]]) -> dict[str, Cost]:
    """Measure every command in turn, `count` times, and return the least that each took."""
    found: dict[str, list[Cost]] = {name: [] for name in wanted}
    for number in range(count):
        for name, command in wanted.items():
            if number and name in ONCE:
                continue
            print(f"round {number + 1} of {count}: {name}", file=sys.stderr)
            found[name].append(measure(command))
    return {
        name: Cost(min(c.cpu for c in costs), min(c.wall for c in costs))
        for name, costs in found.items()
    }


def engine_against_parser(directory: Path, contract: str, count: int) -> dict[str, float]:
    """Return what the engine takes beside ast.parse = 1, on every file, in this process.

    `gate` is what every file costs before any rule is tried, `default` the whole with the rules
    that are on by default, `all` with every rule.
    """
    loaded = load_contract(contract)
    paths = directory.rglob("*.py")
    texts = [path.read_text(encoding="utf-8", errors="replace") for path in paths]
    texts = [text for text in texts if parsed(text) is not None]
    default = tuple(rule for rule in all_rules() if rule.default)
    runs: dict[str, Callable[[str, ast.Module], object]] = {
        "parse": lambda _text, _tree: None,
        "gate": lambda text, _tree: applying(all_rules(), text, loaded),
        "default": lambda text, tree: check(text, contract=loaded, tree=tree, rules=default),
        "all": lambda text, tree: check(text, contract=loaded, tree=tree),
    }
    least = dict.fromkeys(runs, float("inf"))
    for _ in range(count):
        for name, run in runs.items():
            start = time.process_time()
            for text in texts:
                run(text, ast.parse(text))
            least[name] = min(least[name], time.process_time() - start)
    parse = least.pop("parse")
    return {"files": len(texts)} | {name: took / parse - 1 for name, took in least.items()}


def engine_table(directories: Sequence[Path], contract: str, count: int) -> None:
    """Print what the engine takes on several code bases."""
    print("| code base | files | gate | default rules | all rules |\n|---|---|---|---|---|")
    for directory in directories:
        row = engine_against_parser(directory, contract, count)
        figures = " | ".join(f"{row[name]:.2f}" for name in ("gate", "default", "all"))
        print(f"| {directory.name} | {row['files']:.0f} | {figures} |", flush=True)


def parsed(text: str) -> ast.Module | None:
    """Return the tree of a text, or None where there is none."""
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError):
        return None


def _installed(package: str) -> Path:
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        sys.exit(f"{package} is not installed; name a directory")
    return Path(spec.origin).parent


def main() -> None:
    """Measure, and print a table in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("directory", nargs="*", help="the code base")
    parser.add_argument("--engine", action="store_true", help="measure the engine alone")
    parser.add_argument("--contract", default="agentos")
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    directories = [*map(Path, given.directory)] or [_installed("django") / "contrib"]
    if given.engine:
        engine_table(directories, given.contract, given.rounds)
        return
    directory = directories[0]
    files = list(directory.rglob("*.py"))
    lines = sum(path.read_bytes().count(b"\n") for path in files)

    least = rounds(given.rounds, commands(str(directory), given.contract))
    alone, alone_2 = least["flake8 alone"], least["flake8 alone, -j2"]
    print(f"{directory.name}: {len(files)} files, {lines:,} lines; contract {given.contract}\n")
    print("| run | CPU s | wall s | CPU, flake8 alone = 1 | wall, flake8 alone -j2 = 1 |")
    print("|---|---|---|---|---|")
    for name, cost in least.items():
        ratios = f"{cost.cpu / alone.cpu:.2f} | {cost.wall / alone_2.wall:.2f}"
        print(f"| {name} | {cost.cpu:.1f} | {cost.wall:.1f} | {ratios} |")
    print("\nThe engine, with the contract, beside ast.parse = 1:\n")
    engine_table([directory], given.contract, given.rounds)


if __name__ == "__main__":
    main()
