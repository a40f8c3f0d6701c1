"""`fetch`: input from other systems into the landing."""

from dataclasses import asdict

import typer

from orchestration.cli.shared import HomeOption, JsonOption, WaitOption, err, opened, out, plainly, print_json
from python_assets.periods import period_text

fetch = typer.Typer(no_args_is_help=True, help="Fetch files from other systems into the landing.")


@fetch.callback()
def systems() -> None:
    """Fetch files from other systems into the landing."""


@fetch.command("digitalocean")
@plainly
def fetch_digitalocean(
    wait: WaitOption = 600,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Fetch the balance and every issued invoice that the landing lacks. Needs the token in DIGITALOCEAN_TOKEN."""
    from python_assets.digitalocean import Provider, fetch_balance, fetch_invoices
    from python_assets.permissions import kept_from_others

    of = opened(home)
    asking = err.status("asking DigitalOcean", spinner="dots")
    with kept_from_others(), Provider.from_environment() as provider, asking:
        balance = fetch_balance(of, provider)
        invoices = fetch_invoices(of, provider, wait)
    if as_json:
        print_json({"balance": vars(balance), "invoices": asdict(invoices)})
        return
    known = "" if balance.is_new else " (already there)"
    out.print(f"balance   {balance.file}{known}")
    counts = f"{invoices.found} issued, {invoices.present} already there, {len(invoices.fetched)} fetched"
    out.print(f"invoices  {counts}")
    for invoice in invoices.fetched:
        out.print(f"  {period_text(invoice.period)}  {invoice.invoice_uuid}")
