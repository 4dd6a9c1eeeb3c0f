from sqlalchemy import Column, DateTime, Index, MetaData, Table
from sqlalchemy.orm import DeclarativeBase


class Base(DeclarativeBase):
    pass


class Task(Base):
    __tablename__ = "tasks"
    __table_args__ = (Index("ix", "created_at"),)  # TSC303: 36

    created_at_ms = Column(DateTime)


tasks = Table("tasks", MetaData(), Index("ix", "created_at"))  # TSC303: 49
owners = Table("owners", MetaData(), Index("ix", "created_at"))
