from datetime import UTC, datetime, timedelta

import pytest

from ts_contract import to_epoch_ms


def at(*parts):
    return datetime(*parts, tzinfo=UTC)


def instant(value):
    """The instant of an exported time, whether text or milliseconds."""
    return value if isinstance(value, int) else to_epoch_ms(value)


def just_now(moment):
    return timedelta(seconds=-1) <= datetime.now(UTC) - moment < timedelta(minutes=1)


def test_a_session_has_its_times(sessions):
    session = sessions.get("s2")
    assert session.created_at == at(2024, 1, 11, 9, 0, 0, 250_000)
    assert session.updated_at == at(2024, 3, 1, 12)


def test_a_new_session_is_created_now(sessions):
    session = sessions.get(sessions.create("New", "p1"))
    assert just_now(session.created_at)
    assert session.updated_at == session.created_at


@pytest.mark.parametrize(
    ("sort", "descending", "ids"),
    [
        ("created_at", False, ["s1", "s2", "s3"]),
        ("updated_at", True, ["s2", "s3", "s1"]),
        ("title", False, ["s1", "s2", "s3"]),
    ],
)
def test_sessions_are_sorted_by_what_callers_may_name(sessions, sort, descending, ids):
    assert [session.id for session in sessions.sorted_by(sort, descending=descending)] == ids


def test_nothing_else_may_be_sorted_by(sessions):
    with pytest.raises(ValueError, match="cannot sort by metadata"):
        sessions.sorted_by("metadata")


def test_recent_sessions_of_all_and_of_one_project(sessions):
    assert sessions.recent_ids() == ["s2", "s3", "s1"]
    assert sessions.recent_ids(limit=1, project_id="p2") == ["s3"]


def test_a_message_moves_its_session_to_the_top(sessions):
    sessions.add_message("s1", "user", "Back again")
    assert sessions.recent_ids(limit=1) == ["s1"]
    assert sessions.messages("s1") == ["Hello", "Good morning", "What next?", "Back again"]
    assert just_now(sessions.get("s1").updated_at)


def test_messages_are_counted_from_a_moment_on(sessions):
    assert sessions.messages_since("s1", at(2024, 1, 10, 8, 5, 4)) == 2
    assert sessions.messages_since("s1", at(2024, 1, 13)) == 0


def test_the_last_message_of_a_session(sessions):
    assert sessions.last_message_at("s1") == at(2024, 1, 12, 10)
    assert sessions.last_message_at("s3") is None


def test_an_export_tells_the_instant(sessions):
    exported = sessions.export("s1")
    assert instant(exported.pop("created_at")) == 1_704_873_900_000
    assert exported == {"id": "s1", "title": "First steps"}
