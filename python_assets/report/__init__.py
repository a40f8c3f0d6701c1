"""The health report of each month: facts as JSON, and a page for people that shows the same."""

from python_assets.report.health import health_facts, write_reports

__all__ = ["health_facts", "write_reports"]
