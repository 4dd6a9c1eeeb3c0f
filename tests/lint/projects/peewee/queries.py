from models import ChatSession, Note, Task


def silent():
    Note.select().where(Note.created_at > 1)
    Note.insert(created_at=1)
    Note.get_by_id(1).created_at = 1


def found(rows):
    Task.select().where(Task.created_at > 1)  # TSC303: 30
    Task.insert(created_at=1)  # TSC303: 17
    Task.insert_many([{"created_at": 1}])  # TSC303: 25
    Task.update({Task.created_at: 1})  # TSC303: 23
    ChatSession.select().order_by(ChatSession.created_at)  # TSC303: 47
    Other = Task.alias()
    Other.select().where(Other.created_at > 1)  # TSC303: 32
    Task.create(created_at=1)  # TSC303: 17
    print(Task.get_by_id(1).created_at)  # TSC306: 29
    return [task.created_at for task in Task.select()]  # TSC306: 18
