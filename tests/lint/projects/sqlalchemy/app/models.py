from typing import TYPE_CHECKING

from sqlalchemy import Integer
from sqlalchemy.orm import relationship

from . import names
from .base import Base, Created, Elsewhere, Parent, Stamped
from .columns import column

if TYPE_CHECKING:
    pass


class Task(Created, Stamped, Base):
    __tablename__ = names.PREFIX + "sks"

    id = column(Integer, primary_key=True)
    owner = relationship("Owner")

    def age(self, now):
        return now - self.created_at  # TSC306: 27

    @classmethod
    def newest(cls):
        return cls.created_at.desc()  # TSC303: 20

    @property
    def shown(self):
        return f"{self.updated_at}"  # TSC306: 24


class Special(Task):
    """Shares the table of its base."""


class Old(Parent):
    __tablename__ = f"{names.PREFIX}sks"


class Owner(Elsewhere, Base):
    __tablename__ = "owners"

    tasks: list["Task"] = relationship("Task")


class Computed(Base):
    __tablename__ = table_name()  # noqa: F821
    created_at = column(Integer)


class Ghost(Created, Base):
    __tablename__ = "ghosts"
