"""`health.html`: the facts of a month as one page that needs nothing else, no script and no network."""

from collections import Counter
from decimal import Decimal
from functools import cache
from typing import Any

import jinja2

from python_assets.money import money, money_change, percent
from python_assets.periods import month_name
from python_assets.report import charts
from python_assets.report.layout import TEMPLATES, layout_mark

NO_KIND = "plans and LLM"


def render_page(facts: dict[str, Any]) -> str:
    """The page of a month's facts (`health_facts`)."""
    return (
        _environment()
        .get_template("page.html.jinja")
        .render(facts, charts=_charts(facts), verdict=_verdict(facts), layout=layout_mark())
    )


def _charts(facts: dict[str, Any]) -> dict[str, str]:
    """Those that have something to show, as SVG."""
    margins, currency = facts["margins"], facts["margins"]["currency"]
    drawn = dict.fromkeys(("months", "severities", "tenants", "kinds"), "")
    if any(month["revenue_cents"] or month["cost_cents"] for month in facts["months"]):
        drawn["months"] = charts.month_chart(facts["months"], currency)
    if any(month[f"{severity}_count"] for month in facts["months"] for severity in facts["findings_by_severity"]):
        drawn["severities"] = charts.severity_chart(facts["months"])
    if margins["tenants"]:
        drawn["tenants"] = charts.tenant_chart(_labelled(margins["tenants"]), currency)
        drawn["kinds"] = charts.kind_chart(
            [kind | {"label": kind["resource_kind"] or NO_KIND} for kind in margins["kinds"]], currency
        )
    return drawn


def _labelled(tenants: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Tenants with the name as their label; those that share it, or have none, with their id."""
    shared = Counter(tenant["tenant_name"] for tenant in tenants)
    return [
        tenant
        | {"label": (tenant["tenant_name"] if shared[tenant["tenant_name"]] == 1 else None) or tenant["tenant_id"]}
        for tenant in tenants
    ]


def _verdict(facts: dict[str, Any]) -> dict[str, str]:
    """What a reader wants to know first, in a word (`title`) and a sentence, and how grave it is (`tone`)."""
    drafts = facts["documents"].get("draft", 0)
    sealed = facts["invoice_count"] - drafts
    if not facts["audit_hash"]:
        title, tone = "Draft", "info"
        said = f"{_counted(drafts, 'draft invoice')}; nothing of this month is sealed yet."
    else:
        said = f"{_counted(sealed, 'invoice')} issued and sealed" + (
            f", {drafts} on hold as drafts." if drafts else "."
        )
        title, tone = ("Ready to send" if sealed else "Nothing to send"), "good"
    if not facts["invoice_count"]:
        said = "No invoice this month."
    if facts["status"] == "healthy":
        return {"title": title, "tone": tone, "sentence": f"{said} No finding needs review."}
    critical = facts["findings_by_severity"]["critical"]["finding_count"]
    warnings = facts["findings_by_severity"]["warning"]["finding_count"]
    found = [
        text for count, text in ((critical, f"{critical} critical"), (warnings, _counted(warnings, "warning"))) if count
    ]
    return {
        "title": "Draft, needs review" if tone == "info" else "Review before sending" if sealed else "Needs review",
        "tone": "critical" if critical else "warning",
        "sentence": f"{said} Findings for revenue operations: {' and '.join(found)}.",
    }


def _counted(count: int, name: str) -> str:
    return f"{count:,} {name}" + ("" if count == 1 else "s")


def _quantity(text: str | None) -> str:
    """A decimal of the facts with thousands commas, without trailing zeros."""
    if text is None:
        return ""
    number = f"{Decimal(text):,f}"
    return number.rstrip("0").rstrip(".") if "." in number else number


def _amount(text: str) -> str:
    """The provider's amount, in major units, with thousands commas and what decimals it has."""
    return f"{Decimal(text):,f}"


@cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        money=money,
        change=money_change,
        counted=_counted,
        quantity=_quantity,
        amount=_amount,
        month=month_name,
        words=lambda name: name.replace("_", " "),
    )
    environment.globals.update(percent=percent)
    return environment
