import sqlalchemy as sa
from sqlalchemy import Column as C
from sqlalchemy.orm import DeclarativeBase, Mapped, declared_attr

from .columns import column


class Base(DeclarativeBase):
    pass


class Stamped:
    updated_at = C(sa.DateTime)  # TSC304: 5
    touched_at = C(sa.DateTime)


class Created:
    @declared_attr
    def created_at(cls):  # TSC304: 9
        return sa.Column(sa.DateTime)


class Elsewhere:
    created_at: Mapped[str] = column()


class Parent(Base):
    __abstract__ = True

    made: Mapped[str] = column("created_at")  # TSC304: 33
