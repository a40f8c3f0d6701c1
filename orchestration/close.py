"""Runs months of the job `monthly_close` in this process, through the same definitions that the UI runs."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date

import dagster as dg
from sqlalchemy.exc import SQLAlchemyError

from orchestration.build import build_definitions
from orchestration.finance import FINANCE_PUSH
from orchestration.partitions import first_period
from orchestration.settings import prepare_dagster
from orchestration.translator import LEDGER
from python_assets.disk import full_disk
from python_assets.errors import UserError
from python_assets.home import CAN_BE_DELETED, Home
from python_assets.periods import period_text
from python_assets.permissions import kept_from_others


@dataclass(frozen=True)
class CloseOptions:
    """What a run was asked for besides its months."""

    as_of: date
    draft: bool = False
    force: bool = False
    tenants: tuple[str, ...] = ()
    accept_missing: bool = False


@kept_from_others()
def close_months(
    home: Home,
    periods: list[date],
    options: CloseOptions,
    on_month: Callable[[date], None] = lambda _: None,
    instance: dg.DagsterInstance | None = None,
    on_push: Callable[[str], None] = lambda _: None,
) -> dict[date, str]:
    """Closes the months in order and stops at the first that fails, with a UserError that says why.

    Returns what became of each month in the ledger, in words; `on_push` is told what the accounting service was given.
    Runs are recorded in the home's own Dagster instance, where the UI shows them, unless another one is given.
    """
    earliest = first_period(home)
    if periods[0] < earliest:
        raise UserError(f"{period_text(periods[0])} lies before the first month of this home, {period_text(earliest)}")
    prepare_dagster(home)
    job = build_definitions(home).resolve_job_def("monthly_close")
    outcomes = {}
    with _record_of_runs(home, instance) as recorder:
        for period in periods:
            on_month(period)
            result = job.execute_in_process(
                partition_key=period_text(period),
                run_config=_run_config(options, periods),
                instance=recorder,
                raise_on_error=False,
            )
            if not result.success:
                raise UserError(f"{period_text(period)} was not closed:\n{_reasons(result, home)}")
            outcomes[period] = _outcome(result, LEDGER)
            if period == periods[-1]:
                on_push(_outcome(result, FINANCE_PUSH))
    return outcomes


@contextmanager
def _record_of_runs(home: Home, instance: dg.DagsterInstance | None) -> Iterator[dg.DagsterInstance]:
    """UserError where Dagster's own databases are damaged or cannot be written."""
    try:
        with instance or dg.DagsterInstance.get() as recorder:
            yield recorder
    except SQLAlchemyError as error:
        if full := full_disk(error, home.dagster):
            raise UserError(full) from error
        why = str(getattr(error, "orig", None) or error).splitlines()[0]
        raise UserError(f"{home.dagster}: the record of runs cannot be used: {why}. {CAN_BE_DELETED}") from error


def _outcome(result: dg.ExecuteInProcessResult, asset: dg.AssetKey) -> str:
    for event in result.all_events:
        if event.is_step_materialization and event.asset_key == asset:
            return str(event.materialization.metadata["outcome"].value)
    return ""


def _innermost(error) -> str:
    """What was raised first: Dagster wraps it in what it was doing."""
    while error.cause:
        error = error.cause
    return error.message.strip()


def _run_config(options: CloseOptions, periods: list[date]) -> dict:
    settings = {
        "as_of": options.as_of.isoformat(),
        "draft": options.draft,
        "force": options.force,
        "tenants": list(options.tenants),
        "accept_missing": options.accept_missing,
        "since": period_text(periods[0]),
        "through": period_text(periods[-1]),
    }
    return {
        "resources": {"close": {"config": settings}},
        "loggers": {"console": {"config": {"log_level": "CRITICAL"}}},
    }


def _reasons(result: dg.ExecuteInProcessResult, home: Home) -> str:
    reasons = []
    for event in result.all_events:
        if event.is_step_failure:
            failure = event.step_failure_data
            told = failure.user_failure_data and failure.user_failure_data.description
            reason = told or f"{event.step_key}: {_innermost(failure.error)} (counterfoil ui has the whole trace)"
            reasons.append(full_disk(reason, home.root) or reason)
    return "\n".join(dict.fromkeys(reasons)) or "see the run in the UI (counterfoil ui)"
