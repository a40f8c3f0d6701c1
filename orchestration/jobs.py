"""The one job: everything of a month, in order, in one process."""

import dagster as dg


def monthly_close():
    return dg.define_asset_job(
        "monthly_close",
        selection=dg.AssetSelection.all(),
        description="Files in, expected invoices, seal, books, publication: one month.",
    )
