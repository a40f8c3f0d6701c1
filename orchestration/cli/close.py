"""`run`: the monthly job, through the same definitions that the UI runs."""

from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer

from orchestration.cli import completion
from orchestration.cli.progress import showing_progress
from orchestration.cli.shared import (
    HomeOption,
    JsonOption,
    WaitOption,
    as_date,
    as_period,
    opened,
    out,
    plainly,
    print_json,
)
from orchestration.cli.status import print_months, print_places
from python_assets.home import Home
from python_assets.periods import months_between, period_text


@plainly
def run(
    period: Annotated[
        date,
        typer.Option(
            parser=as_period, metavar="YYYY-MM", help="The month to close.", autocompletion=completion.periods
        ),
    ],
    through: Annotated[
        date | None,
        typer.Option(
            parser=as_period,
            metavar="YYYY-MM",
            help="The last month to close. Default: the same month.",
            autocompletion=completion.periods,
        ),
    ] = None,
    as_of: Annotated[
        date | None,
        typer.Option(parser=as_date, metavar="YYYY-MM-DD", help="Date on invoices and seals. Default: today."),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Reissue: void the sealed invoices of these months and issue new versions.")
    ] = False,
    tenant: Annotated[
        list[str] | None,
        typer.Option(
            metavar="ID",
            help="With --force: reissue the invoices of this tenant only. Repeatable.",
            autocompletion=completion.tenants,
        ),
    ] = None,
    draft: Annotated[bool, typer.Option("--draft", help="Make drafts only; seal nothing.")] = False,
    accept_missing: Annotated[
        bool, typer.Option("--accept-missing", help="Continue even if files are gone that sealed months depend on.")
    ] = False,
    fail_on_review: Annotated[
        bool, typer.Option("--fail-on-review", help="Exit with status 3 if a month needs review.")
    ] = False,
    wait: WaitOption = 600,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Close one or more months in order: read files, seal invoices, publish tables and reports."""
    of = opened(home)
    periods = months_between(period, through or period)
    if not periods:
        raise typer.BadParameter("--through is before --period")
    if tenant and not force:
        raise typer.BadParameter("--tenant needs --force: it names whose invoices are reissued")
    if draft and force:
        raise typer.BadParameter("--draft seals nothing and --force reissues; use one of them")
    from python_assets.clock import today

    now = today(of)
    if as_of and as_of > now:
        raise typer.BadParameter(f"--as-of {as_of} is after today ({now} in {of.config.timezone})")
    if periods[-1] > now.replace(day=1):
        raise typer.BadParameter(f"{period_text(periods[-1])} has not begun yet")

    from python_assets.lock import home_lock

    with (
        showing_progress("waiting for the home", months=len(periods)) as progress,
        home_lock(of, wait, f"counterfoil run {period_text(period)}"),
    ):
        progress.says("reading the definitions")
        from orchestration.close import CloseOptions, close_months
        from python_assets.closing import check_reissued_tenants

        check_reissued_tenants(of, periods, tenant or [])
        options = CloseOptions(as_of or now, draft, force, tuple(tenant or ()), accept_missing)
        pushed: list[str] = []
        outcomes = close_months(
            of,
            periods,
            options,
            lambda month: progress.begins(period_text(month)),
            on_push=pushed.append,
        )
    from python_assets.summary import summarize

    months = [
        month | {"ledger": outcomes[period]} for period, month in zip(periods, summarize(of, periods), strict=True)
    ]
    if as_json:
        print_json({"months": months, "published": str(of.published), "finance": "".join(pushed)})
    else:
        _print_summary(of, months, "".join(pushed))
    if fail_on_review and any(month["status"] != "healthy" for month in months):
        raise typer.Exit(3)


def _documents_note(month: dict[str, Any], folder: Path) -> str:
    from python_assets.documents import PROBLEMS

    first, *more = month["document_problems"]
    others = f" ({len(more)} more in {folder / PROBLEMS})" if more else ""
    return f"{month['period']}: document of {first['tenant_id']}, {first['field']}: {first['problem']}{others}"


def _print_summary(home: Home, months: list[dict[str, Any]], pushed: str) -> None:
    print_months(months)
    for month in months:
        if month["ledger"] not in ("", "sealed"):
            out.print(f"{month['period']}: {month['ledger']}")
        if month["document_problems"]:
            folder = home.published / "exports" / f"period={month['period']}" / "documents"
            out.print(_documents_note(month, folder))
    print_places(home, months[-1]["period"])
    out.print(f"finance   {pushed}")
