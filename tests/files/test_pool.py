"""Work on many files gives the same in processes as without them, in the order given."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import pytest

from ts_contract.files import pool
from ts_contract.files.pool import cores, in_processes

MANY = [Path(f"m{number:03}") for number in range(60)]


def named(path: Path, suffix: str) -> str:
    return f"{path}{suffix}"


def process(_: Path) -> int:
    return os.getpid()


def lost(path: Path, why: str) -> str:
    return f"{path}: {why}"


def stumble(path: Path) -> None:
    raise RuntimeError(path.name)


@pytest.mark.parametrize("jobs", [1, 2, 5])
def test_results_come_in_the_order_of_the_paths(jobs):
    found = list(in_processes(partial(named, suffix=".py"), MANY, jobs, lost=lost))
    assert found == [f"{path}.py" for path in MANY]


def test_many_files_are_worked_on_elsewhere():
    assert os.getpid() not in set(in_processes(process, MANY, 2, lost=lost))


@pytest.mark.parametrize(("paths", "jobs"), [(MANY, 1), (MANY[:10], 8), ([], 8)])
def test_one_job_or_few_files_need_no_process(paths, jobs):
    assert set(in_processes(process, paths, jobs, lost=lost)) <= {os.getpid()}


def test_an_error_of_the_work_reaches_the_caller():
    with pytest.raises(RuntimeError, match="m00"):
        list(in_processes(stumble, MANY, 2, lost=lost))


def killed_at_m030(path: Path) -> str:
    if path.name == "m030":
        os.kill(os.getpid(), signal.SIGKILL)
    return path.name


def test_a_process_that_is_killed_costs_its_file_and_no_other():
    found = list(in_processes(killed_at_m030, MANY, 2, lost=lost))
    why = "m030: the process that worked on it was killed (signal 9)"
    assert found == [why if path.name == "m030" else path.name for path in MANY]


def killed_once(path: Path, mark: Path) -> str:
    if path.name == "m007" and not mark.exists():
        mark.touch()
        os._exit(1)
    return path.name


def test_a_file_whose_process_was_killed_for_another_is_tried_again(tmp_path):
    work = partial(killed_once, mark=tmp_path / "mark")
    found = list(in_processes(work, MANY, 2, lost=lost))
    assert found == [path.name for path in MANY]


def deaf_at_m010(path: Path) -> str:
    if path.name == "m010":
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGALRM, signal.SIGTERM})
        time.sleep(60)
    return path.name


def test_a_process_that_does_not_answer_is_ended(monkeypatch):
    monkeypatch.setattr(pool, "_GRACE", 0.2)
    found = list(in_processes(deaf_at_m010, MANY, 2, lost=lost, seconds=0.3))
    why = "m010: its process did not answer in time"
    assert found == [why if path.name == "m010" else path.name for path in MANY]


def killed(path: Path) -> str:
    os._exit(3)


def test_when_every_process_ends_every_file_is_named():
    found = list(in_processes(killed, MANY, 3, lost=lost))
    why = "the process that worked on it was killed (exit code 3)"
    assert found == [f"{path}: {why}" for path in MANY]


def test_who_stops_asking_leaves_no_process_behind():
    results = in_processes(process, MANY, 2, lost=lost)
    worker = next(results)
    results.close()
    with pytest.raises(ProcessLookupError):
        os.kill(worker, 0)


def test_who_is_killed_leaves_no_process_behind():
    program = (
        "import os, time\nfrom pathlib import Path\n"
        "from ts_contract.files.pool import in_processes\n"
        "def work(path): return os.getpid()\n"
        "paths = [Path(str(number)) for number in range(100)]\n"
        "results = in_processes(work, paths, 3, lost=print)\n"
        "print(*{next(results) for _ in range(99)}, flush=True)\n"
        "time.sleep(60)\n"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        workers = [int(number) for number in parent.stdout.readline().split()]
        parent.kill()
    assert workers
    for _ in range(200):
        if not any(Path("/proc", str(worker), "exe").exists() for worker in workers):
            return
        time.sleep(0.05)
    pytest.fail("a process goes on")


def test_there_is_at_least_one_core():
    assert cores() >= 1
