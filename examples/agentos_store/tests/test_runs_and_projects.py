from datetime import timedelta


def test_how_long_a_run_took(runs):
    assert runs.duration("r1") == timedelta(minutes=3, seconds=30)
    assert runs.duration("r2") is None


def test_a_run_whose_lease_has_ended_is_expired_and_a_new_one_is_not(runs):
    run_id = runs.start("t2")
    assert runs.expired() == ["r2"]
    runs.complete(run_id, latency_ms=1200)
    assert timedelta(seconds=-1) <= runs.duration(run_id) < timedelta(minutes=1)


def test_the_latest_run_of_a_task(runs):
    run_id = runs.start("t1")
    assert runs.latest("t1") == run_id
    assert runs.latest("t2") is None


def test_projects_newest_first_and_a_renewed_one_moves_up(projects):
    assert projects.names() == ["Beta", "Alpha"]
    projects.add("/srv/alpha", "Alpha again")
    assert projects.names() == ["Alpha again", "Beta"]


def test_the_overview_begins_with_the_most_active_project(projects):
    assert projects.overview() == [
        {"name": "Alpha", "sessions": 2},
        {"name": "Beta", "sessions": 1},
    ]


def test_artifacts_newest_first(projects):
    assert projects.artifacts("t1") == ["docs/api.md", "docs/index.md"]


def test_notifications_are_outside_the_contract(projects):
    projects.notify("Task done")
    assert projects.unread() == ["Welcome", "Task done"]
