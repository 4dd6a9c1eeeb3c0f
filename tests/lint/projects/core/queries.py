from sqlalchemy import insert, select, update
from tables import owners, tasks


def silent(conn):
    owners.insert().values(created_at=1)
    select(owners.c.created_at, owners.c["created_at"])
    conn.execute(owners.insert(), [{"created_at": 1}])


def found(conn):
    tasks.insert().values(created_at=1)  # TSC303: 27
    tasks.update().where(tasks.c.id == 1).values(created_at=1)  # TSC303: 50
    tasks.insert().values({"created_at": 1})  # TSC303: 29
    conn.execute(tasks.insert(), [{"created_at": 1}])  # TSC303: 37
    insert(tasks).values(created_at=1)  # TSC303: 26
    update(tasks).values(changed=1)  # TSC303: 26
    select(tasks.c["created_at"])  # TSC303: 21
    select(tasks.columns.created_at)  # TSC303: 26
    select(tasks.alias().c.created_at)  # TSC303: 28
    other = tasks.alias("other")
    return select(other.c.changed)  # TSC303: 27
