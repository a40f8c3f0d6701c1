"""The push to the accounting service as an asset. Belongs here: what is shown of it. Not: how it is done.

It is the last step, comes after the publication and cannot undo it: what was not pushed is a warning of a check, and
goes with the next run. The home is free for other runs meanwhile, however long the service takes. The address and the
secret come from the environment, never from configuration.
"""

import dagster as dg

from orchestration.groups import FINANCE_TEAM, PUBLISH
from orchestration.partitions import ONE_MONTH_A_RUN, period_of
from orchestration.resources import CloseSettings, HomeResource, release_home
from python_assets.finance import PushOutcome, push

FINANCE_PUSH = dg.AssetKey("finance_push")
EXPORTS = dg.AssetKey(["published", "exports"])
_CHECK = "all_is_pushed"


def build_finance_push(partitions: dg.PartitionsDefinition) -> dg.AssetsDefinition:
    @dg.asset(
        key=FINANCE_PUSH,
        deps=[EXPORTS],
        group_name=PUBLISH,
        owners=FINANCE_TEAM,
        kinds={"json"},
        partitions_def=partitions,
        backfill_policy=ONE_MONTH_A_RUN,
        check_specs=[dg.AssetCheckSpec(_CHECK, asset=FINANCE_PUSH, description="The service has every document.")],
        description="Payables and receivables to the accounting service at FINANCE_URL, each once; skipped without it.",
    )
    def finance_push(context: dg.AssetExecutionContext, home: HomeResource, close: CloseSettings):
        period = period_of(context)
        if close.draft:
            outcome = PushOutcome(skipped="nothing pushed: a run for drafts")
        elif close.last_period(period) != period:
            outcome = PushOutcome(skipped=f"pushed with {close.through}")
        else:
            release_home(home)
            outcome = push(home)
        return dg.MaterializeResult(
            metadata=outcome.as_metadata(),
            check_results=[
                dg.AssetCheckResult(
                    check_name=_CHECK,
                    passed=outcome.is_good,
                    severity=dg.AssetCheckSeverity.WARN,
                    metadata={"outcome": outcome.note},
                )
            ],
        )

    return finance_push
