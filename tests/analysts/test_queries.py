"""The page of ready queries: each runs on what is published, and shows what it answers."""

import duckdb
import pytest
from support.pages import QUERIES, QUERY, assert_page, with_results
from support.worlds import World


@pytest.fixture(scope="module")
def queries() -> dict[str, str]:
    return {match["title"]: match["sql"] for match in QUERY.finditer(QUERIES.read_text("utf-8"))}


def test_every_block_of_sql_stands_under_a_heading_of_its_own(queries):
    assert len(queries) == QUERIES.read_text("utf-8").count("```sql") >= 20


def test_every_query_answers_what_the_page_shows(example: World):
    with duckdb.connect(str(example.home.marts), read_only=True) as marts:
        assert_page(QUERIES, with_results(QUERIES.read_text("utf-8"), marts))


def test_every_query_has_rows_in_the_example_and_an_order_of_its_own(example: World, queries):
    for title, sql in queries.items():
        assert example.rows(sql), title
        assert "order by" in sql or "billing.quote" in sql, title
