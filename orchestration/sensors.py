"""What starts runs because of files. Belongs here: which months to run. Not: how a change is known."""

import time

import dagster as dg

from orchestration.jobs import MONTHLY_CLOSE
from orchestration.partitions import first_period
from python_assets import ingest
from python_assets.clock import today
from python_assets.errors import UserError
from python_assets.home import Home
from python_assets.lock import home_lock
from python_assets.periods import period_text
from python_assets.warehouse.made import made_months

# A file that was touched more recently may still be being written.
QUIET_SECONDS = 60


def landing_sensor(home: Home) -> dg.SensorDefinition:
    """Runs the months whose files changed, in order, once for each state of their files: off until switched on."""

    @dg.sensor(
        name="landing_sensor",
        job_name=MONTHLY_CLOSE,
        minimum_interval_seconds=60,
        default_status=dg.DefaultSensorStatus.STOPPED,
        description="Runs the months whose files in landing/ came, changed or went, a minute after the last of them.",
    )
    def sensor(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
        try:
            # During a run nobody can tell what it will have read.
            with home_lock(home, 0, "landing sensor"):
                changed = ingest.changed_periods(
                    home, set(made_months(home)), time.time_ns() - QUIET_SECONDS * 1_000_000_000
                )
        except UserError as error:
            return dg.SkipReason(str(error))
        earliest, current = first_period(home), today(home).replace(day=1)
        requests = [
            # A month that fails is not run again before its files change: the key stays the same.
            dg.RunRequest(run_key=f"{period_text(period)}-{digest[:16]}", partition_key=period_text(period))
            for period, digest in changed.items()
            if earliest <= period <= current
        ]
        return dg.SensorResult(run_requests=requests) if requests else dg.SkipReason("no file has changed")

    return sensor
