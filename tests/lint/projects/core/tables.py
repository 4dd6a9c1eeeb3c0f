from sqlalchemy import Column as C
from sqlalchemy import DateTime, Integer, MetaData, Table

NAME = "tasks"
meta = MetaData()
tasks = Table(
    NAME,
    meta,
    C("id", Integer),
    C("created_at", DateTime),  # TSC304: 8
    C("updated_at", DateTime, key="changed"),  # TSC304: 8
)
owners = Table("owners", meta, C("created_at", DateTime))
