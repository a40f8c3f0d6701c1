"""When things run by themselves: off until someone switches them on, in the billing time zone."""

from zoneinfo import ZoneInfo

import dagster as dg

from orchestration.jobs import MONTHLY_CLOSE, PROVIDER_BALANCE, PROVIDER_INVOICES
from orchestration.partitions import first_period
from python_assets.home import Home
from python_assets.periods import add_months, period_text


def schedules(home: Home) -> list[dg.ScheduleDefinition]:
    """The balance every hour, new invoices every night (at minutes when few others ask the API), the close monthly."""
    return [
        _schedule(PROVIDER_BALANCE, "7 * * * *", home.config.timezone),
        _schedule(PROVIDER_INVOICES, "23 2 * * *", home.config.timezone),
        _close_schedule(home),
    ]


def _schedule(job: str, cron: str, timezone: str) -> dg.ScheduleDefinition:
    return dg.ScheduleDefinition(
        name=f"{job}_schedule",
        job_name=job,
        cron_schedule=cron,
        execution_timezone=timezone,
        default_status=dg.DefaultScheduleStatus.STOPPED,
    )


def _close_schedule(home: Home) -> dg.ScheduleDefinition:
    timezone = home.config.timezone

    @dg.schedule(
        name=f"{MONTHLY_CLOSE}_schedule",
        job_name=MONTHLY_CLOSE,
        cron_schedule="0 3 1 * *",
        execution_timezone=timezone,
        default_status=dg.DefaultScheduleStatus.STOPPED,
        description="Closes the month that has just ended.",
    )
    def close(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        today = context.scheduled_execution_time.astimezone(ZoneInfo(timezone)).date()
        ended = add_months(today.replace(day=1), -1)
        if ended < first_period(home):
            return dg.SkipReason(f"{period_text(ended)} lies before the first month of this home")
        return dg.RunRequest(run_key=period_text(ended), partition_key=period_text(ended))

    return close
