"""The jobs: everything of a month, in order, in one process; and, apart from it, what is fetched from the provider."""

import dagster as dg

from orchestration.groups import FETCH
from orchestration.provider import BALANCE, INVOICES

MONTHLY_CLOSE = "monthly_close"
PROVIDER_BALANCE = "provider_balance"
PROVIDER_INVOICES = "provider_invoices"


def monthly_close():
    return dg.define_asset_job(
        MONTHLY_CLOSE,
        selection=dg.AssetSelection.all() - dg.AssetSelection.groups(FETCH),
        description="Files in, expected invoices, seal, books, publication: one month.",
    )


def provider_jobs():
    return [
        dg.define_asset_job(PROVIDER_BALANCE, dg.AssetSelection.assets(BALANCE), description="A balance snapshot."),
        dg.define_asset_job(PROVIDER_INVOICES, dg.AssetSelection.assets(INVOICES), description="New invoices."),
    ]
