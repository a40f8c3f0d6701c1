"""Pages under docs/ that hold what the code answers: compared in the tests, and written anew when asked to.

`COUNTERFOIL_WRITE_DOCS=1 make test` takes over what the code answers now; read the difference before you commit it.
"""

import csv
import os
import re
from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

ROOT = Path(__file__).parents[2]
QUERIES = ROOT / "docs" / "queries.md"
ANOMALIES = ROOT / "docs" / "anomalies.md"
# A heading, its prose, one block of SQL, and the table after it, if there is one.
QUERY = re.compile(
    r"(?P<before>## (?P<title>.+)\n(?:(?!## ).*\n)*?```sql\n(?P<sql>[^`]+)```\n)(?P<table>\n(?:\|.*\n)+)?"
)


def assert_page(path: Path, expected: str) -> None:
    """That a page is as it should be; or writes it."""
    if os.environ.get("COUNTERFOIL_WRITE_DOCS"):
        path.write_text(expected, "utf-8")
    assert path.read_text("utf-8") == expected


def queries() -> list[str]:
    """The SQL of every ready query."""
    return [match["sql"] for match in QUERY.finditer(QUERIES.read_text("utf-8"))]


def with_results(page: str, marts: duckdb.DuckDBPyConnection) -> str:
    """The page with the result that each query has now below it."""

    def answered(match: re.Match[str]) -> str:
        result = marts.execute(match["sql"])
        return match["before"] + "\n" + table(column[0] for column in result.description) + rows(result.fetchall())

    return QUERY.sub(answered, page)


def table(names: Iterable[str]) -> str:
    names = list(names)
    return f"| {' | '.join(names)} |\n|{'---|' * len(names)}\n"


def rows(values: Iterable[Iterable[Any]]) -> str:
    return "".join(f"| {' | '.join(cell(value) for value in row)} |\n" for row in values)


def cell(value: Any) -> str:
    """A value as it stands in a Markdown table: decimals exact, without trailing zeros."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Decimal):
        text = format(value, "f")
        return text.rstrip("0").rstrip(".") if "." in text else text
    if isinstance(value, date | datetime | int | str):
        return str(value).replace("|", "\\|")
    raise TypeError(f"{type(value).__name__} is not exact, or no page shows it yet: {value!r}")


def anomalies_page(messages: dict[str, str]) -> str:
    """The page of all anomaly rules: the reference data, and for each rule a message that it gave."""
    with (ROOT / "seeds" / "ref_anomaly_rules.csv").open(encoding="utf-8") as file:
        rules = list(csv.DictReader(file))
    with (ROOT / "seeds" / "ref_anomaly_thresholds.csv").open(encoding="utf-8") as file:
        thresholds = list(csv.DictReader(file))
    with (ROOT / "seeds" / "ref_anomaly_cases.csv").open(encoding="utf-8") as file:
        cases = list(csv.DictReader(file))
    risk = {row["threshold"]: row["value"] for row in thresholds if row["rule"] == "account_risk"}
    parts = [ANOMALIES_HEAD.format(**risk)]
    for severity, meaning in SEVERITIES.items():
        named = [rule for rule in rules if rule["severity"] == severity]
        parts.append(f"## {severity.capitalize()}\n\n{meaning} {len(named)} rules.\n")
        for rule in named:
            own = [row for row in thresholds if row["rule"] == rule["rule"]]
            limits = "".join(f"- **Limit** `{row['threshold']}` = {row['value']}: {row['meaning']}.\n" for row in own)
            parts.append(
                f"### {rule['rule']}\n\n"
                f"- **Compares** {lower_first(rule['compares'])}\n"
                f"{limits}"
                f"- **Why it matters** {rule['reason']}\n"
                f"- **What to do** {rule['what_to_do']}\n"
                f"{exceptions([row for row in cases if row['rule'] == rule['rule']])}\n"
                f"> {messages[rule['rule']]}\n"
            )
    return "\n".join(parts)


def exceptions(cases: list[dict[str, str]]) -> str:
    """When a rule's findings are graver or less grave than it; cases of one kind in one line."""
    lines: dict[tuple[str, ...], list[str]] = {}
    for row in cases:
        key = (row["severity"], row["applies_when"], row["what_to_do"])
        lines.setdefault(key, []).append(f"`{row['severity_case'].split('__')[-1]}`")
    return "".join(
        f"- **{severity.capitalize()}** where {when}{listed(names)}. {todo}\n"
        for (severity, when, todo), names in lines.items()
    )


def listed(names: list[str]) -> str:
    """Several names in parentheses; one says no more than the case itself."""
    return f" ({', '.join(names)})" if len(names) > 1 else ""


def lower_first(sentence: str) -> str:
    """A sentence to go on with: its first letter small, unless it begins with a name."""
    return sentence if sentence[1].isupper() else sentence[0].lower() + sentence[1:]


SEVERITIES = {
    "critical": "Money is wrong or lost, or something private may get out: the month needs review.",
    "warning": "Something should be looked at before it costs money: the month needs review.",
    "info": "Worth knowing; the month stays healthy.",
}
ANOMALIES_HEAD = """# Anomaly rules

What `reconciliation.anomalies` can hold. A finding has one sentence for a finance person, the cents where money is at
stake and known (`delta_cents` is actual less expected), and what to do about it. Add up `at_stake_cents`, within a
currency: where two findings are about the same money, as `idle_cost` and `negative_margin` of one deployment are, one
of them has 0. Usage that nobody is charged for is priced as overage of the deployment's plan; the sentence says so.

This page is made from the reference data `seeds/ref_anomaly_rules.csv`, `seeds/ref_anomaly_cases.csv` and
`seeds/ref_anomaly_thresholds.csv`; each example is what the rule said in a test that makes all of them fire. To change
a severity or a limit, change the reference data: the next run makes all months again with it; what is sealed stays as
it is.

A tenant is **high-risk** with any critical finding, or when the money at stake in its findings comes to
{part_of_subtotal} of its subtotal or more. A month is `needs-revenue-ops-review` with any finding above info, else
`healthy`.
"""
