"""A sqlglot that does not say where names stand is refused, by everything that needs it."""

import pytest
from sqlglot import exp

from ts_contract.contract import ContractError
from ts_contract.source.sql import positions


def test_the_installed_sqlglot_says_where_names_stand() -> None:
    assert positions.is_stated()
    positions.need_positions()


@pytest.mark.parametrize("silent", [exp.Identifier, exp.Star])
def test_one_without_places_is_refused(silent, monkeypatch: pytest.MonkeyPatch) -> None:
    from ts_contract.source.sql import parse

    tree, tokens = parse.parse(positions._PROBE, "sqlite")
    for node in tree.find_all(silent):
        node.meta.clear()
    monkeypatch.setattr(parse, "parse", lambda sql, dialect: (tree, tokens))
    with pytest.raises(ContractError, match=f"pip install 'sqlglot>={positions.OLDEST_SQLGLOT}'"):
        positions.need_positions()


@pytest.mark.parametrize("version", ["26.0.1", "26.17.0", "26.9"])
def test_older_releases_are_not_stated(version: str) -> None:
    assert not positions.is_stated(version)
