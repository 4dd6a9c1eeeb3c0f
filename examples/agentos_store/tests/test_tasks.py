from datetime import timedelta

from agentos_store.database import current_version
from test_sessions import at, instant, just_now


def test_a_task_has_its_times(tasks):
    assert tasks.get("t3").updated_at == at(2024, 2, 22, 18, 30, 0, 125_000)
    assert tasks.get("t2").updated_at is None
    assert tasks.get("t9") is None


def test_open_tasks_newest_first(tasks):
    assert [task.id for task in tasks.open_tasks()] == ["t3", "t2"]


def test_a_new_task_is_the_newest_and_is_found_by_its_age(tasks):
    task_id = tasks.create("Try it", "s1")
    assert tasks.open_tasks()[0].id == task_id
    assert just_now(tasks.get(task_id).created_at)
    assert tasks.opened_in_the_last_day() == 1
    assert tasks.lineage(task_id) == [("session", "s1")]


def test_a_finished_task_is_finished_once(tasks):
    assert tasks.finish("t3")
    assert not tasks.finish("t3")
    assert just_now(tasks.get("t3").updated_at)
    assert tasks.time_worked("t3") > timedelta(days=1)


def test_touched_tasks_are_no_longer_untouched(tasks):
    assert tasks.untouched() == ["t2"]
    tasks.touch_all(["t2"])
    assert tasks.untouched() == []


def test_tasks_of_a_period(tasks):
    assert tasks.created_between(at(2024, 1, 10), at(2024, 2, 1)) == ["t1", "t2"]
    assert tasks.created_between(at(2024, 2, 21), at(2024, 2, 22)) == ["t3"]


def test_old_audits_are_forgotten_and_new_ones_kept(tasks):
    tasks.create("Try it")
    assert tasks.forget_older_than(timedelta(days=1)) == 3
    assert tasks.forget_older_than(timedelta(days=1)) == 0


def test_the_time_that_agents_worked(tasks):
    assert tasks.time_worked("t1") == timedelta(minutes=29, seconds=30)
    assert tasks.time_worked("t3") == timedelta()


def test_the_history_of_a_task(tasks):
    history = tasks.history("t1")
    assert [event["kind"] for event in history] == ["opened", "closed"]
    times = [value for event in history for key, value in event.items() if key != "kind"]
    assert [instant(value) for value in times] == [1_704_877_200_000, 1_705_248_000_000]


def test_lineage_in_order(tasks):
    assert tasks.lineage("t1") == [("session", "s1"), ("run", "r1")]


def test_the_version_is_the_last_one_applied(conn):
    assert current_version(conn) >= "0.43.0"
