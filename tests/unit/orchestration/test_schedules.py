"""When things run by themselves, and that a close never needs the provider."""

from datetime import UTC, date, datetime
from pathlib import Path

import dagster as dg
import pytest

from orchestration.jobs import monthly_close, provider_jobs
from orchestration.partitions import monthly_partitions
from orchestration.provider import build_provider_assets
from orchestration.resources import unlocked_home
from orchestration.schedules import schedules
from python_assets.home import Config, Home


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def definitions(home: Home) -> dg.Definitions:
    @dg.asset(partitions_def=monthly_partitions(home))
    def something_of_a_month() -> None: ...

    return dg.Definitions(
        assets=[*build_provider_assets(), something_of_a_month],
        jobs=[monthly_close(), *provider_jobs()],
        schedules=schedules(home),
        resources={"unlocked_home": unlocked_home(home)},
    )


def test_schedules_are_off_and_tick_in_the_billing_time_zone(home):
    repository = definitions(Home(home.root, Config(timezone="Australia/Sydney"))).get_repository_def()
    by_job = {schedule.job_name: schedule for schedule in repository.schedule_defs}
    assert {job: schedule.cron_schedule for job, schedule in by_job.items()} == {
        "provider_balance": "7 * * * *",
        "provider_invoices": "23 2 * * *",
        "monthly_close": "0 3 1 * *",
    }
    assert {schedule.execution_timezone for schedule in by_job.values()} == {"Australia/Sydney"}
    assert {schedule.default_status for schedule in by_job.values()} == {dg.DefaultScheduleStatus.STOPPED}


def test_a_close_has_no_part_of_a_fetch(home):
    repository = definitions(home)
    assert {key.path[-1] for key in repository.resolve_job_def("monthly_close").asset_layer.selected_asset_keys} == {
        "something_of_a_month"
    }
    fetched = [repository.resolve_job_def(job).asset_layer.selected_asset_keys for job in ("provider_balance",)]
    assert [{key.path[-1] for key in keys} for keys in fetched] == [{"digitalocean_balance"}]


def test_the_close_is_of_the_month_that_has_ended_in_the_billing_time_zone(tmp_path):
    home = Home(tmp_path, Config(timezone="Australia/Sydney", first_period=date(2026, 2, 1)))
    repository = definitions(home).get_repository_def()
    schedule = repository.get_schedule_def("monthly_close_schedule")

    def asked_at(instant: datetime) -> dg.RunRequest | dg.SkipReason:
        context = dg.build_schedule_context(scheduled_execution_time=instant, repository_def=repository)
        answer = schedule.evaluate_tick(context)
        return answer.run_requests[0] if answer.run_requests else dg.SkipReason(answer.skip_message)

    # 03:00 in Sydney on the 1st is still the month before in UTC.
    assert asked_at(datetime(2026, 3, 31, 16, 0, tzinfo=UTC)).partition_key == "2026-03"
    assert asked_at(datetime(2026, 1, 31, 16, 0, tzinfo=UTC)).skip_message == (
        "2026-01 lies before the first month of this home"
    )
