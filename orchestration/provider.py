"""The provider's API as assets without months. Belongs here: what is shown of a fetch. Not: how it is done.

They are no part of a close: a close reads what has landed, and must not need the network or a token. The UI's
"Materialize all" over months takes them along in a run of their own, which asks nobody and says so: Dagster would call
the whole backfill failed if it reported nothing.
"""

import dagster as dg

from orchestration.groups import DATA_TEAM, FETCH
from orchestration.resources import SECONDS_TO_WAIT, HomeResource, failing_plainly

BALANCE = dg.AssetKey(["landing", "digitalocean_balance"])
INVOICES = dg.AssetKey(["landing", "digitalocean_invoices"])

_SKIPPED = "a backfill of months takes what has landed; the provider was not asked"


def build_provider_assets() -> list[dg.AssetsDefinition]:
    """The two feeds that can be fetched; the token comes from the environment, never from configuration."""
    return [_balance(), _invoices()]


def _balance() -> dg.AssetsDefinition:
    @dg.asset(
        key=BALANCE,
        group_name=FETCH,
        owners=DATA_TEAM,
        kinds={"json"},
        description="The account's balance with the provider as it last reckoned it, under the current month.",
    )
    def balance(context: dg.AssetExecutionContext, unlocked_home: HomeResource) -> dg.MaterializeResult:
        if _is_of_a_backfill(context):
            return dg.MaterializeResult(metadata={"files written": 0, "skipped": _SKIPPED})
        from python_assets.digitalocean import Provider, fetch_balance

        with failing_plainly(), Provider.from_environment() as provider:
            fetched = fetch_balance(unlocked_home, provider)
        return dg.MaterializeResult(
            metadata={
                "captured at": fetched.captured_at.isoformat(),
                "file": str(fetched.file.relative_to(unlocked_home.root)),
                "files written": int(fetched.is_new),
            }
        )

    return balance


def _invoices() -> dg.AssetsDefinition:
    @dg.asset(
        key=INVOICES,
        group_name=FETCH,
        owners=DATA_TEAM,
        kinds={"csv", "json"},
        description="Every issued invoice of the provider: CSV, items and summary, under its own month.",
    )
    def invoices(context: dg.AssetExecutionContext, unlocked_home: HomeResource) -> dg.MaterializeResult:
        if _is_of_a_backfill(context):
            return dg.MaterializeResult(metadata={"files written": 0, "skipped": _SKIPPED})
        from python_assets.digitalocean import Provider, fetch_invoices

        with failing_plainly(), Provider.from_environment() as provider:
            fetched = fetch_invoices(unlocked_home, provider, SECONDS_TO_WAIT)
        return dg.MaterializeResult(
            metadata={
                "invoices found": fetched.found,
                "invoices fetched": len(fetched.fetched),
                "invoices there before": fetched.present,
                "files written": sum(len(invoice.files) for invoice in fetched.fetched),
            }
        )

    return invoices


def _is_of_a_backfill(context: dg.AssetExecutionContext) -> bool:
    return "dagster/backfill" in context.run.tags
