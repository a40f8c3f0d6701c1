"""`status`: what is published."""

from typing import Any

from orchestration.cli.shared import HomeOption, JsonOption, opened, out, plainly, print_json
from python_assets.home import Home

SHORT_HASH = 8


@plainly
def status(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Show the published months: invoices, totals, findings, status, audit hash."""
    from python_assets.summary import published_periods, summarize

    of = opened(home)
    periods = published_periods(of)
    months = summarize(of, periods) if periods else []
    if as_json:
        print_json({"months": months, "published": str(of.published)})
    elif months:
        print_months(months)
        print_places(of, months[-1]["period"])
    else:
        out.print(f"{of.root}: nothing is published yet; counterfoil run --period YYYY-MM closes a month")


def print_months(months: list[dict[str, Any]]) -> None:
    """A row per month, of `summarize`; the hash is cut."""
    out.print_table(
        ("month", "invoices", "total", "findings", "status", "audit hash"),
        [
            (
                month["period"],
                str(month["invoices"]),
                "\n".join(f"{total['total']} {total['currency']}" for total in month["totals"]),
                str(month["findings"]),
                month["status"],
                f"{month['audit_hash'][:SHORT_HASH]}…" if month["audit_hash"] else "draft",
            )
            for month in months
        ],
        right=("invoices", "total", "findings"),
        folding=("status",),
    )


def print_places(home: Home, newest: str) -> None:
    """Where to look next; `newest` is the last month, as YYYY-MM."""
    report = home.published / "reports" / f"period={newest}" / "health.html"
    out.print(f"\nreport    {report}\ndatabase  {home.marts}\nledger    {home.ledger}")
