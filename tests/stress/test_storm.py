"""Disks that fail, clocks that lie, two hosts: a clear message each time, and the end is right."""

import random
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

pytestmark = pytest.mark.stress

BATCHES = {"pause": 0, "batch_size": 150}
OFFLINE = {"offline": True}
LIFE = [
    # what is called, how, in which journal, and how many errors it meets
    ("migrate", BATCHES, "wal", 40),
    ("migrate", BATCHES, "delete", 40),
    ("migrate", OFFLINE, "wal", 25),
    ("migrate", OFFLINE, "delete", 25),
    ("rollback", {}, "wal", 20),
    ("rollback", {}, "delete", 20),
    ("finalize", {}, "wal", 20),
    ("finalize", {}, "delete", 20),
]


@pytest.mark.parametrize("call", LIFE, ids=lambda call: f"{call[0]} {call[2]}")
def test_what_meets_an_error_of_the_disk_says_so_and_goes_on(build_rich, rng, this_runner, call):
    function, options, journal, rounds = call
    store = build_rich(journal=journal)
    if function != "migrate":
        store.path.rename(store.path.with_name("legacy.db"))
        before = type(store)(store.path.with_name("legacy.db"), store.values, store.schema)
        this_runner.finish("migrate", before.copy(store.path.name), options=BATCHES)
    undisturbed = store.copy("undisturbed.db")
    whole = this_runner.run(function, undisturbed, options=options, disk={})
    assert whole["outcome"] == "done", whole["message"]

    told = 0
    for _ in range(rounds):
        path = store.copy()
        answer = this_runner.run(function, path, options=options, disk=an_error(rng, whole["disk"]))

        told += answer["outcome"] != "done"
        assert answer["outcome"] in ("done", "Failed", "Refused"), answer["message"]
        if answer["outcome"] != "done":
            assert "\n" not in answer["message"]
            assert str(path) in answer["message"]
        this_runner.finish(function, path, options=options)
        store.check(path, function)
        store.check_like(path, undisturbed)
        assert {f.name for f in path.parent.glob("copy.db*")} <= {f"copy.db{s}" for s in LEFT}
    print(f"{function} in {journal}: {told} of {rounds} errors were told")
    assert told >= rounds // 8  # many come while the file is closed, when all is done


LEFT = ("", "-wal", "-shm")
DAY = 86_400


@pytest.mark.parametrize("ahead", [-DAY, -90, -30, 30, 90, 150, DAY])
def test_a_clock_that_stands_wrong_holds_nobody_up_for_long(build_rich, rng, this_runner, ahead):
    """The run that dies is on a host whose clock is that many seconds ahead of the others'."""
    store = build_rich()
    wrong = {"host": "wrong", "ahead": ahead}
    whole = this_runner.run("migrate", store.copy(), options=BATCHES, **wrong)
    assert whole["outcome"] == "done", whole["message"]
    for _ in range(4):
        path = store.copy()
        kill_at = rng.randint(1, len(whole["times"]) - 1)
        died = this_runner.run("migrate", path, options=BATCHES, kill_at=kill_at, **wrong)
        if died["outcome"] != "SIGKILL":
            continue

        other = this_runner.run("migrate", path, options=BATCHES, host="right")

        if other["outcome"] == "Refused":
            assert -60 <= ahead <= 120  # a sign of life that may be true
            assert "another run is at work" in other["message"]
            other = this_runner.run(
                "migrate", path, options={**BATCHES, "take_over": True}, host="right"
            )
        assert other["outcome"] == "done", other["message"]
        store.check_migrated(path)


@pytest.mark.parametrize("function", ["migrate", "rollback"])
def test_a_run_that_stood_still_does_not_undo_what_another_host_did(
    build_rich, rng, this_runner, other_runner, function
):
    store = build_rich()
    whole = this_runner.run("migrate", store.copy(), options=BATCHES)
    overtaken = 0
    for turn in range(15):
        path, go_on = store.copy(), store.path.with_name(f"go {turn}")
        stop = {"kill_at": rng.randint(1, len(whole["times"]))}
        if rng.random() < 0.3:
            stop["kill_after"] = rng.random() * 0.01
        with ThreadPoolExecutor(1) as pool:
            first = pool.submit(
                this_runner.run,
                "migrate",
                path,
                options=BATCHES,
                host="slow",
                stop_until=str(go_on),
                **stop,
            )
            time.sleep(0.05 + whole["seconds"])
            # By the clock of this host the other gave its last sign of life long ago.
            options = {"pause": 0} if function == "migrate" else {}
            second = other_runner.run(
                function, path, options=options, host="quick", ahead=90, timeout=0.1
            )
            go_on.touch()
            end = first.result()

        assert second["outcome"] in ("done", "Refused", "Failed"), second["message"]
        # Its verify, which reads and needs no lease, may find all rolled back.
        told = "incorrect" if function == "rollback" else "done"
        assert end["outcome"] in ("done", "Failed", told), end["message"]
        if end["outcome"] == "Failed":
            overtaken += 1
            assert "another run took over while this one stood still" in end["message"]
        if second["outcome"] == "done" and (function == "migrate" or end["outcome"] == "Failed"):
            store.check(path, function)
        other_runner.finish(function, path)
        store.check(path, function)
    print(f"{overtaken} of 15 runs were overtaken by {function}")
    assert overtaken > 1


def an_error(rng: random.Random, done: dict[str, int]) -> dict[str, object]:
    """Return an error of any kind, at any of the places where there may be one."""
    places = {**done, "full": done["write"]}
    operation = rng.choice(sorted(name for name, count in places.items() if count))
    number = rng.randint(1, places[operation])
    return {"operation": operation, "number": number, "for_good": rng.random() < 0.5}
