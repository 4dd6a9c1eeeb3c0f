from elsewhere import Task, send

allowed = ["title", "created_at"]  # unjudged: 22
orders = {"new": "created_at DESC", "old": "title, created_at"}  # unjudged: 19, 52
names = "id created_at".split()  # unjudged: 13


def unknown(db, row, task, request, order="created_at DESC"):  # unjudged: 44
    print(row["created_at"], row.get("created_at"))  # unjudged: 16, 39
    task.created_at = task.created_at  # unjudged: 10, 28
    Task(created_at=1)  # unjudged: 10
    send(task, created_at__gt=1, sort="-created_at")  # unjudged: 16, 41
    request.json()["Task.created_at"]  # unjudged: 26
    db.insert("tasks", {"created_at": 1})  # unjudged: 26
    where = " AND created_at > 1"  # unjudged: 19
    return db.raw(order, where)


def off_by_default(db):
    rows = db.execute("SELECT * FROM tasks").fetchall()  # unjudged: 31
    for row in rows:
        print(row.get("created_at"))  # unjudged: 24
    db.execute("SELECT created_at FROM ?")  # unjudged: 24
