"""What the clock and the conversions cost, as ratios measured side by side in one run.

Usage: python benchmarks/timestamps.py

Each pair is measured in turn, round by round, so that what else the machine does slows both; the
figures are medians over the rounds. Ends with 1 when a ratio is beyond its limit.
"""

from __future__ import annotations

import subprocess
import sys
import time
import timeit
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

import ts_contract.timestamps

SOURCE = str(Path(ts_contract.__file__).parent.parent)
NAMESPACE = {"datetime": datetime, "UTC": UTC, "time": time, **vars(ts_contract.timestamps)}


def medians(first: str, second: str, rounds: int = 101) -> tuple[float, float]:
    """Return the seconds that one run of each expression takes."""
    timers = [timeit.Timer(code, globals=NAMESPACE) for code in (first, second)]
    number = timers[0].autorange()[0] // 20 + 1
    runs = [[timer.timeit(number) / number for timer in timers] for _ in range(rounds)]
    return median(run[0] for run in runs), median(run[1] for run in runs)


def seconds_to_run(program: str) -> float:
    """Return how long a fresh interpreter takes for a program, its own start included."""
    # -I -S: no site-packages, so that no .pth file imports something behind our back
    command = [
        sys.executable,
        "-I",
        "-S",
        "-c",
        f"import sys; sys.path.append({SOURCE!r}); {program}",
    ]
    start = time.perf_counter()
    subprocess.run(command, check=True)
    return time.perf_counter() - start


def import_cost_ms(statement: str, rounds: int = 51) -> float:
    """Return the milliseconds that a statement adds to `import datetime`."""
    seconds_to_run(statement)  # writes the byte code
    added = [
        seconds_to_run(f"import datetime; {statement}") - seconds_to_run("import datetime")
        for _ in range(rounds)
    ]
    return median(added) * 1000


def main() -> int:
    """Measure, print a table in Markdown, and return the exit code."""
    within = []
    print("| what | measured | limit |\n|---|---|---|")
    for statement in ("import ts_contract", "from ts_contract import now_ms, to_epoch_ms"):
        cost = import_cost_ms(statement)
        print(f"| `{statement}` over `import datetime` | {cost:.2f} ms | at most 3 ms |")
        within.append(cost <= 3)

    ours, plain = medians("now_ms()", "time.time_ns() // 1_000_000")
    figures = f"{ours / plain:.2f}x ({ours * 1e9:.0f} ns to {plain * 1e9:.0f} ns)"
    print(f"| `now_ms()` over `time.time_ns() // 1_000_000` | {figures} | at most 1.5x |")
    within.append(ours <= 1.5 * plain)

    for text, format_, least in (
        ("2024-01-15 12:00:00", "%Y-%m-%d %H:%M:%S", 3),
        ("2024-01-15 12:00:00.123456", "%Y-%m-%d %H:%M:%S.%f", 0),
        ("2024-01-15T12:00:00.123+05:30", "%Y-%m-%dT%H:%M:%S.%f%z", 0),
    ):
        ours, peer = medians(f"to_epoch_ms({text!r})", f"datetime.strptime({text!r}, {format_!r})")
        figures = f"{peer / ours:.1f}x ({peer * 1e6:.2f} us to {ours * 1e6:.2f} us)"
        limit = f"at least {least}x" if least else ""
        print(f"| `datetime.strptime` over `to_epoch_ms` of `{text}` | {figures} | {limit} |")
        within.append(peer >= least * ours)
    return 0 if all(within) else 1


if __name__ == "__main__":
    sys.exit(main())
