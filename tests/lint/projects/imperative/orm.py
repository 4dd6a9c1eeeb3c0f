import domain
from sqlalchemy import Column, DateTime, MetaData, Table
from sqlalchemy.orm import registry

mapping = registry()
tasks = Table("tasks", MetaData(), Column("created_at", DateTime))  # TSC304: 44


def start():
    mapping.map_imperatively(domain.Task, tasks)
