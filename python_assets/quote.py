"""A quote (R16): asks the table macros of the published database, which are the invoice's own SQL."""

import re
from datetime import date
from decimal import Decimal
from typing import Any

import duckdb

from python_assets.errors import UserError
from python_assets.home import Home
from python_assets.memory import open_file

_QUANTITY = re.compile(r"([^=]+)=([+]?(?:[0-9]{1,15}(?:\.[0-9]{0,9})?|\.[0-9]{1,9}))")
_TOTALS = ("recurring_cents", "first_invoice_cents", "overage_cents", "minimum_cents", "all_in_monthly_cents")


def parse_quantities(options: list[str]) -> dict[str, Decimal]:
    """`KIND=QTY` options as quantities by kind, several of one kind added up; UserError for anything else."""
    quantities: dict[str, Decimal] = {}
    for option in options:
        match = _QUANTITY.fullmatch(option)
        if not match:
            raise UserError(f"'{option}' is not KIND=QTY with a quantity of at most 15 digits and 9 decimals")
        quantities[match[1]] = quantities.get(match[1], Decimal(0)) + Decimal(match[2])
    return quantities


def make_quote(
    home: Home, plan: str, starts_on: date, addons: list[str], usage: dict[str, Decimal], top_ups: dict[str, Decimal]
) -> dict[str, Any]:
    """Totals in whole cents and the lines behind them; UserError for an unknown plan, addon or kind."""
    if not home.marts.exists():
        raise UserError(f"{home.marts} is not there yet: close a month first (counterfoil run)")
    with open_file(home.marts, read_only=True) as marts:
        currency = _currency(marts, plan)
        _check_addons(marts, addons)
        _check_kinds(marts, [*usage, *top_ups])
        arguments = f"?, ?, addons := cast(? as varchar[]), usage := {_map(usage)}, top_ups := {_map(top_ups)}"
        parameters = [plan, starts_on, addons, *_pairs(usage), *_pairs(top_ups)]
        try:
            lines = marts.execute(f"from billing.quote_lines({arguments})", parameters)
            names = [column[0] for column in lines.description]
            rows = [dict(zip(names, row, strict=True)) for row in lines.fetchall()]
            totals = marts.execute(f"from billing.quote({arguments})", parameters).fetchone()
        except (duckdb.ConversionException, duckdb.OutOfRangeException) as error:
            raise UserError(f"an amount is too large to be quoted: {error}") from error
    return {
        "plan": plan,
        "currency": currency,
        "starts_on": starts_on.isoformat(),
        **dict(zip(_TOTALS, totals, strict=True)),
        "lines": [{name: _plain(value) for name, value in row.items()} for row in rows],
    }


def _currency(marts: duckdb.DuckDBPyConnection, plan: str) -> str:
    found = marts.execute(
        "select currency from catalog.plan_versions where plan_code = ? order by plan_version desc limit 1", [plan]
    ).fetchone()
    if found:
        return found[0]
    plans = [
        row[0] for row in marts.execute("select distinct plan_code from catalog.plan_versions order by 1").fetchall()
    ]
    raise UserError(f"there is no plan '{plan}'; there are {', '.join(plans) or 'none'}")


def _check_addons(marts: duckdb.DuckDBPyConnection, addons: list[str]) -> None:
    known = [row[0] for row in marts.execute("select addon_code from catalog.addons order by 1").fetchall()]
    for addon in addons:
        if addon not in known:
            raise UserError(f"there is no addon '{addon}'; there are {', '.join(known) or 'none'}")


def _check_kinds(marts: duckdb.DuckDBPyConnection, kinds: list[str]) -> None:
    """One that this plan alone lacks is no mistake: its usage is not charged (R7)."""
    known = [
        row[0]
        for row in marts.execute(
            "select resource_kind from catalog.plan_items union select resource_kind from catalog.addons order by 1"
        ).fetchall()
    ]
    for kind in kinds:
        if kind not in known:
            raise UserError(f"no plan and no addon has '{kind}'; there are {', '.join(known) or 'none'}")


def _map(quantities: dict[str, Decimal]) -> str:
    if not quantities:
        return "null"
    marks = ", ".join(["?"] * len(quantities))
    return f"map(cast([{marks}] as varchar[]), cast([{marks}] as decimal(27,9)[]))"


def _pairs(quantities: dict[str, Decimal]) -> list[str]:
    return [*quantities, *(format(quantity, "f") for quantity in quantities.values())]


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        text = format(value, "f")
        return text.rstrip("0").rstrip(".") if "." in text else text
    return value
