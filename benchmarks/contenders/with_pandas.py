"""What a user of pandas would write: a month's CSV files to what each tenant owes.

    python benchmarks/contenders/with_pandas.py HOME YYYY-MM

The rules and the answer are those of floor.py. Quantities are decimals, then whole billionths; amounts are whole
numbers: correct to the cent.
"""

import json
import sys
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pyarrow as pa
from pyarrow import csv

UNITS = {"each": 1, "hour": 1, "gb": 1, "request": 1, "1k_tokens": 1000, "1m_tokens": 1_000_000}
NANO, MICRO = 10**9, 10**6  # of a unit of quantity, of a cent
READ = {
    "event_id": pa.string(),
    "deployment_id": pa.string(),
    "resource_kind": pa.string(),
    "quantity": pa.decimal128(24, 9),
    "measured_at": pa.timestamp("s", "UTC"),
    "billable": pa.bool_(),
}


def whole(texts: pd.Series, times: int) -> pd.Series:
    """Decimals as whole numbers of their smallest parts, in Python's integers, which have no bounds."""
    return texts.map(lambda text: int(Decimal(text) * times)).astype(object)


def read_events(file: Path) -> pd.DataFrame:
    """Arrow's reader, since pandas' own takes quantities through binary floating point, or is a text at a time."""
    options = csv.ConvertOptions(column_types=READ, include_columns=list(READ))
    return csv.read_csv(file, convert_options=options).to_pandas(types_mapper=pd.ArrowDtype)


def usage_of(files: Path) -> pd.Series:
    """Billable billionths by deployment and resource kind; an event counts once."""
    frames = [read_events(file) for file in sorted(files.glob("*.csv"))]
    events = pd.concat(frames, ignore_index=True).drop_duplicates("event_id")
    events = events[events["billable"]]
    billable = pd.DataFrame(
        {
            "deployment_id": events["deployment_id"],
            "resource_kind": events["resource_kind"],
            "usage_on": events["measured_at"].dt.floor("D"),
            "nano": (events["quantity"] * Decimal(NANO)).astype("int64[pyarrow]").astype("int64"),
        }
    )
    by_day = billable.groupby(["deployment_id", "resource_kind", "usage_on"], sort=False)["nano"].sum()
    return by_day.groupby(level=["deployment_id", "resource_kind"], sort=False).sum()


def invoices_of(home: Path, month: str) -> pd.Series:
    """Subtotal in cents by tenant."""
    period = f"period={month}"

    def table(name: str) -> pd.DataFrame:
        return pd.read_csv(home / "landing" / "control_plane" / period / f"{name}.csv", dtype=str)

    plans = table("subscriptions").merge(table("plan_versions"), on="plan_version_id")
    base = plans[["deployment_id"]].assign(amount_cents=plans["base_price_cents"].map(int))
    usage = usage_of(home / "landing" / "metering" / period).reset_index()
    priced = usage.merge(plans, on="deployment_id").merge(table("plan_items"), on=["plan_version_id", "resource_kind"])
    over = priced["nano"].astype(object) - whole(priced["included_qty"], NANO)
    exact = over * whole(priced["overage_price_cents"], MICRO)
    parts = priced["overage_unit"].map(UNITS).astype(object) * (NANO * MICRO)
    amounts = (2 * exact + parts) // (2 * parts)
    overage = priced[["deployment_id"]].assign(amount_cents=amounts)[over > 0]
    lines = pd.concat([base, overage]).merge(table("deployments"), on="deployment_id")
    return lines.groupby("tenant_id")["amount_cents"].sum()


def main(home: str, month: str) -> None:
    answer = {}
    for tenant, cents in invoices_of(Path(home), month).items():
        subtotal, tax = int(cents), (2 * int(cents) + 10) // 20
        answer[tenant] = [subtotal, tax, subtotal + tax]
    json.dump(answer, sys.stdout)


if __name__ == "__main__":
    main(*sys.argv[1:])
