"""Write a home of any size for a benchmark: the same bytes for the same options, twenty million rows in seconds.

    python benchmarks/generate.py DIR [--rows 2000000 ...]

DuckDB writes every file from `range()` with whole-number arithmetic: no clock, no random state, no binary fractions.
Nothing here knows the billing rules. Everyone in here is fictional.
"""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Annotated

import duckdb
import typer

from python_assets.errors import UserError
from python_assets.periods import add_months, parse_period, period_text

LLM_SHARE = 20  # one gateway request for so many metering rows
TOP_UP_SHARE = 50  # one lot a month for so many deployments
ADDON_SHARE = 10  # one addon for so many subscriptions
PROVIDER_LINES = 300
RETRY_DISTANCE = 1000  # events between a row and its exact duplicate
PLANS = (("starter", 1900, 1, 2), ("studio", 5000, 1, 1), ("pro", 12000, 2, 1))  # base, included: share of usual use
PLAIN_TABLES = ("tenants", "deployments", "plans", "plan_versions", "plan_items", "subscriptions")
NAMESPACE = uuid.UUID("6f1d3c52-4c0e-5b1e-9d6a-2f6f0b7c4a11")

CONFIGURATION = """\
# Made by benchmarks/generate.py
[supplier]
name = "Benchmark Cloud Pty Ltd"
abn = "51824753556"
address = "1 Example Street, Hobart TAS 7000"
email = "accounts@example.com"

[billing]
timezone = "UTC"
first_period = "{first}"
reporting_currency = "AUD"
"""

# `mix` scatters a whole number over 0 .. 2^32 - 1 (the finalizer of MurmurHash3); `pick` takes it to 0 .. n - 1.
# `spread` is how many of `share` in `total` lie in the first `n`: it steps evenly, exactly `share` times in all.
# `decimal_text` writes a whole number of thousandths, say, where `one` is 1000.
MACROS = """
create macro step(x, shift, factor) as ((xor(x, x >> shift) * factor) & 4294967295::ubigint);
create macro mix(n) as step(step(step(
    n::ubigint & 4294967295::ubigint, 16, 2246822507::ubigint), 13, 3266489909::ubigint), 16, 1::ubigint);
create macro pick(n, salt, size) as ((mix(n::ubigint * 8 + salt) * size::ubigint) >> 32)::bigint;
create macro spread(n, share, total) as (n * share) // total;
create macro decimal_text(n, one) as
    (n // one) || '.' || lpad((n % one)::varchar, length(one::varchar)::integer - 1, '0');
create macro tenant_of(deployment, tenants) as format('t-{:05d}', deployment % tenants);
create macro deployment_id(n) as format('d-{:06d}', n);
create macro hour_of(month, n, total) as
    strftime(month::timestamp + to_hours((n * 24 * day(last_day(month))) // total), '%Y-%m-%dT%H:%M:%SZ');
"""


@dataclass(frozen=True)
class Size:
    """What decides every byte of a home. `rows` is the number of metering rows that are delivered each month."""

    tenants: int = 4000
    deployments: int = 20000
    rows: int = 2000000
    months: int = 1
    first: date = date(2026, 1, 1)
    late: Decimal = Decimal("0.01")
    duplicates: Decimal = Decimal("0.01")
    plain: bool = False  # nothing but plans, usage and tax: no addons, top-ups, LLM requests, provider invoices

    @property
    def periods(self) -> list[date]:
        return [add_months(self.first, number) for number in range(self.months)]

    @property
    def usual_events(self) -> int:
        """Events that a deployment has of one resource kind in a month, about."""
        return max(1, self.rows // (3 * self.deployments))


def generate(target: Path, size: Size) -> None:
    """Writes the home; UserError if there is a landing already or the size makes no sense."""
    _check(target, size)
    target.mkdir(parents=True, exist_ok=True)
    (target / "counterfoil.toml").write_text(CONFIGURATION.format(first=period_text(size.first)), encoding="utf-8")
    with duckdb.connect() as connection:
        connection.execute(MACROS)
        for period in size.periods:
            for feed, name, query in _files(size, period):
                _write(connection, target / "landing" / feed / f"period={period_text(period)}" / name, query)


def _check(target: Path, size: Size) -> None:
    if (target / "landing").exists():
        raise UserError(f"{target / 'landing'} is there already; name another folder")
    if not 1 <= size.tenants <= size.deployments:
        raise UserError("there must be a tenant, and a deployment for each")
    if min(size.late, size.duplicates) < 0 or size.late + size.duplicates >= 1:
        raise UserError("late and duplicates are shares; together they lie below 1")


def _write(connection: duckdb.DuckDBPyConnection, path: Path, query: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    place = str(path).replace("'", "''")
    connection.execute(f"copy ({query}) to '{place}' (format csv, header true)")


def _files(size: Size, period: date) -> Iterator[tuple[str, str, str]]:
    """Feed, file name and SELECT of every file of a delivery. Keyed tables are whole in each, as snapshots are."""
    for table, query in {**_accounts(size), **_catalog(size), **_subscriptions(size, period)}.items():
        if table in PLAIN_TABLES or not size.plain:
            yield "control_plane", f"{table}.csv", query
    yield "metering", "usage.csv", _metering(size, period)
    if size.plain:
        return
    yield "llm_usage", "gateway.csv", _llm_usage(size, period)
    yield "digitalocean_invoices", f"{uuid.uuid5(NAMESPACE, period_text(period))}.csv", _provider_invoice(size, period)


def _accounts(size: Size) -> dict[str, str]:
    """Tenants in Australia, their deployments dealt out in turn, and a droplet for the first few of these."""
    return {
        "tenants": f"""
            select format('t-{{:05d}}', n) as tenant_id, format('Tenant {{:05d}} Pty Ltd', n) as name,
                'AUD' as currency, 'AU' as tax_region, format('t{{:05d}}@example.com', n) as email
            from range({size.tenants}) as numbers(n)""",
        "deployments": f"""
            select deployment_id(n) as deployment_id, tenant_of(n, {size.tenants}) as tenant_id,
                format('app-{{:06d}}', n) as slug, 'syd1' as region, 'gateway' as llm_mode,
                false as billing_action_suspended
            from range({size.deployments}) as numbers(n)""",
        "cloud_resources": f"""
            select format('r-{{:06d}}', n) as resource_id, deployment_id(n) as deployment_id, 'droplet' as kind,
                deployment_id(n) || '-web-1' as name
            from range(least({PROVIDER_LINES}, {size.deployments})) as numbers(n)""",
    }


def _catalog(size: Size) -> dict[str, str]:
    """Plans whose allowances lie at half, once and twice the usual use, so that at any size some go over."""
    plans = ", ".join(f"({n}, '{code}', {base}, {up}, {down})" for n, (code, base, up, down) in enumerate(PLANS))
    plans = f"(values {plans}) as plans(n, plan_code, base, up, down)"
    items = """(values
        ('droplet_hours', 1, '1.5', 'hour'), ('llm_tokens', 1000, '1.25', '1k_tokens'), ('spaces_gb', 5, '2', 'gb')
    ) as items(resource_kind, usual, price, unit)"""
    return {
        "plans": f"select plan_code, upper(plan_code) as name from {plans} order by n",
        "plan_versions": f"""
            select plan_code || '-v1' as plan_version_id, plan_code, 1 as version, base as base_price_cents,
                'AUD' as currency
            from {plans} order by n""",
        "plan_items": f"""
            select plan_code || '-v1' as plan_version_id, resource_kind,
                usual * {size.usual_events} * up // down as included_qty, price as overage_price_cents,
                unit as overage_unit, 'per_unit' as charge_model
            from {plans}, {items} order by n, resource_kind""",
        "addons": """
            select 'tokens_1m' as addon_code, '1 million tokens' as name, 'llm_tokens' as resource_kind,
                1000000 as qty, 900 as price_cents""",
        "fx_rates": f"""
            select strftime(date '{size.first}' + to_months(n::integer), '%Y-%m') as month, 'USD' as from_currency,
                'AUD' as to_currency, '1.5123' as rate
            from range({size.months}) as numbers(n)""",
    }


def _subscriptions(size: Size, period: date) -> dict[str, str]:
    """A subscription for each deployment from the first day on, addons for some, and lots bought up to the month."""
    plans = "[" + ", ".join(f"'{code}-v1'" for code, *_ in PLANS) + "]"
    delivered = size.periods.index(period) + 1
    return {
        "subscriptions": f"""
            select format('s-{{:06d}}', n) as subscription_id, deployment_id(n) as deployment_id,
                {plans}[pick(n, 1, {len(PLANS)}) + 1] as plan_version_id, '{size.first}' as starts_on, null as ends_on
            from range({size.deployments}) as numbers(n)""",
        "subscription_addons": f"""
            select format('sa-{{:06d}}', n) as subscription_addon_id, format('s-{{:06d}}', n) as subscription_id,
                'tokens_1m' as addon_code, 'llm_tokens' as resource_kind, 1000000 as qty, 900 as price_cents,
                '{size.first}' as attached_on, null as detached_on
            from range(0, {size.deployments}, {ADDON_SHARE}) as numbers(n)""",
        "top_ups": f"""
            select format('l-{{:04d}}-{{:06d}}', bought, n) as top_up_id, deployment_id(n) as deployment_id,
                'spaces_gb' as resource_kind, {5 * size.usual_events} as qty, 500 as price_cents,
                strftime(month + to_days(pick(n, 2, 28)::integer), '%Y-%m-%dT02:00:00Z') as purchased_at,
                strftime(month + to_months(6), '%Y-%m-%d') as expires_on
            from range({delivered}) as lots(bought)
            cross join lateral (select date '{size.first}' + to_months(bought::integer) as month) as months
            cross join range(0, {size.deployments}, {TOP_UP_SHARE}) as numbers(n)
            order by bought, n""",
    }


def _metering(size: Size, period: date) -> str:
    """Events in order of their hour, scattered over deployments and kinds.

    Exact duplicates follow at a distance. Late rows lie in the month before; the first month has none.
    """
    repeated = int(size.rows * size.duplicates)
    events = size.rows - repeated
    late = int(size.rows * size.late) if period > size.first else 0
    return f"""
        with delivered as (
            select n - spread(n + 1, {repeated}, {size.rows}) as own,
                spread(n, {repeated}, {size.rows}) < spread(n + 1, {repeated}, {size.rows}) as is_repeated
            from range({size.rows}) as numbers(n)
        ),
        events as (
            select case when is_repeated then greatest(own - {RETRY_DISTANCE}, 0) else own end as event from delivered
        ),
        placed as (
            select event, pick(event, 3, {size.deployments}) as deployment, pick(event, 4, 3) as kind,
                case when spread(event, {late}, {events}) < spread(event + 1, {late}, {events})
                    then date '{add_months(period, -1)}' else date '{period}' end as month
            from events
        )
        select format('m{period:%Y%m}-{{:011d}}', event) as event_id, deployment_id(deployment) as deployment_id,
            ['droplet_hours', 'llm_tokens', 'spaces_gb'][kind + 1] as resource_kind,
            case kind when 0 then '1' when 1 then pick(event, 5, 2000)::varchar
                else decimal_text(pick(event, 5, 10000), 1000) end as quantity,
            hour_of(month, event, {events}) as measured_at,
            case when kind = 0 then deployment_id(deployment) || '-web-1' end as resource_name,
            ['compute', 'inference', 'storage'][kind + 1] as capability,
            pick(event, 6, 50) > 0 as billable
        from placed"""


def _llm_usage(size: Size, period: date) -> str:
    requests = size.rows // LLM_SHARE
    return f"""
        with requests as (select n, pick(n, 3, {size.deployments}) as deployment from range({requests}) as numbers(n))
        select format('g{period:%Y%m}-{{:010d}}', n) as gateway_request_id,
            tenant_of(deployment, {size.tenants}) as tenant_id, deployment_id(deployment) as deployment_id,
            decimal_text(pick(n, 4, 400000000), 10000000000) as charge, 'AUD' as currency,
            hour_of(date '{period}', n, {requests}) as occurred_at,
            case when pick(n, 5, 3) = 0 then 'large-chat' else 'small-chat' end as model,
            pick(n, 6, 8000) as input_tokens, pick(n, 7, 2000) as output_tokens
        from requests"""


def _provider_invoice(size: Size, period: date) -> str:
    """A droplet a line, and the tax on all of them."""
    lines = min(PROVIDER_LINES, size.deployments)
    start, end = f"{period} 00:00:00 +0000", f"{add_months(period, 1)} 00:00:00 +0000"
    hours = (add_months(period, 1) - period).days * 24
    return f"""
        select 'Droplets' as product, null as group_description,
            deployment_id(n) || '-web-1 (s-1vcpu-512mb-10gb)' as description, {hours} as hours, '{start}' as start,
            '{end}' as "end", '$4.00' as "USD", 'tenants' as project_name, 'iaas' as category
        from range({lines}) as numbers(n)
        union all
        select 'Taxes', null, 'GST (10%)', null, '{start}', '{end}', '$' || decimal_text({lines} * 40, 100), null,
            'iaas'"""


def _share(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:
        raise typer.BadParameter(f"'{text}' is no decimal number") from None


def _month(text: str) -> date:
    try:
        return parse_period(text)
    except UserError as error:
        raise typer.BadParameter(str(error)) from None


def main(
    target: Annotated[Path, typer.Argument(metavar="DIR", help="The new home.")],
    tenants: Annotated[int, typer.Option(min=1)] = 4000,
    deployments: Annotated[int, typer.Option(min=1, help="Dealt out over the tenants in turn.")] = 20000,
    rows: Annotated[
        int, typer.Option(min=1, help="Metering rows per month; a twentieth of it LLM requests.")
    ] = 2000000,
    months: Annotated[int, typer.Option(min=1)] = 1,
    first: Annotated[str, typer.Option(metavar="YYYY-MM", help="The first month.")] = "2026-01",
    late: Annotated[
        str, typer.Option(metavar="SHARE", help="Rows of a delivery that lie in the month before.")
    ] = "0.01",
    duplicates: Annotated[str, typer.Option(metavar="SHARE", help="Rows that repeat an earlier one exactly.")] = "0.01",
    plain: Annotated[
        bool, typer.Option("--plain", help="Plans, usage and tax alone: no addons, top-ups, LLM, provider.")
    ] = False,
) -> None:
    """Write a home of any size for a benchmark."""
    size = Size(tenants, deployments, rows, months, _month(first), _share(late), _share(duplicates), plain)
    try:
        generate(target, size)
    except UserError as error:
        raise typer.BadParameter(str(error)) from None


if __name__ == "__main__":
    typer.run(main)
