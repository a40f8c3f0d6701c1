"""What a user of polars would write: a month's CSV files to what each tenant owes, with the streaming engine.

    python benchmarks/contenders/with_polars.py HOME YYYY-MM

The rules and the answer are those of floor.py. Quantities are decimals and amounts whole numbers, so that they are
correct to the cent.
"""

import json
import sys
from pathlib import Path

import polars as pl

UNITS = {"each": 1, "hour": 1, "gb": 1, "request": 1, "1k_tokens": 1000, "1m_tokens": 1_000_000}
NANO, MICRO = 10**9, 10**6  # of a unit of quantity, of a cent


def whole(column: str, times: int) -> pl.Expr:
    """A decimal as a whole number of its smallest parts."""
    return (pl.col(column).cast(pl.Decimal(38, 9)) * times).cast(pl.Int128)


def usage_of(files: Path) -> pl.LazyFrame:
    """Billable quantity by deployment and resource kind; an event counts once."""
    return (
        pl.scan_csv(files / "*.csv", schema_overrides={"quantity": pl.Decimal(24, 9)})
        .select(
            "event_id",
            "deployment_id",
            "resource_kind",
            "quantity",
            "billable",
            pl.col("measured_at").str.slice(0, 10).str.to_date().alias("usage_on"),
        )
        .unique("event_id", keep="any")
        .filter("billable")
        .group_by("deployment_id", "resource_kind", "usage_on")
        .agg(pl.col("quantity").sum())
        .group_by("deployment_id", "resource_kind")
        .agg(pl.col("quantity").sum())
    )


def invoices_of(home: Path, month: str) -> pl.DataFrame:
    """tenant_id, subtotal_cents and tax_cents."""
    period = f"period={month}"

    def table(name: str) -> pl.LazyFrame:
        return pl.scan_csv(home / "landing" / "control_plane" / period / f"{name}.csv", infer_schema=False)

    plans = table("subscriptions").join(table("plan_versions"), on="plan_version_id")
    base = plans.select("deployment_id", pl.col("base_price_cents").cast(pl.Int128).alias("amount_cents"))
    overage = (
        usage_of(home / "landing" / "metering" / period)
        .join(plans, on="deployment_id")
        .join(table("plan_items"), on=["plan_version_id", "resource_kind"])
        .with_columns(over=whole("quantity", NANO) - whole("included_qty", NANO))
        .filter(pl.col("over") > 0)
        .with_columns(
            exact=pl.col("over") * whole("overage_price_cents", MICRO),
            parts=pl.col("overage_unit").replace_strict(UNITS, return_dtype=pl.Int128) * NANO * MICRO,
        )
        .select(
            "deployment_id", ((2 * pl.col("exact") + pl.col("parts")) // (2 * pl.col("parts"))).alias("amount_cents")
        )
    )
    return (
        pl.concat([base, overage])
        .join(table("deployments"), on="deployment_id")
        .group_by("tenant_id")
        .agg(pl.col("amount_cents").sum().cast(pl.Int64).alias("subtotal_cents"))
        .with_columns(tax_cents=(2 * pl.col("subtotal_cents") + 10) // 20)
        .collect(engine="streaming")
    )


def main(home: str, month: str) -> None:
    rows = invoices_of(Path(home), month).select("tenant_id", "subtotal_cents", "tax_cents").iter_rows()
    json.dump({tenant: [subtotal, tax, subtotal + tax] for tenant, subtotal, tax in rows}, sys.stdout)


if __name__ == "__main__":
    main(*sys.argv[1:])
