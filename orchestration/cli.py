"""The command line. Belongs here: options, exit statuses, what a person reads. Not: any work."""

import json
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import asdict
from datetime import date
from functools import wraps
from pathlib import Path
from typing import Annotated, Any

import duckdb
import typer
from rich.console import Console
from rich.table import Table

from orchestration.settings import home_folder
from python_assets.errors import UserError
from python_assets.home import Home
from python_assets.periods import months_between, parse_day, parse_period, period_text

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False, help="Closes the month of a cloud reseller.")
audit = typer.Typer(no_args_is_help=True, help="The ledger's hashes and proofs.")
app.add_typer(audit, name="audit")
fetch = typer.Typer(no_args_is_help=True, help="Input from other systems into the landing.")
app.add_typer(fetch, name="fetch")

out = Console(soft_wrap=True)
err = Console(stderr=True, soft_wrap=True)

HomeOption = Annotated[Path | None, typer.Option("--home", help="The home; else COUNTERFOIL_HOME, else ./home.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for machines.")]


def _as_period(text: str) -> date:
    try:
        return parse_period(text)
    except UserError as error:
        raise typer.BadParameter(str(error)) from None


def _as_date(text: str) -> date:
    try:
        return parse_day(text)
    except UserError as error:
        raise typer.BadParameter(str(error)) from None


def plainly(command: Callable) -> Callable:
    """Ends a command with exit status 1 and a message, never a traceback, for what a user can cause."""

    @wraps(command)
    def wrapped(*args, **kwargs):
        try:
            return command(*args, **kwargs)
        except (UserError, OSError, duckdb.Error) as error:
            err.print(f"[red]counterfoil:[/] {_escaped(str(error))}")
            raise typer.Exit(1) from None

    return wrapped


def _escaped(text: str) -> str:
    """Text for the terminal: no markup, and no control characters, which a value of a file may bring along."""
    shown = (char if char.isprintable() or char == "\n" else char.encode("unicode_escape").decode() for char in text)
    return "".join(shown).replace("[", r"\[")


def _print_json(value: Any) -> None:
    sys.stdout.write(json.dumps(value, indent=2, ensure_ascii=False, default=str) + "\n")


@app.command()
@plainly
def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The new home.")], as_json: JsonOption = False
) -> None:
    """Make a new home: a folder per feed, a header-only template per table, a README."""
    from python_assets.templates import make_home

    made = make_home(folder)
    if as_json:
        _print_json({"home": str(folder.absolute()), "templates": made})
    else:
        out.print(f"{folder.absolute()} is ready: fill templates/ and put the files where its README.md says.")


@app.command()
@plainly
def check(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Validate the landing without loading it: every problem with file, record and column."""
    from python_assets.ingest import problems

    found = problems(Home.open(home_folder(home)))
    if as_json:
        _print_json({"problems": [vars(problem) for problem in found]})
    for problem in [] if as_json else found:
        place = ":".join(str(part) for part in (problem.file, problem.record, problem.column) if part is not None)
        value = "" if problem.value is None else f" ('{problem.value}')"
        out.print(_escaped(f"{place}: {problem.reason}{value}"))
    if not found and not as_json:
        out.print("No problem found.")
    if found:
        raise typer.Exit(1)


@app.command()
@plainly
def run(
    period: Annotated[date, typer.Option(parser=_as_period, metavar="YYYY-MM", help="The month to close.")],
    through: Annotated[
        date | None, typer.Option(parser=_as_period, metavar="YYYY-MM", help="Close the months up to this one.")
    ] = None,
    as_of: Annotated[
        date | None, typer.Option(parser=_as_date, metavar="YYYY-MM-DD", help="Date of invoices and seals; today.")
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Reissue: void what is sealed of the months and issue it anew.")
    ] = False,
    tenant: Annotated[
        list[str] | None, typer.Option(metavar="ID", help="With --force: reissue this tenant alone; may be repeated.")
    ] = None,
    draft: Annotated[bool, typer.Option("--draft", help="Derive drafts only; seal nothing.")] = False,
    accept_missing: Annotated[
        bool, typer.Option("--accept-missing", help="Go on although files are gone that sealed months rested on.")
    ] = False,
    fail_on_review: Annotated[
        bool, typer.Option("--fail-on-review", help="Exit with status 3 if a month needs review.")
    ] = False,
    wait: Annotated[int, typer.Option(min=0, help="Seconds to wait for another run on this home.")] = 600,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Close months, in order: files in, invoices sealed, books and reports published."""
    opened = Home.open(home_folder(home))
    periods = months_between(period, through or period)
    if not periods:
        raise typer.BadParameter("--through lies before --period")
    if tenant and not force:
        raise typer.BadParameter("--tenant says whose invoices --force reissues; add --force")
    if draft and force:
        raise typer.BadParameter("--draft seals nothing and --force issues anew; leave one out")
    from python_assets.clock import today

    now = today(opened)
    if as_of and as_of > now:
        raise typer.BadParameter(f"--as-of {as_of} lies after today ({now} in {opened.config.timezone})")
    if periods[-1] > now.replace(day=1):
        raise typer.BadParameter(f"{period_text(periods[-1])} has not begun yet")

    from python_assets.lock import home_lock

    progress = err.status("reading the definitions", spinner="dots")
    with home_lock(opened, wait, f"counterfoil run {period_text(period)}"), progress:
        from orchestration.close import CloseOptions, close_months
        from python_assets.closing import check_reissued_tenants

        check_reissued_tenants(opened, periods, tenant or [])
        options = CloseOptions(as_of or now, draft, force, tuple(tenant or ()), accept_missing)
        pushed: list[str] = []
        outcomes = close_months(
            opened,
            periods,
            options,
            lambda month: progress.update(f"closing {period_text(month)}"),
            on_push=pushed.append,
        )
    from python_assets.summary import summarize

    months = [
        month | {"ledger": outcomes[period]} for period, month in zip(periods, summarize(opened, periods), strict=True)
    ]
    if as_json:
        _print_json({"months": months, "published": str(opened.published), "finance": "".join(pushed)})
    else:
        _print_summary(opened, months, "".join(pushed))
    if fail_on_review and any(month["status"] != "healthy" for month in months):
        raise typer.Exit(3)


def _print_summary(home: Home, months: list[dict[str, Any]], pushed: str) -> None:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name, justify in (("month", "left"), ("invoices", "right"), ("total", "right"), ("findings", "right")):
        table.add_column(name, justify=justify, no_wrap=True)
    table.add_column("status", no_wrap=True)
    table.add_column("audit hash", no_wrap=True)
    for month in months:
        totals = "\n".join(f"{total['total']} {total['currency']}" for total in month["totals"])
        table.add_row(
            month["period"],
            str(month["invoices"]),
            totals,
            str(month["findings"]),
            month["status"],
            month["audit_hash"] or "draft",
        )
    Console(width=max(out.width, 150), highlight=False).print(table)
    for month in months:
        if month["ledger"] not in ("", "sealed"):
            out.print(f"{month['period']}: {month['ledger']}", highlight=False)
    newest = home.published / "reports" / f"period={months[-1]['period']}" / "health.html"
    out.print(f"\nreport    {newest}\ndatabase  {home.marts}\nledger    {home.ledger}", highlight=False)
    out.print(_escaped(f"finance   {pushed}"), highlight=False)


@app.command()
@plainly
def quote(
    plan: Annotated[str, typer.Option(metavar="CODE", help="The plan; its greatest version is meant.")],
    starts_on: Annotated[date, typer.Option(parser=_as_date, metavar="YYYY-MM-DD", help="First day.")],
    addon: Annotated[list[str] | None, typer.Option(metavar="CODE", help="An addon; may be repeated.")] = None,
    usage: Annotated[list[str] | None, typer.Option(metavar="KIND=QTY", help="Projected usage of a month.")] = None,
    top_up: Annotated[list[str] | None, typer.Option(metavar="KIND=QTY", help="Usage bought ahead.")] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """What a plan would cost, by the newest published catalog and the invoice's own SQL."""
    from python_assets.quote import make_quote, parse_quantities

    try:
        used, bought = parse_quantities(usage or []), parse_quantities(top_up or [])
    except UserError as error:
        raise typer.BadParameter(str(error)) from None
    answer = make_quote(Home.open(home_folder(home)), plan, starts_on, addon or [], used, bought)
    if as_json:
        _print_json(answer)
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("part", "line", "quantity", "unit"):
        table.add_column(name)
    table.add_column("amount", justify="right")
    for line in answer["lines"]:
        table.add_row(line["part"], line["description"], line["quantity"], line["unit"], _money(line["amount_cents"]))
    out.print(table)
    out.print()
    for name in ("recurring", "first_invoice", "overage", "minimum", "all_in_monthly"):
        out.print(
            f"{name.replace('_', ' '):16}{_money(answer[name + '_cents']):>14} {answer['currency']}", highlight=False
        )


def _money(cents: int) -> str:
    from python_assets.money import money

    return money(cents)


PeriodArgument = Annotated[
    date | None,
    typer.Option("--period", parser=_as_period, metavar="YYYY-MM", help="The month; else the newest sealed."),
]


@audit.command("hash")
@plainly
def audit_hash(period: PeriodArgument = None, home: HomeOption = None, as_json: JsonOption = False) -> None:
    """The audit hash of a month's newest seal."""
    from python_assets import ledger

    opened = Home.open(home_folder(home))
    month = period or ledger.newest_period(opened)
    if month is None:
        raise UserError(f"{opened.ledger}: nothing is sealed yet")
    found = ledger.audit_hash_of(opened, month)
    if as_json:
        _print_json({"period": period_text(month), "audit_hash": found})
    else:
        out.print(found, highlight=False)


@audit.command("verify")
@plainly
def audit_verify(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Recompute every hash of the ledger from its files; exit 1 and name the first broken seal if one differs."""
    from python_assets import ledger

    verdict = ledger.verify(Home.open(home_folder(home)))
    if as_json:
        _print_json(vars(verdict))
    elif verdict.ok:
        out.print(f"{verdict.seals} seals, all as they should be; last audit hash {verdict.last_hash}", highlight=False)
    else:
        err.print(f"[red]the ledger is broken, first at seal {verdict.broken_seal}:[/]")
        for fault in verdict.faults:
            err.print(f"  {_escaped(fault)}", highlight=False)
    if not verdict.ok:
        raise typer.Exit(1)


@audit.command("prove")
@plainly
def audit_prove(
    invoice: Annotated[str, typer.Argument(metavar="INVOICE_ID", help="For example INV-2026-04-pilot-1.")],
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """An inclusion proof of one invoice, as JSON: its own content, a path of hashes, the seal."""
    from python_assets import ledger

    _print_json(ledger.prove(Home.open(home_folder(home)), invoice))


@audit.command("check-proof")
@plainly
def audit_check_proof(
    proof: Annotated[
        Path, typer.Argument(metavar="PROOF.json", help="What `audit prove` printed; - for standard input.")
    ],
    seal: Annotated[Path | None, typer.Option(help="A seal.json from elsewhere that the proof must lead to.")] = None,
    audit_hash: Annotated[str | None, typer.Option(help="The audit hash that the proof must lead to.")] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Check a proof without any ledger; exit 1 if it does not hold."""
    from python_assets import ledger

    verdict = ledger.check_proof(_read_json(proof), _read_json(seal) if seal else None, audit_hash)
    if as_json:
        _print_json(vars(verdict))
    elif verdict.ok:
        out.print(f"the proof holds; audit hash {verdict.audit_hash}", highlight=False)
    else:
        err.print("[red]the proof does not hold:[/] " + _escaped("; ".join(verdict.faults)))
    if not verdict.ok:
        raise typer.Exit(1)


def _read_json(path: Path) -> Any:
    try:
        return json.loads(sys.stdin.read() if str(path) == "-" else path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise UserError(f"{path}: cannot be read as JSON: {error}") from None


@fetch.command("digitalocean")
@plainly
def fetch_digitalocean(
    wait: Annotated[int, typer.Option(min=0, help="Seconds to wait for a run on this home.")] = 600,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """The balance, and every issued invoice that is not there yet; the token comes from DIGITALOCEAN_TOKEN."""
    from python_assets.digitalocean import Provider, fetch_balance, fetch_invoices

    opened = Home.open(home_folder(home))
    with Provider.from_environment() as provider, err.status("asking DigitalOcean", spinner="dots"):
        balance = fetch_balance(opened, provider)
        invoices = fetch_invoices(opened, provider, wait)
    if as_json:
        _print_json({"balance": vars(balance), "invoices": asdict(invoices)})
        return
    known = "" if balance.is_new else " (was there)"
    out.print(_escaped(f"balance   {balance.file}{known}"), highlight=False)
    counts = f"{invoices.found} issued, {invoices.present} were there, {len(invoices.fetched)} fetched"
    out.print(f"invoices  {counts}", highlight=False)
    for invoice in invoices.fetched:
        out.print(_escaped(f"  {period_text(invoice.period)}  {invoice.invoice_uuid}"), highlight=False)


@app.command()
@plainly
def ui(
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port on 127.0.0.1.")] = 3000,
    home: HomeOption = None,
) -> None:
    """The Dagster UI on 127.0.0.1, until it is stopped."""
    from orchestration.settings import prepare_dagster

    prepare_dagster(Home.open(home_folder(home)))
    command = [
        sys.executable,
        "-m",
        "dagster",
        "dev",
        "-m",
        "orchestration.definitions",
        "-h",
        "127.0.0.1",
        "-p",
        str(port),
    ]
    # A shell starts background jobs deaf to interrupts, and Dagster would take termination for one of them.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    os.execv(sys.executable, command)


if __name__ == "__main__":
    app()
