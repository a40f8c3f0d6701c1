"""The months of a home. Belongs here: which partitions there are. Not: what happens in one."""

from datetime import date

import dagster as dg

from python_assets import ingest
from python_assets.clock import today
from python_assets.home import Home
from python_assets.periods import parse_period, period_text

# One run a month: a month reads the ledger of the month before.
ONE_MONTH_A_RUN = dg.BackfillPolicy.multi_run(max_partitions_per_run=1)


def first_period(home: Home) -> date:
    """The configured first month, else that of the earliest delivery, else the current one."""
    return home.config.first_period or ingest.earliest_period(home) or today(home).replace(day=1)


def monthly_partitions(home: Home) -> dg.MonthlyPartitionsDefinition:
    """From the first month to the current one, which can be run for drafts; keys are `YYYY-MM`."""
    return dg.MonthlyPartitionsDefinition(
        start_date=period_text(first_period(home)), fmt="%Y-%m", timezone=home.config.timezone, end_offset=1
    )


def period_of(context: dg.AssetExecutionContext) -> date:
    """The month that a run is for."""
    return parse_period(context.partition_key)
