"""Runs calls of the migration in processes that can be killed; started by `conftest.Runner`.

Each line of standard input is one call as JSON. It runs in a forked child, so that a thousand
starts do not cost a thousand imports. The answer is a line of JSON: how it ended, and when each
progress message came.
"""

import json
import os
import resource
import signal
import socket
import sqlite3
import sys
import threading
import time
import traceback
from collections.abc import Callable
from pathlib import Path

from ts_contract import migration
from ts_contract.loading import parse_contract
from ts_contract.migration import Failed, Refused


def main() -> None:
    for line in sys.stdin:
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(reading)
            os.write(writing, json.dumps(_call(**json.loads(line))).encode())
            os._exit(0)
        os.close(writing)
        with os.fdopen(reading) as answer:
            told = answer.read()
        _, status = os.waitpid(child, 0)
        if os.WIFSIGNALED(status):
            told = json.dumps({"outcome": signal.Signals(os.WTERMSIG(status)).name})
        print(told, flush=True)


def _call(
    *,
    function: str,
    db: str,
    contract: dict[str, object],
    options: dict[str, object],
    kill_after: float | None = None,
    kill_at: int | None = None,
    file_size: int | None = None,
    max_pages: int | None = None,
    timeout: float | None = None,
    disk: dict[str, object] | None = None,
    host: str | None = None,
    ahead: int = 0,
    stop_until: str | None = None,
) -> dict[str, object]:
    start = time.monotonic()
    times: list[tuple[str, float]] = []

    def progress(message: migration.Progress) -> None:
        times.append((message.phase, time.monotonic() - start))
        if kill_at is not None and len(times) == kill_at:
            end() if kill_after is None else _after(kill_after, end)

    def end() -> None:
        if stop_until is None:
            os.kill(os.getpid(), signal.SIGKILL)
        else:
            _stand_still(stop_until)

    if kill_at is None and kill_after is not None:
        _after(kill_after, end)
    if file_size is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (file_size, file_size))
    from faulty_disk import FaultyDisk  # beside this script, and not where doctests are collected

    faulty = FaultyDisk(**(disk or {}))
    if disk is not None:
        faulty.install()
    if host is not None:
        socket.gethostname = lambda: host
    if ahead:
        _set_clock(ahead)
    target: str | sqlite3.Connection = db
    if max_pages is not None or timeout is not None:
        target = sqlite3.connect(db, timeout=10 if timeout is None else timeout)
        if max_pages is not None:
            target.execute(f"PRAGMA max_page_count = {max_pages}")
    try:
        report = getattr(migration, function)(
            target, parse_contract(contract), progress=progress, **options
        )
    except (Failed, Refused) as error:
        outcome, message = type(error).__name__, str(error)
    except BaseException:
        outcome, message = "crashed", traceback.format_exc()
    else:
        outcome, message = "done", ""
        verified = report.verified if function == "repair" else report
        if function in ("migrate", "repair", "verify") and not verified.correct:
            outcome, message = "incorrect", str(report)
    return {
        "outcome": outcome,
        "message": message,
        "seconds": time.monotonic() - start,
        "times": times,
        "disk": faulty.done,
    }


def _set_clock(ahead: int) -> None:
    """Let the clock of this process stand some seconds ahead, or behind."""
    right = time.time_ns
    time.time_ns = lambda: right() + ahead * 1_000_000_000


def _after(seconds: float, act: Callable[[], None]) -> None:
    def wait() -> None:
        time.sleep(seconds)
        act()

    threading.Thread(target=wait, daemon=True).start()


def _stand_still(until: str) -> None:
    """Stop this process, with all its threads, until there is a file of that name."""
    stopped = os.getpid()
    if os.fork() == 0:
        while not Path(until).exists():
            time.sleep(0.005)
        os.kill(stopped, signal.SIGCONT)
        os._exit(0)
    os.kill(stopped, signal.SIGSTOP)


if __name__ == "__main__":
    main()
