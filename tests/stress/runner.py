"""Runs calls of the migration in processes that can be killed; started by `conftest.Runner`.

Each line of standard input is one call as JSON. It runs in a forked child, so that a thousand
starts do not cost a thousand imports. The answer is a line of JSON: how it ended, and when each
progress message came.
"""

import json
import os
import resource
import signal
import sqlite3
import sys
import threading
import time
import traceback

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
) -> dict[str, object]:
    start = time.monotonic()
    times: list[tuple[str, float]] = []

    def progress(message: migration.Progress) -> None:
        times.append((message.phase, time.monotonic() - start))
        if kill_at is not None and len(times) == kill_at:
            _kill_after(kill_after or 0)

    if kill_at is None and kill_after is not None:
        _kill_after(kill_after)
    if file_size is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (file_size, file_size))
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
        if function in ("migrate", "verify") and not report.correct:
            outcome, message = "incorrect", str(report)
    return {
        "outcome": outcome,
        "message": message,
        "seconds": time.monotonic() - start,
        "times": times,
    }


def _kill_after(seconds: float) -> None:
    def kill() -> None:
        time.sleep(seconds)
        os.kill(os.getpid(), signal.SIGKILL)

    threading.Thread(target=kill, daemon=True).start()


if __name__ == "__main__":
    main()
