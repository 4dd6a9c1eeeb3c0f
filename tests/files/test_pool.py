"""Work on many files gives the same in processes as without them, in the order given."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path

import pytest

from ts_contract.files.pool import cores, in_processes

MANY = [Path(f"m{number:03}") for number in range(60)]


def named(path: Path, suffix: str) -> str:
    return f"{path}{suffix}"


def process(_: Path) -> int:
    return os.getpid()


def stumble(path: Path) -> None:
    raise RuntimeError(path.name)


@pytest.mark.parametrize("jobs", [1, 2, 5])
def test_results_come_in_the_order_of_the_paths(jobs):
    found = list(in_processes(partial(named, suffix=".py"), MANY, jobs))
    assert found == [f"{path}.py" for path in MANY]


def test_many_files_are_worked_on_elsewhere():
    assert os.getpid() not in set(in_processes(process, MANY, 2))


@pytest.mark.parametrize(("paths", "jobs"), [(MANY, 1), (MANY[:10], 8), ([], 8)])
def test_one_job_or_few_files_need_no_process(paths, jobs):
    assert set(in_processes(process, paths, jobs)) <= {os.getpid()}


def test_an_error_of_the_work_reaches_the_caller():
    with pytest.raises(RuntimeError, match="m000"):
        list(in_processes(stumble, MANY, 2))


def test_there_is_at_least_one_core():
    assert cores() >= 1
