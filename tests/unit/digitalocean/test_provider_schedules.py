"""When the provider is asked by itself, and that a close never needs it."""

import dagster as dg

from orchestration.jobs import monthly_close, provider_jobs
from orchestration.provider import build_provider_assets
from orchestration.resources import UnlockedHome
from orchestration.schedules import provider_schedules
from python_assets.home import Config, Home


def definitions(home: Home) -> dg.Definitions:
    months = dg.MonthlyPartitionsDefinition(start_date="2026-01", fmt="%Y-%m")

    @dg.asset(partitions_def=months)
    def something_of_a_month() -> None: ...

    return dg.Definitions(
        assets=[*build_provider_assets(), something_of_a_month],
        jobs=[monthly_close(), *provider_jobs()],
        schedules=provider_schedules(home),
        resources={"unlocked_home": UnlockedHome(root=str(home.root))},
    )


def test_schedules_are_off_and_tick_in_the_billing_time_zone(home):
    repository = definitions(Home(home.root, Config(timezone="Australia/Sydney"))).get_repository_def()
    schedules = {schedule.job_name: schedule for schedule in repository.schedule_defs}
    assert {job: schedule.cron_schedule for job, schedule in schedules.items()} == {
        "provider_balance": "7 * * * *",
        "provider_invoices": "23 2 * * *",
    }
    assert {schedule.execution_timezone for schedule in schedules.values()} == {"Australia/Sydney"}
    assert {schedule.default_status for schedule in schedules.values()} == {dg.DefaultScheduleStatus.STOPPED}


def test_a_close_has_no_part_of_a_fetch(home):
    repository = definitions(home)
    assert {key.path[-1] for key in repository.resolve_job_def("monthly_close").asset_layer.selected_asset_keys} == {
        "something_of_a_month"
    }
    fetched = [repository.resolve_job_def(job).asset_layer.selected_asset_keys for job in ("provider_balance",)]
    assert [{key.path[-1] for key in keys} for keys in fetched] == [{"digitalocean_balance"}]
