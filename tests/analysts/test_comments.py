"""What an analyst sees in any client: every published table, column and macro says what it means."""

import duckdb
import pytest
from support.worlds import World

# Words that a description may repeat of a name without saying anything by it.
FILLERS = {
    "a",
    "an",
    "and",
    "for",
    "in",
    "is",
    "it",
    "its",
    "no",
    "of",
    "on",
    "or",
    "that",
    "the",
    "this",
    "to",
    "which",
}


@pytest.fixture(scope="module")
def columns(example: World) -> list[tuple[str, str, str, str | None]]:
    """(schema, table, column, comment) of every published column."""
    return example.rows(
        "select schema_name, table_name, column_name, comment from duckdb_columns() where not internal order by all"
    )


def test_every_table_says_what_it_holds_and_ends_with_its_grain(example):
    tables = example.rows("select schema_name || '.' || table_name, comment from duckdb_tables()")
    assert len(tables) > 20
    wrong = [table for table, comment in tables if not comment or "Grain is one row per " not in comment[-100:]]
    assert wrong == []


def test_every_column_has_a_comment_that_says_more_than_its_name(columns):
    assert len(columns) > 200
    wrong = [
        column
        for *column, comment in columns
        if not set((comment or "").lower().strip(".").split()) - set(column[-1].lower().split("_")) - FILLERS
    ]
    assert wrong == []


def test_amounts_name_their_unit(columns):
    wrong = [
        column
        for *column, comment in columns
        if column[-1].endswith("_cents") and "cents" not in comment.replace("_cents", "").lower()
    ]
    assert wrong == []


def test_a_column_that_is_null_somewhere_says_what_null_means(example, columns):
    wrong = []
    with duckdb.connect(str(example.home.marts), read_only=True) as marts:
        for schema, table, column, comment in columns:
            query = f'select count(*) from {schema}.{table} where "{column}" is null'
            if marts.execute(query).fetchone() != (0,) and "null" not in comment.lower():
                wrong.append((schema, table, column))
    assert wrong == []


def test_every_table_macro_says_what_it_answers(example):
    macros = dict(
        example.rows(
            "select distinct schema_name || '.' || function_name, comment from duckdb_functions() "
            "where function_type = 'table_macro' and not internal"
        )
    )
    assert macros.keys() == {"billing.quote", "billing.quote_lines"}
    assert all("cents" in comment and "starts_on DATE" in comment for comment in [macros["billing.quote_lines"]])
    assert "all_in_monthly_cents" in macros["billing.quote"]
