"""A docstring names created_at, and so does prose."""

import logging
from dataclasses import dataclass

from sqlalchemy import Column, DateTime
from sqlalchemy.orm import DeclarativeBase


class Base(DeclarativeBase):
    pass


class Owner(Base):
    __tablename__ = "owners"
    created_at = Column("created_at", DateTime)


@dataclass
class Plain:
    created_at: int

    def age(self, now):
        return now - self.created_at  # a class without a table


def local(created_at):
    return created_at


def known(db, session, plain: Plain, owner: Owner, params):
    """It names created_at too."""
    logging.info("created_at is missing in %s", params)  # created_at in a comment
    print(plain.created_at, owner.created_at, Plain(created_at=1), local(created_at=1))
    session.query(Owner).filter_by(created_at=1).order_by("created_at")
    row = db.execute("SELECT created_at FROM owners").fetchone()
    print(row["created_at"])
    db.execute("SELECT id FROM owners WHERE created_at = :created_at", {"created_at": 1})
    db.execute("SELECT id FROM tasks WHERE created_at_ms = :created_at", {"created_at": 1})
    print(getattr(owner, "created_at"), row.created_at_ms, row["created_at_ms"])


def silenced(task, row):
    print(task.created_at)  # noqa
    print(row["created_at"])  # noqa: TSC3
    print(task.created_at)  # noqa: TSC1 # unjudged: 16
