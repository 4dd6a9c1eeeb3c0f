"""A query is left, and marked, where its model is not seen to define the epoch column."""

from __future__ import annotations

import pytest

from ts_contract.codemod.changes import Options
from ts_contract.codemod.rewrite import RewriteSettings, rewrite
from ts_contract.lint.rules import all_rules
from ts_contract.loading import parse_contract
from ts_contract.source.sql.schema import schema_of_sql

CONTRACT = parse_contract({"tables": {"track": ["created"]}, "models": {"Track": "track"}})
CODES = frozenset(rule.code for rule in all_rules() if rule.default)
MARKER = "# TODO(ts-contract TSC303): the model does not define created_ms yet, see TSC304\n"


@pytest.mark.parametrize(
    "query",
    [
        "Track.select().where(Track.created > cut)",
        "select(Track.id).where(Track.created > cut)",
        "session.query(Track).order_by(Track.created)",
        "Track.objects.filter(created__gte=cut)",
        "Track.objects.create(created=cut)",
        'Track.objects.order_by("created")',
    ],
)
def test_on_a_model_of_another_file(query: str) -> None:
    settings = RewriteSettings(CONTRACT, None, CODES, Options(unsafe=True))
    text = f"from sqlalchemy import select\nfrom two.models import Track\n\nfound = {query}\n"
    assert rewrite(text, "q.py", settings).text == text.replace("found", f"{MARKER}found")


def test_on_a_model_whose_definition_is_not_understood() -> None:
    settings = RewriteSettings(CONTRACT, None, CODES, Options(unsafe=True))
    text = (
        "from sqlalchemy import BigInteger, DateTime, select\n"
        "from base import Base, column\n"
        "\n"
        "\n"
        "class Track(Base):\n"
        '    __tablename__ = "track"\n'
        "    created = column(DateTime)\n"
        "    created_ms = column(BigInteger)\n"
        "\n"
        "\n"
        "found = select(Track.id).order_by(Track.created)\n"
    )
    assert "created_ms" not in rewrite(text, "q.py", settings).text.splitlines()[-1]


def test_an_insert_is_left_where_the_schema_demands_the_legacy_column() -> None:
    text = (
        "from sqlalchemy import BigInteger, Column, DateTime, MetaData, Table\n"
        "\n"
        'track = Table("track", MetaData(), Column("created", DateTime),'
        ' Column("created_ms", BigInteger))\n'
        "\n"
        "\n"
        "def add(c, when: str):\n"
        "    c.execute(track.insert().values(created=when))\n"
        "    c.execute(track.update().values(created=when))\n"
    )
    schema = schema_of_sql("CREATE TABLE track (created TEXT NOT NULL, created_ms INTEGER)")
    settings = RewriteSettings(CONTRACT, schema, CODES, Options(markers=False))
    lines = rewrite(text, "q.py", settings).text.splitlines()
    assert lines[-2:] == [
        "    c.execute(track.insert().values(created=when))",
        "    c.execute(track.update().values(created_ms=to_epoch_ms(when)))",
    ]
    nullable = schema_of_sql("CREATE TABLE track (created TEXT, created_ms INTEGER)")
    settings = RewriteSettings(CONTRACT, nullable, CODES, Options(markers=False))
    assert "insert().values(created_ms=" in rewrite(text, "q.py", settings).text
