from sqlalchemy import insert, select, update
from sqlalchemy.orm import aliased

import app.models as m
from app import Task
from app.models import Computed, Old, Owner, Special
from app.models import Task as T

from . import models


class User:
    created_at = 1


# --- of another table, or of none that can be told ---
def silent(session, task, owner: Owner, computed: Computed):
    session.query(Owner).filter(Owner.created_at < 1).filter_by(created_at=1)
    session.get(Owner, 1).created_at = 2
    session.query(Computed).filter(Computed.created_at < 1)  # unjudged: 45
    session.query(Task).join(Owner).filter_by(created_at=1)
    session.query(User.created_at)
    update(Owner).values(created_at=1)
    for other in session.query(Owner):
        print(other.created_at, owner.created_at, computed.created_at)  # unjudged: 60
    return task.created_at  # unjudged: 17


def another(session):
    Task = session.unknown()
    session.query(Task).filter(Task.created_at)  # unjudged: 37


def queries(session, T3: type[T], either: "type[Task | Special]"):
    session.query(Task).filter(Task.created_at < 1)  # TSC303: 37
    session.query(m.Task).filter(m.Task.updated_at < 1)  # TSC303: 41
    session.query(models.Task).order_by(models.Task.created_at)  # TSC303: 53
    select(T.created_at, Special.created_at)  # TSC303: 14, 34
    select(Old).where(Old.made < 1)  # TSC303: 27
    session.query(Task).filter_by(created_at=1)  # TSC303: 35
    query = session.query(Task)
    query = query.filter(Task.id > 1)
    query.filter_by(created_at=1)  # TSC303: 21
    A = aliased(Task)
    select(A).where(A.created_at == 1)  # TSC303: 23
    select(T3).order_by(T3.created_at, either.created_at)  # TSC303: 28, 47
    getattr(Task, "created_at")  # TSC303: 20
    select(Task.__table__.c.created_at)  # TSC303: 29


def writes(session, conn, values):
    insert(Task).values(created_at=1)  # TSC303: 25
    update(Task).where(Task.id == 1).values({"created_at": 1})  # TSC303: 47
    session.execute(insert(Task), [{"created_at": 1}, {"updated_at": 2}])  # TSC303: 38, 57
    update(Task).values(created_at=1, created_at_ms=2)
    Task(created_at=1)  # TSC303: 10
    Task(created_at=1, created_at_ms=2)
    row = {"created_at": 1}  # TSC303: 13
    insert(Task).values(row)


def objects(session, task: Task, maybe: "Task | None", many: list[Task], owner: Owner):
    session.get(Task, 1).created_at = 2  # TSC306: 26
    print(task.created_at, maybe.updated_at)  # TSC306: 16, 34
    for one in many:
        print(one.created_at)  # TSC306: 19
    for one in session.query(Task).filter(Task.id > 1):
        one.created_at = 3  # TSC306: 13
    for one in session.scalars(select(Task)):
        one.created_at = 3
        one.created_at_ms = 3000
        print(one.created_at)  # TSC306: 19
    first = session.execute(select(Task)).scalar_one()
    print(first.created_at, [t.created_at for t in owner.tasks])  # TSC306: 17, 32
    print(latest(session).created_at, found(session).created_at)  # TSC306: 27, 54
    print(Old().made)  # TSC306: 17


def both(task: Task):
    task.created_at = 1
    task.created_at_ms = 1000


def latest(session) -> Task:
    return session.anything()


def found(session):
    return session.query(Task).first()
