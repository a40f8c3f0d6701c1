"""When things run by themselves: off until someone switches them on, in the billing time zone."""

import dagster as dg

from orchestration.jobs import PROVIDER_BALANCE, PROVIDER_INVOICES
from python_assets.home import Home


def provider_schedules(home: Home) -> list[dg.ScheduleDefinition]:
    """The balance every hour, new invoices every night: at minutes when few others ask the API."""
    return [
        _schedule(PROVIDER_BALANCE, "7 * * * *", home.config.timezone),
        _schedule(PROVIDER_INVOICES, "23 2 * * *", home.config.timezone),
    ]


def _schedule(job: str, cron: str, timezone: str) -> dg.ScheduleDefinition:
    return dg.ScheduleDefinition(
        name=f"{job}_schedule",
        job_name=job,
        cron_schedule=cron,
        execution_timezone=timezone,
        default_status=dg.DefaultScheduleStatus.STOPPED,
    )
