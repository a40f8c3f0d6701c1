"""Text to typed values: per kind of column, the SQL that finds a fault in a text and the SQL that casts it.

Text is judged as text (RE2, the whole value, ASCII) before anything is cast, because casts round and
forgive. The contract's section "Values" is the source. Nothing here reads files.
"""

import csv
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType

import duckdb

from python_assets.currencies import WITHOUT_CENTS
from python_assets.errors import UserError
from python_assets.ingest.feeds import TABLES, Column, Table
from python_assets.ingest.files import RECORD_LIMIT

SEEDS = Path(__file__).parents[2] / "seeds"
MISSING = "required value is missing"
VALUE_LIMIT = 200  # characters of a faulty value that are kept

_UNBOUNDED = 1_000_000_000
_NUMBER = r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)"
_AMOUNT = r"(([0-9]+|[0-9]{1,3}(,[0-9]{3})+)(\.[0-9]*)?|\.[0-9]+)"
_DOLLARS = rf"-?\$?{_AMOUNT}|\$-{_AMOUNT}|\(\$?{_AMOUNT}\)"
_TIME = r"([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]"
_OFFSET = r"Z|[+-]([01][0-9]|2[0-3])(:?[0-5][0-9])?"
_TIMESTAMP = rf"[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}([T ]{_TIME}(\.[0-9]+)? ?({_OFFSET})?)?"
# The usual one without fractions is read by strptime, in half the time: it forgives short fields and spaces at both
# ends, for which this length, from '2' to 'Z', has no room. A cast to TIMESTAMP would leave an offset out.
_USUAL_MOMENT = rf"[12][0-9]{{3}}-[0-9]{{2}}-[0-9]{{2}}[T ]{_TIME}(\.[0-9]{{1,9}})?"
_TRUE = "[tT]([rR][uU][eE])?|1"  # no (?i): it takes letters that are no ASCII
_FALSE = "[fF]([aA][lL][sS][eE])?|0"
_ID = r"[A-Za-z0-9][A-Za-z0-9._:@-]*"

_WITHOUT_CENTS = "|".join(WITHOUT_CENTS)

# Lists of values are patterns too, never IN (…) or list_contains: DuckDB makes a join of a longer one, and after a
# join COPY does not keep the order of rows.
# An exponent is applied by moving the point in the text, never by arithmetic. Forty places beyond either end
# are enough for every fault and every rounding to come out as it would for the whole number.
_MACROS = rf"""
create temp macro exponent_digits(t) as regexp_extract(t, '[eE][+-]?0*([0-9]*)$', 1);
create temp macro exponent(t) as
    case when length(exponent_digits(t)) > 9 then {_UNBOUNDED} when exponent_digits(t) = '' then 0
        else cast(exponent_digits(t) as bigint) end
    * case when regexp_matches(t, '[eE]-') then -1 else 1 end;
create temp macro mantissa(t) as regexp_extract(t, '[0-9.]+');
create temp macro move_point(sign, digits, point) as
    sign || left(repeat('0', 40) || digits || repeat('0', 40), 40 + point)
    || '.' || substr(repeat('0', 40) || digits || repeat('0', 40), 41 + point);
create temp macro plain_number(t) as
    case when regexp_matches(t, '[eE]') and regexp_full_match(t, '{_NUMBER}[eE][+-]?[0-9]+')
        then move_point(
            case when starts_with(t, '-') then '-' else '' end,
            replace(mantissa(t), '.', ''),
            cast(greatest(-40, least(
                length(mantissa(t)) + 40, strpos(mantissa(t) || '.', '.') - 1 + exponent(t))) as bigint))
        else t end;
create temp macro plain_dollars(t) as
    case when regexp_full_match(t, '{_DOLLARS}')
        then case when regexp_matches(t, '[-(]') then '-' else '' end || regexp_replace(t, '[^0-9.]', '', 'g')
        else plain_number(t) end;
create temp macro number_fault(n, whole, decimals, signed, what) as
    case when not regexp_full_match(n, '{_NUMBER}') then 'is not ' || what
        when length(ltrim(split_part(ltrim(n, '+-'), '.', 1), '0')) > whole
            then 'has more than ' || whole || ' integer digits'
        when length(rtrim(split_part(n, '.', 2), '0')) > decimals
            then case decimals when 0 then 'is not a whole number' else 'has more than ' || decimals || ' decimals' end
        when not signed and starts_with(n, '-') and regexp_matches(n, '[1-9]') then 'must not be negative' end;
create temp macro moment(t) as make_timestamp(epoch_us(try_cast(t as timestamptz)));
create temp macro usual_timestamp(t) as
    case when strlen(t) = 20 and starts_with(t, '2') and ends_with(t, 'Z') then try_strptime(t, '%Y-%m-%dT%H:%M:%SZ')
        when regexp_full_match(t, '{_USUAL_MOMENT}Z?') then try_cast(t as timestamp)
        when regexp_full_match(t, '{_USUAL_MOMENT}({_OFFSET})') then moment(t) end;
create temp macro to_moment(t) as case when regexp_full_match(t, '{_TIMESTAMP}')
    then moment(regexp_replace(
        t || case when strlen(t) = 10 then 'T00:00:00Z' when regexp_matches(substr(t, 20), '[Z+-]') then ''
            else 'Z' end,
        ' ([Z+-][0-9:]*)$', '\1')) end;
create temp macro timestamp_fault(t) as
    case when not regexp_full_match(t, '{_TIMESTAMP}')
            then 'is not a timestamp, written as YYYY-MM-DDThh:mm:ss with Z or an offset such as +10:00'
        when coalesce(year(to_moment(t)) not between 1 and 9999, true) then 'is no day of the calendar' end;
create temp macro text_fault(t) as
    case when strlen(t) > {RECORD_LIMIT} then 'is longer than {RECORD_LIMIT} bytes'
        when contains(t, chr(0)) then 'has a NUL byte' end;
create temp macro date_fault(t) as
    case when not regexp_full_match(t, '[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}') then 'is not a date, written as YYYY-MM-DD'
        when try_cast(t as date) is null or starts_with(t, '0000') then 'is no day of the calendar' end;
create temp macro month_fault(t) as
    case when not regexp_full_match(t, '[0-9]{{4}}-(0[1-9]|1[0-2])') or starts_with(t, '0000')
        then 'is not a month, written as YYYY-MM' end;
"""


@dataclass(frozen=True)
class Kind:
    """How texts of one kind are judged and cast. Each function takes and gives an SQL expression.

    `usual` is the value of a good text of the form that nearly all have, null for any other text, which the rest is
    for: `plain` rewrites it into what `fault` and `value` see; `fault` is null for a good text, else the reason for a
    person; `value` is right wherever `fault` is null. Without a `usual` of its own every good text is one.
    """

    sql_type: str
    fault: Callable[[str], str]
    value: Callable[[str], str]
    plain: Callable[[str], str] = lambda text: text
    usual: Callable[[str], str] | None = None


def _number(
    sql_type: str,
    whole: int,
    decimals: int,
    signed: bool = False,
    rounds: bool = False,
    what: str = "a number",
    plain: str = "plain_number",
) -> Kind:
    pattern = rf"{'[+-]' if signed else '[+]'}?[0-9]{{1,{whole}}}([.][0-9]{{0,{decimals}}})?"
    counted = _UNBOUNDED if rounds else decimals

    def value(text: str) -> str:
        number = f"try_cast({text} as {'decimal(18, 0)' if sql_type == 'BIGINT' else sql_type})"
        return f"cast({number} as bigint)" if sql_type == "BIGINT" else number

    def fault(text: str) -> str:
        judged = f"number_fault({text}, {whole}, {counted}, {str(signed).lower()}, '{what}')"
        if rounds:  # rounding may carry into one digit more
            return (
                f"coalesce({judged}, case when {value(text)} is null then 'has more than {whole} integer digits' end)"
            )
        return judged

    def usual(text: str) -> str:
        return f"case when regexp_full_match({text}, '{pattern}') then {value(text)} end"

    return Kind(sql_type, fault, value, lambda text: f"{plain}({text})", usual)


KINDS: dict[str, Kind] = {
    "id": Kind(
        "VARCHAR",
        f"case when not (strlen({{0}}) <= 128 and regexp_full_match({{0}}, '{_ID}')) then "
        "'is not an id: 1 to 128 of A-Z a-z 0-9 . _ : @ - and a letter or digit first' end".format,
        str,
    ),
    "text": Kind("VARCHAR", "text_fault({})".format, str),
    "integer": _number("BIGINT", 15, 0, signed=True),
    "count": _number("BIGINT", 15, 0),
    "quantity": _number("DECIMAL(24,9)", 15, 9),
    "cents": _number("BIGINT", 9, 0),
    "signed_cents": _number("BIGINT", 15, 0, signed=True),
    "unit_price": _number("DECIMAL(15,6)", 9, 6),
    "charge": _number("DECIMAL(27,18)", 9, 18, signed=True, rounds=True),
    "rate": _number("DECIMAL(18,9)", 9, 9),
    "share": _number("DECIMAL(18,9)", 9, 9, signed=True),
    "dollars": _number("DECIMAL(21,6)", 15, 6, signed=True, what="an amount in dollars", plain="plain_dollars"),
    "timestamp": Kind(
        "TIMESTAMP",
        "timestamp_fault({})".format,
        "to_moment({})".format,
        usual="usual_timestamp({})".format,
    ),
    "date": Kind("DATE", "date_fault({})".format, "try_cast({} as date)".format),
    "month": Kind("DATE", "month_fault({})".format, "try_cast({} || '-01' as date)".format),
    "boolean": Kind(
        "BOOLEAN",
        f"case when not regexp_full_match({{}}, '{_TRUE}|{_FALSE}') then 'is neither true nor false' end".format,
        f"regexp_full_match({{}}, '{_TRUE}')".format,
        usual="case {} when 'true' then true when 'false' then false end".format,
    ),
    "currency": Kind(
        "VARCHAR",
        lambda text: (
            f"case when not regexp_full_match({text}, '[A-Z]{{3}}') then 'is not a currency of three capitals' "
            f"when regexp_full_match({text}, '{_WITHOUT_CENTS}') then 'is a currency without cents' end"
        ),
        lambda text: text,
    ),
    # A list of names, as JSON text; only made by this program, never taken from a cell.
    "names": Kind("VARCHAR[]", lambda text: "cast(null as varchar)", "cast(cast({} as json) as varchar[])".format),
}


def prepare(connection: duckdb.DuckDBPyConnection) -> None:
    """Create the SQL macros that the kinds use."""
    connection.execute(_MACROS)


def checked_sql(table: Table, source: str, origins: Mapping[str, str] = MappingProxyType({})) -> str:
    """A SELECT over `source`, a relation with a text column per column of `table`.

    Gives the typed columns in their order, and as `_fault` JSON with the `column`, `value` and `reason` of the first
    faulty one, null for a good row. Typed columns of a row with a fault mean nothing. `origins` has the columns that a
    fault names differently.
    """
    columns = list(enumerate(table.columns))
    kinds = [_kind(column) for column in table.columns]
    texts = ", ".join(f"{_text(column)} as t{i}" for i, column in columns)
    usual = ", ".join(f"cast({_usual(kinds[i], f't{i}')} as {kinds[i].sql_type}) as u{i}" for i, _ in columns)
    # Nearly all rows have the usual form in all columns: of them nothing else is asked.
    is_usual = " and ".join(
        f"u{i} is not null" if column.required else f"(u{i} is not null or t{i} is null)" for i, column in columns
    )
    # A column of its own: it is much SQL, which the fault and the value would have several times.
    plain = "".join(
        f", case when not is_usual and u{i} is null then {kinds[i].plain(f't{i}')} end as p{i}" for i, _ in columns
    )
    faults = ", ".join(
        f"case when not is_usual then {_fault(kinds[i], column.required, i)} end as f{i}" for i, column in columns
    )
    typed = ", ".join(f"{_value(kinds[i], i)} as {name(column.name)}" for i, column in columns)
    fault = " ".join(
        f"when f{i} is not null then {{'column': {literal(origins.get(column.name, column.name))}, "
        f"'value': left(t{i}, {VALUE_LIMIT}), 'reason': f{i}}}"
        for i, column in columns
    )
    return f"""select {typed}, case when not is_usual then cast(to_json(case {fault} end) as varchar) end as _fault
from (select *, {faults} from (select * {plain} from (select *, {is_usual} as is_usual
from (select *, {usual} from (select {texts} from {source})))))"""


def _kind(column: Column) -> Kind:
    if not column.enum:
        return KINDS[column.kind]
    allowed = enumeration(column.enum)
    reason = literal(f"is not one of {', '.join(allowed)}")
    pattern = literal("|".join(map(re.escape, allowed)))
    return Kind("VARCHAR", lambda text: f"case when not regexp_full_match({text}, {pattern}) then {reason} end", str)


def _text(column: Column) -> str:
    text = f"nullif({name(column.name)}, '')"
    return text if column.default is None else f"coalesce({text}, {literal(column.default)})"


def _usual(kind: Kind, text: str) -> str:
    return kind.usual(text) if kind.usual else f"case when {kind.fault(text)} is null then {kind.value(text)} end"


def _value(kind: Kind, index: int) -> str:
    if not kind.usual:
        return f"u{index}"
    return f"case when is_usual then u{index} else coalesce(u{index}, {kind.value(f'p{index}')}) end"


def _fault(kind: Kind, is_required: bool, index: int) -> str:
    missing = literal(MISSING) if is_required else "cast(null as varchar)"
    return f"case when t{index} is null then {missing} when u{index} is null then {kind.fault(f'p{index}')} end"


def seed_files() -> list[Path]:
    """The reference data that enumerations come from."""
    enums = {column.enum for table in TABLES.values() for column in table.columns if column.enum}
    return sorted({SEEDS / f"{enum.partition('.')[0]}.csv" for enum in enums})


@cache
def enumeration(enum: str) -> tuple[str, ...]:
    """The values of `seed.column`, in the seed's order, without empty ones."""
    seed, _, column = enum.partition(".")
    path = SEEDS / f"{seed}.csv"
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return tuple(dict.fromkeys(row[column] for row in csv.DictReader(file) if row[column]))
    except (OSError, KeyError) as error:
        raise UserError(f"{path}: reference data with a column '{column}' is missing") from error


def literal(text: str) -> str:
    """`text` as an SQL string."""
    return "'" + text.replace("'", "''") + "'"


def name(text: str) -> str:
    """`text` as an SQL identifier."""
    return '"' + text.replace('"', '""') + '"'
