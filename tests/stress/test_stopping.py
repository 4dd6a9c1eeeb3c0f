"""Signals stop a run between two transactions; a second runner waits for the first."""

import re
import signal
import time

import pytest

pytestmark = pytest.mark.stress

SLOW = ("--batch-size", "100", "--pause", "0.02")


def started(command, path, *options):
    """Start a migration and wait until it is at work."""
    process = command("migrate", path, *options)
    wal = path.with_name(f"{path.name}-wal")
    end = time.monotonic() + 30
    while not (wal.exists() and wal.stat().st_size) and time.monotonic() < end:
        time.sleep(0.001)
    return process


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_cleanly_and_says_how_to_go_on(build, rng, command, number):
    store = build()
    stopped = 0
    for _ in range(8):
        path = store.copy()
        first = started(command, path, *SLOW)
        time.sleep(rng.random() * 0.8)
        first.send_signal(number)
        _, error = first.communicate(timeout=30)
        if first.returncode == 3:
            stopped += 1
            assert "nothing is lost; run the same command again to go on" in error
            assert "Traceback" not in error
        else:
            assert first.returncode == 1, error  # it was through: some values in the quarantine
        second = command("migrate", path, "--pause", "0")
        _, error = second.communicate(timeout=60)
        assert second.returncode == 1, error
        store.check_migrated(path)
    assert stopped >= 4


def test_a_second_runner_is_refused_while_the_first_lives_and_not_after(build, rng, command):
    store = build()
    path = store.copy()
    first = started(command, path, *SLOW)
    time.sleep(0.2)
    for other in ("migrate", "rollback", "finalize"):
        second = command(other, path, *(["--yes"] if other == "finalize" else []))
        _, error = second.communicate(timeout=30)
        assert second.returncode == 2, error
        assert re.search(rf"another run is at work \(process {first.pid} on .*\); wait", error)
    first.kill()
    first.communicate()
    third = command("migrate", path)
    _, error = third.communicate(timeout=60)
    assert third.returncode == 1, error
    store.check_migrated(path)
