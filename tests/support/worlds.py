"""A world: a home made of a few rows, closed by the same definitions that users run."""

import csv
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, nullcontext
from datetime import date
from pathlib import Path
from typing import Any
from unittest.mock import patch

import dagster as dg

from orchestration.close import CloseOptions, close_months
from python_assets import ingest, steps
from python_assets.exports.months import Exports
from python_assets.finance import push
from python_assets.home import Home
from python_assets.ledger.relations import text_sql
from python_assets.lock import home_lock
from python_assets.memory import Lender, in_memory
from python_assets.periods import add_months, months_between, parse_period
from python_assets.publish import publish
from python_assets.warehouse.database import kept_open
from python_assets.warehouse.fingerprints import Run, horizon
from python_assets.warehouse.months import derive_expected
from python_assets.warehouse.passes import Dbt

EXAMPLES = Path(__file__).parents[2] / "examples" / "home"
# The months of the example home and the as-of dates that `make demo` closes them with.
EXAMPLE_CLOSES = (("2026-03", "2026-04-02"), ("2026-04", "2026-05-02"), ("2026-05", "2026-06-02"))
_READERS = Lender(in_memory)


def copy_of_examples(folder: Path) -> Path:
    """The example home, to be closed in `folder`."""
    return Path(shutil.copytree(EXAMPLES, folder / "home"))


@contextmanager
def tables_alone() -> Iterator[None]:
    """Publications without reports and exports, which take longer than closing a small month does."""
    room = "python_assets.publish.publication"
    with (
        patch(f"{room}.write_reports"),
        patch(f"{room}.write_exports", return_value=Exports(0, 0, 0, 0)),
        # Else one of these would pass for a whole one of the same books.
        patch(f"{room}.code_fingerprint", return_value="tables alone"),
    ):
        yield


class World:
    """Writes landing files, closes months without recording the runs, reads what was published."""

    def __init__(self, root: Path, config: str = ""):
        self.root = root
        (root / "landing").mkdir(parents=True, exist_ok=True)
        if config:
            (root / "counterfoil.toml").write_text(config)

    @property
    def home(self) -> Home:
        return Home.open(self.root)

    def deliver(self, feed: str, period: str, file: str, rows: Iterable[dict[str, Any]]) -> Path:
        """One CSV file of rows; columns in the order in which they first appear."""
        rows = list(rows)
        path = self.root / "landing" / feed / f"period={period}" / file
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w", newline="") as target:
            writer = csv.DictWriter(target, list(dict.fromkeys(name for row in rows for name in row)))
            writer.writeheader()
            writer.writerows(rows)
        return path

    def control(self, period: str, **tables: Iterable[dict[str, Any]]) -> None:
        """Tables of the control plane, by name; those without rows are left out."""
        for table, rows in tables.items():
            if rows:
                self.deliver("control_plane", period, f"{table}.csv", rows)

    def close(
        self,
        period: str,
        through: str | None = None,
        as_of: str | None = None,
        everything: bool = False,
        **options: Any,
    ) -> dict[date, str]:
        """Closes months; as of the first of the month after the last one unless told. What became of each.

        The steps are those of the job `monthly_close` in its order, without Dagster, whose bookkeeping takes twice as
        long as they do. `run` is the job itself; a test holds that both come to the same. Of what is published it makes
        the tables alone, unless a test looks at `everything`: reports and exports too.
        """
        months, last, settings = self._asked(period, through, as_of, options)
        home, dbt, outcomes = self.home, Dbt(self.home), {}
        accept_missing, is_draft = settings.pop("accept_missing", False), settings.pop("draft", False)
        with home_lock(home, 60, "test"), kept_open(home):
            for month in months:
                run = Run(month, last, is_draft, first=months[0], **settings)
                for feed in ingest.FEEDS:
                    ingest.ingest_feed(home, feed, horizon(home, months[-1]))
                steps.begin(home, dbt, run, accept_missing)
                derive_expected(home, dbt, run)
                outcomes[month] = steps.seal(home, dbt, run).note
                steps.keep_books(home, dbt, run, is_last=month == months[-1])
            with nullcontext() if everything else tables_alone():
                publish(home)
            if not is_draft:
                push(home)
        return outcomes

    def run(self, period: str, through: str | None = None, as_of: str | None = None, **options: Any) -> dict[date, str]:
        """As `close`, by the job `monthly_close`, without recording the run."""
        months, last, settings = self._asked(period, through, as_of, options)
        with home_lock(self.home, 60, "test"), dg.DagsterInstance.ephemeral() as instance:
            return close_months(self.home, months, CloseOptions(last, **settings), instance=instance)

    @staticmethod
    def _asked(
        period: str, through: str | None, as_of: str | None, options: dict[str, Any]
    ) -> tuple[list[date], date, dict[str, Any]]:
        months = months_between(parse_period(period), parse_period(through or period))
        return months, date.fromisoformat(as_of) if as_of else add_months(months[-1], 1), dict(options)

    def rows(self, query: str, *parameters: Any) -> list[tuple]:
        """What the published database answers."""
        with _READERS.lend() as connection:
            connection.execute(f"attach {text_sql(str(self.home.marts))} as marts (read_only)")
            connection.execute("use marts")
            found = connection.execute(query, list(parameters)).fetchall()
            connection.execute("use memory")
            connection.execute("detach marts")
        return found

    def lines(self, tenant: str, period: str) -> list[tuple]:
        """(kind, resource_kind, quantity, amount_cents) of a tenant's current invoice, in its order."""
        return self.rows(
            "select kind, resource_kind, quantity, amount_cents from billing.invoice_lines "
            "where tenant_id = ? and period = ? and is_current order by line_number",
            tenant,
            parse_period(period),
        )

    def invoice(self, tenant: str, period: str) -> tuple | None:
        """(status, subtotal, tax, total) of the current invoice."""
        found = self.rows(
            "select status, subtotal_cents, tax_cents, total_cents from billing.invoices "
            "where tenant_id = ? and period = ? and is_current",
            tenant,
            parse_period(period),
        )
        return found[0] if found else None

    def findings(self, rule: str, period: str | None = None) -> list[tuple]:
        """(tenant, deployment, subject) of a rule's findings."""
        return self.rows(
            "select tenant_id, deployment_id, subject from reconciliation.anomalies "
            "where rule = ? and (? is null or period = ?) order by all",
            rule,
            period and parse_period(period),
            period and parse_period(period),
        )


STUDIO_ITEMS = (
    {
        "plan_version_id": "studio-1",
        "resource_kind": "droplet_hours",
        "included_qty": 1488,
        "overage_price_cents": 1,
        "overage_unit": "hour",
    },
    {
        "plan_version_id": "studio-1",
        "resource_kind": "llm_tokens",
        "included_qty": 1000000,
        "overage_price_cents": 1,
        "overage_unit": "1k_tokens",
    },
    {
        "plan_version_id": "studio-1",
        "resource_kind": "spaces_gb",
        "included_qty": 100,
        "overage_price_cents": 2,
        "overage_unit": "gb",
    },
)
STUDIO = {"plan_version_id": "studio-1", "plan_code": "studio", "version": 1, "base_price_cents": 5000}
PRO = {"plan_version_id": "pro-1", "plan_code": "pro", "version": 1, "base_price_cents": 12000}


class Accounts:
    """Tenants with one deployment each, gathered over a test module's cases and delivered at once."""

    def __init__(self) -> None:
        self.tables: dict[str, list[dict[str, Any]]] = {
            "tenants": [],
            "deployments": [],
            "subscriptions": [],
            "plans": [{"plan_code": code, "name": code.title()} for code in ("studio", "pro")],
            "plan_versions": [STUDIO, PRO],
            "plan_items": [*STUDIO_ITEMS],
        }
        self.metering: list[dict[str, Any]] = []
        self.llm: list[dict[str, Any]] = []

    def add(self, table: str, **row: Any) -> None:
        self.tables.setdefault(table, []).append(row)

    def tenant(self, name: str, plan: str | None = "studio-1", starts_on: str = "2026-01-01", **tenant: Any) -> str:
        """A tenant `name` with the deployment `d-<name>`, subscribed unless `plan` is None."""
        self.add("tenants", tenant_id=name, name=name.title(), **tenant)
        self.add("deployments", deployment_id=f"d-{name}", tenant_id=name)
        if plan:
            self.add(
                "subscriptions",
                subscription_id=f"s-{name}",
                deployment_id=f"d-{name}",
                plan_version_id=plan,
                starts_on=starts_on,
                ends_on="",
            )
        return name

    def used(self, name: str, kind: str, quantity: Any, at: str, **more: Any) -> None:
        """A metering event of the tenant's deployment."""
        self.metering.append(
            {
                "event_id": f"e{len(self.metering)}",
                "deployment_id": f"d-{name}",
                "resource_kind": kind,
                "quantity": quantity,
                "measured_at": at,
            }
            | more
        )

    def charged(self, name: str, charge: Any, at: str, **more: Any) -> None:
        """An LLM charge of the tenant's deployment."""
        self.llm.append(
            {
                "gateway_request_id": f"r{len(self.llm)}",
                "tenant_id": name,
                "deployment_id": f"d-{name}",
                "charge": charge,
                "occurred_at": at,
            }
            | more
        )

    def deliver(self, world: World, period: str) -> None:
        world.control(period, **self.tables)
        if self.metering:
            world.deliver("metering", period, "events.csv", self.metering)
        if self.llm:
            world.deliver("llm_usage", period, "charges.csv", self.llm)
