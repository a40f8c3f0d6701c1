"""A month's findings by rule, for people who look at a run."""

from datetime import date

from python_assets.home import Home
from python_assets.warehouse.database import connect

SEVERITIES = ("critical", "warning", "info")


def findings_by_rule(home: Home, period: date) -> list[tuple[str, str, int]]:
    """(severity, rule, number of findings) of a month, the gravest first."""
    with connect(home, read_only=True) as connection:
        return connection.execute(
            "select severity, rule, count(*) from reconciliation.anomalies where period = ? "
            "group by severity, rule order by list_position(?, severity), count(*) desc, rule",
            [period, list(SEVERITIES)],
        ).fetchall()
