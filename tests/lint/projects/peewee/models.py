import peewee as pw
from base import BaseModel
from peewee import DateTimeField, Model


class Task(Model):
    created_at = DateTimeField()  # TSC304: 5


class ChatSession(BaseModel):
    created_at = pw.DateTimeField()  # TSC304: 5


class Chat_Session(Model):
    class Meta:
        table_name = "chat_sessions"

    created_at = DateTimeField()


class Note(BaseModel):
    created_at = DateTimeField()
