"""Books made by hand: a ledger with its seals, and the published tables that exports read, without a close."""

from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import duckdb

from python_assets.home import Config, Home, Supplier
from python_assets.ledger import issue, relation_sql
from python_assets.ledger.tables import TABLES
from python_assets.periods import add_months, period_text

APRIL, MAY = date(2026, 4, 1), date(2026, 5, 1)
GST, FREE = Decimal("0.1"), Decimal(0)

# Published tables: those of the ledger with what the marts add, and the others as far as exports read them.
_MORE = {
    "billing.invoices": "is_current BOOLEAN, seal_number INTEGER, tenant_name VARCHAR, tenant_abn VARCHAR, "
    "tenant_email VARCHAR",
    "billing.invoice_lines": "is_current BOOLEAN, tax_rate DECIMAL(9,6), deployment_name VARCHAR",
    "billing.usage_allowances": "",
}
_OTHERS = {
    "reconciliation.anomalies": "anomaly_id VARCHAR, period DATE, rule VARCHAR, severity VARCHAR, tenant_id VARCHAR, "
    "tenant_name VARCHAR, deployment_id VARCHAR, subject VARCHAR, expected_cents BIGINT, actual_cents BIGINT, "
    "delta_cents BIGINT, currency VARCHAR, message VARCHAR, what_to_do VARCHAR",
    "reconciliation.entitlement_matrix": "period DATE, tenant_id VARCHAR, deployment_id VARCHAR, "
    "resource_kind VARCHAR, expected_overage_cents BIGINT, billed_overage_cents BIGINT, verdict VARCHAR",
    "reconciliation.shadow_invoices": "period DATE, invoice_period DATE, tenant_id VARCHAR, currency VARCHAR, "
    "expected_total_cents BIGINT, billed_total_cents BIGINT, verdict VARCHAR, explanation VARCHAR",
    "reconciliation.period_health": "period DATE",
    "cost.invoices": "invoice_uuid VARCHAR, period DATE, gross DECIMAL(38,6), tax DECIMAL(38,6), net DECIMAL(38,6), "
    "summary_total DECIMAL(21,6), currency VARCHAR",
    "cost.lines": "invoice_uuid VARCHAR, period DATE, line_number INTEGER, product VARCHAR, is_tax BOOLEAN, "
    "amount DECIMAL(21,6)",
    "cost.focus": 'BilledCost DECIMAL(21,6), BillingCurrency VARCHAR, "BillingPeriodStart" TIMESTAMP, '
    "InvoiceId VARCHAR, x_LineNumber INTEGER",
}


class Books:
    """Sealed months: `invoice` adds one to the next seal, `seal` issues them, `marts` publishes what there is."""

    def __init__(self, root: Path, supplier: str = "Harbour Grove"):
        root.mkdir(parents=True, exist_ok=True)
        self.home = Home(root, Config(supplier=Supplier(name=supplier, abn="51824753556")))
        self.marts = duckdb.connect()
        self._rows: dict[str, list[dict[str, Any]]] = {table: [] for table in TABLES}
        self._names: dict[str, str] = {}
        self._rates: dict[tuple[str, int], Decimal] = {}
        self._make_tables()

    def _make_tables(self) -> None:
        for table, more in _MORE.items():
            columns = {n: k for n, k in TABLES[table.split(".")[1]].items() if n != "salt"}
            listed = ", ".join(f"{name} {kind}" for name, kind in columns.items())
            self._create(table, f"{listed}, {more}".rstrip(", "))
        for table, columns in _OTHERS.items():
            self._create(table, columns)
        self.marts.execute("create schema audit")
        self.marts.execute(f"create table audit.seals as {relation_sql(self.home, 'seals')}")

    def _create(self, table: str, columns: str) -> None:
        self.marts.execute(f"create schema if not exists {table.split('.')[0]}")
        self.marts.execute(f"create table {table} ({columns})")

    def invoice(
        self,
        tenant: str,
        *amounts: int | tuple[int, Decimal],
        period: date = APRIL,
        version: int = 1,
        name: str | None = None,
        currency: str = "AUD",
        description: str = "Plan: studio v1",
        deployment: str | None = None,
    ) -> str:
        """An invoice of lines before tax, in cents, each with GST unless told; tax is rounded once (R12)."""
        invoice_id = f"INV-{period_text(period)}-{tenant}-{version}"
        lines = [amount if isinstance(amount, tuple) else (amount, GST) for amount in amounts]
        net = sum(cents for cents, _ in lines)
        tax = sum(cents for cents, rate in lines if rate) * GST
        tax_cents = int(tax.quantize(Decimal(1), ROUND_HALF_UP))
        common = {"invoice_id": invoice_id, "tenant_id": tenant, "period": period}
        self._names[invoice_id] = tenant.title() if name is None else name
        self._rows["invoices"].append(
            common
            | {
                "version": version,
                "document_type": "adjustment_note" if net + tax_cents < 0 else "tax_invoice",
                "status": "issued",
                "currency": currency,
                "subtotal_cents": net,
                "tax_cents": tax_cents,
                "total_cents": net + tax_cents,
                "issued_on": add_months(period, 1),
            }
        )
        for number, (cents, rate) in enumerate(lines, start=1):
            self._rates[invoice_id, number] = rate
            line = {"line_number": number, "kind": "plan_base", "description": description, "amount_cents": cents}
            line |= {"deployment_id": deployment or f"d-{tenant}", "quantity": Decimal("1.5"), "unit": "month"}
            self._rows["invoice_lines"].append(common | line)
        if tax_cents:
            line = {"line_number": len(lines) + 1, "kind": "tax", "description": "GST (10%)", "amount_cents": tax_cents}
            self._rows["invoice_lines"].append(common | line)
        allowance = dict.fromkeys(list(TABLES["usage_allowances"])[4:], Decimal("2.5"))
        used = {"tenant_id": tenant, "period": period, "deployment_id": deployment or f"d-{tenant}"}
        self._rows["usage_allowances"].append(used | {"resource_kind": "spaces_gb"} | allowance)
        return invoice_id

    def void(self, invoice_id: str) -> None:
        """Adds the entry that voids an invoice sealed before."""
        query = (
            f"select * exclude (salt, seal_number) from ({relation_sql(self.home, 'invoices')}) where invoice_id = ?"
        )
        with duckdb.connect() as connection:
            result = connection.execute(query, [invoice_id])
            names = [column[0] for column in result.description]
            self._rows["invoices"].append(dict(zip(names, result.fetchone(), strict=True)) | {"status": "void"})

    def seal(self, period: date = APRIL, on: date | None = None) -> "Books":
        """Seals what was added, and publishes all there is in the ledger."""
        with duckdb.connect() as connection:
            for table, rows in self._rows.items():
                columns = {name: kind for name, kind in TABLES[table].items() if name != "salt"}
                listed = ", ".join(f"{name} {kind}" for name, kind in columns.items())
                connection.execute(f"create table new_{table} ({listed})")
                if rows:
                    marks = ", ".join("?" * len(columns))
                    values = [[row.get(name) for name in columns] for row in rows]
                    connection.executemany(f"insert into new_{table} values ({marks})", values)
                rows.clear()
            sources = {table: f"select * from new_{table}" for table in TABLES}
            issue(self.home, connection, period, on or add_months(period, 1), **sources)
        self._publish()
        return self

    def _publish(self) -> None:
        for table in (*_MORE, "audit.seals"):
            self.marts.execute(f"delete from {table}")
        ledger = {table: f"({relation_sql(self.home, table)})" for table in (*TABLES, "seals")}
        run = self.marts.execute
        run(f"insert into audit.seals by name select * from {ledger['seals']}")
        run(
            "insert into billing.invoices by name select * exclude salt, status = 'issued' as is_current "
            f"from {ledger['invoices']} "
            "qualify row_number() over (partition by invoice_id order by seal_number desc) = 1"
        )
        run(
            "insert into billing.invoice_lines by name select lines.* exclude seal_number, is_current "
            f"from {ledger['invoice_lines']} as lines inner join billing.invoices using (invoice_id)"
        )
        run(
            "insert into billing.usage_allowances by name select * exclude seal_number "
            f"from {ledger['usage_allowances']} "
            "qualify row_number() over (partition by period, deployment_id order by seal_number desc) = 1"
        )
        for invoice_id, name in self._names.items():
            run("update billing.invoices set tenant_name = ? where invoice_id = ?", [name, invoice_id])
        run("update billing.invoice_lines set tax_rate = 0")
        for (invoice_id, number), rate in self._rates.items():
            run(
                "update billing.invoice_lines set tax_rate = ? where invoice_id = ? and line_number = ?",
                [rate, invoice_id, number],
            )
        run("delete from reconciliation.period_health")
        run("insert into reconciliation.period_health select distinct period from audit.seals")
