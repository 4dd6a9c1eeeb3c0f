from domain import Owner, Task


def found(session):
    session.query(Owner).filter_by(created_at=1)
    return session.query(Task).filter_by(created_at=1)  # TSC303: 42
