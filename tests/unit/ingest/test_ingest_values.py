"""Each kind of value: which texts are taken and as what, and which are faults."""

import json
import random
import re
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal, localcontext
from itertools import combinations, product
from typing import Any

import duckdb
import pytest

from python_assets.ingest.feeds import TABLES, Column, Table
from python_assets.ingest.values import VALUE_LIMIT, checked_sql, enumeration, prepare

NO_NUMBER = "is not a number"
NO_TIMESTAMP = "is not a timestamp, written as YYYY-MM-DDThh:mm:ss with Z or an offset such as +10:00"
NO_DATE = "is not a date, written as YYYY-MM-DD"
NO_MONTH = "is not a month, written as YYYY-MM"
NO_DAY = "is no day of the calendar"
NO_ID = "is not an id: 1 to 128 of A-Z a-z 0-9 . _ : @ - and a letter or digit first"
NO_DOLLARS = "is not an amount in dollars"
NO_BOOLEAN = "is neither true nor false"
NEGATIVE = "must not be negative"

GOOD = [
    ("id", "a", "a"),
    ("id", "A-1.b_c:d@e", "A-1.b_c:d@e"),
    ("id", "9" * 128, "9" * 128),
    ("id", "h:" + "0" * 40, "h:" + "0" * 40),
    ("text", " as it is ", " as it is "),
    ("integer", "-3", "-3"),
    ("integer", "5.0", "5"),
    ("integer", "5.", "5"),
    ("integer", "12e1", "120"),
    ("integer", "1200e-2", "12"),
    ("integer", "999999999999999", "999999999999999"),
    ("integer", "0000000000000000000000000000000000000000007", "7"),
    ("count", "+7", "7"),
    ("count", "-0", "0"),
    ("quantity", "1", "1.000000000"),
    ("quantity", "+.5e1", "5.000000000"),
    ("quantity", ".5", "0.500000000"),
    ("quantity", "5.", "5.000000000"),
    ("quantity", "123456789012345.123456789", "123456789012345.123456789"),
    ("quantity", "1.1234567890000000000000000", "1.123456789"),
    ("quantity", "-0.000", "0.000000000"),
    ("quantity", "1e-9", "0.000000001"),
    ("quantity", "123456789012345e-9", "123456.789012345"),
    ("quantity", "0e999999999999999999999", "0.000000000"),
    ("quantity", "1" + "0" * 300 + "e-300", "1.000000000"),
    ("quantity", "0." + "0" * 300 + "1E301", "1.000000000"),
    ("cents", "999999999", "999999999"),
    ("cents", "1e3", "1000"),
    ("signed_cents", "-999999999999999", "-999999999999999"),
    ("unit_price", "999999999.123456", "999999999.123456"),
    ("charge", "-0.0000000000000000005", "-0.000000000000000001"),
    ("charge", "0.0000000000000000005", "0.000000000000000001"),
    ("charge", "0.00000000000000000049999999999999999999", "0.000000000000000000"),
    ("charge", "4e-06", "0.000004000000000000"),
    ("charge", "123456789012345e-9", "123456.789012345000000000"),
    ("charge", "5e-19", "0.000000000000000001"),
    ("charge", "49e-20", "0.000000000000000000"),
    ("charge", "-1e-999999999999", "0.000000000000000000"),
    ("charge", "999999999.999999999999999999", "999999999.999999999999999999"),
    ("rate", "0.000000001", "0.000000001"),
    ("share", "-0.3333", "-0.333300000"),
    ("timestamp", "2026-04-01", "2026-04-01 00:00:00"),
    ("timestamp", "2026-04-01T10:20:30Z", "2026-04-01 10:20:30"),
    ("timestamp", "2026-04-01 10:20:30", "2026-04-01 10:20:30"),
    ("timestamp", "2026-04-01 10:20:30 +0000", "2026-04-01 10:20:30"),
    ("timestamp", "2026-04-01T10:20:30+1000", "2026-04-01 00:20:30"),
    ("timestamp", "2026-04-01T10:20:30+10:00", "2026-04-01 00:20:30"),
    ("timestamp", "2026-04-01T10:20:30+10", "2026-04-01 00:20:30"),
    ("timestamp", "2026-04-01T23:20:30-09:30", "2026-04-02 08:50:30"),
    ("timestamp", "2026-04-01T10:20:30.1234569Z", "2026-04-01 10:20:30.123456"),
    ("timestamp", "2026-04-01T10:20:30.9999999+10:00", "2026-04-01 00:20:30.999999"),
    ("timestamp", "2026-04-01T10:20:30.999999999Z", "2026-04-01 10:20:30.999999"),
    ("timestamp", "2026-04-01T10:20:30." + "9" * 40, "2026-04-01 10:20:30.999999"),
    ("timestamp", "2024-02-29T00:00:00Z", "2024-02-29 00:00:00"),
    ("timestamp", "0999-01-01T00:00:00Z", "0999-01-01 00:00:00"),
    ("date", "2024-02-29", "2024-02-29"),
    ("month", "2026-12", "2026-12-01"),
    ("boolean", "TRUE", "true"),
    ("boolean", "t", "true"),
    ("boolean", "1", "true"),
    ("boolean", "False", "false"),
    ("boolean", "F", "false"),
    ("boolean", "0", "false"),
    ("currency", "USD", "USD"),
    ("dollars", "$3.11", "3.110000"),
    ("dollars", "-$5.00", "-5.000000"),
    ("dollars", "$-5.00", "-5.000000"),
    ("dollars", "($5.00)", "-5.000000"),
    ("dollars", "(5)", "-5.000000"),
    ("dollars", "$1,234,567.89", "1234567.890000"),
    ("dollars", "-$1,234.50", "-1234.500000"),
    ("dollars", "12.34", "12.340000"),
    ("dollars", "-12.34", "-12.340000"),
    ("dollars", "+1.5e1", "15.000000"),
    ("dollars", "$.5", "0.500000"),
]

BAD = [
    ("id", "-a", NO_ID),
    ("id", "a b", NO_ID),
    ("id", "a\n", NO_ID),
    ("id", "ä", NO_ID),
    ("id", "9" * 129, NO_ID),
    ("integer", "5.5", "is not a whole number"),
    ("integer", "1e-1", "is not a whole number"),
    ("integer", "1000000000000000", "has more than 15 integer digits"),
    ("count", "-1", NEGATIVE),
    ("quantity", "1_000", NO_NUMBER),
    ("quantity", " 5", NO_NUMBER),
    ("quantity", "5 ", NO_NUMBER),
    ("quantity", "5\n", NO_NUMBER),
    ("quantity", "\u0661", NO_NUMBER),
    ("quantity", "\uff15", NO_NUMBER),
    ("quantity", "1,5", NO_NUMBER),
    ("quantity", "0x1f", NO_NUMBER),
    ("quantity", "nan", NO_NUMBER),
    ("quantity", "Infinity", NO_NUMBER),
    ("quantity", ".", NO_NUMBER),
    ("quantity", "+", NO_NUMBER),
    ("quantity", "1e", NO_NUMBER),
    ("quantity", "e5", NO_NUMBER),
    ("quantity", "1e5.0", NO_NUMBER),
    ("quantity", "--1", NO_NUMBER),
    ("quantity", "-0.000000001", NEGATIVE),
    ("quantity", "-1e-9", NEGATIVE),
    ("quantity", "0.1234567891", "has more than 9 decimals"),
    ("quantity", "1e-10", "has more than 9 decimals"),
    ("quantity", "1e-999999999", "has more than 9 decimals"),
    ("quantity", "1234567890123456", "has more than 15 integer digits"),
    ("quantity", "1e15", "has more than 15 integer digits"),
    ("quantity", "1e999999999", "has more than 15 integer digits"),
    ("quantity", "1e99999999999999999999999999", "has more than 15 integer digits"),
    ("cents", "1000000000", "has more than 9 integer digits"),
    ("cents", "0.5", "is not a whole number"),
    ("cents", "-1", NEGATIVE),
    ("signed_cents", "1000000000000000", "has more than 15 integer digits"),
    ("unit_price", "0.1234567", "has more than 6 decimals"),
    ("unit_price", "1000000000", "has more than 9 integer digits"),
    ("charge", "1000000000", "has more than 9 integer digits"),
    ("charge", "999999999.9999999999999999995", "has more than 9 integer digits"),
    ("charge", "1e999999999", "has more than 9 integer digits"),
    ("rate", "-1", NEGATIVE),
    ("rate", "0.1234567891", "has more than 9 decimals"),
    ("share", "0.1234567891", "has more than 9 decimals"),
    ("timestamp", "2026-02-30", NO_DAY),
    ("timestamp", "2026-02-30T00:00:00Z", NO_DAY),
    ("timestamp", "2026-02-29T00:00:00+10:00", NO_DAY),
    ("timestamp", "2026-04-01T24:00:00Z", NO_TIMESTAMP),
    ("timestamp", "2026-04-01T10:20:60Z", NO_TIMESTAMP),
    ("timestamp", "2026-04-01T10:20Z", NO_TIMESTAMP),
    ("timestamp", "2026-04-01T10:20:30.Z", NO_TIMESTAMP),
    ("timestamp", "2026-04-01T10:20:30+1", NO_TIMESTAMP),
    ("timestamp", "2026-04-01T10:20:30+24:00", NO_TIMESTAMP),
    ("timestamp", "2026-04-01T10:20:30 UTC", NO_TIMESTAMP),
    ("timestamp", "2026-4-1T10:20:30Z", NO_TIMESTAMP),
    ("timestamp", "01/04/2026", NO_TIMESTAMP),
    ("timestamp", "1775000000", NO_TIMESTAMP),
    ("timestamp", "٢٠٢٦-04-01T10:20:30Z", NO_TIMESTAMP),
    ("timestamp", "0000-01-01T00:00:00Z", NO_DAY),
    ("timestamp", "0001-01-01T00:00:00+10:00", NO_DAY),
    ("timestamp", "9999-12-31T23:00:00-10:00", NO_DAY),
    ("date", "2026-02-30", NO_DAY),
    ("date", "0000-01-01", NO_DAY),
    ("date", "2026-04-01T00:00:00", NO_DATE),
    ("date", "2026-4-1", NO_DATE),
    ("month", "2026-13", NO_MONTH),
    ("month", "2026-04-01", NO_MONTH),
    ("month", "0000-01", NO_MONTH),
    ("boolean", "yes", NO_BOOLEAN),
    ("boolean", "fal\u017fe", NO_BOOLEAN),
    ("currency", "usd", "is not a currency of three capitals"),
    ("currency", "USDT", "is not a currency of three capitals"),
    ("currency", "JPY", "is a currency without cents"),
    ("dollars", "$1,23", NO_DOLLARS),
    ("dollars", "5 USD", NO_DOLLARS),
    ("dollars", "(-$5)", NO_DOLLARS),
    ("dollars", "$0.1234567", "has more than 6 decimals"),
    ("dollars", "€5", NO_DOLLARS),
]


@pytest.mark.parametrize(("kind", "text", "value"), GOOD, ids=lambda it: str(it)[:40])
def test_text_is_taken_as_this_value(judge, kind, text, value):
    assert judge(kind, text) == value


@pytest.mark.parametrize(("kind", "text", "reason"), BAD, ids=lambda it: str(it)[:40])
def test_text_is_a_fault_for_this_reason(judge, kind, text, reason):
    assert judge(kind, text) == ("fault", reason)


def test_empty_text_is_null_then_default_then_fault_if_required(judge):
    assert judge("quantity", "") is None
    assert judge("quantity", "", default="0") == "0.000000000"
    assert judge("currency", "", required=True) == ("fault", "required value is missing")
    assert judge("currency", "", required=True, default="AUD") == "AUD"


def test_enumeration_comes_from_reference_data(judge):
    assert judge("text", "hour", enum="ref_units.unit") == "hour"
    value, reason = judge("text", "Hour", enum="ref_units.unit")
    assert (value, reason) == ("fault", f"is not one of {', '.join(enumeration('ref_units.unit'))}")


def test_every_enumeration_of_the_feeds_has_values():
    enums = {column.enum for table in TABLES.values() for column in table.columns if column.enum}
    assert len(enums) == 6
    assert all(enumeration(enum) for enum in enums)


def test_first_fault_in_column_order_is_the_one_that_is_told():
    table = Table("t", "t", (Column("a", "quantity"), Column("b", "date"), Column("c", "id", required=True)))
    with duckdb.connect() as connection:
        prepare(connection)
        source = "(select '1' as a, 'x' as b, '' as c)"
        row = connection.execute(f"from ({checked_sql(table, source)})").fetchall()[0]
    assert json.loads(row[3]) == {"column": "b", "value": "x", "reason": NO_DATE}


def test_a_faulty_text_is_told_as_it_is():
    text = 'a"\\\x00\u2028😀' + "é" * VALUE_LIMIT
    [(fault,)] = _checked(Column("v", "integer"), [text], "_fault->>'value'")
    assert fault == text[:VALUE_LIMIT]


@pytest.mark.parametrize("good", ["2026-04-01T10:20:30Z", "2026-04-01T10:20:30+10:00", "2026-04-01 10:20:30.75-09"])
def test_of_texts_like_a_timestamp_only_timestamps_are_taken(good):
    texts = {
        good[:first] + a + good[first + 1 : second] + b + good[second + 1 :]
        for first, second in combinations(range(len(good)), 2)
        for a, b in product([*"0129 \t:-TZ.+/", ""], repeat=2)
    }
    rows = _checked(Column("v", "timestamp"), sorted(texts), "t, v, _fault is null")
    assert {text: value for text, value, is_good in rows if is_good} == {
        text: moment for text in texts if (moment := _moment(text))
    }


def _moment(text: str) -> datetime | None:
    form = r"([0-9]{4}-[0-9]{2}-[0-9]{2})[T ]((?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9])(\.[0-9]+)? ?(.*)"
    zone = r"Z?|[+-](?:[01][0-9]|2[0-3])(?::?[0-5][0-9])?"
    found = re.fullmatch(form, text)
    if not found or not re.fullmatch(zone, found[4]):
        return None
    try:
        moment = datetime.fromisoformat(f"{found[1]}T{found[2]}{(found[3] or '')[:7]}{found[4] or 'Z'}")
        return moment.astimezone(UTC).replace(tzinfo=None)
    except (ValueError, OverflowError):
        return None


def test_random_numbers_with_exponents_come_out_as_exact_decimals():
    random.seed(20260401)
    texts = [_random_number() for _ in range(4000)]
    expected = [_charge(text) for text in texts]
    rows = _checked(Column("v", "charge"), texts, "v, _fault is null")
    assert [value if is_good else None for value, is_good in rows] == expected


def _checked(column: Column, texts: list[str], selected: str) -> list[tuple[Any, ...]]:
    """Rows of what a column of a table comes to; `t` is the text."""
    table = Table("t", "t", (column, Column("t", "text")))
    with duckdb.connect() as connection:
        prepare(connection)
        connection.execute("create table texts as select unnest(?::varchar[]) as v", [texts])
        source = "(select v, v as t from texts)"
        return connection.execute(f"select {selected} from ({checked_sql(table, source)})").fetchall()


def _random_number() -> str:
    digits = "".join(random.choice("0123456789") for _ in range(random.randint(1, 30)))
    point = random.randint(0, len(digits))
    mantissa = digits[:point] + random.choice([".", ""]) + digits[point:]
    exponent = random.choice(["", f"e{random.randint(-45, 45)}", f"E{random.randint(-9, 9):+03d}"])
    return random.choice(["", "-", "+"]) + mantissa + exponent


def _charge(text: str) -> Decimal | None:
    with localcontext() as context:
        context.prec = 200
        exact = Decimal(text)
        rounded = exact.quantize(Decimal("1e-18"), ROUND_HALF_UP)
    return rounded if abs(exact) < 10**9 and abs(rounded) < 10**9 else None


@pytest.mark.parametrize("table", TABLES.values(), ids=lambda table: table.name)
def test_checks_need_no_join_so_that_the_order_of_rows_is_kept(table):
    columns = ", ".join(f'cast(random() as varchar) as "{column}"' for column in table.column_names)
    with duckdb.connect() as connection:
        prepare(connection)
        source = f"(select {columns} from range(10))"
        plan = connection.execute(f"explain {checked_sql(table, source)}").fetchall()[-1][1]
    assert "RANGE" in plan.upper()
    assert "JOIN" not in plan.upper()
