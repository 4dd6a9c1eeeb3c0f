"""What opens SQL is told in time that grows with the text, whatever stands in it."""

from __future__ import annotations

import pytest

from ts_contract.source.sql.openings import OPENS_SQL, OPENS_SQL_OR_CLAUSE, SQL, looks_like_sql

MANY = 20_000  # so many that what grows faster than the text does not come to an end

ENDLESS = {
    "comments": "".join(f"/* {n} */\n" for n in range(MANY)) + "int main(void) {}",
    "comments of a line": "-- a\n" * MANY + "x",
    "open comments": "/* " * MANY,
    "quotes behind where": "where " + "''" * MANY + '" + created_at',
    "as": "with " + "as " * MANY,
    "open parentheses": "select " + "( " * MANY,
    "verbs": "update of " * MANY,
}


@pytest.mark.parametrize("text", ENDLESS.values(), ids=ENDLESS.keys())
def test_a_text_that_could_be_read_in_many_ways_is_read_in_one(text):
    assert not looks_like_sql(text)
    SQL.match(text)
    for pattern in (*OPENS_SQL, *OPENS_SQL_OR_CLAUSE):
        pattern.search(f'"{text}"')
        pattern.search(text.replace(" ", '"'))


class TestComments:
    @pytest.mark.parametrize("lead", ["-- why\n", "/* why */ ", "/* a *//* b */\n", "( ", "/***/"])
    def test_stand_before_sql(self, lead):
        assert looks_like_sql(f"{lead}SELECT a FROM t")
        assert SQL.match(f"{lead}SELECT")

    def test_that_are_open_hide_it(self):
        assert not looks_like_sql("/* SELECT a FROM t")

    def test_that_are_open_inside_of_another(self):
        assert not looks_like_sql("/* a */ b /* c */ SELECT a FROM t")

    @pytest.mark.parametrize(
        "lead",
        [
            pytest.param("-- " + "x" * 5_000 + "\n", id="a long line"),
            pytest.param("/* " + "x\n" * 5_000 + "*/", id="a long comment"),
            pytest.param("-- x\n" * 500, id="many comments"),
        ],
    )
    def test_that_are_long_are_no_reason_to_pass_a_file_over(self, lead):
        text = f'"""{lead}select created_at from tasks"""'
        assert any(pattern.search(text) for pattern in OPENS_SQL)
        assert looks_like_sql(f"{lead}select created_at from tasks")
